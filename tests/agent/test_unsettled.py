"""Counted marks that may not stand: told with the spell, until they have stood long enough."""

from __future__ import annotations

from datetime import date

from changing import ABSENT, RUN, correct
from school_desk import SchoolDesk

from linkwork import wire

WEDNESDAY = date(2026, 2, 25)


def last_word(school: SchoolDesk) -> wire.Notice | None:
    """What the last summary says of the run; None when it says nothing of it."""
    summary = [each for each in school.messages() if isinstance(each, wire.Summary)][-1]
    said = (*summary.notices, *summary.standing)
    return next((each for each in said if each.trigger == RUN), None)


def unsure(school: SchoolDesk) -> list[tuple[date, str, str]]:
    """The day, session and reason of each counted mark that the last summary doubts."""
    word = last_word(school)
    return [(each.date, each.half, each.why) for each in word.unsettled] if word else []


def test_a_mark_changed_into_another_that_counts_is_told_as_changed(absent: SchoolDesk) -> None:
    absent.grow()
    correct(absent)
    assert unsure(absent) == []
    absent.later(days=3)
    correct(absent, P3="/*30 O*7 G O*2")
    assert unsure(absent) == [(WEDNESDAY, "AM", "changed"), (WEDNESDAY, "PM", "changed")]
    word = last_word(absent)
    assert word is not None
    assert (word.event, word.value) == ("continued", 10)
    assert {each.on for each in word.unsettled} == {absent.now.date()}


def test_after_five_school_days_a_changed_mark_is_settled(absent: SchoolDesk) -> None:
    absent.grow()
    correct(absent)
    absent.later(days=3)
    correct(absent, P3="/*30 O*7 G O*3", **everybody_else(absent, 41))
    for days in range(2, 6):
        absent.later(days=1)
        correct(absent, P3=f"/*30 O*7 G O*{2 + days}", **everybody_else(absent, 40 + days))
        assert len(unsure(absent)) == 2, days
    absent.later(days=3)
    correct(absent, P3="/*30 O*7 G O*8", **everybody_else(absent, 46))
    assert last_word(absent) is not None
    assert unsure(absent) == []


def test_a_mark_that_disappears_is_told_and_so_is_its_return(absent: SchoolDesk) -> None:
    correct(absent, P3="/*30 O*7 - O*2")
    assert unsure(absent) == [(WEDNESDAY, "AM", "gone"), (WEDNESDAY, "PM", "gone")]
    correct(absent, P3="/*30 O*7 - O*2")
    assert last_word(absent) is None
    correct(absent, P3=ABSENT)
    assert last_word(absent) is not None
    assert unsure(absent) == []


def test_marks_that_wait_for_a_person_are_told_as_such(absent: SchoolDesk) -> None:
    assert "waiting for a person" in correct(absent, P3="/*30 O*5 I*5")
    assert {why for _, _, why in unsure(absent)} == {"waits"}
    assert len(unsure(absent)) == 10


def test_a_mark_entered_for_the_first_time_was_not_changed(absent: SchoolDesk) -> None:
    absent.grow()
    correct(absent)
    absent.later(days=3)
    correct(absent, P3="/*30 O*11", **everybody_else(absent, 41))
    assert last_word(absent) is not None
    assert unsure(absent) == []


def everybody_else(school: SchoolDesk, days: int) -> dict[str, str]:
    """So many days of everybody who always comes."""
    return {pupil: f"/*{days}" for pupil in school.stories if pupil != "P3"}
