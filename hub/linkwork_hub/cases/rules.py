"""The decisions of cases: references, clocks, gates, and what a closing needs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from linkwork.errors import Refused
from linkwork_hub.cases.models import (
    Case,
    Clock,
    Door,
    Gate,
    Ordered,
    Pathway,
    StepRule,
    WorkKind,
)

DOOR_WORDS = {
    Door.REFERRAL: "Referral by the school",
    Door.PENALTY_NOTICE_REQUEST: "Penalty notice request",
    Door.ORDER: "Ordered by the school",
    Door.MEETING_PICK: "Picked at a meeting",
    Door.DIRECT: "Opened directly",
    Door.RETURN: "Statutory return",
    Door.IMPORTED: "Imported",
}


def reference(prefix: str, year: int, number: int) -> str:
    """A case reference: RDG-2026-0001."""
    return f"{prefix}-{year}-{number:04d}"


def first_step(pathway: Pathway, door: Door) -> str:
    """The step a case of this door begins on. Raises Refused for an order where none is sold."""
    if door is not Door.ORDER:
        return pathway.first_step
    if not pathway.order_step:
        raise Refused("This authority's pathway has no step for casework that schools order.")
    return pathway.order_step


def ordered(pathway: Pathway, cases: Iterable[Case]) -> Ordered:
    """What became of ordered cases, void ones left out.

    Nothing leads back to a step before the statutory process: a case that was closed on one has
    never stood in it.
    """
    mine = [one for one in cases if one.door is Door.ORDER and not one.void]
    before = [one for one in mine if one.step in pathway.before_statutory]
    closed = [one for one in before if one.closed is not None]
    return Ordered(
        open=len(before) - len(closed),
        kept_out=len(closed),
        went_on=len(mine) - len(before),
        outcomes=Counter(one.outcome or "" for one in closed),
    )


def horizon(clock: Clock, start: date) -> date:
    """How far ahead the calendar must be known to place this clock's due date."""
    # Six school weeks may hold a summer holiday; a school day counts at most 190 of 365.
    days = clock.amount * 7 if clock.unit == "school weeks" else clock.amount * 3
    return start + timedelta(days=days + 70)


def due(
    clock: Clock, start: date, school_days: Sequence[date], holidays: Collection[date]
) -> date | None:
    """The day a clock that starts on `start` falls due; the start day itself never counts.

    `school_days` in order; `holidays` are the bank holidays that working days leave out. None
    when the known term dates end before the clock does.
    """
    match clock.unit:
        case "calendar days":
            return start + timedelta(days=clock.amount)
        case "working days":
            return _nth_working_day(start, clock.amount, holidays)
        case "school days":
            after = [day for day in school_days if day > start]
            return after[clock.amount - 1] if len(after) >= clock.amount else None
        case "school weeks":
            return _end_of_school_week(start, clock.amount, school_days)


def _nth_working_day(start: date, amount: int, holidays: Collection[date]) -> date:
    day = start
    while amount:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            amount -= 1
    return day


def _end_of_school_week(start: date, amount: int, school_days: Sequence[date]) -> date | None:
    """The last school day of the n-th week with a school day after the starting week."""
    this_week = start.isocalendar()[:2]
    weeks: dict[tuple[int, int], date] = {}
    for day in school_days:
        year, week, _ = day.isocalendar()
        if (year, week) > this_week:
            weeks[year, week] = day
    ordered = list(weeks.values())
    return ordered[amount - 1] if len(ordered) >= amount else None


def closed_gates(step: StepRule, done: Collection[str]) -> list[Gate]:
    """The gates of a step that nothing recorded on the case opens yet."""
    return [gate for gate in step.gates if gate.kind not in done]


def may_move(pathway: Pathway, case: Case, to: str, done: Collection[str]) -> StepRule:
    """The rule of the step a case moves to.

    `done` holds the kinds of work recorded on the case. Raises Refused, saying what is missing,
    when the case may not stand there now.
    """
    must_be_open(case)
    if to not in pathway.step(case.step).leads_to:
        raise Refused(
            f"From “{pathway.step(case.step).name}” a case does not go there. "
            "Choose one of the steps listed on the case."
        )
    step = pathway.step(to)
    if missing := closed_gates(step, done):
        words = "; ".join(gate.words for gate in missing)
        raise Refused(f"Before “{step.name}”: {words}. Record it on the case, then move on.")
    return step


def must_be_open(case: Case) -> None:
    """Raises Refused when the case is closed or void."""
    if not case.open:
        word = "void" if case.void else "closed"
        raise Refused(f"Case {case.ref} is {word}: nothing more is recorded on it.")


def check_closing(pathway: Pathway, case: Case, outcome: str, on: date, today: date) -> None:
    """Raises Refused when a case cannot be closed so."""
    must_be_open(case)
    if outcome not in {choice.id for choice in pathway.outcomes}:
        raise Refused("Choose the outcome: every case closes with one.")
    if not case.opened <= on <= today:
        raise Refused("The closing day lies between the day the case was opened and today.")


def check_voiding(case: Case, why: str) -> None:
    """Raises Refused when a case is void already or no reason is given."""
    if case.void:
        raise Refused(f"Case {case.ref} is void already.")
    if not why.strip():
        raise Refused("Write why the case is void: it no longer counts, and the reason is kept.")


def check_giving(case: Case, officer_id: str, why: str) -> None:
    """Raises Refused when a case cannot go to this officer, or no reason is given."""
    must_be_open(case)
    if case.officer_id == officer_id:
        raise Refused("This officer has the case already.")
    if not why.strip():
        raise Refused("Write why the case goes to another officer: the reason is kept.")


def overdue(case: Case, today: date) -> bool:
    """Whether the next step should have been taken by now."""
    return case.open and case.due is not None and case.due < today


def work_in_words(kind: WorkKind, reason: str) -> str:
    """What is recorded of work: the kind, and why it was done where the profile asks for that.

    Raises Refused when the reason is missing, is none of the kind's, or the kind has none.
    """
    if kind.reasons and reason not in kind.reasons:
        raise Refused(f"{kind.words}: choose why. It is one of: {', '.join(kind.reasons)}.")
    if reason and not kind.reasons:
        raise Refused(
            f"{kind.words} takes no reason from the list. Write it under what came of it."
        )
    return f"{kind.words}: {reason}" if reason else kind.words


def work_is_dated(on: date, case: Case, today: date) -> None:
    """Raises Refused when work is dated in the future or before the case."""
    must_be_open(case)
    if on > today:
        raise Refused("The date is in the future: record work after it is done.")
    if on < case.opened:
        raise Refused("The date is before the case was opened. Record it with a later date.")
