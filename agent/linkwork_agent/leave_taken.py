"""`leave`: stretches of leave without permission, and asking the authority for a penalty notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from linkwork import wire, wording
from linkwork.errors import Refused, WrongUse
from linkwork.legal import (
    Leave,
    Offence,
    Permission,
    leave_taken,
    offence,
    refuse_outside_age,
)
from linkwork.register import Pupil, Register, Session
from linkwork.rereading import Spot
from linkwork.school_days import last_held_day
from linkwork.summary import mark
from linkwork_agent import post, pupils, reading, telling, unread, unsettled, who
from linkwork_agent.config import Config, School
from linkwork_agent.ports import fresh_id
from linkwork_agent.store import base, penalties, registers, stated
from linkwork_agent.store.base import Db, Store, open_existing
from linkwork_agent.work import Place, desk_of, mis_of

Facts = dict[str, Any]

PERMISSION = "leave-with-an-end"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for: whose leave, from which day, why, by whom.

    `first` is any day of the stretch; None means the pupil's only one. `again` asks once more, when
    the authority has returned the request of before.
    """

    whom: str
    first: date | None
    reason: str
    by: str
    evidence: tuple[wire.Evidence, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """The last known register of a school and what goes with it. `keys` are by pupil id."""

    register: Register
    keys: Mapping[str, str]
    rules: reading.Rules
    permissions: Mapping[str, Sequence[tuple[int, Permission]]]
    asked: Sequence[penalties.Asked]
    unsure: Mapping[Spot, unsettled.Doubt]

    def stretches(self) -> list[Leave]:
        """Every stretch of leave that was not granted."""
        as_of = last_held_day(self.register) or date.min
        files = {key: [each for _, each in many] for key, many in self.permissions.items()}
        by_id = {pupil_id: files.get(key, []) for pupil_id, key in self.keys.items()}
        return leave_taken(self.register, self.rules.policies, as_of, by_id)

    def covering(self, of: Leave) -> list[tuple[int, Permission]]:
        """The permissions on file for days of a stretch, by the number they were said under."""
        on_file = self.permissions.get(self.keys[of.pupil_id], ())
        first, last = _span(of)
        return [(n, each) for n, each in on_file if each.first <= last and each.last >= first]

    def request_for(self, of: Leave) -> penalties.Asked | None:
        """The request that was made for days of a stretch."""
        key, (first, last) = self.keys[of.pupil_id], _span(of)
        return penalties.for_days(self.asked, key, first.isoformat(), last.isoformat())


def listed(config: Config, school: School, *, today: date) -> list[Facts]:
    """Every stretch at one school, candidates first. Names are for the school's own screen."""
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return []
    with store:
        if base.text(store.read, "policy_toml") is None:
            return []
        known = _known(store.read, today)
    rows = [_row(known, each, school.urn) for each in known.stretches()]
    order = ["candidate", "question", "outside", "asked"]
    rows.sort(key=lambda row: (row["first"], row["mis_id"]), reverse=True)
    return sorted(rows, key=lambda row: order.index(row["kind"]))


def _row(known: _Known, of: Leave, urn: str) -> Facts:
    first, last = _span(of)
    pupil = known.register.pupils[known.register.pupil_index(of.pupil_id)]
    asked = known.request_for(of)
    return {
        "kind": "asked" if asked and of.kind != "question" else of.kind,
        "mis_id": of.pupil_id,
        "name": who.full_name(pupil) or None,
        "form": pupil.form,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "sessions": len(of.sessions),
        "permission": [number for number, _ in known.covering(of)],
        "unsettled": [
            {"date": on.isoformat(), "session": half, "why": why}
            for on, half, why in _unsure(known, of)
        ],
        "asked_on": asked.asked_at[:10] if asked else None,
        "asked_by": asked.asked_by if asked else None,
        "to_do": _to_do(known, of, asked),
        "urn": urn,
    }


def _to_do(known: _Known, of: Leave, asked: penalties.Asked | None) -> str:
    if asked:
        made = f"A penalty notice was asked for on {asked.asked_at[:10]} by {asked.asked_by}"
        if of.kind != "question":
            return made
        since = _whose_permission(known.covering(of))
        return f"{made}, and a permission was put on file since. {since}: {penalties.TELL}"
    if of.kind == "outside":
        return "Not of compulsory school age: no notice can be asked for"
    if of.kind == "question":
        return f"{_whose_permission(known.covering(of))}: correct the code, or the file"
    if _unsure(known, of):
        return "Some of its marks may still change: ask when they are settled"
    return "Ask the authority for a penalty notice, if the head decides so"


def ask(place: Place, given: Request) -> str:
    """Ask the authority for a penalty notice for one stretch; what leaves, in words.

    The marks are read anew and tested again: nothing is asked for on a mark that is another one
    now, or may still change. Raises WrongUse for an unknown pupil or day, Refused for what no
    notice can be asked for, and what reading the register raises.
    """
    with place.store() as store:
        desk = desk_of(place, store)
        unread.refuse(store.read)
        rules, mis = reading.rules(desk), mis_of(place)
        known = _known(store.read, desk.clock().astimezone().date())
        of = _meant(known, given)
        fresh = reading.read_year(mis, desk, rules)
        pupil = _still_here(fresh, of)
        stands = offence(of.sessions, fresh, of.pupil_id, rules.policies)
        _refuse(known, of, pupil, stands, once_more=given.again)
        contacts = pupils.contacts_of(mis, [pupil.pupil_id])
        key = known.keys[of.pupil_id]
        pseudonym = _pseudonym(store, key)
        message = wire.Referral(
            referral_id=fresh_id(desk.random, "ref"),
            urn=desk.urn,
            pseudonym=pseudonym,
            made_by=given.by,
            reason=given.reason,
            evidence=given.evidence,
            sealed_identity=telling.seal_name(desk, pseudonym, pupils.identity(pupil, contacts)),
            door="penalty-notice-request",
            counted=tuple(mark(each, rules.policies) for each in of.sessions),
        )
        name = pupils.name_of(pupil)
        words = _words(name, of, given.by)
        detail = {"named": [name], "basis": f"request for a penalty notice made by {given.by}"}
        first, last = (each.isoformat() for each in _span(of))
        now = desk.clock().isoformat()
        new = penalties.Asked(message.referral_id, key, first, last, now, given.by)
        with store.write() as tx:
            if penalties.asked(tx) != known.asked:
                raise Refused(
                    "Someone asked for a notice a moment ago. Look again: linkwork-agent leave"
                )
            penalties.add(tx, new)
            post.enqueue(tx, desk, message, words, detail)
    return words


def _words(name: str, of: Leave, by: str) -> str:
    return (
        f"Request for a penalty notice for leave of {name} without permission, {_days(of)}, made "
        f"by {by}: who the pupil is, contacts and {wording.number(len(of.sessions), 'session')} "
        "coded G."
    )


def day(text: str | None) -> date | None:
    """The day of `--from`. Raises WrongUse for what is none."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"--from {text!r} is not a date. Write it as YYYY-MM-DD") from error


def _known(db: Db, today: date) -> _Known:
    memory = reading.remember(db)
    rules = reading.kept_rules(db, today)
    kept = memory.known
    keys = {pupil.pupil_id: key for pupil, key in zip(kept.register.pupils, kept.keys, strict=True)}
    permissions: dict[str, list[tuple[int, Permission]]] = {}
    for each in stated.all_stated(db):
        if each.kind == PERMISSION and each.withdrawn_at is None:
            permissions.setdefault(each.pupil_key, []).append((each.id, _permission(each)))
    return _Known(
        kept.register,
        keys,
        rules,
        permissions,
        penalties.asked(db),
        unsettled.standing(memory, rules.policies),
    )


def _permission(each: stated.Stated) -> Permission:
    first = date.fromisoformat(each.first)
    return Permission(
        first=first,
        last=date.fromisoformat(each.last) if each.last else date.max,
        granted_by=each.said_by,
        granted_on=date.fromisoformat(each.said_at[:10]),
        reason=each.reason,
    )


def _meant(known: _Known, given: Request) -> Leave:
    """The stretch that is meant."""
    place = who.find(known.register, given.whom, {})
    pupil = known.register.pupils[place]
    mine = [each for each in known.stretches() if each.pupil_id == pupil.pupil_id]
    found = [each for each in mine if given.first is None or _within(given.first, each)]
    if len(found) == 1:
        return found[0]
    days = ", ".join(_days(each) for each in mine)
    if not mine:
        raise WrongUse(f"{who.told(pupil)} has no leave coded G in the register as it was read.")
    raise WrongUse(
        f"Say which leave of {who.told(pupil)} with --from: {days}. See: linkwork-agent leave"
    )


def _still_here(fresh: Register, of: Leave) -> Pupil:
    for pupil in fresh.pupils:
        if pupil.pupil_id == of.pupil_id:
            return pupil
    raise Refused(
        f"The pupil {of.pupil_id} is not in the register any more. Nothing was asked for."
    )


def _refuse(known: _Known, of: Leave, pupil: Pupil, now: Offence, *, once_more: bool) -> None:
    """Raise Refused for a stretch that no penalty notice can be asked for."""
    again = "Nothing was asked for."
    asked = known.request_for(of)
    if asked and not once_more:
        raise Refused(
            f"A notice for these days was asked for on {asked.asked_at[:10]} by {asked.asked_by}. "
            f"If the authority returned it, add --again. {again}"
        )
    if of.kind == "question":
        raise Refused(
            f"{_whose_permission(known.covering(of))}: the code or the file is wrong. Correct the "
            "code in the school system, or take the permission back: linkwork-agent declare "
            f"withdraw {known.covering(of)[0][0]}. {again}"
        )
    refuse_outside_age(pupil.date_of_birth, of.sessions[-1].date, known.rules.policy)
    if now.fallen:
        first, code = now.fallen[0]
        raise Refused(
            f"{wording.number(len(now.fallen), 'session')} of it "
            f"{'is' if len(now.fallen) == 1 else 'are'} no absence without permission any more: "
            f"{first.date.isoformat()} {first.half} is {code or 'without a mark'} now. Read the "
            f"register and look again: linkwork-agent once --job collect. {again}"
        )
    unsure = _unsure(known, of)
    if unsure or now.unsettled:
        where = [f"{on.isoformat()} {half}: {WHY[why]}" for on, half, why in unsure]
        where += [f"{each.date.isoformat()} {each.half}: {WHY['N']}" for each in now.unsettled]
        raise Refused(
            f"No notice can rest on marks that may still change. {'; '.join(where[:4])}. Ask "
            f"again when they have stood for five school days. {again}"
        )


#: Why a mark may still change, as it is said at the school.
WHY = {
    "changed": "changed in the last five school days",
    "waits": "another mark waits for a decision, see linkwork-agent changes",
    "gone": "the school system gives no mark there any more",
    "N": "its reason is not known yet",
}


def _unsure(known: _Known, of: Leave) -> list[tuple[date, str, str]]:
    key = known.keys[of.pupil_id]
    return [
        (each.date, each.half, known.unsure[key, session].why)
        for each in of.sessions
        if (key, session := Session(each.date, each.half)) in known.unsure
    ]


def _whose_permission(on_file: Iterable[tuple[int, Permission]]) -> str:
    number, first = next(iter(on_file))
    return (
        f"Permission {number} of {first.granted_by} covers a day of it, from "
        f"{first.first.isoformat()} to {first.last.isoformat()}"
    )


def _pseudonym(store: Store, key: str) -> str:
    return next(
        each.pseudonym for each in registers.known_pupils(store.read) if each.pupil_key == key
    )


def _span(of: Leave) -> tuple[date, date]:
    return of.sessions[0].date, of.sessions[-1].date


def _within(asked: date, of: Leave) -> bool:
    first, last = _span(of)
    return first <= asked <= last


def _days(of: Leave) -> str:
    first, last = _span(of)
    return f"{first.isoformat()} to {last.isoformat()}"
