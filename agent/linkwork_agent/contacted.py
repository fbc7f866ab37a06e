"""`contacted`: every contact about a pupil's attendance, kept at the school and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linkwork.errors import Refused, WrongUse
from linkwork_agent import meant
from linkwork_agent.config import Config, School
from linkwork_agent.ports import Clock
from linkwork_agent.store import contacts
from linkwork_agent.store.base import Store, open_existing

Facts = dict[str, Any]

#: With whom: a parent or carer, the pupil, an agency such as health or Early Help, anybody else.
WITH = ("parent", "pupil", "agency", "other")
#: How; a line that corrects another may also say that there was no contact.
NONE = "none"
HOW = ("call", "letter", "visit", "meeting", "message", NONE)
CALL, LETTER, PARENT = "call", "letter", "parent"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says was done; `at` as typed, empty for now. `corrects`: a line's number."""

    whom: str
    with_whom: str
    how: str
    note: str
    by: str
    at: str = ""
    corrects: int | None = None


def record(store: Store, said: Said, clock: Clock) -> str:
    """Keep one contact; what was kept, in words.

    Raises WrongUse for an unknown pupil, a time that is none or is still to come, a contact
    without its outcome, or the number of no line; Refused for a line that was corrected already.
    """
    now = clock().astimezone()
    at = moment(said.at, now)
    if not said.note.strip():
        raise WrongUse('Say what came of it: --note "...". Nothing was kept.')
    with store.write() as tx:
        key, name = meant.pupil(tx, said.whom)
        of = _corrected(contacts.every(tx), said)
        new = contacts.Contact(
            id=0,
            pupil_key=key,
            at=at,
            with_whom=said.with_whom,
            how=said.how,
            note=said.note.strip(),
            by_whom=said.by,
            noted_at=now.isoformat(timespec="seconds"),
            corrects=said.corrects,
            # A letter that is only written down better is still the letter of its absence.
            **({} if of is None or (said.how, key) != (LETTER, of.pupil_key) else _letter(of)),
        )
        number = contacts.add(tx, new)
    over = f", in place of {said.corrects}" if said.corrects is not None else ""
    return f"{number}: {name}: {said.how}, {said.with_whom}, {_spoken(at)}, by {said.by}{over}."


def _letter(of: contacts.Contact) -> dict[str, Any]:
    return {"rule": of.rule, "run_first": of.run_first, "run_last": of.run_last}


def _corrected(lines: list[contacts.Contact], said: Said) -> contacts.Contact | None:
    """The line that is corrected, if one is."""
    if said.corrects is None:
        if said.how == NONE:
            raise WrongUse("--how none takes a line back: say which, with --corrects NUMBER")
        return None
    found = next((line for line in lines if line.id == said.corrects), None)
    if found is None:
        raise WrongUse(f"No contact has the number {said.corrects}. See: linkwork-agent contacted")
    newer = contacts.corrected_by(lines).get(said.corrects)
    if newer is not None:
        raise Refused(
            f"{said.corrects} was corrected already, by {newer}. Correct that one: "
            f"--corrects {newer}"
        )
    return found


def moment(text: str, now: datetime) -> str:
    """The time a person typed, as kept: the school's own time to the minute, or the day alone.

    Raises WrongUse for what is none, and for one still to come.
    """
    if not text:
        return now.strftime("%Y-%m-%dT%H:%M")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _no_time(text) from error
    if at.tzinfo is not None:
        raise _no_time(text)
    if at > now.replace(tzinfo=None):
        raise WrongUse(f"--at {text!r} is still to come. Note what was done once it is done")
    day_alone = len(text.strip()) <= len("2026-02-27")
    return at.strftime("%Y-%m-%d" if day_alone else "%Y-%m-%dT%H:%M")


def _no_time(text: str) -> WrongUse:
    return WrongUse(
        f"--at {text!r} is no time. Write it as YYYY-MM-DDTHH:MM, or the day alone as YYYY-MM-DD"
    )


def _spoken(at: str) -> str:
    return at.replace("T", " ")


def listed(
    config: Config, school: School, *, whom: str | None = None, spoken: bool = False
) -> list[Facts]:
    """The contacts of one pupil, or of all, the newest first, with what was corrected.

    `when` is ISO, or with `spoken` as people read it. Names are for the school's own screen.
    Raises WrongUse for a pupil nobody knows.
    """
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return []
    with store:
        key = None if whom is None else meant.pupil(store.read, whom)[0]
        pupils = meant.named(store.read)
        lines = contacts.every(store.read)
    over = contacts.corrected_by(lines)
    found = [
        _row(line, *pupils[line.pupil_key], over.get(line.id), school.urn)
        for line in lines
        if key in (None, line.pupil_key)
    ]
    return [row | {"when": _spoken(row["when"])} for row in found] if spoken else found


def _row(
    line: contacts.Contact, mis_id: str, name: str | None, corrected_by: int | None, urn: str
) -> Facts:
    return {
        "id": line.id,
        "mis_id": mis_id,
        "name": name,
        "when": line.at,
        "with": line.with_whom,
        "how": line.how,
        "note": line.note,
        "by": line.by_whom,
        "noted_at": line.noted_at,
        "corrects": line.corrects,
        "corrected_by": corrected_by,
        "letter": line.rule or None,
        "urn": urn,
    }
