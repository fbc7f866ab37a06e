"""Whom a school rings: due by the register, done with an outcome, and visible while it is not."""

from __future__ import annotations

from typing import Any

import pytest
from changing import configured, correct
from command import agent
from registers import register
from school_desk import SchoolDesk

from linkwork import policy
from linkwork.register import Enrolment, Pupil
from linkwork.school_days import last_held_day
from linkwork.sheet import Sheet, lay_out
from linkwork_agent import contacted, ring
from linkwork_agent.contacted import Said

THURSDAY, FRIDAY = "2026-02-26", "2026-02-27"


@pytest.fixture
def thursday(school: SchoolDesk) -> SchoolDesk:
    """A school on a Thursday before its first collection."""
    school.grow()
    school.later(days=-1)
    return school


def read(school: SchoolDesk, **stories: str) -> None:
    """Join, and read the register that tells these stories."""
    school.stories |= stories
    school.joined().run("collect")


def friday(school: SchoolDesk) -> None:
    """The next day comes and its register is read."""
    school.later(days=1)
    assert school.run("collect").exit_code == 0


def called(school: SchoolDesk, whom: str, note: str = "No answer", **more: Any) -> None:
    """Note a contact."""
    fields = {"with_whom": "parent", "how": "call", "by": "A. Reed"} | more
    with school.open() as store:
        contacted.record(store, Said(whom, note=note, **fields), lambda: school.now)


def listed(school: SchoolDesk) -> list[tuple[str, str, str, str, str | None]]:
    """Pupil, day, why, state and outcome of each line."""
    found = ring.calls(school.place.config, school.place.school)
    return [(r["mis_id"], r["day"], r["why"], r["state"], r["outcome"]) for r in found["calls"]]


@pytest.mark.serves("C28")
def test_who_is_absent_without_reason_or_permission_is_listed_with_the_outcome_or_not_done(
    thursday: SchoolDesk,
) -> None:
    read(thursday, P2="/*38 O*2", P3="/*39 N", P4="/*39 -", P5="/*39 /+O", P6="/*38 N I")
    read_on_thursday = [("P2", THURSDAY, "not authorised", "not done", None)]
    read_on_thursday += [("P6", THURSDAY, "no reason yet", "not done", None)]
    assert listed(thursday) == read_on_thursday
    friday(thursday)
    due_today = [
        ("P3", FRIDAY, "no reason yet", "not done", None),
        ("P4", FRIDAY, "no mark", "not done", None),
        ("P5", FRIDAY, "not authorised", "not done", None),
    ]
    # Nobody was rung on Thursday: that stays to be seen, below today's.
    assert listed(thursday) == [*due_today, *read_on_thursday]
    called(thursday, "P3", "Missed the bus, comes at ten")
    done = ("P3", FRIDAY, "no reason yet", "done", "Missed the bus, comes at ten")
    assert listed(thursday) == [*due_today[1:], done, *read_on_thursday]
    configured(thursday)
    words = agent("--home", thursday.home, "ring").words
    assert "no reason yet done Missed the bus, comes at ten A. Reed" in words
    assert "NOT DONE on earlier days: 2 calls" in words
    # A call that is made late is off the list of what is owed.
    called(thursday, "P2", "Ill")
    called(thursday, "P6", "Ill")
    assert [row[0] for row in listed(thursday) if row[1] == THURSDAY] == []


def test_only_speaking_to_the_family_is_the_call_that_was_due(thursday: SchoolDesk) -> None:
    read(thursday, P2="/*38 N /")
    for more in ({"how": "letter"}, {"how": "message"}, {"with_whom": "agency"}):
        called(thursday, "P2", **more)
    called(thursday, "P1")
    called(thursday, "P2", at="2026-02-25")
    assert [row[3] for row in listed(thursday)] == ["not done"]
    called(thursday, "P2", how="visit", note="Mother was in")
    assert [row[3:] for row in listed(thursday)] == [("done", "Mother was in")]
    # A line that was a mistake counts no longer.
    called(thursday, "P2", how="none", note="That was P1", corrects=6)
    assert [row[3] for row in listed(thursday)] == ["not done"]


def test_a_call_is_owed_no_longer_once_the_absence_has_its_reason(thursday: SchoolDesk) -> None:
    read(thursday, P2="/*38 N /", P3="/*38 N /")
    friday(thursday)
    assert [row[0] for row in listed(thursday)] == ["P2", "P3"]
    correct(thursday, P2="/*38 I /", P3="/*38 O /")
    assert listed(thursday) == [("P3", THURSDAY, "not authorised", "not done", None)]


def test_what_was_before_the_first_collection_is_not_owed(school: SchoolDesk) -> None:
    school.grow().stories["P2"] = "/*38 N /"
    school.joined().run("collect")
    assert listed(school) == []


def test_before_a_register_of_today_is_read_the_list_says_so(thursday: SchoolDesk) -> None:
    configured(thursday)
    words = agent("--home", thursday.home, "ring").words
    # Nothing can be read before the school has joined: that is what it is told to do.
    join = f"linkwork-agent --home {thursday.home} join STRING"
    assert words.startswith("No register was read here yet. Not joined yet.")
    assert words.index(join) < words.index(f"linkwork-agent --home {thursday.home} once --job coll")
    read(thursday, P2="/*38 N /")
    words = agent("--home", thursday.home, "ring").words
    assert words.startswith("The register was read up to Thu 26 Feb 2026: today's is not read yet.")
    assert f"Read it: linkwork-agent --home {thursday.home} once --job collect" in words
    found = agent("--home", thursday.home, "ring", "--format", "json").json
    assert (found["day"], len(found["calls"]), found["urn"]) == (THURSDAY, 1, thursday.urn)


def test_a_pupil_the_school_system_does_not_give_any_more_is_not_rung_for_no_mark(
    thursday: SchoolDesk,
) -> None:
    read(thursday)
    thursday.later(days=1)
    del thursday.stories["P2"]
    thursday.stories["P1"] = "/*39 -"
    thursday.write()
    thursday.run("collect")
    assert [row[0] for row in listed(thursday)] == ["P1"]


def in_forms(*stories: tuple[str, str]) -> Sheet:
    """A register of pupils in forms: the form and the story of each."""
    pupils = [
        Pupil(f"P{n}", form=form, enrolments=(Enrolment(),))
        for n, (form, _) in enumerate(stories, 1)
    ]
    told = register(*(story for _, story in stories), pupils=pupils)
    day = last_held_day(told)
    assert day is not None
    return lay_out(told, policy.builtin("england-2024"), day)


def test_nobody_of_a_form_whose_register_is_not_taken_is_rung_for_no_mark() -> None:
    rest = [("4A", "/*3")] * 6
    sheet = in_forms(*rest, ("4A", "/*2 -"), *[("4B", "/*2 -")] * 5, ("4B", "/*2 N"), ("4B", "/*3"))
    few = ring.untaken(sheet, 2)
    assert few == []
    sheet = in_forms(*rest, ("4A", "/*2 -"), *[("4B", "/*2 -")] * 5, ("4B", "/*2 N"))
    [missing] = ring.untaken(sheet, 2)
    assert (missing.form, missing.day, missing.pupils) == ("4B", 2, 6)
    # Who has an N is rung all the same, and whoever lacks a mark where others have one.
    found = list(ring.due(sheet, 2, [missing], set()))
    assert [(each.pupil, each.halves) for each in found] == [
        (6, (("AM", ""),)),
        (12, (("AM", "N"), ("PM", "N"))),
    ]


def test_the_first_day_of_each_absence_without_permission_asks_for_one_call() -> None:
    sheet = in_forms(("4A", "/*9"), ("4A", "O O G / O U O I O"), ("4A", "N O I G - G /*3"))
    days = [(each.pupil, each.day) for each in ring.due(sheet, 0, [], set()) if each.why != "0"]
    assert days == [(1, 0), (1, 4), (1, 6), (1, 8), (2, 0), (2, 3), (2, 5)]
