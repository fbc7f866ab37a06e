"""A bill from a tariff, a school's facts, its cases and its terms: pure, in integer pence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from linkwork.errors import Refused, WrongUse
from linkwork_hub.billing.models import (
    Bill,
    BilledCase,
    Cause,
    ContractYear,
    Excluded,
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
    return ContractYear(label, _year_from(tariff.contract_year_starts, int(match[1])))


def contract_year_of(tariff: Tariff, day: date) -> ContractYear:
    """The contract year that `day` falls in."""
    begins = day.year if f"{day:%m-%d}" >= tariff.contract_year_starts else day.year - 1
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
) -> Outcome:
    """One school's bill. The preview and whatever is issued later are this same function.

    `facts` are those of `tariff_date`; `cases` any that may touch the period (void ones too);
    `term_ends` the last days of the school's terms; `extras` the additional costs of the year.
    A school without a type or a roll comes back as NotBillable, with what would mend it.
    """
    method = method_for(tariff, year)
    as_at, period = tariff_date(method, year), cases_period(method, year)
    band = _band(method, facts)
    if not isinstance(band, Band):
        problem, remedy = band
        return NotBillable(facts, year, period, problem, remedy)
    counted, excluded = count_cases(cases, period)
    annual = (
        _base_line(band, facts, as_at, method),
        _cases_line(method.per_case[band.school_type], counted, period),
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
        excluded=excluded,
        warnings=later_facts(facts, as_at) + undated,
    )


def count_cases(
    cases: Iterable[BilledCase], period: Period
) -> tuple[tuple[BilledCase, ...], tuple[Excluded, ...]]:
    """The cases open on any day of `period`, each once, and the void ones left out.

    A case is open on the day it opens and on the day it closes.
    """
    touching = {
        case.ref: case
        for case in cases
        if case.opened <= period.last and (case.closed is None or case.closed >= period.first)
    }
    ordered = [touching[ref] for ref in sorted(touching)]
    return (
        tuple(case for case in ordered if not case.void),
        tuple(
            Excluded(case.ref, "the case is void, so it is not charged")
            for case in ordered
            if case.void
        ),
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
        f"count is held for {long_date(as_at)}, the tariff's date. Import the school's older "
        "count with `linkwork-hub import schools FILE`: it holds from its roll_date"
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
    parts = [total_pence * share.percent // 100 for share in shares]
    return (parts[0] + total_pence - sum(parts), *parts[1:])


def _band(method: Method, facts: SchoolFacts) -> Band | tuple[str, str]:
    column = "correct the import file of schools and import it again"
    if facts.school_type is None:
        return "its type is not recorded", f"Fill school_type (LA or academy): {column}"
    if facts.school_type not in method.per_case:
        return (
            f"the tariff has no price for a school of type {facts.school_type}",
            "Add its bands and price per case to [tariff] in authority.toml",
        )
    if facts.roll is None or facts.roll < 0:
        return "its number on roll is not recorded", f"Fill roll and roll_date: {column}"
    roll, school_type = facts.roll, facts.school_type
    # Bands of a type leave no gap (Tariff refuses one), so exactly one holds any roll.
    return next(b for b in method.bands if b.school_type == school_type and b.holds(roll))


def _base_line(band: Band, facts: SchoolFacts, as_at: date, method: Method) -> Line:
    counted = f"counted {long_date(facts.roll_date)}" if facts.roll_date else "no count date given"
    source = f"{facts.roll_source}, {counted}" if facts.roll_source else counted
    return Line(
        kind=Kind.BASE,
        what=f"Base rate, {band.school_type}, {band.words()}",
        quantity=Decimal(1),
        unit_pence=band.pence,
        amount_pence=band.pence,
        cause=(
            Cause(f"{facts.roll} on roll", source),
            Cause(f"Type {band.school_type}", f"as at {long_date(as_at)}"),
            Cause(f"Method {method.version}", f"in force from {long_date(method.valid_from)}"),
        ),
    )


def _cases_line(unit_pence: int, counted: Sequence[BilledCase], period: Period) -> Line:
    return Line(
        kind=Kind.CASES,
        what=f"Cases open between {long_date(period.first)} and {long_date(period.last)}",
        quantity=Decimal(len(counted)),
        unit_pence=unit_pence,
        amount_pence=len(counted) * unit_pence,
        cause=tuple(Cause(case.ref, _case_dates(case)) for case in counted),
    )


def _case_dates(case: BilledCase) -> str:
    closed = f"closed {long_date(case.closed)}" if case.closed else "still open"
    return f"opened {long_date(case.opened)}, {closed}"


def _extra_line(extra: Extra) -> Line:
    price = f"{plain_number(extra.quantity)} at {pounds(extra.unit_pence)}"
    amount = (extra.quantity * extra.unit_pence).quantize(Decimal(1), ROUND_HALF_UP)
    return Line(
        kind=extra.kind,
        what=extra.what,
        quantity=extra.quantity,
        unit_pence=extra.unit_pence,
        amount_pence=int(amount),
        cause=(Cause(extra.charge_id, f"{long_date(extra.day)}: {price}"),),
    )


def _instalments(
    method: Method,
    annual: Sequence[Line],
    added: Sequence[Line],
    term_ends: Sequence[date],
    year: ContractYear,
) -> tuple[tuple[Instalment, ...], tuple[str, ...]]:
    amounts = split(sum(line.amount_pence for line in annual), method.instalments)
    found = [
        Instalment(share.what, _term_end(share, term_ends, year), amount)
        for share, amount in zip(method.instalments, amounts, strict=True)
    ]
    warnings = tuple(
        f"{instalment.what}: the date is not known. Import the terms of {year.label} with "
        "`linkwork-hub import terms FILE`"
        for instalment in found
        if instalment.due is None
    )
    if added:
        due = _within(method.additional_due, year.period)
        total = sum(line.amount_pence for line in added)
        found.append(Instalment("Additional costs, end of the financial year", due, total))
    return tuple(found), warnings


def _term_end(share: Share, term_ends: Sequence[date], year: ContractYear) -> date | None:
    window = Period(
        _within(share.term_ends_from, year.period), _within(share.term_ends_to, year.period)
    )
    return max((day for day in term_ends if window.holds(day)), default=None)


def _within(month_day: str, period: Period) -> date:
    """The one day of a year-long `period` that falls on `month_day`."""
    day = date.fromisoformat(f"{period.first.year}-{month_day}")
    return day if day >= period.first else date.fromisoformat(f"{period.last.year}-{month_day}")


def _year_from(month_day: str, year: int) -> Period:
    first = date.fromisoformat(f"{year}-{month_day}")
    after = date.fromisoformat(f"{year + 1}-{month_day}")
    return Period(first, after - timedelta(days=1))
