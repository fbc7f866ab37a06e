"""The table of `check`: who, why in words and dates, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from linkwork import wording
from linkwork.policy import RateRule, RunRule, WindowRule
from linkwork.register import Pupil
from linkwork.triggers import Finding
from linkwork_agent.doubts import doubts

if TYPE_CHECKING:
    from linkwork_agent.check_result import Result

WIDTH = 96
Rule = RunRule | WindowRule | RateRule


def table(result: Result, rules: Mapping[str, Rule]) -> str:
    """The whole answer as text."""
    parts = [_head(result), _count(result, rules)]
    for rule in rules.values():
        found = [each for each in result.findings if each.trigger == rule.name]
        if found:
            parts.append(_section(result, rule, found))
    looks_wrong = doubts(result.sheet, result.unknown, result.off_roll)
    lines = [_wrapped(line, "  ", "- ") for line in looks_wrong]
    if lines:
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
    return "\n".join(_wrapped(line) for line in lines)


def _unmarked(count: int) -> str:
    if not count:
        return "every session has a mark."
    have = "has" if count == 1 else "have"
    return (
        f"{wording.number(count, 'session')} {have} no mark, counted neither as present nor absent."
    )


def _count(result: Result, rules: Mapping[str, Rule]) -> str:
    pupils = len({found.pupil_id for found in result.findings})
    if pupils:
        needs = "needs" if pupils == 1 else "need"
        return _wrapped(f"{wording.number(pupils, 'pupil')} {needs} someone ({_entries(result)}).")
    if not result.sheet.days:
        return "No school day: every mark is a closure. Nothing could be judged."
    looked_for = "; ".join(rule.title.lower() for rule in rules.values())
    unknown = result.tally.unmarked + result.tally.unknown
    caution = " as far as the marks go" if unknown else ""
    return _wrapped(f"All clear{caution}: nobody meets a rule. Looked for: {looked_for}.")


def _entries(result: Result) -> str:
    """How many findings there are, and why fewer entries follow where a pupil has earlier ones."""
    findings = wording.number(len(result.findings), "finding")
    shown = len({(found.trigger, found.pupil_id) for found in result.findings})
    if shown == len(result.findings):
        return findings
    entries = "entry" if shown == 1 else "entries"
    return f"{findings} in {shown:,} {entries}: earlier spells stand under a pupil's latest"


def _section(result: Result, rule: Rule, found: list[Finding]) -> str:
    pupils = {each.pupil_id: result.register.pupil_index(each.pupil_id) for each in found}
    lines = [f"{rule.title.upper()}: {wording.number(len(pupils), 'pupil')}"]
    lines.append(_wrapped(_advice(rule), "  "))
    if rule.doubt:
        lines.append(_wrapped(f"Doubt: {rule.doubt}", "  "))
    entries = _rates if isinstance(rule, RateRule) else _spells
    lines.extend(entries(found, rule, {p: result.register.pupils[i] for p, i in pupils.items()}))
    return "\n".join(lines)


def _advice(rule: Rule) -> str:
    basis = "Statutory return. " if rule.statutory else ""
    rest = "" if isinstance(rule, RunRule) else f" {wording.turns(rule)}"
    return f"{basis}{rule.to_do}{rest}"


def _spells(found: list[Finding], rule: Rule, pupils: Mapping[str, Pupil]) -> Iterator[str]:
    """One entry a pupil: the latest spell in full, how many came before. Standing ones first."""
    spells: dict[str, list[Finding]] = {}
    for each in found:
        spells.setdefault(each.pupil_id, []).append(each)
    latest = sorted(
        (each[-1] for each in spells.values()),
        key=lambda each: (each.ended is not None, -each.last.toordinal(), each.pupil_id),
    )
    for each in latest:
        yield f"\n  {_who(pupils[each.pupil_id])}{_flag(each)}"
        before = spells[each.pupil_id][:-1]
        yield _wrapped(f"{_capital(wording.what(each, rule))}.", "      ")
        if before:
            yield _wrapped(f"{_capital(_before(before))}.", "      ")
        for note in wording.notes(each, rule):
            yield _wrapped(note, "      ")
        if isinstance(rule, RunRule):
            yield _wrapped(wording.change(each, rule), "      ")


def _before(found: list[Finding]) -> str:
    periods = (f"{wording.day(each.first)} to {wording.day(each.last)}" for each in found)
    return f"met {wording.number(len(found), 'time')} before: {'; '.join(periods)}"


def _rates(found: list[Finding], rule: Rule, pupils: Mapping[str, Pupil]) -> Iterator[str]:
    """One line a pupil, the highest rate first."""
    if not isinstance(rule, RateRule):
        return
    ids = max(len(each) for each in pupils)
    for each in sorted(found, key=lambda each: (-each.value / each.possible, each.pupil_id)):
        share = wording.percent(each.value, each.possible)
        missing = f"; {each.missing} without a mark" if each.missing else ""
        age = "" if each.age != "outside" else "; not of compulsory age"
        line = (
            f"{share:>7}  {each.pupil_id:<{ids}}  {_name(pupils[each.pupil_id])}: {each.value} of "
            f"{each.possible} sessions, off after {wording.to_leave(each, rule)}"
            f"{missing}{age}{_flag(each)}"
        )
        yield _wrapped(line, "  ", "", hang=13 + ids)


def _flag(found: Finding) -> str:
    return "  PROVISIONAL" if found.status == "provisional" else ""


def _who(pupil: Pupil) -> str:
    return f"{pupil.pupil_id}  {_name(pupil)}"


def _name(pupil: Pupil) -> str:
    """The pupil's name and form, as far as the register has them."""
    name = " ".join(part for part in (pupil.forename, pupil.surname) if part)
    return ", ".join(part for part in (name, pupil.form) if part) or "(no name given)"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrapped(text: str, indent: str = "", first: str = "", hang: int | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent + first,
        subsequent_indent=" " * (len(indent + first) if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
