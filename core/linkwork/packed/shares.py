"""Rules about a share of possible sessions: a rate, and a fall from the weeks before."""

from __future__ import annotations

from collections.abc import Iterable

from linkwork import rates
from linkwork.packed.block import Block
from linkwork.packed.lanes import Digits, lanes
from linkwork.packed.screens import Ask, Screen, enough
from linkwork.packed.signals import Signal
from linkwork.policy import ComparisonRule, RateRule
from linkwork.stays import Span


def rate(rule: RateRule, ask: Ask) -> Screen:
    """Absent sessions, times the whole, against possible ones, times the part."""
    reading = rates.reading(rule)
    absences = ask(reading, rates.ABSENT)
    possible = ask(reading, rates.ABSENT + rates.POSSIBLE)
    time = (ask.at.time_of(rule) or [(0, 0)])[-1]

    def hits(block: Block) -> int:
        return _share(block, (absences, possible), time, rule.rate, rule.boundary) & enough(
            block, possible, block.count(possible, time), rule.min_possible
        )

    return Screen(hits)


def comparison(rule: ComparisonRule, ask: Ask) -> Screen:
    """Who is absent for as many points at all now; of those few, each one's fall is worked out."""
    reading = rates.reading(rule)
    absences = ask(reading, rates.ABSENT)
    possible = ask(reading, rates.ABSENT + rates.POSSIBLE)
    now = ask.at.last_weeks(rule.school_weeks)
    then = ask.at.last_weeks(rule.before_school_weeks, before=rule.school_weeks)

    def hits(block: Block) -> int:
        perhaps = _share(block, (absences, possible), now, (rule.points, 100), "at-least")
        perhaps &= enough(block, possible, block.count(possible, now), rule.min_possible)
        chosen = [place for place, hit in enumerate(_bytes(block, perhaps)) if hit]
        numbers = [
            _numbers(block, signal, block.count(signal, time), chosen)
            for time in (now, then)
            for signal in (absences, possible)
        ]
        met = bytearray(block.pupils)
        for place, absent, could, before, could_before in zip(chosen, *numbers, strict=True):
            met[place] = rule.met(absent, could, (before, could_before))
        return int.from_bytes(met, "little")

    return Screen(hits)


def _share(
    block: Block,
    asked: tuple[Signal, Signal],
    time: Span,
    share: tuple[int, int],
    boundary: str,
) -> int:
    """A 1 for each pupil with an absence, and with this share of absences or more."""
    (absences, possible), (part, whole) = asked, share
    absent, could = (block.count(signal, time) for signal in asked)
    at = lanes(block.pupils, 2 * (time[1] - time[0]) * max(part, whole) + 1)
    start = at.every(at.half - (boundary == "more-than"))
    hits = (
        at.pick(absent, absences.bit, number) * whole
        + start
        - at.pick(could, possible.bit, number) * part
        for number in range(at.parts)
    )
    return at.gather(hits) & enough(block, absences, absent, 1)


def _numbers(block: Block, signal: Signal, digits: Digits, places: Iterable[int]) -> list[int]:
    """The number of each of the pupils at `places`."""
    columns = [_bytes(block, digit >> signal.bit & block.ones) for digit in digits]
    return [sum(column[place] << n for n, column in enumerate(columns)) for place in places]


def _bytes(block: Block, ones: int) -> bytes:
    return ones.to_bytes(block.pupils, "little")
