"""`ring`: whom the school telephones today, what came of each call, and which calls are owed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

from linkwork import wording
from linkwork.codes import CLOSED, CodeClass
from linkwork.policy import CountRule, Policy
from linkwork.register import HALVES
from linkwork.school_days import THIN, last_held_day
from linkwork.school_year import between, school_year, spans
from linkwork.sheet import Reading, Sheet, lay_out
from linkwork.telling import first_for
from linkwork_agent import reading, show, unread, who
from linkwork_agent.config import Config, School
from linkwork_agent.store import base, contacts, registers
from linkwork_agent.store.base import Db, open_existing

Facts = dict[str, Any]

#: How a family can be spoken to: only these are the call that was owed, or stand in its place.
SPOKEN = frozenset({"call", "visit", "meeting"})
NOT_DONE, DONE = "not done", "done"
_BLANK, _NO_REASON, _UNAUTHORISED, _OTHER = "0nu."
_WHY = {_BLANK: "no mark", _NO_REASON: "no reason yet", _UNAUTHORISED: "not authorised"}


@dataclass(frozen=True, slots=True)
class Due:
    """A call that a pupil's marks ask for: positions in the sheet, and why in a letter of `_WHY`.

    `halves` are the halves of the day that ask for it, with their codes.
    """

    pupil: int
    day: int
    why: str
    halves: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Untaken:
    """A register of the first session that was not taken; `form` is None where pupils have none."""

    form: str | None
    day: int
    pupils: int


def of_today(policy: Policy) -> CountRule | None:
    """The policy's prompt to the school that looks at today alone; None where it has none."""
    return next(
        (
            rule
            for rule in policy.enabled
            if isinstance(rule, CountRule) and rule.period == "today" and rule.audience == "school"
        ),
        None,
    )


def untaken(sheet: Sheet, first: int) -> list[Untaken]:
    """The first registers of school days from position `first` on that were not taken yet.

    A form's is taken once one in five of its pupils on roll has a mark: some marks are entered
    days before.
    """
    closed = {i for i, code in enumerate(sheet.register.codes) if code in ("", CLOSED)}
    forms: dict[str | None, list[tuple[int, Sequence[tuple[int, int]]]]] = {}
    for index, pupil in enumerate(sheet.register.pupils):
        forms.setdefault(pupil.form, []).append((index, spans(pupil, sheet.days)))
    found: list[Untaken] = []
    for day in range(first, len(sheet.days)):
        row = sheet.rows[2 * day]
        for form, members in forms.items():
            here = [index for index, stays in members if any(a <= day < b for a, b in stays)]
            if here and sum(row[index] not in closed for index in here) * THIN < len(here):
                found.append(Untaken(form, day, len(here)))
    return found


def due(sheet: Sheet, first: int, not_taken: Iterable[Untaken], away: set[int]) -> Iterator[Due]:
    """The calls that each school day from position `first` on asks for, by pupil and day.

    A day asks for one when it meets the policy's prompt of the day: an absence without a reason yet
    or, in a register that was taken, no mark. So does the first day without permission. Of the
    pupils at `away`, whom the school system does not give any more, no mark says nothing.
    """
    rule = of_today(sheet.policy)
    lines = sheet.read(_reading(rule), no_mark=_BLANK)
    skipped = {(each.form, each.day) for each in not_taken}
    for index, pupil in enumerate(sheet.register.pupils):
        line = lines.of(index)
        for start, end in spans(pupil, sheet.days):
            for day in range(max(start, first), end):
                blank = rule is not None and rule.no_mark and line[2 * day] == _BLANK
                blank = blank and (pupil.form, day) not in skipped and index not in away
                began = day == start or _UNAUTHORISED not in _unexcused(line, day - 1)
                why = _why(line[2 * day : 2 * day + 2], blank=blank, began=began)
                if why is not None:
                    yield Due(index, day, why, _halves(sheet, index, line, day, why))


def _reading(rule: CountRule | None) -> Reading:
    def read(known: CodeClass | None) -> str:
        if known is None:
            return _OTHER
        if rule is not None and rule.counted(known):
            return _NO_REASON
        return _UNAUTHORISED if known.unauthorised and not known.late else _OTHER

    return read


def _unexcused(line: str, day: int) -> str:
    return line[2 * day : 2 * day + 2].replace(_NO_REASON, _UNAUTHORISED)


def _why(pair: str, *, blank: bool, began: bool) -> str | None:
    if _NO_REASON in pair:
        return _NO_REASON
    if _UNAUTHORISED in pair and began:
        return _UNAUTHORISED
    return _BLANK if blank else None


def _halves(sheet: Sheet, pupil: int, line: str, day: int, why: str) -> tuple[tuple[str, str], ...]:
    if why == _BLANK:
        return ((HALVES[0], ""),)
    places = (2 * day, 2 * day + 1)
    return tuple(
        (HALVES[place % 2], sheet.code(pupil, place)) for place in places if line[place] == why
    )


def calls(config: Config, school: School) -> Facts:
    """One school's list: today's calls, those of earlier days that are owed, untaken registers.

    Calls are owed from the first collection of this school year on. Names are for the school's own
    screen. Raises Refused before the authority has sent its policy.
    """
    empty: Facts = {"urn": school.urn, "day": None, "calls": [], "registers_missing": []}
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return empty | {"first": unread.no_register(None)}
    with store:
        db = store.read
        first, known = registers.first_run(db), reading.remember(db).known
        day = last_held_day(known.register)
        if first is None or day is None:
            return empty | {"first": unread.no_register(db)}
        sheet = lay_out(known.register, reading.kept_rules(db, day).policies, day)
        since = max(school_year(day)[0], date.fromisoformat(first.as_of))
        spoken = _spoken(db)
        empty["read_at"] = base.text(db, "last_read")
    start, last = between(sheet.days, since, None)[0], len(sheet.days) - 1
    missing = untaken(sheet, start)
    away = {place for place, key in enumerate(known.keys) if key in known.away}
    rows = [
        _row(sheet, each, spoken.get(known.keys[each.pupil], ()))
        for each in due(sheet, start, missing, away)
    ]
    rows = [row for row in rows if row["today"] or row["state"] == NOT_DONE]
    rows.sort(key=lambda r: (r["state"] == DONE, not r["first_for"], r["mis_id"]))
    rows.sort(key=lambda r: r["day"], reverse=True)
    return empty | {
        "day": day.isoformat(),
        "calls": rows,
        "registers_missing": [
            {"form": each.form, "session": HALVES[0], "pupils": each.pupils}
            for each in missing
            if each.day == last
        ],
    }


def _spoken(db: Db) -> Mapping[str, list[contacts.Contact]]:
    """Who of each pupil's family was spoken to, or tried, the earliest first."""
    found: dict[str, list[contacts.Contact]] = {}
    for line in reversed(contacts.standing(contacts.every(db))):
        if line.how in SPOKEN and line.with_whom == "parent":
            found.setdefault(line.pupil_key, []).append(line)
    return found


def _row(sheet: Sheet, of: Due, spoken: Sequence[contacts.Contact]) -> Facts:
    """One call, with the latest contact on its day or after it."""
    pupil, day = sheet.register.pupils[of.pupil], sheet.days[of.day].isoformat()
    after = [line for line in spoken if line.day >= day]
    done = after[-1] if after else None
    rule = of_today(sheet.policy)
    return {
        "mis_id": pupil.pupil_id,
        "name": who.full_name(pupil) or None,
        "form": pupil.form,
        "day": day,
        "today": of.day == len(sheet.days) - 1,
        "why": _WHY[of.why],
        "sessions": [{"session": half, "code": code} for half, code in of.halves],
        "first_for": list(first_for(pupil, rule.priority)) if rule else [],
        "state": DONE if done else NOT_DONE,
        "outcome": done.note if done else None,
        "when": done.at if done else None,
        "by": done.by_whom if done else None,
        "contact": done.id if done else None,
    }


def print_calls(found: Facts, today: date, typable: Callable[[str], str], out: TextIO) -> None:
    """One school's list in words: today's calls first, then those of earlier days, newest first.

    `typable` makes a command of a sentence one that can be typed as it stands.
    """
    if found["day"] is None:
        print(typable(found["first"]), file=out)
        return
    day = date.fromisoformat(found["day"])
    if day < today:
        words = f"The register was read up to {wording.day(day)}: today's is not read yet. "
        print(typable(f"{words}Read it: linkwork-agent once --job collect"), file=out)
    for each in found["registers_missing"]:
        form = each["form"] or "The pupils without a form"
        pupils = wording.number(each["pupils"], "pupil")
        print(f"{form}: the first register is not taken, {pupils}. Take it first.", file=out)
    columns = ["mis_id", "name", "form", "day", "why", "state", "outcome", "by"]
    now = [row for row in found["calls"] if row["today"]]
    owed = [row for row in found["calls"] if not row["today"]]
    show.print_table(now, columns, f"Nobody is to be rung for {wording.day(day)}.", out)
    if owed:
        print(f"\nNOT DONE on earlier days: {wording.number(len(owed), 'call')}", file=out)
        show.print_table(owed, columns[:-2], "", out)
