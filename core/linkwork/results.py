"""What a pupil's school year came to, by half term, and which year a September list goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from linkwork.policy import Policy, RateRule
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Sheet
from linkwork.tally import Tally, line_tally, session_lines

#: From 1 August to 1 October: a half term that starts later is not the first.
SUMMER = timedelta(days=61)

#: How the half terms are known: given by a calendar, or read from the breaks between school days.
Known = Literal["calendar", "inferred"]


class HalfTerm(NamedTuple):
    """One half term: its number among those of the year that are known, its first and last day."""

    number: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class HalfTermResult:
    """What one pupil had in one half term. `expected` counts every session on roll."""

    half_term: HalfTerm
    expected: int
    possible: int
    authorised: int
    unauthorised: int

    @property
    def absent(self) -> int:
        """Absences, with or without permission."""
        return self.authorised + self.unauthorised


@dataclass(frozen=True, slots=True)
class YearResult:
    """One pupil's school year, which started on `year`. Units are sessions."""

    pupil_id: str
    year: date
    known: Known
    half_terms: tuple[HalfTermResult, ...]

    @property
    def expected(self) -> int:
        """Sessions of school days on roll."""
        return sum(each.expected for each in self.half_terms)

    @property
    def possible(self) -> int:
        """Sessions with a mark that the pupil could have attended."""
        return sum(each.possible for each in self.half_terms)

    @property
    def authorised(self) -> int:
        """Absences with permission."""
        return sum(each.authorised for each in self.half_terms)

    @property
    def unauthorised(self) -> int:
        """Absences without permission."""
        return sum(each.unauthorised for each in self.half_terms)

    @property
    def absent(self) -> int:
        """Absences, with or without permission."""
        return self.authorised + self.unauthorised


def half_terms(sheet: Sheet, day: date) -> list[HalfTerm]:
    """The half terms of the school year that holds `day`, up to the sheet's date, in order.

    First and last are the first and last school day of each.
    """
    ranges = sheet.half_terms_of(school_year(day)[0].year)
    return [
        HalfTerm(number, sheet.days[low], sheet.days[high - 1])
        for number, (low, high) in enumerate(ranges, 1)
    ]


def year_results(sheet: Sheet, day: date | None = None) -> list[YearResult]:
    """Each pupil's result of the school year that holds `day` (None: the sheet's date), so far.

    In the register's order; pupils without a school day on roll in that year are left out.
    """
    first = school_year(day or sheet.as_of)[0]
    given = [not each.inferred for each in sheet.half_terms if each.year == first.year]
    known: Known = "calendar" if any(given) else "inferred"
    terms = half_terms(sheet, first)
    lines = session_lines(sheet)
    found: list[YearResult] = []
    for index, pupil in enumerate(sheet.register.pupils):
        line, stays = lines.of(index), spans(pupil, sheet.days)
        results = []
        for term in terms:
            start, end = between(sheet.days, term.first, term.last)
            parts = (line[2 * max(a, start) : 2 * min(b, end)] for a, b in stays)
            tally = line_tally("".join(parts))
            if tally.expected:
                results.append(_result(term, tally))
        if results:
            found.append(YearResult(pupil.pupil_id, first, known, tuple(results)))
    return found


def goes_by_last_year(as_of: date, terms: Sequence[HalfTerm]) -> bool:
    """Whether a list made on `as_of` goes by last year's rate: through the first half term.

    A fortnight of marks says little of a pupil: after two absences everyone is over a tenth.
    `terms` are this school year's half terms so far, so a first half term that is over is one
    with another after it. One that is known to start after September is not the first.
    """
    october = school_year(as_of)[0] + SUMMER
    return len(terms) == 1 and terms[0].first < october


def last_years_rates(sheet: Sheet) -> list[YearResult]:
    """Last year's result of each pupil on roll, where a list made now goes by it; else empty.

    Empty too when the register does not reach back. In the register's order.
    """
    this = school_year(sheet.as_of)[0]
    low = between(sheet.days, this, None)[0]
    if not low or not goes_by_last_year(sheet.as_of, half_terms(sheet, sheet.as_of)):
        return []
    here = {pupil.pupil_id for pupil in sheet.register.pupils if pupil.on_roll(sheet.as_of)}
    found = year_results(sheet, this - timedelta(days=1))
    return [each for each in found if each.pupil_id in here]


def year_rates(policy: Policy) -> list[RateRule]:
    """The rules that a kept result can be held against: rates of all absences of a year."""
    return [
        rule
        for rule in policy.enabled
        if isinstance(rule, RateRule)
        and rule.period == "school-year"
        and not rule.school_weeks
        and {"authorised", "unauthorised"} <= set(rule.counts)
    ]


def rates_met(result: YearResult, rules: Iterable[RateRule]) -> tuple[str, ...]:
    """The names of those of `year_rates` that a result meets."""
    return tuple(rule.name for rule in rules if rule.met(result.absent, result.possible))


def _result(term: HalfTerm, tally: Tally) -> HalfTermResult:
    return HalfTermResult(
        term, tally.expected, tally.possible, tally.authorised, tally.unauthorised
    )


def every_year(sheet: Sheet) -> Iterator[YearResult]:
    """What each school year of the register came to, so far as it was read."""
    for year in sorted({school_year(day)[0] for day in sheet.days}):
        yield from year_results(sheet, year)
