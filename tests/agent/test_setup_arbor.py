"""A technician connects a school on Arbor by command, against a server on this computer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from demo.fakes.arbor import TOKEN, USER, FakeArbor, school_tables, serving
from linkwork.sample import SampleSchool, make_school

SECRETS = f"username={USER}\npassword={TOKEN}\n"


@pytest.fixture(scope="module")
def made() -> SampleSchool:
    """60 pupils over two weeks."""
    return make_school(
        5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 9, 18)
    )


@pytest.fixture
def arbor(made: SampleSchool) -> FakeArbor:
    """Its lists."""
    return FakeArbor(*school_tables(made))


@pytest.fixture
def address(arbor: FakeArbor) -> Iterator[str]:
    """Where they are served."""
    with serving(arbor) as at:
        yield at


def agent(
    home: Path, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `linkwork-agent`."""
    return subprocess.run(
        [sys.executable, "-m", "linkwork_agent", "--home", str(home), *arguments],
        env=os.environ | environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def setup(home: Path, address: str, stdin: str = SECRETS) -> subprocess.CompletedProcess[str]:
    who = ("--urn", "999001", "--name", "Quillbury Primary School")
    return agent(
        home,
        *("setup", "arbor", *who, "--set", f"base_url={address}", "--secrets-stdin"),
        stdin=stdin,
    )


def test_setup_keeps_the_token_apart_and_shows_at_once_what_arbor_gives(
    tmp_path: Path, address: str
) -> None:
    done = setup(tmp_path, address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 in Arbor" in done.stdout
    assert "URN 999001" in done.stdout
    assert TOKEN not in done.stdout + (tmp_path / "agent.toml").read_text()
    kept = tmp_path / "schools" / "999001" / "keys" / "mis-password"
    assert kept.read_text() == TOKEN
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.parent.stat().st_mode & 0o777 == 0o700


def test_setup_names_the_permission_that_is_missing(
    tmp_path: Path, arbor: FakeArbor, address: str
) -> None:
    arbor.closed_fields.add("Person.dateOfBirth")
    done = setup(tmp_path, address)
    assert done.returncode == 1
    assert "without Person.dateOfBirth" in done.stdout
    assert "Allow the application to read it in Arbor" in done.stdout


def test_without_a_token_the_next_step_is_said(tmp_path: Path, address: str) -> None:
    done = setup(tmp_path, address, stdin="")
    assert done.returncode == 1
    assert "arbor needs the secret username" in done.stdout


def test_a_literal_secret_is_refused_with_the_remedy(tmp_path: Path, address: str) -> None:
    who = ("--urn", "999001", "--name", "Quillbury")
    done = agent(tmp_path, "setup", "arbor", *who, "--set", f"password={TOKEN}")
    assert done.returncode == 2
    assert "schools/URN/keys/mis-password" in done.stderr
    assert TOKEN not in done.stderr
    assert not (tmp_path / "agent.toml").exists()


def test_doctor_takes_the_token_from_the_environment_and_says_so(
    tmp_path: Path, address: str
) -> None:
    setup(tmp_path, address, stdin=f"username={USER}\n")
    done = agent(tmp_path, "doctor", "--format", "json", LINKWORK_999001_PASSWORD=TOKEN)
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    secrets = rows["999001 plugin arbor: secrets"]["seen"]
    assert (
        secrets == "password from the variable LINKWORK_999001_PASSWORD, username from its key file"
    )
    assert rows["999001 plugin arbor: pupils"]["ok"]
    assert rows["999001 pupils"]["seen"] == "arbor 60; none read yet"
    assert TOKEN not in done.stdout


@pytest.mark.parametrize("fmt", ["json", "table"])
def test_the_redacted_report_names_no_school_machine_path_or_secret(
    fmt: str, tmp_path: Path, arbor: FakeArbor, address: str
) -> None:
    home = tmp_path / "j.smith the technician"
    setup(home, address)
    arbor.faults["Person"] = "html"
    arbor.closed_fields.add("Student.dateOfBirth")
    whole = agent(home, "doctor", "--format", fmt)
    mailed = agent(home, "doctor", "--redact", "--format", fmt)
    assert mailed.returncode == whole.returncode == 1
    canaries = ["Quillbury", "smith", "technician", str(tmp_path), TOKEN, "127.0.0.1", "blocked"]
    there = [word for word in canaries if word in mailed.stdout]
    assert there == []
    # The control: the report that is not to be mailed holds what was taken out.
    assert {"smith", "blocked"} <= {word for word in canaries if word in whole.stdout}
    assert "Person" in mailed.stdout
    assert "let this computer reach uk.arbor.sc" in mailed.stdout
