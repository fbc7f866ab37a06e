"""What looks wrong with a register that was read all the same, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from linkwork import terms, vocabulary, wording
from linkwork.policy import Policy, PolicySeries
from linkwork.register import Register
from linkwork.school_days import OddDay, SchoolDays
from linkwork.sheet import Sheet, lay_out
from linkwork.tally import off_roll_by_pupil, off_roll_marks, unknown_codes

#: Longer than any holiday: marks beyond such a gap may have a wrong year.
ALONE_DAYS = 100
#: So many years between a pupil's year group and the usual one of that age are no repeated year.
APART = 3
#: How many pupils are named.
NAMED = 10
#: How many half terms a whole school year has.
HALF_TERMS = 6


def doubts(sheet: Sheet, unknown: Mapping[str, int], off_roll: int) -> Iterator[str]:
    """One sentence each, with pupils' ids and without names.

    `unknown` counts the codes nobody knows, `off_roll` the marks outside pupils' time on roll.
    """
    yield from _days(sheet.school)
    yield from _terms(sheet)
    for code, count in unknown.items():
        yield f"Code {code} is not known: {wording.number(count, 'mark')} judged as unknown."
    if off_roll:
        yield (
            f"{wording.number(off_roll, 'mark')} before entry or after leaving: not counted. Are "
            f"the dates right of {_ids(list(off_roll_by_pupil(sheet)))}?"
        )
    pupils = sheet.register.pupils
    ageless = sum(pupil.date_of_birth is None for pupil in pupils)
    if ageless:
        yield (
            f"{wording.number(ageless, 'pupil')} without a date of birth: judged as of "
            "compulsory school age."
        )
    yield from _misfits(sheet)
    guests = sum(not any(each.registered for each in pupil.enrolments) for pupil in pupils)
    if guests:
        yield (
            f"{wording.number(guests, 'pupil')} here as a guest, registered elsewhere: judged by "
            "no rule whose findings leave the school."
        )
    for warning in sheet.register.warnings:
        yield f"{warning[:1].upper()}{warning[1:].rstrip('.')}."


def of_register(register: Register, policy: Policy | PolicySeries, as_of: date) -> list[str]:
    """The doubts of a ready register up to `as_of`."""
    sheet = lay_out(register, policy, as_of)
    return list(doubts(sheet, unknown_codes(sheet), off_roll_marks(sheet)))


def _misfits(sheet: Sheet) -> Iterator[str]:
    """Pupils whose date of birth is of another year group by far: the law goes by the date."""
    now, starts = terms.year_of(sheet.as_of), sheet.policy.age.rule().year_starts
    found: list[str] = []
    for pupil in sheet.register.pupils:
        born, group = pupil.date_of_birth, vocabulary.year_group(pupil.year_group or "")
        if born is None or group is None or group not in _YEARS:
            continue
        # Born from September 2013 on: reception, year 0, five years later.
        of = born.year - ((born.month, born.day) < starts)
        if abs(now - of - 5 - _YEARS[group]) >= APART:
            found.append(pupil.pupil_id)
    if found:
        yield (
            f"{wording.number(len(found), 'pupil')} whose date of birth does not fit the year "
            f"group: {_ids(found)}. Whether the law applies goes by the date: "
            "correct whichever is wrong in the school system."
        )


def _ids(found: Sequence[str]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{', '.join(found[:NAMED])}{more}"


#: Year groups as numbers, reception being 0.
_YEARS: Mapping[str, int] = {"N1": -2, "N2": -1, "R": 0} | {str(n): n for n in range(1, 15)}


def _days(school: SchoolDays) -> Iterator[str]:
    for thin in school.thin:
        yield (
            f"{wording.day(thin.day)}: perhaps not a school day, {thin.marked} of "
            f"{wording.number(thin.pupils, 'pupil')} have a mark."
        )
    if school.gaps:
        yield (
            f"No mark at all on {wording.days(school.gaps)}. If the school was open, registers "
            "are missing; if it was closed, a calendar says so."
        )
    if school.unlisted:
        yield f"Marks on days that are not in the calendar: {wording.days(school.unlisted)}."
    if school.odd:
        yield (
            f"School days by {_whose(school)}, and yet {_named(school.odd)}. Correct what is wrong."
        )
    if school.left_out:
        yield (
            f"In a term, without any mark, and no school day: {_named(school.left_out)}. If the "
            "school was open, registers are missing."
        )
    if school.holidays:
        yield (
            f"Taken for holidays, since nobody has a mark: {_stretches(school.holidays)}. A "
            "calendar settles it."
        )
    for earlier, later in pairwise(school.days):
        if (later - earlier).days > ALONE_DAYS:
            yield (
                f"Nothing between {wording.day(earlier)} and {wording.day(later)}: is the year of "
                "the dates right?"
            )


def _terms(sheet: Sheet) -> Iterator[str]:
    """What the half terms say of a calendar that had to be inferred."""
    found = sheet.half_terms
    for year in sorted({half.year for half in found}):
        named = [half for half in found if half.year == year]
        if len(named) > HALF_TERMS:
            parts = ", ".join(f"{half.name} from {wording.day(half.first)}" for half in named)
            yield (
                f"{len(named)} half terms in {year}-{(year + 1) % 100:02d} where six are usual: "
                f"{parts}. A week without a mark was taken for a holiday; if the school was open, "
                "registers are missing."
            )


def _stretches(holidays: Sequence[tuple[date, date]]) -> str:
    shown = (f"{wording.day(first)} to {wording.day(last)}" for first, last in holidays[-8:])
    return "; ".join(shown)


def _whose(school: SchoolDays) -> str:
    return "the calendar" if school.source == "declared" else "their marks"


def _named(days: Sequence[OddDay]) -> str:
    """Days by the reason, a long list cut short."""
    reasons: dict[str, list[date]] = {}
    for each in days:
        reasons.setdefault(each.why, []).append(each.day)
    return "; ".join(f"{why} ({wording.days(tuple(on))})" for why, on in reasons.items())
