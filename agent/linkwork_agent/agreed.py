"""What was agreed with the authority, as a person at the school reads it and answers it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork_agent import post
from linkwork_agent.config import Config, School
from linkwork_agent.post import Desk
from linkwork_agent.show import Facts, look, mis_id
from linkwork_agent.store import base, inbox
from linkwork_agent.store.base import Db
from linkwork_agent.work import Place, desk_of

#: The words of the command line, and the state each one means.
VERBS = {"done": "done", "started": "in-progress", "declined": "declined"}
#: What nothing more is said of here. A declined action may be taken up after all.
OVER = ("done", "withdrawn")
_UNFINISHED = ("open", "seen", "in-progress")


def action_rows(config: Config, school: School, today: date, *, every: bool = False) -> list[Facts]:
    """What was agreed, unfinished first, as of the day `today`.

    A withdrawn action is listed with the word of why until a person was told, and then no more;
    `every` lists it still.
    """

    def rows(db: Db) -> list[Facts]:
        return [
            _facts(db, school, action, today)
            for action in inbox.actions(db)
            if every or not action.told
        ]

    return look(config, school, rows)


def _facts(db: Db, school: School, action: inbox.Action, today: date) -> Facts:
    late = action.state in _UNFINISHED and date.fromisoformat(action.due) < today
    return {
        "id": action.action_id,
        "what": action.what,
        "who": action.who,
        "due": action.due,
        "state": action.state,
        "urn": school.urn,
        "overdue": late,
        "standing": _standing(action, late),
        "mis_id": mis_id(db, action.pseudonym) if action.pseudonym else None,
        "agreed_on": action.agreed_on,
        "meeting": action.meeting,
        "carried": action.carried,
        "escalated_to": action.escalated_to,
        "why_withdrawn": action.why_withdrawn,
        "note": action.note,
    }


def _standing(action: inbox.Action, late: bool) -> str:
    """Where an action stands, in words for a table."""
    if action.state == "withdrawn":
        return f"withdrawn: {action.why_withdrawn}"
    words = [action.state, *(["overdue"] if late else [])]
    if action.carried:
        words.append("carried once" if action.carried == 1 else f"carried {action.carried} times")
    if action.escalated_to:
        words.append(f"taken to {action.escalated_to}")
    return ", ".join(words)


def seen(place: Place) -> None:
    """A person has looked at the list: tell the authority once of each new action."""
    with place.store() as store:
        actions = inbox.actions(store.read)
        if any(action.state == "withdrawn" and not action.told for action in actions):
            with store.write() as tx:
                inbox.tell_withdrawn(tx)
        new = [action for action in actions if action.state == "open"]
        if new and base.text(store.read, "state") == "active":
            desk = desk_of(place, store)
            for action in new:
                _progress(desk, action, "seen", "the school", "", ())


def progress(
    places: Sequence[Place],
    action_id: str,
    verb: str,
    by: str,
    note: str,
    evidence: tuple[wire.Evidence, ...] = (),
) -> str:
    """Say what became of an action, with what shows it; the sentence that says so.

    Raises WrongUse when none has this id or a declined one gives no reason, Refused when it is
    over.
    """
    if verb == "declined" and not note.strip():
        raise WrongUse(
            f'Say why it is declined: linkwork-agent actions declined {action_id} --note "...". '
            "Nothing was sent."
        )
    for place in places:
        with place.store() as store:
            action = inbox.action(store.read, action_id)
            if action is None:
                continue
            if action.state in OVER:
                raise Refused(f"Action {action_id} is {action.state} already.")
            who = by or "the school"
            return _progress(desk_of(place, store), action, VERBS[verb], who, note, evidence)
    raise WrongUse(f"No action {action_id} here. See: linkwork-agent actions")


def word(
    action: inbox.Action,
    state: str,
    on: date,
    by: str,
    note: str = "",
    evidence: tuple[wire.Evidence, ...] = (),
) -> wire.ActionProgress:
    """The school's next word of an action, with its number."""
    return wire.ActionProgress.model_validate(
        {
            "action_id": action.action_id,
            "state": state,
            "on": on,
            "by": by,
            "note": note,
            "number": action.words + 1,
            "evidence": evidence,
        }
    )


def _progress(
    desk: Desk,
    action: inbox.Action,
    state: str,
    by: str,
    note: str,
    evidence: tuple[wire.Evidence, ...],
) -> str:
    message = word(action, state, desk.clock().astimezone().date(), by, note, evidence)
    words = f"Action {action.action_id} is {state}, says {by}."
    with desk.store.write() as tx:
        now = inbox.action(tx, action.action_id)
        if now is None or (now.words, now.state) != (action.words, action.state):
            raise Refused(
                f"Action {action.action_id} changed a moment ago. Look at the list again."
            )
        inbox.set_action_state(tx, action.action_id, state, note)
        post.enqueue(tx, desk, message, words)
    return words
