"""A term planned; then an officer falls ill, a school closes, a visit is called off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hub_under_test import FixedClock

from linkwork.errors import BadInput, Refused
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts, Term
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.meetings import change_store, diary_store, planning, rearranging, store
from linkwork_hub.meetings.diary_imports import plan_away, plan_calendar, plan_visits, whole_days
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.models import (
    Change,
    HalfDay,
    Session,
    Side,
    Status,
    VisitWishes,
)
from linkwork_hub.meetings.rules import slot_at

SYSTEM = Scope.system()
MONDAY, FRIDAY = date(2026, 3, 16), date(2026, 3, 20)


class Term12:
    """Twelve schools, three link officers, a fourth without schools, and a planned term."""

    def __init__(self, db: Database, rules: MeetingRules) -> None:
        self.db, self.rules = db, rules
        with db.write() as tx:
            self.officers = [
                account_store.add_person(SYSTEM, tx, _officer(n), password="") for n in range(4)
            ]
            self.schools = [access.add_school(SYSTEM, tx, _school(n)) for n in range(12)]
            for n, school in enumerate(self.schools):
                access.set_link_officer(SYSTEM, tx, school, self.officers[n % 3])
            for name, first, last, kind in (
                ("Spring", date(2026, 1, 5), date(2026, 3, 27), "term"),
                ("Half term", date(2026, 2, 16), date(2026, 2, 20), "half-term"),
                ("Summer", date(2026, 4, 13), date(2026, 7, 21), "term"),
            ):
                access.add_term(SYSTEM, tx, Term("", name, kind, first, last))
            made = planning.plan_for_term(SYSTEM, tx, rules, "Spring")
            planning.save(SYSTEM, tx, made, "a test")

    def meetings(self) -> dict[str, tuple[HalfDay, str]]:
        with self.db.read() as tx:
            found = store.meetings_between(SYSTEM, tx, date(2026, 1, 1), date(2026, 8, 1))
        return {one.meeting_id: (one.half_day, one.officer_id) for one in found}

    def of(self, officer: str) -> list[str]:
        return [ident for ident, (_, who) in self.meetings().items() if who == officer]

    def away(self, officer: str, first: date, last: date, kind: str = "sickness") -> None:
        with self.db.write() as tx:
            diary_store.add_entry(SYSTEM, tx, officer, kind, whole_days(first, last))

    def rearrange(self, prefer: rearranging.Prefer = "cover") -> list[rearranging.Rearranged]:
        with self.db.write() as tx:
            found = rearranging.propose(SYSTEM, tx, self.rules, prefer=prefer)
            rearranging.apply(SYSTEM, tx, found, "a test")
        return found

    def history(self, ident: str) -> list[Change]:
        with self.db.read() as tx:
            return change_store.changes(SYSTEM, tx, ident)


def _officer(n: int) -> Person:
    email, name = f"o{n}@council.example", f"Officer {n}"
    place = (51.4 + n / 50, -0.9)
    return Person("", email, name, Role.OFFICER, True, frozenset(), SLOTS, *place)


def _school(n: int) -> SchoolFacts:
    return SchoolFacts(
        "", date(2020, 9, 1), f"{900001 + n}", f"School {n}", "LA", "primary",
        latitude=51.4 + n % 3 / 50, longitude=-0.9 + n / 500,
    )  # fmt: skip


@pytest.fixture
def term(sqlite_database: Database, meeting_rules: MeetingRules) -> Term12:
    return Term12(sqlite_database, meeting_rules)


@pytest.mark.serves("S35")
def test_an_officer_falls_ill_and_is_covered_the_same_day_and_nothing_else_moves(
    term: Term12,
) -> None:
    before, ill = term.meetings(), term.officers[0]
    mine = term.of(ill)
    assert mine
    days = [before[ident][0].day for ident in mine]
    term.away(ill, min(days), max(days))
    found = term.rearrange()
    after = term.meetings()
    assert {one.meeting.meeting_id for one in found} == set(mine)
    what = {one.meeting.meeting_id: one.what for one in found}
    assert "covered" in what.values()
    for ident in mine:
        held = {who for half_day, who in before.values() if half_day == before[ident][0]}
        # A new date only where every other officer had a meeting of their own.
        assert what[ident] == ("moved" if held == set(term.officers) else "covered")
        assert (after[ident][0] == before[ident][0]) == (what[ident] == "covered")
        assert (after[ident][1] == ill) == (what[ident] == "moved")
        [change] = term.history(ident)
        assert (change.what, change.before) == (what[ident], before[ident])
        assert change.after == after[ident]
        assert "is away" in change.why
    assert {i: after[i] for i in after if i not in mine} == {
        i: before[i] for i in before if i not in mine
    }
    assert term.rearrange() == []


@pytest.mark.serves("S35")
def test_a_new_date_is_found_where_it_is_preferred_and_both_are_recorded(term: Term12) -> None:
    before, ill = term.meetings(), term.officers[0]
    day = before[term.of(ill)[0]][0].day
    mine = [ident for ident in term.of(ill) if before[ident][0].day == day]
    term.away(ill, day, day, "leave")
    found = term.rearrange("new-date")
    after = term.meetings()
    assert {one.meeting.meeting_id for one in found} == set(mine)
    for ident in mine:
        assert after[ident][1] == ill
        assert after[ident][0].day != day
        [change] = term.history(ident)
        assert (change.what, change.before, change.after) == ("moved", before[ident], after[ident])
    assert all(after[i] == before[i] for i in before if i not in mine)


def test_when_everyone_is_away_the_date_moves_and_a_locked_meeting_is_left_to_a_person(
    term: Term12,
) -> None:
    before = term.meetings()
    ident = term.of(term.officers[0])[0]
    day = before[ident][0].day
    affected = [i for i, (half_day, _) in before.items() if half_day.day == day]
    with term.db.write() as tx:
        change_store.lock(SYSTEM, tx, ident, True)
    for officer in term.officers:
        term.away(officer, day, day)
    found = {one.meeting.meeting_id: one for one in term.rearrange()}
    after = term.meetings()
    assert set(found) == set(affected)
    assert found[ident].what == "left"
    assert "It is locked." in found[ident].why
    assert after[ident] == before[ident]
    assert all(after[i][0].day != day for i in affected if i != ident)
    moved = slot_at(HalfDay(FRIDAY, Session.PM), term.rules.link, "x")
    with term.db.write() as tx, pytest.raises(Refused, match="locked"):
        change_store.move(SYSTEM, tx, ident, moved, term.officers[0], "a test", "x")


def test_one_other_meeting_makes_room_when_nothing_else_is_left(
    sqlite_database: Database, meeting_rules: MeetingRules
) -> None:
    """One officer, Monday mornings alone; only one of them is left to one of two schools."""
    rules = meeting_rules
    with sqlite_database.write() as tx:
        person = Person("", "o@x.example", "Olive", Role.OFFICER, True, frozenset(), ("mon-am",))
        olive = account_store.add_person(SYSTEM, tx, person, password="")
        schools = [access.add_school(SYSTEM, tx, _school(n)) for n in range(2)]
        for school in schools:
            access.set_link_officer(SYSTEM, tx, school, olive)
        access.add_term(SYSTEM, tx, Term("", "Spring", "term", MONDAY, date(2026, 4, 3)))
        # The first school is closed on the last Monday, so only the middle one is left to it.
        access.add_term(
            SYSTEM,
            tx,
            Term("", "Closed", "closure", date(2026, 3, 30), date(2026, 3, 30), schools[0]),
        )
        planned = {}
        for school, day in zip(schools, (MONDAY, date(2026, 3, 23)), strict=True):
            slot = slot_at(HalfDay(day, Session.AM), rules.link, "x")
            planned[school] = store.plan(SYSTEM, tx, school, olive, "link", slot, "t")
        diary_store.add_entry(SYSTEM, tx, olive, "leave", whole_days(MONDAY, MONDAY))
        found = rearranging.propose(SYSTEM, tx, rules)
        assert {one.meeting.school_id: one.what for one in found} == {
            schools[0]: "moved",
            schools[1]: "moved aside",
        }
        assert rearranging.apply(SYSTEM, tx, found, "t") == 2
        assert store.meeting(SYSTEM, tx, planned[schools[0]]).half_day.day == date(2026, 3, 23)  # type: ignore[union-attr]
        assert store.meeting(SYSTEM, tx, planned[schools[1]]).half_day.day == date(2026, 3, 30)  # type: ignore[union-attr]


def test_a_calendar_a_leave_file_and_a_schools_wishes_are_minded_by_the_next_plan(
    term: Term12, tmp_path: Path
) -> None:
    away = tmp_path / "away.csv"
    away.write_text(
        "email,kind,first,last,half\no0@council.example,leave,2026-04-13,2026-07-10,day\n"
    )
    visits = tmp_path / "visits.csv"
    codes = " ".join(code for code in SLOTS if code != "fri-pm")
    visits.write_text(f"urn,prefer,never,online,room,cadence\n900002,,{codes},yes,,term\n")
    with term.db.write() as tx:
        for plan in (plan_away(SYSTEM, tx, away), plan_visits(SYSTEM, tx, visits)):
            assert len(plan.steps) == 1
            plan.apply(SYSTEM, tx)
        assert plan_away(SYSTEM, tx, away).steps == ()
        assert plan_visits(SYSTEM, tx, visits).steps == ()
        made = planning.plan_for_term(SYSTEM, tx, term.rules, "Summer")
        idents = planning.save(SYSTEM, tx, made, "t")
        whole = [store.meeting(SYSTEM, tx, ident) for ident in idents]
    mine = [one for one in whole if one and one.officer_id == term.officers[0]]
    assert mine
    assert all(one.half_day.day > date(2026, 7, 10) for one in mine)
    [picky] = [one for one in whole if one and one.school_id == term.schools[1]]
    assert (picky.half_day.code, picky.online) == ("fri-pm", True)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody@x.example,leave,2026-04-13,2026-04-13,day", "nobody here"),
        ("o0@council.example,holiday,2026-04-13,2026-04-13,day", "kind"),
        ("o0@council.example,leave,2026-04-13,2026-04-10,day", "before"),
        ("o0@council.example,leave,2026-04-13,2026-04-14,am", "one day"),
        ("o0@council.example,leave,2026-02-30,2026-04-14,day", "not a date"),
    ],
)
def test_a_wrong_row_of_leave_is_refused_with_its_place_and_nothing_is_applied(
    term: Term12, tmp_path: Path, row: str, words: str
) -> None:
    path = tmp_path / "away.csv"
    good = "o1@council.example,leave,2026-04-13,2026-04-13,day"
    path.write_text(f"email,kind,first,last,half\n{good}\n{row}\n")
    with term.db.write() as tx:
        plan = plan_away(SYSTEM, tx, path)
        assert words in str(plan.problems[0])
        assert "row 3" in str(plan.problems[0])
        with pytest.raises(BadInput):
            plan.apply(SYSTEM, tx)


def test_a_broken_calendar_leaves_the_diary_as_it_was(term: Term12, tmp_path: Path) -> None:
    path = tmp_path / "olive.ics"
    event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Canary\nDTSTART:20260413T090000\nDTEND:20260413T100000\n"
    text = f"BEGIN:VCALENDAR\n{event}END:VEVENT\nEND:VCALENDAR\n"
    with term.db.write() as tx:
        person = access.person(SYSTEM, tx, term.officers[0])
        assert person is not None
        path.write_text(text)
        plan_calendar(SYSTEM, tx, person, path).apply(SYSTEM, tx)
        path.write_text(text.replace("SUMMARY:Canary", "RRULE:FREQ=SOMETIMES"))
        with pytest.raises(BadInput, match="row 4"):
            plan_calendar(SYSTEM, tx, person, path)
        window = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
        [entry] = diary_store.entries(SYSTEM, tx, [person.id], *window)[person.id]
    assert entry.kind == "calendar"
    assert b"Canary" not in Path(str(term.db.engine.url.database)).read_bytes()


@pytest.mark.serves("S71")
@pytest.mark.serves("S70")
def test_a_school_that_cancels_late_leaves_the_facts_a_bill_needs(
    term: Term12, clock: FixedClock
) -> None:
    before = term.meetings()
    first, second = sorted(before, key=lambda ident: before[ident][0])[:2]
    starts = datetime.combine(before[first][0].day, datetime.min.time(), tzinfo=UTC)
    clock.now = starts + timedelta(hours=7)
    with term.db.write() as tx:
        change_store.cancel(SYSTEM, tx, first, "S. Office", "Trip forgotten", Side.SCHOOL)
        meeting = store.meeting(SYSTEM, tx, first)
    assert meeting is not None
    assert meeting.status is Status.CANCELLED
    [change] = term.history(first)
    assert (change.side, change.by, change.after) == (Side.SCHOOL, "S. Office", None)
    assert timedelta(0) < change.notice < timedelta(hours=7)
    clock.now = datetime.combine(before[second][0].day, datetime.max.time(), tzinfo=UTC)
    with term.db.write() as tx:
        other = store.meeting(SYSTEM, tx, second)
        assert other is not None
        with pytest.raises(Refused, match="how you tried"):
            change_store.not_delivered(SYSTEM, tx, second, "Olive", "")
        for channel in ("telephone", "email"):
            change_store.add_attempt(
                SYSTEM, tx, other.school_id, second, "Olive", channel, reached=False
            )
        change_store.not_delivered(SYSTEM, tx, second, "Olive", "")
        lost = {
            one.meeting_id: one
            for one in change_store.lost(SYSTEM, tx, date(2026, 1, 1), date(2026, 7, 1))
        }
    assert (lost[first].status, lost[first].side) == (Status.CANCELLED, Side.SCHOOL)
    assert (lost[first].attempts, lost[first].notice) == (0, change.notice)
    assert (lost[second].status, lost[second].attempts) == (Status.NOT_DELIVERED, 2)
    assert not lost[second].reached


def test_someone_who_serves_two_schools_is_needed_at_one_at_a_time(term: Term12) -> None:
    part = term.rules.link.must[1]
    with term.db.write() as tx:
        lead = Person(
            "", "lead@trust.example", "Lead", Role.SCHOOL, True, frozenset(term.schools[:6])
        )
        who = account_store.add_person(SYSTEM, tx, lead, password="")
        for school in term.schools[:6]:
            diary_store.set_parts(SYSTEM, tx, school, {part: who})
        diary_store.add_entry(
            SYSTEM, tx, who, "leave", whole_days(date(2026, 4, 13), date(2026, 5, 29))
        )
        made = planning.plan_for_term(SYSTEM, tx, term.rules, "Summer")
    theirs = [p for p in made.plan.placed if p.need.school.school_id in term.schools[:6]]
    half_days = [p.slot.half_day for p in theirs]
    assert len(half_days) == len(set(half_days)) == 6
    assert all(half_day.day > date(2026, 5, 29) for half_day in half_days)


def test_a_wish_is_refused_when_it_is_a_never_time_too(term: Term12, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("urn,prefer,never,online,room,cadence\n900002,mon-am,mon-am tue-am,,,\n")
    with term.db.write() as tx:
        assert "mon-am is preferred too" in str(plan_visits(SYSTEM, tx, path).problems[0])
        diary_store.set_wishes(SYSTEM, tx, term.schools[0], VisitWishes(room="Library"))
        assert diary_store.wishes_of(SYSTEM, tx, term.schools[0]).room == "Library"
