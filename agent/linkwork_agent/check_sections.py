"""One rule's part of the table: every pupil who meets it, in as few lines as can be acted on."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from linkwork import wording
from linkwork.policy import CountRule, RateRule, Rule, RunRule, WindowRule
from linkwork.register import Pupil, Register
from linkwork.triggers import Finding

WIDTH = 96
#: More pupils than this under one of the school's own prompts are told as a number.
MOST_PROMPTS = 40
#: So many earlier spells are given with their dates.
MOST_BEFORE = 4
#: Of a form with as many pupils, or more, all without a mark, the register is missing.
WHOLE_FORM = 4


def section(register: Register, rule: Rule, found: Sequence[Finding], as_of: date) -> str:
    """The title, what to do, and the pupils, as they stand on `as_of`."""
    pupils = len({each.pupil_id for each in found})
    lines = [f"{rule.title.upper()}: {wording.number(pupils, 'pupil')}"]
    lines.append(wrapped(_advice(rule), "  "))
    if rule.doubt:
        lines.append(wrapped(f"Doubt: {rule.doubt}", "  "))
    who = {each.pupil_id: register.pupils[register.pupil_index(each.pupil_id)] for each in found}
    if isinstance(rule, CountRule) and rule.period == "today":
        lines.extend(_by_form(register, found, who))
    elif rule.audience == "school":
        lines.extend(_prompts(rule, found, who, as_of))
    elif isinstance(rule, RateRule):
        lines.extend(_rates(rule, found, who))
    else:
        lines.extend(_spells(rule, found, who, as_of))
    return "\n".join(lines)


def _advice(rule: Rule) -> str:
    basis = "Statutory return. " if rule.statutory else ""
    brief = isinstance(rule, RunRule) or rule.audience == "school"
    return f"{basis}{rule.to_do}{'' if brief else ' ' + wording.turns(rule)}".rstrip()


def _spells(
    rule: Rule, found: Sequence[Finding], who: dict[str, Pupil], as_of: date
) -> Iterator[str]:
    """One entry a pupil: the latest spell, in full where there is something to do about it now."""
    spells = _by_pupil(found)
    for each in _in_order([pupil[-1] for pupil in spells.values()]):
        pupil, before = who[each.pupil_id], spells[each.pupil_id][:-1]
        if _in_full(each, rule):
            yield from _entry(rule, each, before, pupil, as_of)
        else:
            more = f"; {_before(before)}" if before else ""
            yield wrapped(f"{_who(pupil)}: {_brief(each, rule)}{more}{_flag(each)}", "  ", hang=6)


def _in_full(found: Finding, rule: Rule) -> bool:
    if isinstance(rule, RunRule):
        return found.end is None or rule.statutory
    return isinstance(rule, WindowRule)


def _entry(
    rule: Rule, found: Finding, before: Sequence[Finding], pupil: Pupil, as_of: date
) -> Iterator[str]:
    yield f"\n  {_who(pupil)}{_flag(found)}"
    yield wrapped(f"{capital(wording.what(found, rule))}.", "      ")
    if before:
        yield wrapped(f"{capital(_before(before))}.", "      ")
    for note in wording.notes(found, rule):
        yield wrapped(note, "      ")
    if not pupil.on_roll(as_of):
        yield wrapped("Not on roll any more: stands as it was when the pupil left.", "      ")
    elif isinstance(rule, RunRule):
        yield wrapped(wording.change(found, rule), "      ")


def _by_pupil(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    spells: dict[str, list[Finding]] = {}
    for each in found:
        spells.setdefault(each.pupil_id, []).append(each)
    return spells


def _in_order(found: Sequence[Finding]) -> list[Finding]:
    """Standing ones first, of these the children who come first, then the latest."""
    return sorted(
        found,
        key=lambda each: (
            each.end is not None,
            not each.priority,
            -each.last.toordinal(),
            each.pupil_id,
        ),
    )


def _before(found: Sequence[Finding]) -> str:
    latest = found[-MOST_BEFORE:]
    periods = [f"{wording.day(each.first)} to {wording.day(each.last)}" for each in latest]
    last = "" if len(found) == len(latest) else "the latest of them "
    return f"met {wording.number(len(found), 'time')} before: {last}{'; '.join(periods)}"


def _rates(rule: RateRule, found: Sequence[Finding], who: dict[str, Pupil]) -> Iterator[str]:
    """One line a pupil, the highest rate first."""
    ids = max(len(each) for each in who)
    for each in sorted(found, key=lambda each: (-each.value / each.possible, each.pupil_id)):
        share = wording.percent(each.value, each.possible)
        missing = f"; {each.missing} without a mark" if each.missing else ""
        age = "" if each.age != "outside" else "; not of compulsory age"
        early = "; too early for lists" if each.possible < rule.min_possible_listed else ""
        off = f", off after {wording.to_leave(each, rule)}" if wording.of_the_year(rule) else ""
        line = (
            f"{share:>7}  {each.pupil_id:<{ids}}  {_name(who[each.pupil_id])}: {each.value} of "
            f"{each.possible} sessions{off}"
            f"{missing}{age}{early}{_flag(each)}"
        )
        yield wrapped(line, "  ", "", hang=13 + ids)


def _prompts(
    rule: Rule, found: Sequence[Finding], who: dict[str, Pupil], as_of: date
) -> Iterator[str]:
    """One line a pupil with what stands now; spells that are over are a number.

    Nobody rings the family of a pupil who has left: what stood then is over.
    """
    latest = [pupil[-1] for pupil in _by_pupil(found).values()]
    now = [f for f in latest if _stands(f, rule) and who[f.pupil_id].on_roll(as_of)]
    for each in _in_order(now)[:MOST_PROMPTS]:
        line = f"{_who(who[each.pupil_id])}: {_brief(each, rule)}{_flag(each)}"
        yield wrapped(line, "  ", "", hang=6)
    if len(now) > MOST_PROMPTS:
        rest = wording.number(len(now) - MOST_PROMPTS, "more pupil")
        yield f"  … and {rest}: --format csv lists every one."
    over = len(found) - len(now)
    if over:
        yield f"  {capital(wording.number(over, 'earlier spell'))}: --format csv lists every one."


def _stands(found: Finding, rule: Rule) -> bool:
    return not isinstance(rule, RunRule) or found.end is None


def _brief(found: Finding, rule: Rule) -> str:
    what = wording.what(found, rule)
    unknown = f", at most {found.at_most}" if found.at_most != found.value else ""
    first = f"; comes first: {', '.join(found.priority)}" if found.priority else ""
    return f"{what}{unknown}{first}"


def _by_form(register: Register, found: Sequence[Finding], who: dict[str, Pupil]) -> Iterator[str]:
    """By form: a whole form without a mark is a missing register, not so many absent children."""
    on_roll = Counter(p.form for p in register.pupils if p.on_roll(found[0].last))
    shown = 0
    forms: dict[str | None, list[Finding]] = {}
    for each in sorted(found, key=lambda each: (not each.priority, each.pupil_id)):
        forms.setdefault(who[each.pupil_id].form, []).append(each)
    for form in sorted(forms, key=lambda form: (form is None, form or "")):
        here = forms[form]
        blank = [each for each in here if all(not counted.code for counted in each.why)]
        if form is not None and len(blank) >= WHOLE_FORM and len(blank) == on_roll[form]:
            yield f"  {form}: the register is missing, {len(blank)} pupils without a mark."
            continue
        for each in here:
            shown += 1
            if shown <= MOST_PROMPTS:
                line = f"{_who(who[each.pupil_id])}: {_today(each)}"
                yield wrapped(line, "  ", "", hang=6)
    if shown > MOST_PROMPTS:
        rest = wording.number(shown - MOST_PROMPTS, "more pupil")
        yield f"  … and {rest}: --format csv lists every one."


def _today(found: Finding) -> str:
    said = [f"{'no mark' if not each.code else each.code} {each.half}" for each in found.why]
    first = f"; comes first: {', '.join(found.priority)}" if found.priority else ""
    return ", ".join(said) + first


def _flag(found: Finding) -> str:
    return "  PROVISIONAL" if found.status == "provisional" else ""


def _who(pupil: Pupil) -> str:
    return f"{pupil.pupil_id}  {_name(pupil)}"


def _name(pupil: Pupil) -> str:
    """The pupil's name and form, as far as the register has them."""
    name = " ".join(part for part in (pupil.forename, pupil.surname) if part)
    return ", ".join(part for part in (name, pupil.form) if part) or "(no name given)"


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def wrapped(text: str, indent: str = "", first: str = "", hang: int | None = None) -> str:
    """The text in lines of the table's width, indented."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent + first,
        subsequent_indent=" " * (len(indent + first) if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
