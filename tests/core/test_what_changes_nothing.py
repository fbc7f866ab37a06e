"""What must change nothing: other pupils, the order of rows, holidays, and what comes later.

Each is tried on random registers under rules that fire often, and beside each stands an engine
that does it wrong and must be caught.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from random_registers import registers
from random_rules import SHORT

from linkwork import policy as policies
from linkwork.findings import Finding
from linkwork.policy import Policy
from linkwork.register import Pupil, Register, RegisterBuilder
from linkwork.school_days import school_days
from linkwork.triggers import evaluate

ENGLAND, OFTEN = policies.builtin("england-2024"), Policy.model_validate(SHORT)
Engine = Callable[[Register, Policy, date], list[Finding]]
calm = settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))


class Case(NamedTuple):
    """A register to judge, whose school days are said, and a seed for what is changed in it."""

    register: Register
    as_of: date
    seed: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    held, as_of = draw(registers())
    days = frozenset(school_days(held).days)
    return Case(replace(held, calendar=days), as_of, draw(st.integers(0, 1000)))


def rewritten(held: Register, order: int = 1) -> RegisterBuilder:
    """The same pupils and marks on their way into a register, row by row in an order."""
    into = RegisterBuilder()
    for who in held.pupils[::order]:
        into.add_pupil(who)
    rows = [
        (who.pupil_id, session, code)
        for number, who in enumerate(held.pupils)
        for session, code in held.marks(number)
    ]
    for pupil_id, session, code in rows[::order]:
        into.add(pupil_id, *session, code or "")
    into.calendar(held.calendar or ())
    return into


def rows_in_another_order(engine: Engine, case: Case, policy: Policy) -> bool:
    """Whether the order of pupils and rows changes nothing."""
    forth, back = (rewritten(case.register, order).build() for order in (1, -1))
    return engine(forth, policy, case.as_of) == engine(back, policy, case.as_of)


def one_more_pupil(engine: Engine, case: Case, policy: Policy) -> bool:
    """Whether a pupil who is absent on every day changes nothing for the others."""
    more = rewritten(case.register)
    more.add_pupil(Pupil("Z"))
    for session in case.register.sessions:
        more.add("Z", *session, "O")

    def others(held: Register) -> list[Finding]:
        # Whether today's register was begun is asked of everybody's marks.
        found = engine(held, policy, case.as_of)
        return [f for f in found if f.pupil_id != "Z" and f.trigger != "first-day"]

    return others(more.build()) == others(rewritten(case.register).build())


def marks_of_tomorrow(engine: Engine, case: Case, policy: Policy) -> bool:
    """Whether marks after the day judged change nothing."""
    as_of, code = case.as_of, ("O", "N", "/")[case.seed % 3]
    today, later = RegisterBuilder(), RegisterBuilder()
    for number, who in enumerate(case.register.pupils):
        for into in (today, later):
            into.add_pupil(who)
        for session, mark in case.register.marks(number):
            if session.date <= as_of:
                today.add(who.pupil_id, *session, mark or "")
                later.add(who.pupil_id, *session, mark or "")
        for n in range(1, 6):
            later.add(who.pupil_id, as_of + timedelta(days=n), "AM", code)
            later.add(who.pupil_id, as_of + timedelta(days=n), "PM", code)
    for into in (today, later):
        into.calendar(case.register.calendar or ())
        into.calendar(as_of + timedelta(days=n) for n in range(1, 6))

    def told(held: Register) -> list[Finding]:
        # The day a reason falls due is of the calendar; what is found is not.
        return [f._replace(waiting=()) for f in engine(held, policy, as_of)]

    return told(later.build()) == told(today.build())


def a_holiday_week(engine: Engine, case: Case, policy: Policy) -> bool:
    """Whether a week of closures for everybody changes nothing."""
    held, closed = rewritten(case.register), rewritten(case.register)
    listed = {session.date for session in case.register.sessions}
    back = (case.as_of - timedelta(days=n) for n in range(90))
    for day in [day for day in back if day not in listed and day.weekday() < 5][:5]:
        for who in case.register.pupils:
            closed.add(who.pupil_id, day, "AM", "#")
            closed.add(who.pupil_id, day, "PM", "#")
    # Inferred: that the closures are no school days is what is asked.
    free = [replace(each.build(), calendar=None) for each in (held, closed)]
    return engine(free[0], policy, case.as_of) == engine(free[1], policy, case.as_of)


def a_correction_to_present(engine: Engine, case: Case, policy: Policy) -> bool:
    """Whether absences corrected to attendances open nothing that was not met before."""
    held = case.register
    absences = [
        (row, number)
        for number in range(len(held.pupils))
        for row, marks in enumerate(held.rows)
        if held.codes[marks[number]] in ("O", "N", "I", "G", "U", "M", "C")
    ]
    if not absences:
        return True
    dice = Random(case.seed)
    first = dice.randrange(len(absences))
    rows = [bytearray(each) for each in held.rows]
    for row, number in absences[first : first + dice.choice((1, 1, 10))]:
        rows[row][number] = len(held.codes)
    after = replace(held, codes=(*held.codes, "/"), rows=rows)

    def met(of: Register) -> set[tuple[str, str]]:
        found = engine(of, policy, case.as_of)
        # Better attendance before makes a drop deeper: the one rule that compares.
        return {(f.pupil_id, f.trigger) for f in found if f.trigger != "sudden-drop"}

    return met(after) <= met(held)


def as_codes(held: Register, **read_as: str) -> Register:
    """The register with some codes read as others: `blank`, `closed` and `present`."""
    names = {"": "blank", "#": "closed", "/": "present"}
    codes = [read_as.get(names.get(code, ""), code) for code in held.codes]
    # Two numbers may stand for one code.
    return replace(held, codes=tuple(codes))


def by_the_row_below(held: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: every pupil is judged by the marks of the pupil after."""
    shifted = [row[1:] + row[:1] for row in held.rows]
    return evaluate(replace(held, rows=shifted), policy, as_of)


def with_tomorrow(held: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: whatever is in the register is judged."""
    return evaluate(held, policy, max((s.date for s in held.sessions), default=as_of))


def closures_are_absences(held: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: a closed school is a pupil's absence."""
    return evaluate(as_codes(held, closed="O"), policy, as_of)


def presence_is_absence(held: Register, policy: Policy, as_of: date) -> list[Finding]:
    """A wrong engine: the stroke of an attendance is read as an absence."""
    return evaluate(as_codes(held, present="O"), policy, as_of)


Relation = Callable[[Engine, Case, Policy], bool]
RELATIONS: dict[Relation, Engine] = {
    rows_in_another_order: by_the_row_below,
    one_more_pupil: by_the_row_below,
    marks_of_tomorrow: with_tomorrow,
    a_holiday_week: closures_are_absences,
    a_correction_to_present: presence_is_absence,
}


def named(relation: Relation) -> str:
    """For the names of tests."""
    return relation.__name__


@pytest.mark.parametrize("often", [False, True], ids=["england", "often"])
@pytest.mark.parametrize("relation", RELATIONS, ids=named)
def test_it_changes_nothing(relation: Relation, often: bool) -> None:
    policy = OFTEN if often else ENGLAND
    met = 0

    @calm
    @given(cases())
    def holds(case: Case) -> None:
        nonlocal met
        assert relation(evaluate, case, policy)
        met += bool(evaluate(case.register, policy, case.as_of))

    holds()
    # That nothing is found before or after would prove little.
    assert met > (20 if often else 3)


@pytest.mark.parametrize("relation", RELATIONS, ids=named)
def test_an_engine_that_lets_it_change_something_is_caught(relation: Relation) -> None:
    case = find(
        cases(),
        lambda case: not relation(RELATIONS[relation], case, OFTEN),
        # Any example will do: making it small would take minutes.
        settings=settings(calm, max_examples=500, phases=[Phase.generate]),
    )
    assert relation(evaluate, case, OFTEN)
