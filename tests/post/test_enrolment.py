"""Enrolment by real processes: many with one join string, and exactly one agent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_hub import LiveHub, live_hub

from linkwork import join
from linkwork_hub.db import Scope
from linkwork_hub.feeds import standing, store
from linkwork_hub.feeds.joining import NOT_KNOWN, USED

URN = "100001"
RIVALS = 4
SYSTEM = Scope.system()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub with one school, whose worker works by itself."""
    with live_hub(tmp_path) as made:
        made.working.set()
        yield made


def home(tmp_path: Path, name: str) -> Path:
    """An agent's home of that school."""
    folder = tmp_path / name
    folder.mkdir(mode=0o700)
    (folder / "agent.toml").write_text(
        f'[[school]]\nurn = "{URN}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        '[school.settings]\npath = "register.csv"\n',
        encoding="utf-8",
    )
    return folder


def joining(folder: Path, string: str) -> subprocess.Popen[str]:
    """`linkwork-agent join`, started."""
    line = [sys.executable, "-m", "linkwork_agent", "--home", str(folder), "join", string]
    return subprocess.Popen(
        [*line, "--release", "none", "--released-by", "A. Head"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_race_with_one_join_string_end_with_exactly_one_agent(
    hub: LiveHub, tmp_path: Path
) -> None:
    school_id = hub.add_school(URN)
    string = hub.join_string(school_id)
    started = [joining(home(tmp_path, f"rival-{n}"), string) for n in range(RIVALS)]
    said = [(process, *process.communicate(timeout=120)) for process in started]
    won = [out for process, out, _ in said if process.returncode == 0]
    lost = [err for process, _, err in said if process.returncode != 0]
    assert (len(won), len(lost)) == (1, RIVALS - 1)
    assert all(USED in err for err in lost)
    assert hub.count("SELECT COUNT(*) FROM agents") == 1
    # The one that won shows the words the hub shows; and the others were noticed, by name.
    assert hub.six_words(school_id) in won[0]
    with hub.db.read() as db:
        judged = standing.judge(SYSTEM, db, store.feed(SYSTEM, db, school_id))
    assert "used before was tried again" in judged.problems[0]


def test_a_guess_with_the_right_root_is_refused_and_counted(hub: LiveHub, tmp_path: Path) -> None:
    """Someone who has an old string of this hub knows its root and address, not the code."""
    real = join.parse(hub.join_string(hub.add_school(URN)))
    guess = join.make(real.url, b"guessguess", real.root_fingerprint)
    process = joining(home(tmp_path, "guesser"), guess.text())
    _, err = process.communicate(timeout=120)
    assert (process.returncode != 0, NOT_KNOWN in err) == (True, True)
    assert hub.count("SELECT tries FROM join_codes") == 1
    assert hub.count("SELECT COUNT(*) FROM agents") == 0
