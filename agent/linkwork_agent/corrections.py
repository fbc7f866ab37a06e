"""`changes`: which marks became other ones, what rested on them, and a person's decision."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any, TextIO

from linkwork import wording
from linkwork.errors import Refused, WrongUse
from linkwork.register import Session
from linkwork_agent.config import Config, School
from linkwork_agent.ports import Clock
from linkwork_agent.store import changes, marks, registers
from linkwork_agent.store.base import Db, Store, open_existing

Facts = dict[str, Any]

#: What each decision makes of a set.
DECISIONS = {"accept": changes.ACCEPTED, "reject": changes.REJECTED}
_THEN = {
    "accept": "The marks are taken over. What rested on them is withdrawn with the next collection",
    "reject": "The marks known before stand until the school system says something else again. "
    "The next collection goes by them",
}


def listed(config: Config, school: School, limit: int) -> Facts:
    """One school's changes: sets that wait first, then the newest; and marks that disappeared.

    Names are for the school's own screen.
    """
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return {"urn": school.urn, "waiting": 0, "changes": [], "vanished": []}
    with store:
        db = store.read
        who = _people(db)
        spells = {each.id: json.loads(each.data) for each in registers.episodes(db)}
        return {
            "urn": school.urn,
            "waiting": changes.waiting(db)[0],
            "changes": [_set(db, one, who, spells) for one in changes.sets(db, limit=limit)],
            "vanished": _vanished(db, who),
        }


def _people(db: Db) -> dict[str, Facts]:
    """Who each pupil key is: the id in the school system, and the name where it is known."""
    people = {}
    for row in db.execute("SELECT pupil_key, mis_id, details, gone_since FROM pupils"):
        details = json.loads(row["details"] or "{}")
        names = (details.get("forename"), details.get("surname"))
        people[row["pupil_key"]] = {
            "pupil_id": row["mis_id"],
            "name": " ".join(part for part in names if part) or None,
            "gone_since": row["gone_since"],
        }
    return people


def _set(db: Db, one: changes.ChangeSet, who: dict[str, Facts], spells: dict[str, Facts]) -> Facts:
    return {
        "id": one.id,
        "state": one.state,
        "found": one.found_at,
        "why": one.why,
        "decided": one.decided_at,
        "decided_by": one.decided_by,
        "marks": [
            {
                "pupil_id": who[mark.pupil_key]["pupil_id"],
                "name": who[mark.pupil_key]["name"],
                "date": mark.date,
                "session": mark.half,
                "old": mark.old,
                "new": mark.new,
                "counted_in": [_spell(db, spells[each]) for each in mark.episodes],
            }
            for mark in changes.marks(db, one.id)
        ],
    }


def _spell(db: Db, spell: Facts) -> Facts:
    """A spell that counted a mark, and what the authority was told of it."""
    found = spell["finding"]
    return {
        "episode": spell["id"],
        "trigger": found["trigger"],
        "state": spell["state"],
        "first": found["first"],
        "last": found["last"],
        "told": [
            {"event": told.event, "on": told.at, "with": told.message, "return_id": told.ref}
            for told in changes.told(db, spell["id"])
        ],
    }


def _vanished(db: Db, who: dict[str, Facts]) -> list[Facts]:
    """By pupil, the marks the source no longer gives, and since when it gives no pupil."""
    kept = marks.load(db, None)
    lost: dict[str, list[date]] = {key: [] for key in kept.away}
    for session, row in kept.gone.items():
        for key, gone in zip(kept.keys, row, strict=True):
            if gone:
                lost.setdefault(key, []).append(session.date)
    return [
        {
            "pupil_id": who[key]["pupil_id"],
            "name": who[key]["name"],
            "marks": len(days),
            "first": min(days).isoformat() if days else None,
            "last": max(days).isoformat() if days else None,
            "pupil_gone_since": who[key]["gone_since"],
        }
        for key, days in sorted(lost.items(), key=lambda each: str(who[each[0]]["pupil_id"]))
    ]


def decide(
    store: Store, school: School, verb: str, given: str | None, by: str, clock: Clock
) -> str:
    """Accept or reject a set that waits, or every one; what was done, for a person.

    Raises Refused when nothing waits or there is no mark to reject, WrongUse for an id that is
    none of a waiting set.
    """
    with store.write() as tx:
        waiting = [one.id for one in changes.sets(tx, changes.WAITING)]
        if not waiting:
            raise Refused(f"No changed mark of school {school.urn} waits for a decision.")
        chosen = [one for one in waiting if given is None or str(one) == given]
        if not chosen:
            ids = ", ".join(map(str, waiting))
            raise WrongUse(f"No change {given} waits at school {school.urn}. Waiting: {ids}.")
        marked = {one: changes.marks(tx, one) for one in chosen}
        if verb == "reject" and not all(marked.values()):
            raise Refused(
                "No mark differs: the other source itself would take spells back, by its dates or "
                "its school days. Correct it there or in agent.toml, or accept it. Nothing changed."
            )
        found = [mark for each in marked.values() for mark in each]
        for mark in found if verb == "accept" else ():
            day = date.fromisoformat(mark.date)
            marks.put(tx, mark.pupil_key, Session(day, mark.half), mark.new)
        for one in chosen:
            changes.decide(tx, one, DECISIONS[verb], by, clock().isoformat())
    which = wording.number(len(found), "changed mark")
    return f"{which} {DECISIONS[verb]} by {by}. {_THEN[verb]}: linkwork-agent once --job collect"


def print_table(facts: Facts, out: TextIO) -> None:
    """One school's changes in words: what waits mark by mark, what was taken over in a line."""
    for one in facts["changes"]:
        _print_set(one, out)
    if not facts["changes"]:
        print("No mark was another one at a later read.", file=out)
    for lost in facts["vanished"]:
        print(_lost_words(lost), file=out)


def _print_set(one: Facts, out: TextIO) -> None:
    count = wording.number(len(one["marks"]), "mark")
    decided = f" by {one['decided_by']} on {one['decided'][:10]}" if one["decided"] else ""
    print(f"{one['id']}  {one['found'][:10]}  {one['state']}{decided}: {count}, {one['why']}",
          file=out)  # fmt: skip
    for mark in one["marks"]:
        who = f"{mark['name']} ({mark['pupil_id']})" if mark["name"] else mark["pupil_id"]
        rests = "; ".join(_rests_words(spell) for spell in mark["counted_in"])
        print(
            f"    {mark['date']} {mark['session']}  {mark['old']} -> {mark['new']}  {who}"
            + (f"  counted in {rests}" if rests else ""),
            file=out,
        )


def _rests_words(spell: Facts) -> str:
    """This mark was counted in ..., told on ... ."""
    times = Counter((told["event"], told["on"][:10], told["with"]) for told in spell["told"])
    told = ", ".join(f"{event} told on {on} with a {message}" for event, on, message in times)
    return f"{spell['trigger']} {spell['first']} to {spell['last']} ({told or 'not told'})"


def _lost_words(lost: Facts) -> str:
    who = f"{lost['name']} ({lost['pupil_id']})" if lost["name"] else lost["pupil_id"]
    parts = []
    if lost["pupil_gone_since"]:
        parts.append(f"no longer in the school system since {lost['pupil_gone_since']}")
    if lost["marks"]:
        count = wording.number(lost["marks"], "mark")
        parts.append(f"{count} no longer there, {lost['first']} to {lost['last']}")
    return f"vanished  {who}: {'; '.join(parts)}. The last known marks stand."
