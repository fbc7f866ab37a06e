"""Meetings in the database: no clash however they are written, nothing lost, notes by version."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from linkwork.errors import Refused
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, SchoolFacts
from linkwork_hub.db import Database, Role, Scope, Tx
from linkwork_hub.meetings import change_store, store
from linkwork_hub.meetings.models import Attendee, HalfDay, Session, Slot, Status

SYSTEM = Scope.system()
DAY = date(2026, 3, 12)


def add_school(db: Tx, urn: str) -> str:
    facts = SchoolFacts("", date(2020, 9, 1), urn, f"School {urn}", "LA", "primary")
    return access.add_school(SYSTEM, db, facts)


def add_officer(db: Tx, email: str = "olive@council.example") -> str:
    olive = Person(id="", email=email, name="Olive Fenwick", role=Role.OFFICER, active=True)
    return account_store.add_person(SYSTEM, db, olive, password="")


def slot(day: date = DAY, session: Session = Session.AM) -> Slot:
    return Slot(HalfDay(day, session), time(9, 30), time(10, 30), "Free for both.")


def test_a_planned_meeting_reads_back_as_it_was_planned(database: Database) -> None:
    with database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        ident = store.plan(SYSTEM, db, school, officer, "link", slot(), "Olive Fenwick")
    with database.read() as db:
        found = store.meeting(SYSTEM, db, ident)
    assert found is not None
    assert (found.half_day, found.start, found.end) == (slot().half_day, time(9, 30), time(10, 30))
    assert (found.status, found.sequence) == (Status.PLANNED, 0)


def test_no_officer_and_no_school_is_planned_twice_into_one_half_day(database: Database) -> None:
    with database.write() as db:
        one, two = add_school(db, "900001"), add_school(db, "900002")
        olive, pat = add_officer(db), add_officer(db, "pat@council.example")
        store.plan(SYSTEM, db, one, olive, "link", slot(), "O")
        with pytest.raises(Refused, match="has been taken"):
            store.plan(SYSTEM, db, two, olive, "link", slot(), "O")
        with pytest.raises(Refused, match="has been taken"):
            store.plan(SYSTEM, db, one, pat, "link", slot(), "P")
        # The control: what does not clash is written, in the same transaction.
        store.plan(SYSTEM, db, two, olive, "link", slot(session=Session.PM), "O")
        store.plan(SYSTEM, db, two, pat, "link", slot(), "P")
    with database.read() as db:
        assert store.count_from(SYSTEM, db, DAY) == 3


def test_a_cancelled_meeting_frees_its_half_day_and_says_why(database: Database) -> None:
    with database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        ident = store.plan(SYSTEM, db, school, officer, "link", slot(), "O")
        with pytest.raises(Refused, match="Write why"):
            change_store.cancel(SYSTEM, db, ident, "Olive Fenwick", " ")
        change_store.cancel(SYSTEM, db, ident, "Olive Fenwick", "The school is closed by snow")
        with pytest.raises(Refused, match="Only a planned"):
            change_store.cancel(SYSTEM, db, ident, "Olive Fenwick", "again")
        found = store.meeting(SYSTEM, db, ident)
        assert found is not None
        assert (found.status, found.sequence) == (Status.CANCELLED, 1)
        assert store.why_cancelled(SYSTEM, db, ident) == (
            "Olive Fenwick",
            "The school is closed by snow",
        )
        assert store.taken(SYSTEM, db, DAY, DAY, officer_ids=[officer]) == {officer: frozenset()}
        store.plan(SYSTEM, db, school, officer, "link", slot(), "O")


def test_half_days_taken_outside_ones_schools_are_known_as_taken_only(database: Database) -> None:
    with database.write() as db:
        mine, other = add_school(db, "900001"), add_school(db, "900002")
        officer = add_officer(db)
        store.plan(SYSTEM, db, other, officer, "link", slot(), "O")
        scope = Scope(Role.OFFICER, officer, frozenset({mine}))
        assert store.taken(scope, db, DAY, DAY, officer_ids=[officer]) == {
            officer: frozenset({slot().half_day})
        }
        assert store.meetings_from(scope, db, DAY, limit=10) == []


def test_a_note_is_never_overwritten(database: Database) -> None:
    with database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        ident = store.plan(SYSTEM, db, school, officer, "link", slot(), "O")
        assert store.keep_note(SYSTEM, db, ident, {"general": "First words"}, "Olive") == 1
        assert store.keep_note(SYSTEM, db, ident, {"general": "First words "}, "Olive") == 1
        assert store.keep_note(SYSTEM, db, ident, {"general": "Better words"}, "Pat") == 2
    with database.read() as db:
        versions = store.notes(SYSTEM, db, ident)
    assert [(note.version, note.texts["general"], note.written_by) for note in versions] == [
        (2, "Better words", "Pat"),
        (1, "First words", "Olive"),
    ]


def test_a_note_written_before_the_day_prepares_and_one_after_it_marks_the_meeting_held(
    database: Database,
) -> None:
    with database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        later = store.plan(SYSTEM, db, school, officer, "link", slot(), "O")
        past = store.plan(SYSTEM, db, school, officer, "link", slot(date(2026, 3, 2)), "O")
        for ident in (later, past):
            store.keep_note(SYSTEM, db, ident, {"general": "Words"}, "Olive")
        found = [store.meeting(SYSTEM, db, ident) for ident in (later, past)]
    assert [one.status for one in found if one] == [Status.PLANNED, Status.HELD]


def test_what_was_said_is_not_readable_in_the_database(sqlite_database: Database) -> None:
    with sqlite_database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        ident = store.plan(SYSTEM, db, school, officer, "link", slot(), "O")
        store.keep_note(SYSTEM, db, ident, {"general": "Canary Pupilname was there"}, "Olive")
        change_store.cancel(SYSTEM, db, ident, "Olive", "Canary Pupilname is ill")
    path = sqlite_database.engine.url.database
    assert path is not None
    assert b"Canary" not in Path(path).read_bytes()


def test_attendance_is_kept_as_it_was_last_given(database: Database) -> None:
    with database.write() as db:
        school, officer = add_school(db, "900001"), add_officer(db)
        ident = store.plan(SYSTEM, db, school, officer, "link", slot(), "O")
        store.keep_attendance(SYSTEM, db, ident, [Attendee("Attendance lead", "Sam Hill", False)])
        store.keep_attendance(SYSTEM, db, ident, [Attendee("Attendance lead", "Sam Hill", True)])
        assert store.attendance(SYSTEM, db, ident) == [
            Attendee("Attendance lead", "Sam Hill", True)
        ]


def test_a_school_reads_its_own_meetings_only(database: Database) -> None:
    with database.write() as db:
        mine, other = add_school(db, "900001"), add_school(db, "900002")
        officer = add_officer(db)
        seen = store.plan(SYSTEM, db, mine, officer, "link", slot(), "O")
        hidden = store.plan(SYSTEM, db, other, officer, "link", slot(session=Session.PM), "O")
        store.keep_note(SYSTEM, db, hidden, {"general": "Private"}, "Olive")
        scope = Scope(Role.SCHOOL, "per_1", frozenset({mine}))
        assert store.meeting(scope, db, hidden) is None
        assert store.notes(scope, db, hidden) == []
        assert [m.meeting_id for m in store.meetings_from(scope, db, DAY, limit=9)] == [seen]
        next_one = store.next_of_school(scope, db, mine, date(2026, 3, 2))
        assert next_one is not None
        assert next_one.meeting_id == seen
        assert store.schools_with_meeting(scope, db, DAY) == {mine}
