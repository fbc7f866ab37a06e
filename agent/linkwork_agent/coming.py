"""If nothing changes: who meets a rule of the authority or the meeting next, and on which day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from linkwork import wording
from linkwork.nearly import Nearly, nearly
from linkwork.policy import AnyRule, CountRule, PolicySeries, RateRule, Rule, RunRule, WindowRule
from linkwork.register import NO_MARK, Register
from linkwork.sheet import Sheet
from linkwork_agent.who import told

#: How many school days ahead is looked.
WITHIN = 5
#: More pupils than this are told as a number in words; JSON has every one.
MOST = 40


def crossing(sheet: Sheet, series: PolicySeries) -> list[Nearly]:
    """Who crosses within `WITHIN` school days if the latest mark goes on, soonest first.

    Of one day the authority's rules come before the meeting's, and of these who lacks least. The
    school's own prompts are left out: they are made anew every day.
    """
    applied = [each for each in series.rules(sheet.as_of) if each.rule.audience != "school"]
    told = [rule for each in applied for rule in (each.rule, *each.parts)]
    # A rule that time alone can meet looks at everybody; else whoever is in school today is safe.
    looked_at = _absent_last(sheet, told) if all(map(_grows, told)) else sheet.register
    order = {"authority": 0, "meeting": 1}
    found = nearly(looked_at, series, sheet.as_of, WITHIN, audiences=order)
    return sorted(
        found,
        key=lambda each: (each.on, order[each.audience], each.needed, each.pupil_id),
    )


def sections(found: Sequence[Nearly], register: Register) -> Iterator[str]:
    """The list in words; none when nobody is near."""
    if not found:
        return
    pupils = wording.number(len({each.pupil_id for each in found}), "pupil")
    lines = [f"NEARLY: {pupils} within {wording.number(WITHIN, 'school day')}, if nothing changes"]
    day: date | None = None
    for each in found[:MOST]:
        if each.on != day:
            day = each.on
            lines.append(f"  On {wording.day(day)}:")
        pupil = register.pupils[register.pupil_index(each.pupil_id)]
        lines.append(
            f"    {told(pupil)}: {each.trigger}, {each.value} of "
            f"{wording.amount(each.threshold, each.unit)} now, {each.needed} more {each.code}"
        )
    if len(found) > MOST:
        lines.append(f"  … and {len(found) - MOST} more: --format json lists every one.")
    yield "\n".join(lines)


def data(found: Sequence[Nearly]) -> list[dict[str, Any]]:
    """The same as JSON data. Keys are only ever added."""
    return [
        {
            "pupil_id": each.pupil_id,
            "trigger": each.trigger,
            "audience": each.audience,
            "on": each.on.isoformat(),
            "needed": each.needed,
            "value": each.value,
            "threshold": each.threshold,
            "unit": each.unit,
            "code": each.code,
        }
        for each in found
    ]


def _grows(rule: Rule) -> bool:
    """Whether only another absence brings a pupil nearer, never an attendance or time alone."""
    if isinstance(rule, CountRule | RateRule):
        return rule.period == "school-year" and rule.school_weeks is None and not _waits(rule)
    return isinstance(rule, RunRule | WindowRule | AnyRule)


def _waits(rule: CountRule | RateRule) -> bool:
    return isinstance(rule, CountRule) and rule.older_than > 0


def _absent_last(sheet: Sheet, rules: Sequence[Rule]) -> Register:
    """The pupils whose latest mark is no attendance, or counts; on the school's own days."""
    register, width = sheet.register, len(sheet.register.pupils)
    present = {
        index
        for index, code in enumerate(register.codes)
        for known in [sheet.sets[-1].classify(code) if sheet.sets else None]
        if known is not None and known.present
        if not any(rule.counted(known) for rule in rules)
    }
    together = b"".join(reversed(sheet.rows))
    latest = [next((m for m in together[n::width] if m), NO_MARK) for n in range(width)]
    # One pupil with a mark on the last day stays in, so that this is a day of the smaller one too.
    last = next((n for n in range(width) if sheet.rows and sheet.rows[-1][n]), 0)
    few = [n for n in range(width) if latest[n] not in present or n == last]
    days = register.calendar if register.calendar is not None else frozenset(sheet.days)
    return replace(
        register,
        pupils=tuple(register.pupils[n] for n in few),
        rows=[bytearray(map(row.__getitem__, few)) for row in register.rows],
        calendar=days,
        minutes_late={},
    )
