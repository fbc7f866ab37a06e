"""What next year's cases will cost at today's pace; and where referring seems to have stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork_hub.billing.annual import count_cases
from linkwork_hub.billing.models import BilledCase, ContractYear, Period, SchoolFacts
from linkwork_hub.billing.rules import cases_period, contract_year, method_for
from linkwork_hub.billing.tariff import Tariff

#: Fewer than this many cases in a year say nothing about a habit of referring.
_FEW = 4


@dataclass(frozen=True)
class Forecast:
    """What the cases of one school will cost in the next contract year.

    `counted` cases are certain to be charged; `expected` is what the counted year comes to if
    cases go on opening as they did up to `as_of`. `quieter`: at least four cases opened in the
    year before up to the same day, and now less than half as many.
    """

    facts: SchoolFacts
    year: ContractYear
    cases_period: Period
    as_of: date
    counted: int
    expected: int
    unit_pence: int
    opened: int
    opened_before: int

    @property
    def counted_pence(self) -> int:
        """What is certain by now."""
        return self.counted * self.unit_pence

    @property
    def expected_pence(self) -> int:
        """What it comes to at the present pace."""
        return self.expected * self.unit_pence

    @property
    def quieter(self) -> bool:
        """Whether the school may have stopped referring."""
        return self.opened_before >= _FEW and 2 * self.opened < self.opened_before


def next_year(tariff: Tariff, year: ContractYear) -> ContractYear:
    """The contract year after this one."""
    begins = year.period.last + timedelta(days=1)
    return contract_year(tariff, f"{begins.year}-{(begins.year + 1) % 100:02d}")


def forecast(
    tariff: Tariff,
    facts: SchoolFacts,
    cases: Sequence[BilledCase],
    year: ContractYear,
    today: date,
) -> Forecast | None:
    """The cases of `year` for one school, as known today; None where its tariff has no such price.

    `cases` are any that touch the counted academic year or the one before it. A case open when
    the counted year began is charged whatever comes; only new ones are expected by pace.
    """
    method = method_for(tariff, year)
    if facts.school_type is None or facts.school_type not in method.per_case:
        return None
    period = cases_period(method, year)
    counted, _void = count_cases([one for one in cases if one.opened <= today], period)
    as_of = min(today, period.last)
    gone = max((as_of - period.first).days + 1, 0)
    opened = sum(1 for one in counted if period.holds(one.opened))
    still = round(opened * (period.days - gone) / gone) if gone else 0
    # The same stretch a year earlier; 52 weeks back keeps it to whole school weeks.
    shift = timedelta(weeks=52)
    before = Period(period.first - shift, as_of - shift)
    earlier = sum(1 for one in cases if not one.void and before.holds(one.opened))
    return Forecast(
        facts=facts,
        year=year,
        cases_period=period,
        as_of=as_of,
        counted=len(counted),
        expected=len(counted) + still,
        unit_pence=method.per_case[facts.school_type],
        opened=opened,
        opened_before=earlier,
    )
