"""The rule that is met when one of several others is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from linkwork.judging import Bench, Evidence, Judge, Judged, unknown_in
from linkwork.policy import AnyRule, Rule
from linkwork.stays import clipped


@dataclass(frozen=True, slots=True)
class Part:
    """One of the rules that make up an `any`, with its judge."""

    rule: Rule
    judge: Judge


class AnyJudge:
    """An `any` rule over one register. Whatever its parts count, it says in sessions."""

    def __init__(self, at: Bench, rule: AnyRule, parts: Sequence[Part]) -> None:
        self.at, self.parts = at, parts
        self._age_bound, self._each = rule.age_bound, rule.findings == "each"

    def evidence(self, judged: Judged) -> Iterator[Evidence]:
        """What each part finds, or one of everything they find in this school year."""
        found = [
            (part.rule, each)
            for part in self.parts
            for each in part.judge.evidence(self._seen_by(part, judged))
        ]
        if self._each:
            yield from _widest([_in_sessions(each, rule) for rule, each in found])
            return
        first = 2 * self.at.year[0]
        now = [(rule, each) for rule, each in found if each.counted[-1] >= first]
        if now:
            yield self._one(now, judged)

    def _seen_by(self, part: Part, judged: Judged) -> Judged:
        """The pupil's days as far as both the rule and its part may look."""
        if self._age_bound or not part.rule.age_bound:
            return judged
        of_age = self.at.of_age[judged.index]
        spans = tuple(span for own in judged.spans for span in clipped(of_age, own))
        return replace(judged, spans=spans)

    def _one(self, found: Sequence[tuple[Rule, Evidence]], judged: Judged) -> Evidence:
        counted = _together([each.counted for _, each in found])
        first, last = min(self.at.year[0], counted[0] // 2), self.at.year[1]
        line = self.at.possible.of(judged.index)
        unknown = unknown_in(line, clipped(judged.spans, (first, last)))
        return Evidence(
            counted=counted,
            value=len(counted),
            threshold=max([_threshold(each, rule) for rule, each in found]),
            provisional=all(each.provisional for _, each in found),
            at_least=len(_together([_least(each) for _, each in found])),
            at_most=len(counted) + unknown,
            period=(first, last),
            parts=tuple(dict.fromkeys([rule.name for rule, _ in found])),
        )


def _together(several: Sequence[Sequence[int]]) -> Sequence[int]:
    """The positions that stand in one of several, in order."""
    widest = max(several, key=len)
    if len(several) == 1:
        return widest
    every = set(widest).union(*several)
    # Mostly the widest is a sum that holds all the others.
    return widest if len(every) == len(widest) else sorted(every)


def _in_sessions(found: Evidence, rule: Rule) -> Evidence:
    """The same with every number in sessions."""
    most = found.at_most if found.most_sessions is None else found.most_sessions
    return found._replace(
        value=len(found.counted),
        threshold=_threshold(found, rule),
        at_least=len(_least(found)),
        at_most=most,
        parts=(rule.name,),
    )


def _least(found: Evidence) -> Sequence[int]:
    """The sessions that count whatever is unknown."""
    return found.counted if found.least is None else found.least


def _threshold(found: Evidence, rule: Rule) -> int:
    """In sessions: a threshold of days is that of the first so many days counted."""
    if rule.unit == "sessions":
        return found.threshold
    days, before = 0, -1
    for place, session in enumerate(found.counted):
        days += session // 2 != before
        before = session // 2
        if days > found.threshold:
            return place
    return len(found.counted)


def _widest(found: Sequence[Evidence]) -> list[Evidence]:
    """Without those whose sessions all stand in another's; of equal ones the first."""
    sessions = [frozenset(each.counted) for each in found]
    return [
        each
        for n, each in enumerate(found)
        if not any(
            sessions[n] < other or (sessions[n] == other and m < n)
            for m, other in enumerate(sessions)
            if m != n
        )
    ]
