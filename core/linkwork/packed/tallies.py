"""Rules about a number: so many counted sessions or days in a time, or on certain days."""

from __future__ import annotations

from linkwork import counts
from linkwork.packed.block import Block
from linkwork.packed.screens import Ask, Screen, enough, in_all
from linkwork.policy import CountRule, TermEdgeRule, WeekdayRule
from linkwork.stays import Span


def count(rule: CountRule, ask: Ask) -> Screen:
    """So many counted sessions or days in one of the stretches of time the rule looks at."""
    sheet = ask.at.sheet
    end = len(sheet.days) - rule.older_than
    times: list[Span] = [
        (first, min(last, end)) for first, last in ask.at.time_of(rule) if first < min(last, end)
    ]
    # Whether a register was taken at all, the judge sees; here every session without a mark counts.
    blanks = rule.no_mark and rule.of == "sessions"
    signal = ask(
        counts.reading(rule),
        counts.COUNTED + counts.BLANK * blanks,
        no_mark=counts.BLANK if rule.no_mark else None,
    )

    def hits(block: Block) -> int:
        found = 0
        for time in times:
            if rule.of == "days":
                digits = block.days(signal, time, whole=rule.whole_days)
            else:
                digits = block.count(signal, time)
            found |= enough(block, signal, digits, rule.threshold)
        return found

    return Screen(hits, exact=not blanks)


def days(rule: WeekdayRule | TermEdgeRule, ask: Ask) -> Screen:
    """So many counted sessions in all: which days were a pupil's last ones, its judge says."""
    signal = ask(counts.reading(rule), counts.COUNTED)
    return in_all(signal, rule.threshold, (0, len(ask.at.sheet.days)))
