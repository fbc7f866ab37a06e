"""The table of `check`: who, why in words and dates, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from linkwork import wording
from linkwork.policy import Rule
from linkwork.triggers import Finding
from linkwork_agent import coming, last_year, whole_words, without_reason
from linkwork_agent.check_sections import section, wrapped
from linkwork_agent.doubts import doubts

if TYPE_CHECKING:
    from linkwork_agent.check_result import Result


DESK = "FOR THE SCHOOL'S OWN DESK (these never leave the school)"


def table(result: Result, rules: Mapping[str, Rule]) -> str:
    """The whole answer as text: what concerns others first, then the school's own prompts."""
    parts = [_head(result), _count(result, rules)]
    by_rule: dict[str, list[Finding]] = {}
    for found in result.findings:
        by_rule.setdefault(found.trigger, []).append(found)
    met = [rule for rule in rules.values() if rule.name in by_rule]
    for desk in (False, True):
        rest = [rule for rule in met if (rule.audience == "school") is desk]
        unknown = list(without_reason.sections(result.sheet)) if desk else []
        if desk and (rest or unknown):
            parts.append(DESK)
        parts.extend(
            section(result.register, rule, by_rule[rule.name], result.sheet.as_of) for rule in rest
        )
        parts.extend(unknown)
    parts.extend(coming.sections(coming.crossing(result.sheet, result.series), result.register))
    parts.extend(last_year.sections(result.sheet))
    looks_wrong = [
        *doubts(result.sheet, result.unknown, result.off_roll),
        *whole_words.sentences(result.whole),
    ]
    if looks_wrong:
        lines = [wrapped(line, "  ", "- ") for line in looks_wrong]
        parts.append("\n".join(["BEFORE YOU RELY ON THIS", *lines]))
    return "\n\n".join(parts) + "\n"


def _head(result: Result) -> str:
    sheet, tally = result.sheet, result.tally
    why = "as asked" if result.as_of_given else "the last day with a mark"
    days = wording.number(len(sheet.days), "school day")
    pupils = wording.number(len(result.register.pupils), "pupil")
    day = wording.day(sheet.as_of)
    lines = [
        f"{pupils}, {days} ({sheet.school.origin}), judged as of {day}: {why}.",
        f"{wording.number(tally.possible, 'possible session')}; {_unmarked(tally.unmarked)}",
        f"Policy {sheet.policy.name} (version {sheet.policy.version}): {sheet.policy.title}.",
    ]
    if sheet.policy.doubt:
        lines.append(f"Doubt: {sheet.policy.doubt}")
    return "\n".join(wrapped(line) for line in lines)


def _unmarked(count: int) -> str:
    if not count:
        return "every session has a mark."
    have = "has" if count == 1 else "have"
    return (
        f"{wording.number(count, 'session')} {have} no mark, counted neither as present nor absent."
    )


def _count(result: Result, rules: Mapping[str, Rule]) -> str:
    desk = [found for found in result.findings if found.audience == "school"]
    others = [found for found in result.findings if found.audience != "school"]
    prompts = f"For the school's own desk: {_number(desk, 'prompt')}." if desk else ""
    if others:
        pupils = len({found.pupil_id for found in others})
        needs = "needs" if pupils == 1 else "need"
        needed = f"{wording.number(pupils, 'pupil')} {needs} someone ({_entries(others)})."
        return "\n".join(wrapped(line) for line in (needed, prompts) if line)
    if not result.sheet.days:
        return "No school day: every mark is a closure. Nothing could be judged."
    looked_for = "; ".join(rule.title.lower() for rule in rules.values() if _leaves(rule))
    unknown = result.tally.unmarked + result.tally.unknown
    caution = " as far as the marks go" if unknown else ""
    clear = f"All clear{caution}: nobody meets a rule. Looked for: {looked_for}."
    return "\n".join(wrapped(line) for line in (clear, prompts) if line)


def _leaves(rule: Rule) -> bool:
    return rule.audience != "school"


def _number(found: list[Finding], noun: str) -> str:
    pupils = len({each.pupil_id for each in found})
    return f"{wording.number(len(found), noun)} about {wording.number(pupils, 'pupil')}"


def _entries(found: list[Finding]) -> str:
    """How many findings there are, and why fewer entries follow where a pupil has earlier ones."""
    findings = wording.number(len(found), "finding")
    shown = len({(each.trigger, each.pupil_id) for each in found})
    if shown == len(found):
        return findings
    entries = "entry" if shown == 1 else "entries"
    return f"{findings} in {shown:,} {entries}: earlier spells stand under a pupil's latest"
