"""When a pattern of absence needs someone: `evaluate(register, policy, as_of) -> findings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter

from linkwork.facts import Facts
from linkwork.findings import Counted, Finding, Waiting
from linkwork.judging import Bench, Judge, Judged, bench
from linkwork.kinds import judges_of, screen_of
from linkwork.packed import BLOCK, Suspects, everybody, suspects
from linkwork.policy import InForce, Policy, PolicySeries, WindowRule, as_series
from linkwork.register import Register
from linkwork.school_year import between
from linkwork.sheet import lay_out
from linkwork.stays import Span, clipped
from linkwork.telling import Telling

#: Sorts one pupil's findings.
IN_ORDER = attrgetter("trigger", "first", "why")
#: The days a rule may look at, and those on which it may be met: see `Judged`.
Dated = tuple[tuple[Span, ...], Span | None]
#: For each of some rules, the pupils whom it may find.
Screen = Callable[[Bench, Sequence[InForce]], Sequence[Suspects]]


def packed(at: Bench, rules: Sequence[InForce]) -> Sequence[Suspects]:
    """Those whom the packed engine names."""
    return suspects(at, rules, screen_of)


__all__ = ["Counted", "Finding", "Screen", "Waiting", "evaluate", "evaluate_plainly", "flags"]


def evaluate(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    facts: Facts | None = None,
    screen: Screen = packed,
) -> list[Finding]:
    """Every finding of the policy's rules on `as_of`, by pupil id, trigger and first day.

    Pure. Marks after `as_of`, outside the pupil's time on roll or on no school day count for
    nothing; no mark and an unknown code are neither absence nor presence. Of a series each
    policy applies to its own dates. `facts` are what the school has stated beside the marks.
    `screen` leaves out pupils whom a rule cannot find, which never changes what is found.
    Raises BadInput for a school day no code set of the policy covers.
    """
    at = bench(lay_out(register, policy, as_of), facts)
    rules = as_series(policy).rules(as_of)
    return _findings(at, rules, [each.places for each in screen(at, rules)])


def evaluate_plainly(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    facts: Facts | None = None,
) -> list[Finding]:
    """The same, with every pupil judged by every rule: what the screen is held against."""
    return evaluate(register, policy, as_of, facts=facts, screen=everybody)


def flags(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    facts: Facts | None = None,
    block: int = BLOCK,
) -> dict[str, bytes]:
    """For each rule by name, one byte a pupil: 1 for at least one finding, else 0.

    In the register's order of pupils; made for many thousands of them. Beyond the register,
    memory grows with `block` and by a byte a pupil and rule. Raises as `evaluate` does.
    """
    at = bench(lay_out(register, policy, as_of), facts)
    rules = as_series(policy).rules(as_of)
    found: dict[str, bytes] = {}
    screened = suspects(at, rules, screen_of, block=block)
    judges = [] if all(some.exact for some in screened) else judges_of(at, rules)
    for number, (applied, some) in enumerate(zip(rules, screened, strict=True)):
        marked = some.marked if some.exact else _settled(at, applied, judges[number], some)
        name = applied.rule.name
        before = int.from_bytes(found.get(name, b""), "little")
        both = before | int.from_bytes(marked, "little")
        found[name] = both.to_bytes(len(marked), "little") if before else marked
    return found


def _findings(
    at: Bench, rules: Sequence[InForce], places: Sequence[Sequence[int]]
) -> list[Finding]:
    """The findings of each rule about the pupils at its `places`."""
    pupils = at.sheet.register.pupils
    judges, tellings = judges_of(at, rules), [Telling(at, each) for each in rules]
    before: dict[int, list[int]] = {}
    for number, chosen in enumerate(places):
        for index in chosen:
            before.setdefault(index, []).append(number)
    found: dict[str, list[Finding]] = {}
    # Pupil by pupil, so that each one's marks are read once for all the rules.
    changed = _changed(rules)
    for index in sorted(before):
        mine: list[Finding] = []
        alike: dict[Dated, Judged] = {}
        for number in before[index]:
            dated = _dated(at, rules[number], index, mine if changed else ())
            if dated is None:
                continue
            # One for all rules that look at the same days: what they ask alike is asked once.
            judged = alike.get(dated)
            if judged is None:
                judged = alike[dated] = Judged(index, pupils[index], *dated)
            told = tellings[number].finding
            mine += [told(judged, each) for each in judges[number].evidence(judged)]
        found.setdefault(pupils[index].pupil_id, []).extend(_once(mine) if changed else mine)
    # Each pupil's few by themselves: that is far less to compare than all of them are.
    return [each for pupil_id in sorted(found) for each in sorted(found[pupil_id], key=IN_ORDER)]


def _settled(at: Bench, applied: InForce, judge: Judge, some: Suspects) -> bytes:
    """The suspects of a rule about whom its judge finds something."""
    marked = bytearray(len(at.sheet.register.pupils))
    for index in some.places:
        dated = _dated(at, applied, index)
        if dated is None:
            continue
        judged = Judged(index, at.sheet.register.pupils[index], *dated)
        if any(True for _ in judge.evidence(judged)):
            marked[index] = 1
    return bytes(marked)


def _dated(at: Bench, applied: InForce, index: int, before: Sequence[Finding] = ()) -> Dated | None:
    """The pupil's school days the rule may look at, and be met on; None for none.

    A rule that came into force on some day looks back: what began before may be met by it, from
    that day on. A window does not use again what the rule it followed, `before`, has used.
    """
    spans = at.spans_of(applied.rule, index)
    if applied.first is date.min and applied.last is date.max:
        return (spans, None) if spans else None
    days = at.sheet.days
    if isinstance(applied.rule, WindowRule):
        used = [each.last for each in before if each.trigger == applied.rule.name]
        start = between(days, None, max(used))[1] if used else 0
        spans = clipped(spans, (start, len(days)))
    force = between(days, applied.first, applied.last)
    return (spans, force) if spans and force[0] < force[1] else None


def _changed(rules: Sequence[InForce]) -> bool:
    """Whether some rule has one figure on some days and another on others."""
    return len({each.rule.name for each in rules}) < len(rules)


def _once(found: Sequence[Finding]) -> list[Finding]:
    """Without those that the rule that followed found as well: each is told once, as it went on."""
    return [
        each
        for place, each in enumerate(found)
        if not any(
            each.trigger == later.trigger and set(each.why) <= set(later.why)
            for later in found[place + 1 :]
        )
    ]
