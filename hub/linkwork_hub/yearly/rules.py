"""The decisions of a school's year: periods, figures, and when a plan is overdue. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from linkwork.school_year import school_year
from linkwork_hub.access.models import Term
from linkwork_hub.documents.words import MONTHS
from linkwork_hub.feeds.models import DayTotals
from linkwork_hub.yearly.models import (
    Answer,
    Figures,
    Item,
    PlanStanding,
    PlanVersion,
    Said,
    Stretch,
)

#: What an item of the checklist is when its answer shows a gap.
GAPS = frozenset({Said.PARTLY, Said.NO})


def year_label(day: date) -> str:
    """The school year that holds a day: 2025-26."""
    first, last = school_year(day)
    return f"{first.year}-{last.year % 100:02d}"


def stretches(terms: Iterable[Term], today: date) -> list[Stretch]:
    """What a summary can be made of: the school years and terms that have begun, latest first."""
    kept = sorted((one for one in terms if one.kind == "term"), key=lambda one: one.first)
    begun = [one for one in kept if one.first <= today]
    years = {year_label(one.first): school_year(one.first) for one in begun}
    found = [Stretch(f"School year {name}", "year", *ends) for name, ends in years.items()]
    found += [Stretch(one.name, "term", one.first, one.last) for one in begun]
    return sorted(found, key=lambda one: (one.last, one.first), reverse=True)


def year_before(stretch: Stretch) -> Stretch:
    """The same days a year earlier, to compare with."""
    return Stretch(stretch.name, stretch.part, later(stretch.first, -12), later(stretch.last, -12))


def later(day: date, months: int) -> date:
    """The same day so many months on, or the month's last where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def figures(told: Sequence[DayTotals], stretch: Stretch) -> Figures | None:
    """A school's figures of a stretch, from the sums of the school year it told day by day.

    `told` in order. What was told before the stretch is taken off; where nothing was, or where it
    cannot be (a school that corrected its year downwards), the figures begin with the school
    year. None when nothing was told in the stretch.
    """
    begins = school_year(stretch.first)[0]
    inside = [one for one in told if stretch.first <= one.as_of <= stretch.last]
    if not inside or begins != school_year(inside[-1].as_of)[0]:
        return None
    end = inside[-1]
    before = [one for one in told if begins <= one.as_of < stretch.first]
    if before:
        base = before[-1]
        possible, present = end.possible - base.possible, end.present - base.present
        if 0 <= present <= possible and possible:
            return _figures(base.as_of + timedelta(days=1), end, possible, present)
    return _figures(begins, end, end.possible, end.present)


def _figures(since: date, end: DayTotals, possible: int, present: int) -> Figures:
    return Figures(since, end.as_of, end.pupils, possible, present, end.persistent, end.severe)


def months(stretch: Stretch) -> list[Stretch]:
    """The calendar months of a stretch, each as far as it lies inside, in order."""
    found, day = [], stretch.first
    while day <= stretch.last:
        end = later(day.replace(day=1), 1) - timedelta(days=1)
        name = f"{MONTHS[day.month - 1]} {day.year}"
        found.append(Stretch(name, "month", day, min(end, stretch.last)))
        day = end + timedelta(days=1)
    return found


def plan_standing(versions: Sequence[PlanVersion], review_months: int, today: date) -> PlanStanding:
    """How a plan stands; `versions` of every meeting that made one, the latest meeting first.

    A version that the school did not confirm agrees nothing: the one before it stands.
    """
    current = next((one for one in versions if one.agreed is not None), None)
    newest = versions[0] if versions else None
    waiting = newest if newest is not None and newest.agreed is None else None
    review = later(current.agreed, review_months) if current and current.agreed else None
    return PlanStanding(current, waiting, review, review is not None and today > review)


def gaps(items: Mapping[str, Item], answers: Mapping[str, Answer]) -> tuple[list[str], list[str]]:
    """The items with a gap, and those nobody answered yet, each in the checklist's order."""
    open_ = [ident for ident in items if ident in answers and answers[ident].said in GAPS]
    return open_, [ident for ident in items if ident not in answers]


def answer_problems(form: Mapping[str, str], today: date, *, acted_on: bool) -> dict[str, str]:
    """What is wrong with an answer as it was typed, by field; empty when it can be kept.

    `acted_on`: an action for this item is still to be done, so a gap needs no other one.
    """
    said, on = form.get("said", ""), as_day(form.get("on", ""))
    found = {}
    if said not in {one.value for one in Said}:
        found["said"] = "Choose how it stands: yes, partly or no."
    if on is None:
        found["on"] = "Give the day it was looked at, for example 2026-03-02."
    elif on > today:
        found["on"] = "The day it was looked at is in the future. Give the day it was done."
    if said == Said.YES.value and not form.get("evidence", "").strip():
        found["evidence"] = "Write what shows it: a yes without anything to show is not kept."
    if said in {gap.value for gap in GAPS} and not acted_on:
        if not form.get("what", "").strip():
            found["what"] = "A gap needs an action: write what is to be done."
        if as_day(form.get("due", "")) is None:
            found["due"] = "A gap needs an action: give the day by which it is done."
    return found


def as_day(text: str) -> date | None:
    """The day typed into a form, None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
