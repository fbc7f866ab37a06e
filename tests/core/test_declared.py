"""What a school declares: a finding with the sessions so far, one spell with what the marks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from registers import register as told_by

from linkwork import policy as policies
from linkwork.declared import with_declared
from linkwork.episodes import Episode, EpisodeEvent, reconcile
from linkwork.facts import Declaration, Declarations
from linkwork.findings import Finding, is_current
from linkwork.register import Enrolment, Pupil, Register
from linkwork.school_days import last_held_day
from linkwork.sheet import lay_out
from linkwork.triggers import evaluate

ENGLAND = policies.builtin("england-2024")
IRREGULAR = Declaration("irregular", date(2026, 1, 20), "comes when it suits")
ILL = Declaration("sickness", date(2026, 1, 20), "an operation")


def judged(register: Register, *said: Declaration, pupil: str = "P1") -> list[Finding]:
    """The findings of a register with what the school declares of one pupil."""
    as_of = last_held_day(register) or date.min
    given: Declarations = {pupil: said} if said else {}
    found = evaluate(register, ENGLAND, as_of)
    return with_declared(lay_out(register, ENGLAND, as_of), found, given)


def declared(register: Register, *said: Declaration) -> list[Finding]:
    """Those that were declared."""
    return [each for each in judged(register, *said) if each.declared is not None]


def told(
    known: list[Episode], register: Register, *said: Declaration
) -> tuple[list[Episode], list[EpisodeEvent]]:
    """One read after another."""
    numbers = count(len(known))
    return reconcile(
        known,
        [each for each in judged(register, *said) if each.audience == "authority"],
        last_held_day(register) or date.min,
        register=register,
        policy=ENGLAND,
        key_of=str,
        new_id=lambda _found: f"e{next(numbers)}",
    )


def changed(register: Register, **changes: object) -> Register:
    """The register with something else about its one pupil."""
    (pupil,) = register.pupils
    return replace(register, pupils=(replace(pupil, **changes),))  # type: ignore[arg-type]


def test_what_is_declared_counts_the_sessions_so_far_and_only_those_without_permission() -> None:
    (found,) = declared(told_by("/*10 O*2 I*2 /*6"), IRREGULAR)
    assert (found.trigger, found.value, found.threshold) == ("irregular", 4, 20)
    assert {each.code for each in found.why} == {"O"}
    assert found.statutory


def test_nothing_declared_leaves_the_findings_as_they_are() -> None:
    register = told_by("/*5 O*12 /*3")
    assert judged(register) == evaluate(register, ENGLAND, last_held_day(register) or date.min)


def test_a_pupil_the_marks_find_too_has_one_finding_that_says_both() -> None:
    register = told_by("/*5 O*12 /*3")
    found = [each for each in judged(register, IRREGULAR) if each.trigger == "irregular"]
    assert [(each.value, each.declared) for each in found] == [(24, IRREGULAR.on)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"date_of_birth": date(2009, 1, 1)}, IRREGULAR),  # past compulsory school age
        ({"enrolments": (Enrolment(None, date(2026, 1, 9)),)}, IRREGULAR),  # left before it
        ({}, replace(IRREGULAR, trigger="penalty-window")),  # a rule that takes none
        ({}, replace(IRREGULAR, on=date(2025, 6, 2))),  # another school year
    ],
)
def test_what_cannot_be_declared_makes_no_finding(
    change: dict[str, object], said: Declaration
) -> None:
    register = told_by("/*20")
    assert declared(register, IRREGULAR), "the control: it can be declared of this pupil"
    assert declared(changed(register, **change), said) == []


def test_it_is_current_until_it_ends_whatever_the_last_counted_day_is() -> None:
    register = told_by("O*2 /*18")
    (stands,) = declared(register, IRREGULAR)
    (over,) = declared(register, replace(IRREGULAR, last=date(2026, 1, 23)))
    today = last_held_day(register) or date.min
    assert is_current(stands, today)
    assert (over.ended, is_current(over, today)) == (date(2026, 1, 23), False)


def test_expected_sickness_and_the_sickness_that_comes_are_one_spell_told_once() -> None:
    before, events = told([], told_by("/*20"), ILL)
    assert [(e.kind, e.episode.trigger) for e in events] == [("opened", "sickness")]
    same, events = told(before, told_by("/*20"), ILL)
    assert events == []
    after, events = told(same, told_by("/*20 I*15"), ILL)
    spells = [each for each in after if each.trigger == "sickness"]
    assert [(each.id, each.value) for each in spells] == [(before[0].id, 30)]
    assert "opened" not in {e.kind for e in events if e.episode.trigger == "sickness"}


def test_taken_back_is_withdrawn_and_a_new_school_year_is_an_end() -> None:
    before, _ = told([], told_by("/*20"), IRREGULAR)
    (gone,), (event,) = told(before, told_by("/*20"))
    assert (gone.state, event.kind, event.why) == (
        "withdrawn",
        "withdrawn",
        "the school took it back",
    )
    last_year = replace(before[0], finding=before[0].finding._replace(declared=date(2025, 3, 3)))
    (ended,), (event,) = told([last_year], told_by("/*20"))
    assert (ended.state, event.why) == ("ended", "a new school year started")


def test_a_declared_spell_survives_being_kept() -> None:
    (one,), _ = told([], told_by("/*20"), IRREGULAR)
    assert Episode.from_json(one.to_json()) == one
    assert isinstance(one.finding.declared, date)


def test_a_pupil_who_is_not_in_the_register_is_nobody() -> None:
    register = told_by("/*20")
    as_of = last_held_day(register) or date.min
    given = {"P404": [IRREGULAR]}
    assert with_declared(lay_out(register, ENGLAND, as_of), [], given) == []
    assert isinstance(register.pupils[0], Pupil)
