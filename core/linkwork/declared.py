"""What a school declares: a finding beside those of the marks, with the sessions so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from linkwork.codes import CodeClass
from linkwork.facts import Declaration, Declarations
from linkwork.findings import Finding
from linkwork.judging import UNKNOWN, Bench, bench, without_mark
from linkwork.policy import Policy, Rule
from linkwork.register import Pupil
from linkwork.school_year import school_year
from linkwork.sheet import Sheet, places
from linkwork.stays import clipped

_COUNTED, _NOT = "c", "."


def with_declared(sheet: Sheet, found: Sequence[Finding], given: Declarations) -> list[Finding]:
    """The findings, and those the school has declared in this school year.

    A pupil whom the marks find as well has one finding, which says that it was declared too. A
    declaration that is over leaves a finding that has ended on its last day. Nothing is declared
    of a pupil outside the age a rule is bound to, or who is not on the roll on that day.
    """
    all_of = list(found)
    if not given:
        return all_of
    at = bench(sheet)
    for index, pupil in enumerate(sheet.register.pupils):
        for rule, said in _standing(sheet, pupil, given.get(pupil.pupil_id, ())):
            _add(at, all_of, index, rule, said)
    return sorted(all_of, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def _standing(
    sheet: Sheet, pupil: Pupil, given: Sequence[Declaration]
) -> Iterator[tuple[Rule, Declaration]]:
    """The newest declaration of this school year for each rule that takes one."""
    year = school_year(sheet.as_of)
    for rule in sheet.policy.enabled:
        said = [each for each in given if each.trigger == rule.name and each.on >= year[0]]
        if rule.declarable and said:
            newest = max(said, key=lambda each: (each.on, each.last or date.max))
            if pupil.on_roll(newest.on):
                yield rule, newest


def _add(at: Bench, found: list[Finding], index: int, rule: Rule, said: Declaration) -> None:
    pupil = at.sheet.register.pupils[index]
    if rule.age_bound and at.age(pupil, said.on) == "outside":
        return
    ended = _ended(at.sheet, pupil, said)
    by_marks = [
        place
        for place, each in enumerate(found)
        if (each.pupil_id, each.trigger) == (pupil.pupil_id, rule.name)
        and each.last >= school_year(at.sheet.as_of)[0]
    ]
    if not by_marks:
        found.append(_finding(at, index, rule, said, ended))
    elif ended is None:
        newest = max(by_marks, key=lambda place: found[place].last)
        found[newest] = found[newest]._replace(declared=said.on)


def _ended(sheet: Sheet, pupil: Pupil, said: Declaration) -> date | None:
    """The day on which it ended; None while it holds on the day judged."""
    if said.last is not None and said.last < sheet.as_of:
        return said.last
    if pupil.on_roll(sheet.as_of):
        return None
    ends = [time.end for time in pupil.enrolments if time.end is not None]
    return max(ends, default=sheet.as_of - timedelta(days=1))


def _finding(at: Bench, index: int, rule: Rule, said: Declaration, ended: date | None) -> Finding:
    pupil, (low, high) = at.sheet.register.pupils[index], at.year
    of = _of(at.sheet.policy, rule)

    def read(known: CodeClass | None) -> str:
        return _COUNTED if known is not None and any(r.counted(known) for r in of) else _NOT

    line = at.sheet.read(read).of(index)
    spans = clipped(at.spans_of(rule, index), at.year)
    counted = [place for a, b in spans for place in places(line, _COUNTED, 2 * a, 2 * b)]
    why = at.told(index, counted)
    possible = at.possible.of(index)
    open_ones = sum(possible[2 * a : 2 * b].count(UNKNOWN) for a, b in spans)
    blank = without_mark(at, index, spans)
    return Finding(
        pupil_id=pupil.pupil_id,
        trigger=rule.name,
        audience=rule.audience,
        statutory=rule.statutory,
        status="confirmed",
        age=at.age(pupil, said.on),
        value=len(why),
        threshold=max((n for each in of if isinstance(n := _threshold(each), int)), default=0),
        unit="sessions",
        possible=sum(2 * (b - a) - possible[2 * a : 2 * b].count(".") for a, b in spans)
        - open_ones,
        first=why[0].date if why else said.on,
        last=max(why[-1].date, said.on) if why else said.on,
        ended=ended,
        at_least=len(why),
        at_most=len(why) + open_ones,
        why=why,
        missing=blank,
        window=(at.sheet.days[low], at.sheet.days[high - 1]) if low < high else None,
        declared=said.on,
        unknown=open_ones - blank,
    )


def _threshold(rule: Rule) -> int | None:
    """A rule's threshold where it is one number of sessions."""
    limit = getattr(rule, "threshold", None)
    return limit if isinstance(limit, int) else None


def _of(policy: Policy, rule: Rule) -> list[Rule]:
    """The rules that say which codes count: the rule itself, or those an `any` is made of."""
    names = getattr(rule, "any_of", ())
    return [each for each in policy.triggers if each.name in names] or [rule]
