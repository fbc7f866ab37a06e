"""The command line as a technician and a tool meet it: real processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import plugin
from linkwork_agent import plugins

#: What only a job needs; importing it costs a short command more than the rest of its start.
HEAVY = {"pydantic", "httpx", "cryptography", "sqlite_utils", "pluggy", "truststore", "zoneinfo"}
STATUS_KEYS = [
    "school",
    "mis",
    "last_read",
    "last_receipt",
    "waiting",
    "refused",
    "problems",
    "completeness",
]


def agent(
    home: Path, *arguments: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `linkwork-agent`."""
    environment = {key: value for key, value in os.environ.items() if key != "LINKWORK_HOME"}
    return subprocess.run(
        [sys.executable, *options, "-m", "linkwork_agent", "--home", str(home), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def imported(told: str) -> set[str]:
    """The packages that `-X importtime` names."""
    lines = [line for line in told.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.fixture
def home(school: SchoolDesk) -> Path:
    """The home of a school that was set up by command."""
    made = agent(
        school.home,
        *("setup", "csv", "--urn", school.urn, "--name", "Fernhill Primary"),
        *("--path", str(school.register), "--contacts", str(school.home / "contacts.csv")),
    )
    assert made.returncode == 0, made.stderr
    return school.home


def test_the_group_of_plugins_is_the_one_of_the_contract() -> None:
    assert plugins.GROUP == plugin.GROUP


@pytest.mark.parametrize("command", [["status"], ["plugins"], ["run", "--for", "1.5"], ["sent"]])
def test_a_short_command_and_the_supervisor_import_nothing_heavy(
    home: Path, command: list[str]
) -> None:
    told = agent(home, *command, options=("-X", "importtime"))
    assert told.returncode == 0
    assert not imported(told.stderr) & (HEAVY - {"zoneinfo"} if command[0] == "run" else HEAVY)
    assert ("apscheduler" in imported(told.stderr)) == (command[0] == "run")


def test_status_of_one_school_is_an_object_and_of_several_a_list(
    home: Path, school: SchoolDesk
) -> None:
    one = json.loads(agent(home, "status", "--format", "json").stdout)
    assert list(one) == STATUS_KEYS
    assert one["problems"][0].startswith("Not joined yet")
    agent(
        home, "setup", "csv", "--urn", "199990", "--name", "Other", "--path", str(school.register)
    )
    several = json.loads(agent(home, "status", "--format", "json").stdout)
    assert [each["school"] for each in several] == ["Fernhill Primary", "Other"]
    # With several schools a remedy names the one it is for.
    remedy = f'linkwork-agent --home {home} join --urn 199990 STRING --released-by "NAME'
    assert remedy in several[1]["problems"][0]
    assert (
        json.loads(agent(home, "status", "--urn", "199990", "--format", "json").stdout)["school"]
        == "Other"
    )


def test_the_whole_way_by_commands_alone(home: Path, school: SchoolDesk, live: LiveHub) -> None:
    live.clock.fixed = None
    live.working.set()
    string = live.join_string(school.school_id)
    joined = agent(home, "join", string, "--released-by", "A. Head", "--release", "return")
    assert joined.returncode == 0, joined.stderr
    assert live.six_words(school.school_id) in joined.stdout
    live.confirm(school.school_id)
    done = agent(home, "once")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3), done.stdout + done.stderr
    assert "sent 2, 0 waiting" in done.stdout
    told = json.loads(agent(home, "sent", "--format", "json").stdout)
    kinds = ["return", "summary", "acknowledge", "heartbeat", "enrol"]
    assert [row["kind"] for row in told] == kinds
    assert all(row["receipt"] for row in told)
    listed = agent(home, "sent").stdout
    assert re.search(r"return +\d{4}-\d\d-\d\d \d\d:\d\d +Nil return of", listed), listed
    assert json.loads(agent(home, "requests", "--format", "json").stdout) == []
    assert json.loads(agent(home, "actions", "--format", "json").stdout) == []
    looked = agent(home, "doctor", "--format", "json")
    assert looked.returncode == 0, looked.stdout
    assert all(row["ok"] and not row["remedy"] for row in json.loads(looked.stdout))
    assert "released by A. Head" in agent(home, "status").stdout


def test_doctor_names_each_fault_with_its_remedy(home: Path, school: SchoolDesk) -> None:
    school.register.unlink()
    (home / "agent.toml").chmod(0o664)
    looked = agent(home, "doctor", "--format", "json")
    assert looked.returncode == 1
    faults = {row["what"]: row["remedy"] for row in json.loads(looked.stdout) if not row["ok"]}
    assert "chmod go-w" in faults["permissions"]
    assert "Correct the path" in faults[f"{school.urn} plugin csv"]
    typed = f'linkwork-agent --home {home} join STRING --released-by "NAME OF THE HEAD"'
    assert typed in faults[f"{school.urn} hub"]


def test_doctor_names_a_store_folder_that_others_can_enter(home: Path, school: SchoolDesk) -> None:
    school.open().close()
    (home / "schools" / school.urn).chmod(0o750)
    looked = agent(home, "doctor", "--format", "json")
    assert looked.returncode == 1, looked.stderr
    faults = {row["what"]: row["remedy"] for row in json.loads(looked.stdout) if not row["ok"]}
    assert "chmod 700" in faults[f"{school.urn} store"]


@pytest.mark.parametrize(("mode", "well"), [(0o600, True), (0o644, True), (0o622, False)])
def test_others_may_read_the_configuration_and_not_write_it(
    home: Path, mode: int, well: bool
) -> None:
    (home / "agent.toml").chmod(mode)
    rows = json.loads(agent(home, "doctor", "--format", "json").stdout)
    assert [row["ok"] for row in rows if row["what"] == "permissions"] == [well]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["once", "--urn", "123"], 2, "No school 123"),
        (["join", "hello", "--released-by", "A", "--release", "none"], 1, "no join string"),
        (["join", "--released-by", "A", "--release", "everything"], 2, "is not known"),
        (["join", "--released-by", "A", "--release", "return"], 2, "has not joined yet"),
        (["join", "LW1.ABC"], 2, "Say it on the command line: --release"),
        (["actions", "done"], 2, "Say which action"),
        (["refer", "req_9", "--reason", "x", "--by", "A"], 2, "No request req_9"),
        (["once", "--job", "collect"], 2, "has not joined"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    home: Path, arguments: list[str], code: int, says: str
) -> None:
    told = agent(home, *arguments)
    assert told.returncode == code, told.stdout + told.stderr
    assert says in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_without_a_configuration_every_command_says_how_to_start(tmp_path: Path) -> None:
    told = agent(tmp_path, "status")
    assert told.returncode == 2
    assert "setup csv" in told.stderr


def test_check_needs_no_configuration(school: SchoolDesk, tmp_path: Path) -> None:
    told = agent(tmp_path / "nowhere", "check", str(school.register), "--format", "json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["pupils"] == 2
