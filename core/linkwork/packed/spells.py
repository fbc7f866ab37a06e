"""Rules about order in time: so many days in a row, so many sessions within so many weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkwork import runs, windows
from linkwork.packed.block import Block, groups
from linkwork.packed.lanes import Lanes, lanes
from linkwork.packed.screens import Ask, Screen, in_all
from linkwork.packed.signals import Signal
from linkwork.policy import RunRule, WindowRule

_OTHER = runs.OTHER + runs.FOLLOWED


def run(rule: RunRule, ask: Ask) -> Screen:
    """So many days in a row. Of single sessions, and of what a run must follow, the judge is asked.

    Another absence ends a run whatever it stands beside, or only beside a counted session, or only
    without one, or never.
    """
    reading = runs.reading(rule)
    counts = ask(reading, runs.COUNTED)
    if rule.of == "sessions":
        return in_all(counts, rule.threshold, (0, len(ask.at.sheet.days)))
    other_ends, mixed_ends = rule.authorised_day == "ends", rule.mixed_day == "ends"
    always = other_ends and (mixed_ends or rule.whole_days)
    sometimes = not rule.whole_days and other_ends != mixed_ends and ask.any(reading, _OTHER)
    passing = runs.COUNTED + runs.SKIPPED + runs.UNKNOWN
    asked = _Asked(
        rule,
        counts,
        goes_on=ask(reading, passing if always else passing + _OTHER),
        no_other=ask(reading, passing + runs.ATTENDED) if sometimes else None,
        unknown=ask(reading, runs.UNKNOWN) if rule.unknown_day == "ends" else None,
    )

    def hits(block: Block) -> int:
        if rule.threshold > len(ask.at.sheet.days):
            return 0
        at = lanes(block.pupils, rule.threshold)
        return at.gather(_longest(asked, block, at, part) for part in range(at.parts))

    return Screen(hits, exact=not rule.follows)


@dataclass(frozen=True)
class _Asked:
    """What a run rule asks of a day: does a session count, do both let a run go on, has neither
    another absence, is neither known?
    """

    rule: RunRule
    counts: Signal
    goes_on: Signal
    no_other: Signal | None
    unknown: Signal | None


def _longest(asked: _Asked, block: Block, at: Lanes, part: int) -> int:
    """The top bit of the lane of each pupil with a run as long as the threshold.

    A lane counts the days of the run so far. It wraps around below its top bit, which no run
    does before its threshold was noticed. On a day outside the pupil's time nothing is answered
    yes, so that no run goes on over it.
    """
    rule, counts, goes_on = asked.rule, asked.counts, asked.goes_on
    no_other, unknown = asked.no_other or counts, asked.unknown or counts
    count, on, free, no_mark = (
        8 * part + signal.bit for signal in (counts, goes_on, no_other, unknown)
    )
    ones, full = at.ones, at.half - 1
    missing = at.every(at.half - rule.threshold)
    # Without a counted session another absence ends the run; or, the other way, beside one.
    turn = 0 if rule.authorised_day == "ends" else ones
    run = hit = 0
    for some, whole, without, blank in zip(
        block.both(counts) if rule.whole_days else block.either(counts),
        block.both(goes_on),
        block.both(no_other),
        block.both(unknown),
        strict=True,
    ):
        counted = some >> count & ones
        keeps = whole >> on
        if asked.no_other:
            keeps &= without >> free | (counted ^ turn if turn else counted)
        if asked.unknown:
            keeps &= blank >> no_mark ^ ones
        run = (run + counted) & (keeps & ones) * full
        hit |= run + missing
    return hit


def window(rule: WindowRule, ask: Ask) -> Screen:
    """A lane holds the counted sessions of the weeks or days that a window now spans.

    The judge scans forward and uses sessions up; but the earliest window is found where any is.
    """
    counts = ask(windows.reading(rule), windows.COUNTED)
    numbers = windows.numbered(ask.at.sheet, rule)
    spans = groups(numbers)
    most = _fullest(numbers, rule.length)

    def hits(block: Block) -> int:
        if rule.threshold > most:
            return 0
        at = lanes(block.pupils, max(rule.threshold, most - rule.threshold))
        missing = at.every(at.half - rule.threshold)
        found = []
        for part in range(at.parts):
            sums = [at.pick(block.count(counts, span), counts.bit, part) for span in spans]
            inside = hit = oldest = 0
            for (first, _), more in zip(spans, sums, strict=True):
                while numbers[spans[oldest][0]] <= numbers[first] - rule.length:
                    inside -= sums[oldest]
                    oldest += 1
                inside += more
                hit |= inside + missing
            found.append(hit)
        return at.gather(found)

    return Screen(hits)


def _fullest(numbers: Sequence[int], length: int) -> int:
    """The most sessions that a window has room for."""
    first = most = 0
    for day, number in enumerate(numbers):
        while numbers[first] <= number - length:
            first += 1
        most = max(most, 2 * (day + 1 - first))
    return most
