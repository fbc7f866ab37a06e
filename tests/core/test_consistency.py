"""How alike a school codes absence: what is compared, what stands apart, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from registers import pupil, register

from linkwork import policy as policies
from linkwork.consistency import Consistency, Share, consistency
from linkwork.register import Register
from linkwork.sheet import lay_out

ENGLAND = policies.builtin("england-2024")
#: Eight short absences of a pupil, each of one day, in forty.
ILL = " ".join(["/*4 I"] * 8)
REFUSED = " ".join(["/*4 O"] * 8)


def looked_at(found: Register) -> Consistency:
    """The report on a register's last day."""
    return consistency(lay_out(found, ENGLAND, found.sessions[-1].date))


def school(*forms: tuple[str, list[str]]) -> Register:
    """Forms by name, each with its pupils' stories."""
    stories = [(form, story) for form, mine in forms for story in mine]
    people = [replace(pupil(number), form=form) for number, (form, _) in enumerate(stories, 1)]
    return register(*(story for _, story in stories), pupils=people)


def form(found: Consistency, name: str) -> Share:
    """One form's row."""
    return next(each for each in found.by["form"] if each.group == name)


@pytest.mark.serves("C14")
def test_a_form_that_codes_the_same_short_absences_otherwise_stands_apart() -> None:
    found = looked_at(school(("7A", [ILL] * 6), ("7B", [ILL] * 6), ("7C", [REFUSED] * 6)))
    # The others are alike: one odd form does not make them look odd.
    assert {each.group for each in found.by["form"] if each.apart} == {"7C"}
    odd = form(found, "7C")
    assert (odd.absences, odd.unauthorised, odd.share, odd.rest) == (48, 48, 100.0, 0.0)
    assert (form(found, "7A").share, form(found, "7A").rest) == (0.0, 0.0)
    alike = looked_at(school(("7A", [ILL] * 6), ("7B", [ILL] * 6)))
    assert [each.apart for each in alike.by["form"]] == [False, False]
    # Of two that differ nobody can say which is the odd one.
    two = looked_at(school(("7A", [ILL] * 6), ("7B", [REFUSED] * 6)))
    assert [each.apart for each in two.by["form"]] == [True, True]


def test_one_childs_year_is_no_habit_of_a_form() -> None:
    forms = [("7A", [ILL] * 8), ("7B", [ILL] * 8), ("7C", [ILL] * 3 + [REFUSED])]
    found = looked_at(school(*forms))
    assert (form(found, "7C").share, form(found, "7C").rest) == (25.0, 0.0)
    assert not form(found, "7C").apart
    # The control: with two such children it is not one child's.
    found = looked_at(school(*forms[:2], ("7C", [ILL] * 3 + [REFUSED] * 2)))
    assert form(found, "7C").apart


def test_too_few_absences_are_told_as_no_share() -> None:
    found = looked_at(school(("7A", [ILL] * 6), ("7B", [REFUSED] * 2)))
    assert (form(found, "7B").share, form(found, "7B").apart) == (None, False)


@pytest.mark.parametrize(
    ("story", "kinds"),
    [
        ("/*5 I O*2 /*12", ["mixed"]),
        ("/*5 I / O /*12", ["authorised", "unauthorised"]),
        # No mark between is unknown: it does not end an absence.
        ("/*5 I - O /*12", ["mixed"]),
        ("/*5 G*3 /*12", ["unauthorised"]),
        # Late after the register closed is no absence to be coded, and the child came.
        ("/*5 U /*12", []),
        ("/*5 O+U O /*12", ["unauthorised", "unauthorised"]),
        # An N that may still be replaced is not coded yet; one that is older is without permission.
        ("/*18 N*2", []),
        ("/*5 N /*12", ["unauthorised"]),
        ("/*18 O N", ["unauthorised"]),
    ],
)
def test_what_a_short_absence_is(story: str, kinds: list[str]) -> None:
    found = looked_at(register(story, "/*20"))
    assert [each.kind for each in found.absences] == kinds


def test_long_absences_and_permissions_that_are_facts_are_left_out_and_counted() -> None:
    found = looked_at(register("/*2 I*4 /*4 E*2 /*4 O+C2 /*3", "/*20"))
    assert (found.absences, found.long, found.fixed) == ((), 1, 2)


def test_a_pupil_coded_both_ways_is_asked_about_with_the_counts() -> None:
    story = "/*2 I / O / I / O /*10"
    found = looked_at(register(story, "/*2 I / O /*15", "/*20"))
    assert [(e.pupil_id, e.authorised, e.unauthorised) for e in found.both_ways] == [("P1", 2, 2)]


def test_only_this_school_year_is_looked_at() -> None:
    summer = dict.fromkeys(_july(), "O")
    found = looked_at(register(summer | dict(_autumn())))
    assert [each.first.isoformat() for each in found.absences] == ["2025-09-03"]


def _july() -> list[tuple[date, str]]:
    return [(date(2025, 7, 14), "AM"), (date(2025, 7, 14), "PM")]


def _autumn() -> list[tuple[tuple[date, str], str]]:
    days = [date(2025, 9, day) for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
    return [((day, half), "O" if day.day == 3 else "/") for day in days for half in ("AM", "PM")]


def test_year_groups_stand_as_the_school_has_them_reception_before_year_one() -> None:
    groups = ["6", "R", "10", "1", "Nursery"]
    people = [replace(pupil(n), year_group=group) for n, group in enumerate(groups, 1)]
    found = looked_at(register(*[ILL] * 5, pupils=people))
    assert [each.group for each in found.by["year group"]] == ["R", "1", "6", "10", "Nursery"]
