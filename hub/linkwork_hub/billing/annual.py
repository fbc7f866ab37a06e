"""What is charged by the year: the base rate by roll and type, and the cases of a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from linkwork_hub.billing.models import (
    BilledCase,
    Cause,
    Excluded,
    Kind,
    Line,
    Period,
    SchoolFacts,
    TypePart,
)
from linkwork_hub.billing.tariff import Band, Method
from linkwork_hub.documents.words import long_date


def type_parts(
    method: Method, facts: SchoolFacts, history: Sequence[SchoolFacts], period: Period
) -> tuple[TypePart, ...]:
    """The stretches of `period`, each with the type that is billed for it, in order.

    One stretch under `type_on` "as-at": the type of the tariff's date. Under "by-days" one for
    each type the school had, by its dated facts.
    """
    if method.type_on == "as-at" or not history:
        return (TypePart(period, facts.school_type, facts.urn),)
    starts = sorted(history, key=lambda known: known.from_day or date.min)
    parts: list[TypePart] = []
    day = period.first
    while day <= period.last:
        here = _on(starts, day)
        later = [k.from_day for k in starts if k.from_day and day < k.from_day <= period.last]
        last = min(later) - timedelta(days=1) if later else period.last
        if parts and parts[-1].school_type == here.school_type:
            first = parts.pop().period.first
            parts.append(TypePart(Period(first, last), here.school_type, here.urn))
        else:
            parts.append(TypePart(Period(day, last), here.school_type, here.urn))
        day = last + timedelta(days=1)
    return tuple(parts)


def _on(starts: Sequence[SchoolFacts], day: date) -> SchoolFacts:
    begun = [known for known in starts if (known.from_day or date.min) <= day]
    return begun[-1] if begun else starts[0]


def band_of(
    method: Method, school_type: str | None, roll: int | None
) -> Band | tuple[str, str] | None:
    """The band of a school; None when there is no base rate; or a problem and its remedy."""
    column = "correct the import file of schools and import it again"
    if not method.annual:
        return None
    if school_type is None:
        return "its type is not recorded", f"Fill school_type (LA or academy): {column}"
    types = {band.school_type for band in method.bands} | set(method.per_case)
    if school_type not in types:
        return (
            f"the tariff has no price for a school of type {school_type}",
            "Add its bands and price per case to [tariff] in authority.toml",
        )
    if not method.bands:
        return None
    if roll is None or roll < 0:
        return "its number on roll is not recorded", f"Fill roll and roll_date: {column}"
    # Bands of a type leave no gap (Tariff refuses one), so exactly one holds any roll.
    return next(b for b in method.bands if b.school_type == school_type and b.holds(roll))


def base_lines(
    method: Method, facts: SchoolFacts, bands: Sequence[tuple[TypePart, Band]], as_at: date
) -> tuple[Line, ...]:
    """One line for a year of one type; for a year of several, one each by its days."""
    whole = sum(part.period.days for part, _ in bands)
    return tuple(
        _base_line(method, facts, part, band, as_at, whole if len(bands) > 1 else None)
        for part, band in bands
    )


def _base_line(
    method: Method,
    facts: SchoolFacts,
    part: TypePart,
    band: Band,
    as_at: date,
    whole: int | None,
) -> Line:
    counted = f"counted {long_date(facts.roll_date)}" if facts.roll_date else "no count date given"
    source = f"{facts.roll_source}, {counted}" if facts.roll_source else counted
    what, amount, when = f"Base rate, {band.school_type}, {band.words()}", band.pence, ""
    if whole is None:
        when = f"as at {long_date(as_at)}"
    else:
        days = part.period.days
        exact = Decimal(band.pence) * days / whole
        amount = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        what += f", {days} of {whole} days"
        when = f"URN {part.urn}, {long_date(part.period.first)} to {long_date(part.period.last)}"
    return Line(
        kind=Kind.BASE,
        what=what,
        quantity=Decimal(1),
        unit_pence=amount,
        amount_pence=amount,
        cause=(
            Cause(f"{facts.roll} on roll", source),
            Cause(f"Type {band.school_type}", when),
            Cause(f"Method {method.version}", f"in force from {long_date(method.valid_from)}"),
        ),
        key="base" if whole is None else f"base:{part.period.first.isoformat()}",
    )


def cases_lines(
    method: Method,
    counted: Sequence[BilledCase],
    period: Period,
    parts: Sequence[TypePart],
    history: Sequence[SchoolFacts],
) -> tuple[Line, ...]:
    """A line for each type whose cases are charged: each case once, whatever URN it had.

    Under "by-days" a case is priced by the type the school had on the first day it was open in
    the period; else by the one type of the year.
    """
    if not method.per_case:
        return ()
    by_type: dict[str, list[BilledCase]] = {}
    for case in counted:
        by_type.setdefault(_type_for(method, case, period, parts, history), []).append(case)
    named = by_type or {str(parts[0].school_type): []}
    return tuple(
        _cases_line(method.per_case[kind], cases, period, kind if len(named) > 1 else "")
        for kind, cases in named.items()
    )


def unpriced_case(
    method: Method,
    counted: Sequence[BilledCase],
    period: Period,
    parts: Sequence[TypePart],
    history: Sequence[SchoolFacts],
) -> BilledCase | None:
    """The first case that falls on a type without a price per case; None when all have one."""
    if not method.per_case:
        return None
    types = [(case, _type_for(method, case, period, parts, history)) for case in counted]
    return next((case for case, kind in types if kind not in method.per_case), None)


def _type_for(
    method: Method,
    case: BilledCase,
    period: Period,
    parts: Sequence[TypePart],
    history: Sequence[SchoolFacts],
) -> str:
    if method.type_on == "as-at" or not history:
        return str(parts[0].school_type)
    starts = sorted(history, key=lambda known: known.from_day or date.min)
    return str(_on(starts, max(case.opened, period.first)).school_type)


def _cases_line(pence: int, counted: Sequence[BilledCase], period: Period, kind: str) -> Line:
    what = f"Cases open between {long_date(period.first)} and {long_date(period.last)}"
    return Line(
        kind=Kind.CASES,
        what=f"{what}, {kind}" if kind else what,
        quantity=Decimal(len(counted)),
        unit_pence=pence,
        amount_pence=len(counted) * pence,
        cause=tuple(Cause(case.ref, _case_dates(case)) for case in counted),
        key="cases",
    )


def _case_dates(case: BilledCase) -> str:
    closed = f"closed {long_date(case.closed)}" if case.closed else "still open"
    return f"opened {long_date(case.opened)}, {closed}"


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
