"""A bill from a tariff, a school's facts, its cases and its terms: pure, in integer pence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from linkwork.errors import Refused, WrongUse
from linkwork_hub.billing.annual import (
    band_of,
    base_lines,
    cases_lines,
    count_cases,
    type_parts,
    unpriced_case,
)
from linkwork_hub.billing.models import (
    Bill,
    BilledCase,
    Cause,
    ContractYear,
    Extra,
    Instalment,
    Kind,
    Line,
    NewCost,
    NotBillable,
    Outcome,
    Period,
    SchoolFacts,
)
from linkwork_hub.billing.shares import odd_to_the_first
from linkwork_hub.billing.tariff import Band, Method, Share, Tariff
from linkwork_hub.documents.words import long_date, plain_number, pounds

#: What may be added to a bill during the year; base and cases come from the tariff alone.
ADDITIONAL = (Kind.ADHOC, Kind.PACKAGE, Kind.DAY, Kind.SURCHARGE, Kind.CREDIT)


def contract_year(tariff: Tariff, label: str) -> ContractYear:
    """The contract year called `label` (`2025-26`: the one that begins in 2025).

    Raises WrongUse when the label is not two neighbouring years.
    """
    match = re.fullmatch(r"(20\d\d)-(\d\d)", label)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise WrongUse(f"{label!r} is not a contract year. Write it like 2025-26")
    return ContractYear(label, _year_from(tariff.contract_year, int(match[1])))


def contract_year_of(tariff: Tariff, day: date) -> ContractYear:
    """The contract year that `day` falls in."""
    begins = day.year if f"{day:%m-%d}" >= tariff.contract_year else day.year - 1
    return contract_year(tariff, f"{begins}-{(begins + 1) % 100:02d}")


def method_for(tariff: Tariff, year: ContractYear) -> Method:
    """The method in force when the contract year begins; WrongUse when there is none."""
    method = tariff.method_on(year.period.first)
    if method is None:
        raise WrongUse(
            f"The tariff {tariff.name!r} has no method in force on "
            f"{long_date(year.period.first)}. Choose another --year, or add a method to [tariff]"
        )
    return method


def tariff_date(method: Method, year: ContractYear) -> date:
    """The day on which a school's roll and type are read."""
    return _within(method.as_at, year.period)


def cases_period(method: Method, year: ContractYear) -> Period:
    """The academic year whose open cases are charged in this contract year."""
    begins = year.period.first.year
    before, after = (
        _year_from(method.academic_year_starts, starts) for starts in (begins - 1, begins)
    )
    # A contract year is a whole year, so exactly one academic year ends inside it.
    ending_inside = before if year.period.holds(before.last) else after
    if method.cases_of == "academic-year-ending-in-contract-year":
        return ending_inside
    return _year_from(method.academic_year_starts, ending_inside.first.year - 1)


def bill(
    tariff: Tariff,
    facts: SchoolFacts,
    cases: Sequence[BilledCase],
    term_ends: Sequence[date],
    year: ContractYear,
    extras: Sequence[Extra] = (),
    history: Sequence[SchoolFacts] = (),
) -> Outcome:
    """One school's bill. The preview and what is issued are this same function.

    `facts` are those of `tariff_date`; `cases` any that may touch the period (void ones too);
    `term_ends` the last days of the school's terms; `extras` what was added or ordered in the
    year; `history` every dated fact, which a method with `type_on` "by-days" asks for.
    A school without a type or a roll comes back as NotBillable, with what would mend it.
    """
    method = method_for(tariff, year)
    as_at, period = tariff_date(method, year), cases_period(method, year)
    parts = type_parts(method, facts, history, year.period)
    bands = [(part, band_of(method, part.school_type, facts.roll)) for part in parts]
    for _part, band in bands:
        if isinstance(band, tuple):
            return NotBillable(facts, year, period, *band)
    counted, excluded = count_cases(cases, period)
    if unpriced := unpriced_case(method, counted, period, parts, history):
        problem = f"its type when case {unpriced.ref} was open has no price"
        return NotBillable(facts, year, period, problem, "Correct the school's dated facts")
    found = [(part, band) for part, band in bands if isinstance(band, Band)]
    annual = (
        *base_lines(method, facts, found, as_at),
        *cases_lines(method, counted, period, parts, history),
    )
    added = tuple(
        _extra_line(extra) for extra in sorted(extras, key=lambda e: (e.day, e.charge_id))
    )
    instalments, undated = _instalments(method, annual, added, term_ends, year)
    return Bill(
        facts=facts,
        year=year,
        method=method.version,
        as_at=as_at,
        cases_period=period,
        lines=annual + added,
        instalments=instalments,
        excluded=excluded if method.per_case else (),
        warnings=(later_facts(facts, as_at) if method.bands else ()) + undated,
    )


def later_facts(facts: SchoolFacts, as_at: date) -> tuple[str, ...]:
    """A warning when what is billed began, or was counted, only after the tariff's date."""
    counted, began = facts.roll_date, facts.from_day
    if max(counted or as_at, began or as_at) <= as_at:
        return ()
    count = f"counted {long_date(counted)}" if counted else "without a count date"
    late = began is not None and began > as_at and began != counted
    since = f", held from {long_date(began)}" if late and began else ""
    warning = (
        f"{facts.roll} on roll and type {facts.school_type} are those {count}{since}, because no "
        f"count is held for {long_date(as_at)}, the tariff's date. The authority can "
        "import the school's older count (linkwork-hub import schools FILE): it holds from its "
        "roll_date"
    )
    return (warning,)


def check_cost(cost: NewCost) -> None:
    """Raises Refused naming what keeps an additional cost from being charged."""
    if cost.kind not in ADDITIONAL:
        raise Refused(f"{cost.kind.value} is part of the annual bill, not an additional cost.")
    if not cost.what.strip():
        raise Refused("Write what the cost is for: it stands on the bill.")
    if cost.quantity <= 0:
        raise Refused("The quantity is more than nothing; a correction is a credit.")
    if (cost.unit_pence < 0) != (cost.kind is Kind.CREDIT) or cost.unit_pence == 0:
        raise Refused("A price is more than nothing, and less than nothing only for a credit.")


def split(total_pence: int, shares: Sequence[Share]) -> tuple[int, ...]:
    """`total_pence` by the shares' per cent, whole pence, adding up; odd pence go to the first."""
    return odd_to_the_first(total_pence, [share.percent for share in shares])


def _extra_line(extra: Extra) -> Line:
    price = f"{plain_number(extra.quantity)} at {pounds(extra.unit_pence)}"
    amount = (extra.quantity * extra.unit_pence).quantize(Decimal(1), ROUND_HALF_UP)
    return Line(
        kind=extra.kind,
        what=extra.what,
        quantity=extra.quantity,
        unit_pence=extra.unit_pence,
        amount_pence=int(amount),
        cause=extra.cause or (Cause(extra.charge_id, f"{long_date(extra.day)}: {price}"),),
        key=f"{extra.source}:{extra.charge_id}",
        item=extra.item,
        day=extra.day,
    )


def _instalments(
    method: Method,
    annual: Sequence[Line],
    added: Sequence[Line],
    term_ends: Sequence[date],
    year: ContractYear,
) -> tuple[tuple[Instalment, ...], tuple[str, ...]]:
    found: list[Instalment] = []
    if method.annual:
        amounts = split(sum(line.amount_pence for line in annual), method.instalments)
        found = [
            Instalment(
                share.what,
                _term_end(share, term_ends, year),
                amount,
                str(number),
                share.percent,
            )
            for number, (share, amount) in enumerate(
                zip(method.instalments, amounts, strict=True), start=1
            )
        ]
    warnings = tuple(
        f"{instalment.what}: the date is not known, until the authority imports the terms of "
        f"{year.label} (linkwork-hub import terms FILE)"
        for instalment in found
        if instalment.due is None
    )
    return (*found, *_added_parts(method, added, year)), warnings


def _added_parts(method: Method, added: Sequence[Line], year: ContractYear) -> list[Instalment]:
    """What was ordered or added, as one part at the end of the year or one for each day."""
    if not added:
        return []
    if method.additional_due != "when-ordered":
        due = _within(method.additional_due, year.period)
        total = sum(line.amount_pence for line in added)
        return [Instalment("Additional costs, end of the financial year", due, total, "additional")]
    days = sorted({line.day for line in added if line.day is not None})
    return [
        Instalment(
            f"Ordered {long_date(day)}",
            day,
            sum(line.amount_pence for line in added if line.day == day),
            day.isoformat(),
        )
        for day in days
    ]


def _term_end(share: Share, term_ends: Sequence[date], year: ContractYear) -> date | None:
    window = Period(
        _within(share.term_ends_from, year.period), _within(share.term_ends_to, year.period)
    )
    return max((day for day in term_ends if window.holds(day)), default=None)


# Asked for every school of a run, with the same few days of the tariff.
@lru_cache(maxsize=512)
def _within(month_day: str, period: Period) -> date:
    """The one day of a year-long `period` that falls on `month_day`."""
    day = date.fromisoformat(f"{period.first.year}-{month_day}")
    return day if day >= period.first else date.fromisoformat(f"{period.last.year}-{month_day}")


@lru_cache(maxsize=512)
def _year_from(month_day: str, year: int) -> Period:
    first = date.fromisoformat(f"{year}-{month_day}")
    after = date.fromisoformat(f"{year + 1}-{month_day}")
    return Period(first, after - timedelta(days=1))
