"""Canaries where things go wrong: full logs, SQL that fails, file names, notes, words of people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from canaries import CANARIES, Everything, hub_log, nothing_of_a_pupil
from live_hub import LiveHub
from school_desk import FRIDAY, SchoolDesk
from sqlalchemy.exc import DBAPIError

from linkwork_agent import agreed, work
from linkwork_agent.signs import heartbeat
from linkwork_agent.store import inbox
from linkwork_hub.app import HANDLERS
from linkwork_hub.feeds.work import work_once

#: Libraries that say much of what they do when they are asked to.
TALKATIVE = ("httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool")


@pytest.fixture
def everything() -> Iterator[Everything]:
    """The log of both sides in this process, with all that any library says of itself."""
    with hub_log() as kept:
        logging.getLogger().setLevel(logging.DEBUG)
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield kept
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def ready(school: SchoolDesk, everything: Everything) -> SchoolDesk:
    """A school with one pupil to name in a return."""
    school.stories["P3"] = "/*30 O*10"
    return school.joined("return")


def test_with_every_library_saying_all_it_can_no_log_names_a_pupil(
    ready: SchoolDesk, live: LiveHub, everything: Everything
) -> None:
    for job in ("collect", "deliver", "instruct"):
        assert ready.run(job).exit_code == 0
    work_once(live.db, live.keys.work, HANDLERS)
    said = everything.getvalue()
    # The control: it does say all, down to the statements and that their values are withheld.
    assert "SQL parameters hidden" in said
    assert "INSERT INTO inbox" in said
    assert "receive_response_headers" in said
    nothing_of_a_pupil(said)
    assert live.count("SELECT count(*) FROM identities WHERE school_id = :s", s=ready.school_id)


def test_a_statement_that_fails_over_a_named_pupil_is_told_without_its_values(
    ready: SchoolDesk, live: LiveHub, everything: Everything
) -> None:
    for job in ("collect", "deliver"):
        ready.run(job)
    with live.db.write() as db:
        db.conn.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON identities BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    work_once(live.db, live.keys.work, HANDLERS)
    with live.db.write() as db:
        db.conn.exec_driver_sql("DROP TRIGGER refuse")
    with live.db.read() as db:
        stuck = db.conn.exec_driver_sql("SELECT stuck FROM feed_claims").scalars().all()
    assert any("IntegrityError" in one for one in stuck)
    nothing_of_a_pupil(everything.getvalue() + json.dumps(list(stuck)))
    # Nor is it in the error itself, whoever prints that.
    with pytest.raises(DBAPIError) as failed, live.db.write() as db:
        db.conn.exec_driver_sql(
            "INSERT INTO alembic_nowhere (name) VALUES (?)", ("Thornapple3 Quill3",)
        )
    nothing_of_a_pupil(str(failed.value))


def test_a_file_that_is_called_after_a_pupil_is_named_at_the_school_alone(
    ready: SchoolDesk, everything: Everything
) -> None:
    named = ready.home / "Quill3 Thornapple3.csv"
    ready.register.rename(named)
    ready.settings = {"path": named.name}
    text = named.read_text(encoding="utf-8")
    for wrong in (text.replace("2026-01-05", "no day"), "", "pupil_id,upn\n"):
        named.write_text(wrong, encoding="utf-8")
        outcome = ready.run("collect")
        assert outcome.exit_code != 0
        # At the school the file is named: it is what has to be mended.
        assert named.name in outcome.sentence
        with ready.open() as store:
            beat = heartbeat(ready.desk(store)).to_bytes().decode()
        nothing_of_a_pupil(beat + outcome.shared + everything.getvalue())
    named.unlink()
    outcome = ready.run("collect")
    with ready.open() as store:
        beat = heartbeat(ready.desk(store)).to_bytes().decode()
    nothing_of_a_pupil(beat + outcome.shared + everything.getvalue())


def test_what_a_person_writes_of_an_action_is_in_no_log_header_or_answer(
    ready: SchoolDesk, live: LiveHub, everything: Everything, tmp_path: Path
) -> None:
    """A note names whom it names: it travels sealed, is kept sealed, and comes back in nothing."""
    with ready.open() as store, store.write() as tx:
        inbox.put_action(
            tx, inbox.Action("act_x", "Ring", "A.", "2026-03-06", "2026-02-27", None, None, "open")
        )
    note = f"Spoke to the mother of {CANARIES[0]} {CANARIES[1]}, {CANARIES[3]} Lane"
    agreed.progress([ready.place], "act_x", "done", "A. Reed", note)
    with ready.open() as store:
        bodies = [row["body"] for row in store.read.execute("SELECT body FROM outbox").fetchall()]
        sealed = [bytes(r[0]) for r in store.read.execute("SELECT envelope FROM outbox").fetchall()]
    # The control: the note is in the body, as it was written.
    assert any(CANARIES[0].encode() in body for body in bodies)
    assert not any(one.encode() in envelope for one in CANARIES for envelope in sealed)
    assert ready.run("deliver").exit_code == 0
    work_once(live.db, live.keys.work, HANDLERS)
    ready.run("instruct")
    with live.db.read() as db:
        reasons = db.conn.exec_driver_sql("SELECT reason FROM inbox").scalars().all()
    assert any("no such action" in reason for reason in reasons)
    nothing_of_a_pupil(everything.getvalue() + json.dumps(list(reasons)))
    nothing_of_a_pupil(json.dumps(ready.status()))


def test_a_job_that_ends_on_an_error_with_a_name_in_it_leaves_kind_and_place(
    ready: SchoolDesk, everything: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    from linkwork_agent import log

    def broken(_point: str) -> None:
        who = {"surname": CANARIES[0], "born": date(2016, 3, 4)}
        raise KeyError(f"{who} of {FRIDAY}")

    with pytest.raises(KeyError) as ended:
        work.run_job(replace(ready.place, at=broken), "collect")
    place = log.crash_place(ended.type, ended.tb)
    assert place.startswith("KeyError at ")
    log.write("crashed", what=place)
    out, err = capfd.readouterr()
    assert "KeyError" in err
    nothing_of_a_pupil(out + err + everything.getvalue())
