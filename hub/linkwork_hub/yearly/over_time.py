"""A school month by month: persistent absence, and beside it the work that was done. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork_hub.feeds.models import DayTotals

#: How many months are looked back on, the present one among them.
MONTHS = 14


@dataclass(frozen=True, slots=True)
class Month:
    """One month: the last totals told in it, None when there were none, and the work in it.

    `cases` were opened, `meetings` held and `actions` done in the month.
    """

    first: date
    totals: DayTotals | None
    cases: int
    meetings: int
    actions: int

    @property
    def persistent(self) -> str:
        """The share of pupils who were persistently absent, `12.5 %`; "" when it is not known."""
        return _share(self.totals.persistent, self.totals.pupils) if self.totals else ""

    @property
    def severe(self) -> str:
        """As `persistent`, of those severely absent."""
        return _share(self.totals.severe, self.totals.pupils) if self.totals else ""


def earliest(today: date) -> date:
    """The first day of the earliest month that is looked at."""
    months = today.year * 12 + today.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def by_month(
    told: Sequence[DayTotals],
    cases: Iterable[date],
    meetings: Iterable[date],
    actions: Iterable[date],
) -> list[Month]:
    """Every month from the first totals told to the last of anything, the latest first."""
    if not told:
        return []
    last = {_month(one.as_of): one for one in told}
    counts = [
        Counter(month for day in days if (month := _month(day)) >= min(last))
        for days in (cases, meetings, actions)
    ]
    known = sorted({*last, *(month for counted in counts for month in counted)}, reverse=True)
    return [
        Month(month, last.get(month), *(counted[month] for counted in counts)) for month in known
    ]


def _month(day: date) -> date:
    return day.replace(day=1)


def _share(part: int, whole: int) -> str:
    return f"{part * 1000 // whole / 10:.1f} %" if whole else ""
