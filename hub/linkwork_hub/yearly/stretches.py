"""The days a summary is of, and a school's figures in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from linkwork.school_year import school_year
from linkwork_hub.access.models import Term
from linkwork_hub.documents.words import MONTHS
from linkwork_hub.feeds.models import DayTotals
from linkwork_hub.yearly.models import Figures, Stretch
from linkwork_hub.yearly.rules import later, year_label


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
