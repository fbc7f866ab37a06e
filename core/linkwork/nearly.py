"""Who crosses a threshold next, and on which day, if every pupil's latest mark goes on."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from linkwork.codes import CLOSED
from linkwork.facts import Facts
from linkwork.findings import Finding, Unit
from linkwork.judging import Bench
from linkwork.packed import Suspects
from linkwork.policy import CountRule, InForce, Policy, PolicySeries, as_series
from linkwork.register import HALVES, NO_MARK, Register, Session
from linkwork.school_days import coming_days, school_days
from linkwork.triggers import evaluate, packed

#: Everybody whom a rule may be for.
AUDIENCES = frozenset({"school", "meeting", "authority"})


@dataclass(frozen=True, slots=True)
class Nearly:
    """A pupil who will meet a rule on `on` if `code`, the latest mark, stands in every session.

    `needed` is how much more is counted until then, in `unit`; 0 where time alone does it, as
    for a reason that becomes overdue. `value` is what is counted already.
    """

    pupil_id: str
    trigger: str
    audience: str
    on: date
    needed: int
    value: int
    threshold: int
    unit: Unit
    code: str


def nearly(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    within: int,
    *,
    facts: Facts | None = None,
    audiences: Container[str] = AUDIENCES,
) -> list[Nearly]:
    """Who meets which rule for one of `audiences` within so many school days, the soonest first.

    The coming school days are those of the register's calendar, then weekdays. A pupil who meets
    a rule already is not named for it again. Rules about the day judged alone are left out, for
    they say nothing of tomorrow. Pure; costs as many evaluations as there are days.
    """
    days = list(islice(coming_days(register, as_of), within))
    longer, codes = _gone_on(register, as_of, days)
    series = as_series(policy)

    def wanted(at: Bench, rules: Sequence[InForce]) -> list[Suspects]:
        asked = [each for each in rules if each.rule.audience in audiences]
        found = iter(packed(at, asked))
        nobody = Suspects(bytes(len(at.sheet.register.pupils)), exact=True)
        return [next(found) if each.rule.audience in audiences else nobody for each in rules]

    known = _sessions(evaluate(register, series, as_of, facts=facts, screen=wanted))
    found: list[Nearly] = []
    named: set[tuple[str, str]] = set()
    for day in days:
        today = {each.rule.name for each in series.rules(day) if _of_today(each.rule)}
        for each in evaluate(longer, series, day, facts=facts, screen=wanted):
            key = each.pupil_id, each.trigger
            counted = {(counted.date, counted.half) for counted in each.why}
            if each.trigger in today or not counted.isdisjoint(known.get(key, ())):
                continue
            known.setdefault(key, set()).update(counted)
            if key not in named:
                named.add(key)
                found.append(_crossing(each, day, as_of, codes[each.pupil_id]))
    return found


def _of_today(rule: object) -> bool:
    return isinstance(rule, CountRule) and rule.period == "today"


def _sessions(found: Sequence[Finding]) -> dict[tuple[str, str], set[tuple[date, str]]]:
    """What is counted already, by pupil and rule."""
    known: dict[tuple[str, str], set[tuple[date, str]]] = {}
    for each in found:
        counted = ((one.date, one.half) for one in each.why)
        known.setdefault((each.pupil_id, each.trigger), set()).update(counted)
    return known


def _crossing(found: Finding, day: date, as_of: date, code: str) -> Nearly:
    later = [counted for counted in found.why if counted.date > as_of]
    needed = len(later) if found.unit == "sessions" else len({each.date for each in later})
    return Nearly(
        pupil_id=found.pupil_id,
        trigger=found.trigger,
        audience=found.audience,
        on=day,
        needed=needed,
        value=found.value - needed,
        threshold=found.threshold,
        unit=found.unit,
        code=code,
    )


def _gone_on(
    register: Register, as_of: date, days: Sequence[date]
) -> tuple[Register, dict[str, str]]:
    """The register up to `as_of` with every latest mark in each session of `days`; the marks."""
    until = sum(session.date <= as_of for session in register.sessions)
    rows = register.rows[:until]
    latest = bytearray(len(register.pupils))
    closed = [index for index, code in enumerate(register.codes) if code == CLOSED]
    for position, marks in enumerate(_columns(rows, len(register.pupils))):
        real = (mark for mark in marks if mark != NO_MARK and mark not in closed)
        latest[position] = next(real, NO_MARK)
    sessions = [Session(day, half) for day in days for half in HALVES]
    known = school_days(register, as_of).days
    longer = replace(
        register,
        sessions=(*register.sessions[:until], *sessions),
        rows=[*rows, *(bytearray(latest) for _ in sessions)],
        # Whoever else has a mark by then, these are the days the answer is about.
        calendar=frozenset((*known, *days)),
    )
    ids = [pupil.pupil_id for pupil in register.pupils]
    codes = [register.codes[mark] for mark in latest]
    return longer, dict(zip(ids, codes, strict=True))


def _columns(rows: Sequence[bytearray], pupils: int) -> Iterator[bytes]:
    """Each pupil's marks, the latest first."""
    together = b"".join(reversed(rows))
    for position in range(pupils):
        yield together[position::pupils]
