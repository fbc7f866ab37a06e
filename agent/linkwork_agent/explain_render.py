"""What `explain` shows: a strip and words for a person, JSON for another program."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from linkwork import wording
from linkwork.findings import Finding
from linkwork.policy import CountRule, RateRule, RunRule, WindowRule
from linkwork.register import Enrolment, Session
from linkwork.results import YearResult
from linkwork_agent import strip, who
from linkwork_agent.check_render import finding_data, in_words

if TYPE_CHECKING:
    from linkwork.policy import Rule
    from linkwork.standing import Standing
    from linkwork_agent.explained import Explained

WIDTH = 80
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: How an absence without and with permission stands out on a screen; the code says the same.
_BOLD, _UNDERLINED, _PLAIN = "\x1b[1m", "\x1b[4m", "\x1b[0m"


def as_text(found: Explained, screen: bool) -> str:
    """For a person. On a `screen` absences are bold or underlined; the words are the same."""
    parts = ["\n".join(_head(found)), "\n".join(_strip(found, screen))]
    letters = _letters(found)
    if found.said:
        lines = (_wrapped(each, "   ", hang="      ") for each in found.said)
        parts.append("\n".join(["SAID BY THE SCHOOL", *lines]))
    for rule in sorted(found.rules, key=lambda rule: rule.audience == "school"):
        of_rule = [each for each in found.findings if each.trigger == rule.name]
        if of_rule:
            parts.append("\n".join(_met(rule, letters[rule.name], of_rule, _born(found))))
    if found.standings:
        parts.append("\n".join(_not_met(found)))
    if found.results:
        parts.append("\n".join(_results(found)))
    return "\n\n".join(parts) + "\n"


def as_json(found: Explained, _screen: bool) -> str:
    """One JSON object. Keys are only ever added."""
    sheet, pupil = found.sheet, found.sheet.register.pupils[found.index]
    rules = {rule.name: rule for rule in found.rules}
    shown = {
        "pupil_id": pupil.pupil_id,
        "name": who.full_name(pupil) or None,
        "form": pupil.form,
        "policy": sheet.policy.name,
        "policy_version": sheet.policy.version,
        "as_of": sheet.as_of.isoformat(),
        "sessions": list(_sessions(found)),
        "findings": [_finding(each, rules[each.trigger]) for each in found.findings],
        "not_met": [_standing(each, found) for each in found.standings],
        "results": [_year(each) for each in found.results],
        "lists_go_by_the_year_of": found.list_year.isoformat(),
        "marks_put_back": found.put_back,
        "said_by_the_school": list(found.said),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Explained, bool], str]] = {"table": as_text, "json": as_json}


def _head(found: Explained) -> Iterator[str]:
    sheet, tally = found.sheet, found.tally
    pupil = sheet.register.pupils[found.index]
    yield who.told(pupil)
    why = "as asked" if found.as_of_given else "the last day with a mark"
    days = wording.number(len(sheet.days), "school day")
    yield _wrapped(
        f"{days} ({sheet.school.source}), judged as of {wording.day(sheet.as_of)}: {why}. "
        f"Policy {sheet.policy.name} (version {sheet.policy.version})."
    )
    yield _wrapped(f"{_on_roll(pupil.enrolments)} {_born(found)}")
    yield _wrapped(
        f"{wording.number(tally.possible, 'possible session')}: {tally.present} present, "
        f"{tally.authorised} absent with permission, {tally.unauthorised} without; "
        f"{wording.number(tally.unmarked, 'session')} without a mark."
    )
    if found.put_back:
        yield _wrapped(
            f"{wording.number(found.put_back, 'mark')} that findings rest on and the school system "
            "no longer has: a mark that vanishes corrects nothing."
        )


def _on_roll(enrolments: tuple[Enrolment, ...]) -> str:
    if enrolments == (Enrolment(),):
        return "On roll throughout, as far as the register says."
    stays = (
        f"{wording.day(each.start) if each.start else 'before the register'} to "
        f"{wording.day(each.end) if each.end else 'now'}"
        for each in enrolments
    )
    return f"On roll {'; '.join(stays)}."


def _born(found: Explained) -> str:
    born = found.sheet.register.pupils[found.index].date_of_birth
    if born is None:
        return "Date of birth not known: judged as of compulsory school age."
    first, last = found.sheet.policy.age.rule().interval(born)
    return f"Of compulsory school age {wording.day(first)} to {wording.day(last)}."


def _strip(found: Explained, screen: bool) -> Iterator[str]:
    letters = _letters(found)
    counted: dict[str, set[int]] = {letter: set() for letter in letters.values()}
    places = {found.sheet.session(place): place for place in range(2 * len(found.sheet.days))}
    for each in found.findings:
        for session in each.why:
            counted[letters[each.trigger]].add(places[Session(session.date, session.half)])
    yield _wrapped(strip.LEGEND)
    if letters:
        yield _wrapped("Under each week, what a rule counted, by its letter below.")
    yield ""
    drawn = strip.Strip(
        found.sheet,
        found.index,
        {letter: frozenset(places) for letter, places in counted.items()},
        _painter(found) if screen else lambda _place, sign: sign,
    )
    yield from drawn.lines()


def _painter(found: Explained) -> strip.Paint:
    sheet = found.sheet

    def paint(place: int, sign: str) -> str:
        known = sheet.sets[place // 2].classify(sheet.code(found.index, place))
        if known is None or not known.absent or sign == strip.OFF_ROLL:
            return sign
        return f"{_UNDERLINED if known.authorised else _BOLD}{sign}{_PLAIN}"

    return paint


def _letters(found: Explained) -> dict[str, str]:
    """A letter for each rule that is met, in the policy's order with the school's prompts last."""
    rules = sorted(found.rules, key=lambda rule: rule.audience == "school")
    met = [rule.name for rule in rules if any(f.trigger == rule.name for f in found.findings)]
    return dict(zip(met, _LETTERS, strict=False))


def _met(rule: Rule, letter: str, found: list[Finding], said: str) -> Iterator[str]:
    """One rule that is met, with all its findings; what is `said` at the top is not repeated."""
    provisional = "  PROVISIONAL" if any(each.status == "provisional" for each in found) else ""
    yield _wrapped(f"{letter}  {rule.title.upper()} ({rule.name}){provisional}", hang="   ")
    if rule.audience == "school":
        yield "   For the school's own desk; it never leaves the school."
    for each in found:
        yield _wrapped(f"{wording.what(each, rule)}.", "   ", capital=True)
        for note in wording.notes(each, rule):
            if note != said:
                yield _wrapped(note, "   ")
        if each.why and not isinstance(rule, RateRule):
            yield _wrapped(f"Counted: {_counted(each)}.", "   ")
        if wording.change(each, rule):
            yield _wrapped(wording.change(each, rule), "   ")
    if rule.to_do:
        yield _wrapped(f"To do: {rule.to_do}", "   ")
    yield _wrapped(f"Source (version {rule.version}): {rule.source}", "   ")


def _counted(found: Finding) -> str:
    """The counted sessions, day by day: Mon 12 Jan 2026 AM O, PM O."""
    by_day: dict[str, list[str]] = {}
    for each in found.why:
        by_day.setdefault(wording.day(each.date), []).append(
            f"{each.half} {each.code or 'no mark'}"
        )
    return "; ".join(f"{day} {', '.join(halves)}" for day, halves in by_day.items())


def _not_met(found: Explained) -> Iterator[str]:
    yield "NOT MET"
    rules = {rule.name: rule for rule in found.rules}
    silent: list[str] = []
    for each in found.standings:
        rule = rules[each.trigger]
        words = far(each, rule, found)
        if words:
            yield _wrapped(f"{rule.title}: {words}", "   ", capital=True)
        else:
            silent.append(rule.title)
    if silent:
        yield _wrapped(f"Nor: {'; '.join(silent)}.", "   ")


def far(each: Standing, rule: Rule, found: Explained) -> str:
    """How far the pupil is from a rule, in words; empty where there is no number to tell."""
    if each.value is None:
        return ""
    up_to = wording.day(found.sheet.as_of)
    best = f"; the most there was is {each.best}" if each.best > each.value else ""
    of = f"{each.value} of {wording.amount(each.threshold, each.unit)}"
    if isinstance(rule, RunRule):
        since = f" since {wording.day(each.since)}" if each.since else ""
        return f"{of} in a row{since}, up to {up_to}{best}."
    if isinstance(rule, CountRule):
        return f"{of} in the time that counts, up to {up_to}{best}."
    if isinstance(rule, WindowRule):
        return f"{of} in the {wording.window_length(rule)} up to {up_to}{best}."
    return far_from_rate(each.value, each.possible, rule) if isinstance(rule, RateRule) else ""


def far_from_rate(absent: int, possible: int, rule: RateRule) -> str:
    """How far so many absences of so many possible sessions are from a rate they do not meet."""
    if not possible:
        return "no possible session in that time."
    share = wording.percent(absent, possible)
    of = f"{absent} of {wording.number(possible, 'possible session')} ({share})"
    if possible < rule.min_possible:
        return f"{of}; judged from {rule.min_possible} possible sessions on."
    if rule.school_weeks is not None:
        return f"{of}; the weeks move on, so no number of sessions to come can be named."
    more = _to_meet(absent, possible, rule)
    if more is None:
        return f"{of}; a session attended can no longer be made up for in that time."
    return f"{of}; met after {wording.sessions(more)} more like that in a row."


def _to_meet(absent: int, possible: int, rule: RateRule) -> int | None:
    """The fewest absences in a row after which the rate is met; None when none are enough."""
    part, whole = rule.rate
    if part >= whole:
        return None
    # Absent + n of possible + n: a share below one is reached at the latest here.
    enough = -(-(part * possible - whole * absent) // (whole - part)) + 1
    most = max(1, enough)
    return next(n for n in range(max(1, most - 2), most + 1) if rule.met(absent + n, possible + n))


def _results(found: Explained) -> Iterator[str]:
    yield "SCHOOL YEARS"
    for each in found.results:
        share = wording.percent(each.absent, each.possible) if each.possible else "no rate"
        yield _wrapped(
            f"{_name(each)}: absent for {each.absent} of "
            f"{wording.number(each.possible, 'possible session')} ({share}), {each.authorised} "
            f"with permission and {each.unauthorised} without; half terms {_known(each)}.",
            "   ",
        )
        for part in each.half_terms:
            yield _wrapped(
                f"half term {part.half_term.number}, {wording.day(part.half_term.first)} to "
                f"{wording.day(part.half_term.last)}: {part.absent} of {part.possible}, "
                f"{part.unauthorised} without permission",
                "      ",
            )
    years = {each.year: each for each in found.results}
    if found.list_year != found.results[0].year:
        yield _wrapped(
            "In the first half term lists of pupils to work with go by last year's rate: that of "
            f"{_name(years[found.list_year])}.",
            "   ",
        )


def _name(each: YearResult) -> str:
    return f"{each.year.year}-{(each.year.year + 1) % 100:02}"


def _known(each: YearResult) -> str:
    return "from the calendar" if each.known == "calendar" else "inferred from the breaks"


def _sessions(found: Explained) -> Iterator[dict[str, Any]]:
    sheet = found.sheet
    pupil = sheet.register.pupils[found.index]
    counted: dict[tuple[Any, str], list[str]] = {}
    for each in found.findings:
        for mark in each.why:
            by = counted.setdefault((mark.date, mark.half), [])
            if each.trigger not in by:
                by.append(each.trigger)
    for place in range(2 * len(sheet.days)):
        session, code = sheet.session(place), sheet.code(found.index, place)
        known = sheet.sets[place // 2].classify(code)
        yield {
            "date": session.date.isoformat(),
            "session": session.half,
            "code": code or None,
            "counts_as": known.category.value if known else "unknown",
            "on_roll": pupil.on_roll(session.date),
            "counted_by": counted.get((session.date, session.half), []),
        }


def _finding(each: Finding, rule: Rule) -> dict[str, Any]:
    words = [wording.what(each, rule), *wording.notes(each, rule), wording.change(each, rule)]
    more = {"words": words, "source": rule.source, "version": rule.version}
    return finding_data(each) | in_words(each, {rule.name: rule}) | more


def _standing(each: Standing, found: Explained) -> dict[str, Any]:
    rule = next(rule for rule in found.rules if rule.name == each.trigger)
    return {
        "trigger": each.trigger,
        "value": each.value,
        "threshold": each.threshold,
        "unit": each.unit,
        "possible": each.possible,
        "since": each.since.isoformat() if each.since else None,
        "best": each.best,
        "words": far(each, rule, found),
    }


def _year(each: YearResult) -> dict[str, Any]:
    return {
        "year": _name(each),
        "possible": each.possible,
        "absent": each.absent,
        "authorised": each.authorised,
        "unauthorised": each.unauthorised,
        "half_terms_from": each.known,
        "half_terms": [
            {
                "number": part.half_term.number,
                "first": part.half_term.first.isoformat(),
                "last": part.half_term.last.isoformat(),
                "possible": part.possible,
                "absent": part.absent,
                "authorised": part.authorised,
                "unauthorised": part.unauthorised,
            }
            for part in each.half_terms
        ],
    }


def _wrapped(text: str, indent: str = "", *, hang: str = "", capital: bool = False) -> str:
    return textwrap.fill(
        text[:1].upper() + text[1:] if capital else text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hang or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
