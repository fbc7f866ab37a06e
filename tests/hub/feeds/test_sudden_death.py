"""A hub process killed at any named point loses nothing and doubles nothing."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import post_crash
import pytest
from school_post import SchoolPost

from linkwork.wire import ActionProgress
from linkwork_hub.db import metadata
from linkwork_hub.feeds import keys as key_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not of Windows")
MESSAGES = [f"act_{n}" for n in range(4)]
#: Every point of the receiver and the worker at which a call may be cut off.
POINTS = ["verified", "kept", "committed", "begun", "applied", "settled"]

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["post_crash"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A hub with one school, whose outbox holds four messages."""
    random = Random(5).randbytes
    keys = key_files.make_keys(
        tmp_path / "keys", "Exampleshire", datetime(2026, 1, 1, tzinfo=UTC), random
    )
    db = post_crash.open_hub(tmp_path)
    metadata.create_all(db.engine)
    with db.write() as tx:
        tx.conn.exec_driver_sql("CREATE TABLE effects (what TEXT)")
    school = SchoolPost(db, keys).joined()
    (tmp_path / "outbox").mkdir()
    for n, what in enumerate(MESSAGES):
        progress = ActionProgress(action_id=what, state="done", on=date(2026, 3, 2), by="A")
        (tmp_path / "outbox" / f"{n}.lw1").write_bytes(school.sealed(progress))
    db.close()
    return tmp_path


def run(home: Path, design: str, point: str, minutes: int) -> int | None:
    """Run a hub process to its end, or its death; its exit code."""
    process = processes.Process(target=post_crash.run, args=(home, design, point, minutes))
    process.start()
    process.join(30)
    return process.exitcode


def effects(home: Path) -> list[str]:
    """What took effect, in order; the database is whole."""
    db = post_crash.open_hub(home)
    with db.read() as tx:
        found = list(tx.conn.exec_driver_sql("SELECT what FROM effects ORDER BY rowid").scalars())
        assert tx.conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        marks = tx.conn.exec_driver_sql("SELECT contiguous FROM feed_marks").scalars().all()
    db.close()
    assert list(marks) == [len(MESSAGES)]
    return found


@pytest.mark.parametrize("point", POINTS)
def test_every_message_takes_effect_once_however_the_process_ended(home: Path, point: str) -> None:
    assert run(home, "ours", point, 0) == -signal.SIGKILL
    # And once more, when it starts again.
    assert run(home, "ours", point, 10) == -signal.SIGKILL
    assert run(home, "ours", "", 20) == 0
    assert effects(home) == MESSAGES


def test_a_process_killed_again_and_again_still_gets_there(home: Path) -> None:
    for n, point in enumerate(POINTS):
        assert run(home, "ours", point, 10 * n) == -signal.SIGKILL
    assert run(home, "ours", "", 100) == 0
    assert effects(home) == MESSAGES


def test_the_same_check_finds_the_loss_of_a_worker_that_marks_before_it_applies(
    home: Path,
) -> None:
    assert run(home, "mark-then-apply", "between", 0) == -signal.SIGKILL
    assert run(home, "mark-then-apply", "", 10) == 0
    assert Counter(MESSAGES) - Counter(effects(home)) == Counter(["act_1"])


def test_the_same_check_finds_the_double_of_a_worker_that_applies_before_it_marks(
    home: Path,
) -> None:
    assert run(home, "apply-then-mark", "between", 0) == -signal.SIGKILL
    assert run(home, "apply-then-mark", "", 10) == 0
    assert Counter(effects(home)) - Counter(MESSAGES) == Counter(["act_1"])
