"""What was done with a pupil and the family: written once, corrected, and never leaving."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from changing import configured
from command import agent
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork.errors import Refused, WrongUse
from linkwork_agent import contacted, declare
from linkwork_agent.contacted import Said
from linkwork_agent.signs import heartbeat
from linkwork_agent.store.version import SCHEMA_VERSION

NOTE = "Canary-note: grandmother is ill, back on Monday"


def note(school: SchoolDesk, whom: str = "P2", **more: Any) -> str:
    """Note a contact, and say what the command printed."""
    fields = {"with_whom": "parent", "how": "call", "note": "No answer", "by": "A. Reed"} | more
    with school.open() as store:
        return contacted.record(store, Said(whom, **fields), lambda: school.now)


def rows(school: SchoolDesk, whom: str | None = None) -> list[dict[str, Any]]:
    """What the command lists."""
    return contacted.listed(school.place.config, school.place.school, whom=whom)


@pytest.fixture
def read(school: SchoolDesk) -> SchoolDesk:
    """A school whose P2 is absent, as it was read."""
    school.grow().stories["P2"] = "/*38 O*2"
    school.joined("return").run("collect")
    return school


@pytest.mark.serves("C46")
def test_a_contact_with_parent_pupil_or_agency_is_kept_with_day_time_outcome_and_by_whom(
    read: SchoolDesk,
) -> None:
    note(read, at="2026-02-26T09:10", note="No answer, message left")
    note(read, with_whom="pupil", how="meeting", at="2026-02-27T08:45", note="Will come", by="B.")
    note(read, with_whom="agency", how="message", at="2026-02-25", note="Early Help asked")
    note(read, "P1", at="2026-02-27T15:00")
    configured(read)
    said = agent("--home", read.home, "contacted", "P2", "--format", "json").json
    assert [(r["when"], r["with"], r["how"], r["by"], r["note"]) for r in said] == [
        ("2026-02-27T08:45", "pupil", "meeting", "B.", "Will come"),
        ("2026-02-26T09:10", "parent", "call", "A. Reed", "No answer, message left"),
        ("2026-02-25", "agency", "message", "A. Reed", "Early Help asked"),
    ]
    assert {(r["mis_id"], r["name"]) for r in said} == {("P2", "Quill2 Thornapple2")}
    assert [r["mis_id"] for r in rows(read)] == ["P1", "P2", "P2", "P2"]


def test_a_contact_is_corrected_by_a_further_line_and_both_stay(read: SchoolDesk) -> None:
    note(read, note="Spoke to the mother")
    said = note(read, note="Spoke to the aunt", corrects=1)
    assert said.endswith("by A. Reed, in place of 1.")
    assert [(r["id"], r["corrects"], r["corrected_by"], r["note"]) for r in rows(read)] == [
        (2, 1, None, "Spoke to the aunt"),
        (1, None, 2, "Spoke to the mother"),
    ]
    with pytest.raises(Refused, match="corrected already, by 2"):
        note(read, corrects=1)
    with pytest.raises(WrongUse, match="No contact has the number 9"):
        note(read, corrects=9)
    # Written under the wrong pupil, or never made at all.
    note(read, "P1", corrects=2)
    note(read, "P1", how="none", note="There was no call", corrects=3)
    assert [r["id"] for r in rows(read, "P1")] == [4, 3]
    with pytest.raises(WrongUse, match="--corrects NUMBER"):
        note(read, how="none")


def test_the_store_itself_refuses_to_change_or_delete_a_contact(read: SchoolDesk) -> None:
    note(read)
    with closing(sqlite3.connect(read.place.folder / "agent.db")) as raw:
        for statement in ("UPDATE contacts SET note = 'x'", "DELETE FROM contacts"):
            with pytest.raises(sqlite3.IntegrityError, match="corrected by a further line"):
                raw.execute(statement)
        # The control: another table of the same store does not.
        raw.execute("DELETE FROM problems")
    assert rows(read)[0]["note"] == "No answer"


def test_a_contact_stays_the_pupils_when_the_school_system_gives_another_id(
    school: SchoolDesk,
) -> None:
    school.grow().joined().run("collect")
    note(school)
    text = school.register.read_text(encoding="utf-8")
    school.register.write_text(re.sub(r"(?m)^P2,", "N77,", text), encoding="utf-8")
    assert school.run("collect").exit_code == 0
    assert [(r["mis_id"], r["note"]) for r in rows(school, "N77")] == [("N77", "No answer")]


def test_contacts_of_a_child_known_twice_come_together_when_the_upn_arrives(
    school: SchoolDesk,
) -> None:
    school.grow().joined().run("collect")
    note(school, note="Before")
    # P2's record is made anew as P3 without a UPN; then P3 gets the number of P2.
    upn_of_p2 = school.register.read_text(encoding="utf-8").split("\nP2,")[1].split(",")[0]
    school.without_upn = {"P3"}
    school.stories["P3"] = school.stories["P2"]
    school.write()
    school.run("collect")
    note(school, "P3", note="After")
    text = re.sub(r"(?m)^P2,.*\n", "", school.register.read_text(encoding="utf-8"))
    school.register.write_text(re.sub(r"(?m)^P3,,", f"P3,{upn_of_p2},", text), "utf-8")
    assert school.run("collect").exit_code == 0
    assert {r["note"] for r in rows(school, "P3")} == {"Before", "After"}


def test_nothing_of_a_contact_leaves_the_school(read: SchoolDesk, live: LiveHub) -> None:
    note(read, note=NOTE)
    with read.open() as store:
        said = declare.Said("irregular", "P2", None, None, "Canary-reason", "A. Reed")
        declare.declare(store, said, lambda: read.now)
    for job in ("collect", "deliver", "instruct"):
        assert read.run(job).exit_code == 0
    live.work()
    left = b"".join(message.to_bytes() for message in read.messages()).decode()
    with read.open() as store:
        left += heartbeat(read.desk(store)).to_bytes().decode()
    left += json.dumps(read.sent())
    # The control: what was declared does leave, with the return.
    assert "Canary-reason" in left
    assert "Canary-note" not in left
    assert "Canary-note" not in json.dumps(read.status())


def test_what_cannot_be_a_contact_is_refused_and_nothing_is_kept(read: SchoolDesk) -> None:
    for more, words in [
        ({"at": "2026-02-27T16:01"}, "still to come"),
        ({"at": "yesterday"}, "is no time"),
        ({"at": "2026-02-27T10:00+01:00"}, "is no time"),
        ({"note": " "}, "what came of it"),
    ]:
        with pytest.raises(WrongUse, match=words):
            note(read, **more)
    with pytest.raises(WrongUse, match="No pupil 'Nobody'"):
        note(read, "Nobody")
    assert rows(read) == []


def test_the_command_keeps_a_contact_and_says_that_it_stays(read: SchoolDesk) -> None:
    configured(read)
    base = ("--home", read.home, "contacted")
    assert agent(*base).out.strip() == "No contact is noted."
    said = agent(
        *base,
        *("P2", "--with", "parent", "--how", "visit", "--note", "Nobody in", "--by", "A. Reed"),
    )
    assert said.code == 0
    assert said.words.startswith("1: Quill2 Thornapple2: visit, parent, ")
    assert said.words.endswith("by A. Reed. It stays at the school.")
    assert "Nobody in" in agent(*base, "P2").out
    (line,) = agent(*base, "--format", "json").json
    # People read a time, programs an ISO date and time.
    assert line["when"].replace("T", " ") in agent(*base).out
    assert line["when"] not in agent(*base).out
    nobody = agent(*base, "P2", "--with", "parent", "--how", "call", "--note", "No answer")
    assert (nobody.code, "Say who it was at the school: --by NAME" in nobody.err) == (2, True)
    assert len(agent(*base, "--format", "json").json) == 1
    half = agent(*base, "P2", "--note", "Nobody in")
    assert (half.code, "with whom and how" in half.err) == (2, True)


def test_a_store_of_before_is_given_the_record_and_keeps_all_else(read: SchoolDesk) -> None:
    file = read.place.folder / "agent.db"
    with closing(sqlite3.connect(file)) as older:
        older.execute("DROP TABLE contacts")
        older.execute("DELETE FROM _sqlite_migrations WHERE name = 'what_was_done'")
        older.execute("PRAGMA user_version = 9")
        older.commit()
    note(read)
    assert len(rows(read)) == 1
    with closing(sqlite3.connect(file)) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert now.execute("SELECT count(*) FROM pupils").fetchone()[0] > 40
