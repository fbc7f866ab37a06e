"""`explain`: one pupil's year, and why each rule is met or how far away it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TextIO

from linkwork.errors import BadInput, WrongUse
from linkwork.judging import bench
from linkwork.policy import PolicySeries, Rule
from linkwork.readying import judgeable, kept_back_with
from linkwork.register import Register
from linkwork.results import YearResult, goes_by_last_year, half_terms, year_results
from linkwork.school_year import school_year
from linkwork.sheet import Sheet
from linkwork.standing import standing
from linkwork.tally import tallies
from linkwork_agent import check, declare, explain_render, stating, who
from linkwork_agent.explained import Explained

if TYPE_CHECKING:
    from linkwork_agent.source import Source


@dataclass(frozen=True)
class Question:
    """What is asked: `pupil` in any of the ways `who.find` knows; None: no choice made."""

    pupil: str
    trigger: str | None = None
    as_of: date | None = None


def run_explain(
    pupil: str,
    source: Source,
    *,
    policy: str | Sequence[str] | None = None,
    trigger: str | None = None,
    as_of: str | None = None,
    fmt: str = "table",
    out: TextIO,
) -> int:
    """Explain one pupil of a source and write it to `out`; returns 0.

    Raises WrongUse (exit 2) for an unknown pupil, trigger or policy, BadInput for a pupil whom no
    rule judges while the record is wrong, and BadInput or a MisError for what cannot be read.
    """
    chosen = check.chosen(policy) if policy else source.policy()
    day, whole = check.date_of(as_of), source.whole(chosen)
    meant = whole.pupils[who.find(whole, pupil, source.pseudonyms())].pupil_id
    _refuse_kept_back(whole, meant)
    found = explain(judgeable(whole), source, chosen, Question(meant, trigger, day))
    out.write(explain_render.FORMATS[fmt](found, _is_screen(out)))
    return 0


def _refuse_kept_back(whole: Register, pupil_id: str) -> None:
    """Raises BadInput for a pupil who is there and judged by no rule, saying why."""
    for said in kept_back_with(whole, pupil_id):
        raise BadInput(said, remedy="Correct the record in the school system; then explain can")


def explain(register: Register, source: Source, policy: PolicySeries, asked: Question) -> Explained:
    """Everything there is to say of one pupil."""
    index = who.find(register, asked.pupil, source.pseudonyms())
    whole = source.with_what_stands(register)
    keys = {pupil.pupil_id: source.key_of(pupil.pupil_id) for pupil in whole.pupils}
    said = source.said(asked.as_of)
    result = check.judge(
        whole,
        policy,
        asked.as_of,
        facts=source.facts(said, keys),
        declared=stating.declarations(said, keys),
    )
    rules = _rules(policy, result.sheet.as_of, asked.trigger)
    pupil_id = register.pupils[index].pupil_id
    sheet, names = result.sheet, {rule.name for rule in rules}
    findings = [f for f in result.findings if f.pupil_id == pupil_id and f.trigger in names]
    met = {found.trigger for found in findings}
    at = bench(sheet, source.facts(said, keys))
    stands = (standing(at, rule, index) for rule in rules if rule.name not in met)
    results = _results(sheet, index, source)
    return Explained(
        sheet=sheet,
        index=index,
        as_of_given=result.as_of_given,
        rules=rules,
        findings=tuple(findings),
        standings=tuple(each for each in stands if each is not None),
        tally=tallies(sheet)[index],
        results=results,
        list_year=_list_year(sheet, results),
        put_back=_put_back(register, whole, index),
        said=tuple(declare.in_words(each) for each in said if each.pupil_key == keys[pupil_id]),
    )


def _rules(policy: PolicySeries, as_of: date, trigger: str | None) -> tuple[Rule, ...]:
    """The rules applied, of a series of policies the latest that applies each."""
    applied = {each.rule.name: each.rule for each in policy.rules(as_of)}
    if trigger is None:
        return tuple(applied.values())
    if trigger not in applied:
        name, names = policy.in_force(as_of).name, ", ".join(applied)
        raise WrongUse(f"Policy {name} has no trigger {trigger!r}. It has: {names}")
    return (applied[trigger],)


def _results(sheet: Sheet, index: int, source: Source) -> tuple[YearResult, ...]:
    """This school year and those before it, newest first; a kept year stands for a shorter one."""
    pupil_id = sheet.register.pupils[index].pupil_id
    years = {school_year(day)[0] for day in sheet.days}
    found = {
        each.year: each
        for year in years
        for each in year_results(sheet, year)
        if each.pupil_id == pupil_id
    }
    for kept in source.kept_results(pupil_id):
        read = found.get(kept.year)
        if kept.year < school_year(sheet.as_of)[0] and (not read or read.expected < kept.expected):
            found[kept.year] = kept
    return tuple(found[year] for year in sorted(found, reverse=True))


def _list_year(sheet: Sheet, results: Sequence[YearResult]) -> date:
    """The year a list for targeting goes by; this one when nothing of last year is known."""
    this = school_year(sheet.as_of)[0]
    terms = half_terms(sheet, sheet.as_of)
    before = [each.year for each in results if each.year < this]
    return max(before) if before and goes_by_last_year(sheet.as_of, terms) else this


def _put_back(register: Register, whole: Register, index: int) -> int:
    """How many of the pupil's marks stand although the source no longer has them."""
    now = dict(register.marks(index))
    return sum(1 for session, code in whole.marks(index) if code and not now.get(session))


def _is_screen(out: TextIO) -> bool:
    return out.isatty()
