"""Which half-days suit, what is offered of them, and why none is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import HalfDay, OfficerDiary, SchoolDiary, Session, Window
from linkwork_hub.meetings.rules import next_slots, possible, why_none, windows

Officer = Callable[..., OfficerDiary]
School = Callable[..., SchoolDiary]
MONDAY = date(2025, 9, 8)
FRIDAY = date(2025, 9, 12)
WEEK = Window(MONDAY, FRIDAY)


def test_offers_are_school_days_the_officer_works_and_the_school_likes_best(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    inset = date(2025, 9, 16)
    school = a_school(MONDAY, date(2025, 9, 26), wishes="tue-am tue-pm thu-am", closed=[inset])
    slots = next_slots(
        school,
        an_officer("tue-pm wed-am thu-am"),
        meeting_rules.link,
        Window(MONDAY, date(2025, 9, 26)),
        meeting_rules.planning,
    )
    assert [(slot.half_day.day, slot.half_day.session) for slot in slots] == [
        (date(2025, 9, 9), Session.PM),
        (date(2025, 9, 11), Session.AM),
        (date(2025, 9, 18), Session.AM),
    ]
    assert (slots[0].start, slots[0].end) == (time(13, 30), time(14, 30))
    assert "Tuesday, Thursday morning" in slots[0].reason


def test_a_time_the_school_did_not_ask_for_is_offered_when_nothing_else_is_left_and_says_so(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    school = a_school(MONDAY, FRIDAY, wishes="tue-am")
    slots = next_slots(
        school, an_officer("wed-am"), meeting_rules.link, WEEK, meeting_rules.planning
    )
    assert [slot.half_day.day for slot in slots] == [date(2025, 9, 10)]
    assert slots[0].own.endswith("Not one of the half-days the school asked for.")


def test_a_never_time_is_never_offered(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    school = replace(a_school(MONDAY, FRIDAY), never=frozenset({"mon-am", "tue-am"}))
    assert possible(school, an_officer("mon-am tue-am wed-am"), WEEK) == [
        HalfDay(date(2025, 9, 10), Session.AM)
    ]
    told = why_none(school, an_officer("mon-am"), WEEK)
    assert "only on half-days on which the school can never be visited" in told


def test_a_half_day_taken_by_either_is_not_offered(
    link: Kind, an_officer: Officer, a_school: School
) -> None:
    taken = HalfDay(MONDAY, Session.AM)
    school = a_school(MONDAY, MONDAY)
    assert taken in possible(school, an_officer(), WEEK)
    assert taken not in possible(school, an_officer(busy=[taken]), WEEK)
    busy = SchoolDiary(
        school.school_id, school.urn, school.name, school.open_days, busy=frozenset([taken])
    )
    assert taken not in possible(busy, an_officer(), WEEK)


def test_offers_fall_on_different_days_while_there_are_days(
    meeting_rules: MeetingRules, an_officer: Officer, a_school: School
) -> None:
    def offered(school: SchoolDiary) -> list[HalfDay]:
        rules = meeting_rules
        found = next_slots(school, an_officer(), rules.link, WEEK, rules.planning)
        return [slot.half_day for slot in found]

    days = [half_day.day for half_day in offered(a_school(MONDAY, FRIDAY))]
    assert len(days) == len(set(days)) == 3
    assert [one.session for one in offered(a_school(MONDAY, MONDAY))] == [Session.AM, Session.PM]


@pytest.mark.parametrize(
    ("works", "wishes", "first", "words"),
    [
        ("", "", MONDAY, "no working days: import staff"),
        ("mon-am", "", date(2025, 10, 6), "no school day between .*: import its terms"),
    ],
)
def test_an_empty_offer_says_why_and_what_to_do(
    an_officer: Officer, a_school: School, works: str, wishes: str, first: date, words: str
) -> None:
    school = a_school(first, first + timedelta(4), wishes=wishes)
    assert re.search(words, why_none(school, an_officer(works), WEEK))


def test_a_term_has_a_meeting_before_and_after_its_break(link: Kind) -> None:
    first, last = date(2025, 9, 2), date(2025, 12, 19)
    off = Window(date(2025, 10, 27), date(2025, 10, 31))
    once = link.model_copy(update={"cadence": "term"})
    assert windows(first, last, [off], link) == [
        Window(first, date(2025, 10, 26)),
        Window(date(2025, 11, 1), last),
    ]
    assert windows(first, last, [off], once) == [Window(first, last)]
    assert windows(first, last, [], link) == [Window(first, last)]


def test_a_break_of_another_term_divides_nothing(link: Kind) -> None:
    first, last = date(2025, 9, 2), date(2025, 12, 19)
    later = Window(date(2026, 2, 16), date(2026, 2, 20))
    assert windows(first, last, [later], link) == [Window(first, last)]
