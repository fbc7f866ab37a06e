"""The one pupil a person means, by the key that stays whatever the school system calls it."""

from __future__ import annotations

from linkwork.errors import Refused
from linkwork_agent import unread, who
from linkwork_agent.store import marks, registers
from linkwork_agent.store.base import Db


def pupil(db: Db, whom: str) -> tuple[str, str]:
    """The key and the name of the one pupil who is meant.

    Raises WrongUse naming near matches for nobody or several, Refused before the first collection.
    """
    kept = marks.load(db, None)
    if not kept.keys:
        raise Refused(unread.no_register(db))
    pseudonyms = {each.pupil_key: each.pseudonym for each in registers.known_pupils(db)}
    by_id = {
        pupil.pupil_id: pseudonyms[key]
        for pupil, key in zip(kept.register.pupils, kept.keys, strict=True)
    }
    place = who.find(kept.register, whom, by_id)
    found = kept.register.pupils[place]
    return kept.keys[place], who.full_name(found) or found.pupil_id


def named(db: Db) -> dict[str, tuple[str, str | None]]:
    """Each pupil's MIS id and name, by key; without a name once the register has it no longer."""
    kept = marks.load(db, None)
    names = dict(zip(kept.keys, map(who.full_name, kept.register.pupils), strict=True))
    return {
        each.pupil_key: (each.mis_id, names.get(each.pupil_key) or None)
        for each in registers.known_pupils(db)
    }
