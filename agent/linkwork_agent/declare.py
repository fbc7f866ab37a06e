"""`declare`: what a school knows that no mark says, kept with who said it and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from linkwork.errors import Refused, WrongUse
from linkwork_agent import leave, meant, reading, unread
from linkwork_agent.config import Config, School
from linkwork_agent.leave import LeaveRules
from linkwork_agent.ports import Clock
from linkwork_agent.store import base, penalties, stated
from linkwork_agent.store.base import Db, Store, Tx, open_existing

Facts = dict[str, Any]

#: The words of the command for kinds of fact; any other word is the name of a rule.
FACTS = {
    "leave": "leave-with-an-end",
    "other-school": "at-the-other-school",
    "sickness-return": "sickness-return",
}
_WORDS = {kind: word for word, kind in FACTS.items()}
_MEANS = {
    "leave-with-an-end": "leave was granted, with an end",
    "at-the-other-school": "is at the other school",
    "sickness-return": "the sickness return was made elsewhere",
}
_NEXT = "The next collection goes by it: linkwork-agent once --job collect"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says: `what` is a word of FACTS or the name of a rule; days are ISO dates."""

    what: str
    whom: str
    first: str | None
    last: str | None
    reason: str
    by: str


def listed(config: Config, school: School) -> list[Facts]:
    """Everything said at one school, the newest first. Names are for the school's own screen."""
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return []
    with store:
        pupils = meant.named(store.read)
        return [
            _row(each, *pupils[each.pupil_key], school.urn)
            for each in stated.all_stated(store.read)
        ]


def _row(each: stated.Stated, mis_id: str | None, name: str | None, urn: str) -> Facts:
    return {
        "id": each.id,
        "what": _WORDS.get(each.kind, each.kind),
        "mis_id": mis_id,
        "name": name,
        "first": each.first,
        "last": each.last,
        "state": "withdrawn" if each.withdrawn_at else "stands",
        "reason": each.reason,
        "by": each.said_by,
        "at": each.said_at,
        "withdrawn_by": each.withdrawn_by,
        "urn": urn,
    }


def declare(store: Store, said: Said, clock: Clock, rules: LeaveRules | None = None) -> str:
    """Keep what a person says of a pupil; what was kept, in words. `rules` are those of leave.

    Raises WrongUse for an unknown pupil or rule, a date that is none, leave without an end or not
    granted as the school's rules want it, or a declaration without a reason; Refused for what
    stands already or before the first collection.
    """
    today = clock().astimezone().date()
    with store.write() as tx:
        kind = FACTS.get(said.what) or _declarable(tx, said.what, today)
        first = _day(said.first, "--from") or today
        last = _day(said.last, "--until")
        _refuse_incomplete(said, first, last)
        if said.what == "leave" and rules is not None:
            leave.refuse_ungranted(rules, said.reason, said.by)
        key, name = meant.pupil(tx, said.whom)
        _refuse_twice(tx, key, kind, first, last)
        new = stated.Stated(
            id=0,
            pupil_key=key,
            kind=kind,
            first=first.isoformat(),
            last=last.isoformat() if last else None,
            reason=said.reason.strip(),
            said_by=said.by,
            said_at=clock().isoformat(),
        )
        number = stated.state(tx, new)
        more = _to_know(tx, said.what, new)
    means = _MEANS.get(kind, f"{kind} is declared")
    days = f"from {first.isoformat()}" + (f" to {last.isoformat()}" if last else "")
    return f"{number}: {name}: {means}, {days}, says {said.by}. {more}{_NEXT}"


def _to_know(db: Db, what: str, new: stated.Stated) -> str:
    """What a person should know of what was just said, a sentence and a space; or nothing."""
    if what not in FACTS:
        return "The reason leaves with the return, as you wrote it. "
    if what != "leave":
        return ""
    asked = penalties.for_days(penalties.asked(db), new.pupil_key, new.first, new.last or new.first)
    if asked is None:
        return ""
    return (
        f"A penalty notice was asked for on {asked.asked_at[:10]} by {asked.asked_by} for these "
        f"days, {asked.first} to {asked.last}, and this does not take it back: {penalties.TELL}. "
    )


def change(store: Store, verb: str, given: str, last: str | None, by: str, clock: Clock) -> str:
    """End what was said (`verb` end) or take it back (withdraw); what was done, in words.

    Raises WrongUse for an id nobody has, Refused for what was taken back already.
    """
    with store.write() as tx:
        one = next((each for each in stated.all_stated(tx) if str(each.id) == given), None)
        if one is None:
            raise WrongUse(f"Nothing said has the number {given}. See: linkwork-agent declare")
        if one.withdrawn_at is not None:
            raise Refused(f"{given} was taken back on {one.withdrawn_at[:10]} already.")
        if verb == "withdraw":
            stated.withdraw(tx, one.id, by, clock())
            return f"{given} is taken back by {by}, as said by mistake. {_NEXT}"
        day = _day(last, "--until") or clock().astimezone().date()
        if day < date.fromisoformat(one.first):
            raise WrongUse(
                f"{given} begins on {one.first}: it cannot end before. If it was never so, take "
                f"it back: linkwork-agent declare withdraw {given}"
            )
        stated.end(tx, one.id, day.isoformat())
    return f"{given} ends with {day.isoformat()}, says {by}. {_NEXT}"


def _declarable(db: Db, what: str, today: date) -> str:
    if base.text(db, "policy_toml") is None:
        raise Refused(unread.no_policy(db))
    names = [
        rule.name for rule in reading.kept_policies(db).in_force(today).enabled if rule.declarable
    ]
    if what not in names:
        raise WrongUse(
            f"{what!r} is nothing a school can declare here. It can be: "
            f"{', '.join([*names, *FACTS])}"
        )
    return what


def _refuse_incomplete(said: Said, first: date, last: date | None) -> None:
    if said.what == "leave" and last is None:
        raise WrongUse(
            "Leave is stated with its end: add --until YYYY-MM-DD, the last day of the leave"
        )
    if last is not None and last < first:
        raise WrongUse(f"--until {last} lies before --from {first}. Correct one of them")
    if said.what not in FACTS and not said.reason.strip():
        raise WrongUse(f'Say why: linkwork-agent declare {said.what} PUPIL --reason "..."')


def _refuse_twice(tx: Tx, key: str, kind: str, first: date, last: date | None) -> None:
    for each in stated.all_stated(tx):
        same = (each.pupil_key, each.kind) == (key, kind) and each.withdrawn_at is None
        begins, ends = date.fromisoformat(each.first), date.max
        if each.last is not None:
            ends = date.fromisoformat(each.last)
        if same and begins <= (last or date.max) and first <= ends:
            raise Refused(
                f"That is said already, as number {each.id}, from {each.first}. End it or take it "
                f"back first: linkwork-agent declare end {each.id}"
            )


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"{option} {text!r} is not a date. Write it as YYYY-MM-DD") from error


def in_words(each: stated.Stated) -> str:
    """One thing said, in a sentence for the school's own screen."""
    means = _MEANS.get(each.kind, f"{each.kind} is declared")
    until = f" to {each.last}" if each.last else ""
    why = f": {each.reason}" if each.reason else ""
    over = " (taken back)" if each.withdrawn_at else ""
    return f"{each.id}  {means}, from {each.first}{until}, said by {each.said_by}{why}{over}"
