"""What may become of an action, and how late it is. Pure."""

from __future__ import annotations

from datetime import date

from linkwork.errors import Refused
from linkwork_hub.actions.models import ActionState, NewAction

#: A state never goes back down this order: a late "seen" does not undo "in progress".
_RANK = {
    ActionState.AGREED: 0,
    ActionState.DELIVERED: 1,
    ActionState.SEEN: 2,
    ActionState.IN_PROGRESS: 3,
    ActionState.DECLINED: 4,
    ActionState.DONE: 5,
}
FINISHED = frozenset({ActionState.DONE, ActionState.DECLINED, ActionState.WITHDRAWN})

WORDS = {
    ActionState.AGREED: "Agreed, on its way",
    ActionState.DELIVERED: "At the school",
    ActionState.SEEN: "Seen",
    ActionState.IN_PROGRESS: "In progress",
    ActionState.DONE: "Done",
    ActionState.DECLINED: "Declined",
    ActionState.WITHDRAWN: "Withdrawn",
}


WHO_WORDS = {
    "school": "The school",
    "officer": "The officer",
    "school and officer": "The school and the officer",
}


def who_words(who: str) -> str:
    """Who does it, as a page says it; another party stands in its own words."""
    return WHO_WORDS.get(who, who)


def after(current: ActionState, said: ActionState) -> ActionState:
    """The state after word of `said` arrives; what does not move it forward changes nothing.

    A declined action can still be taken up, or done, later: the school changed its mind.
    """
    if current is ActionState.WITHDRAWN or said is current:
        return current
    if current is ActionState.DECLINED and said is ActionState.IN_PROGRESS:
        return said
    return said if _RANK[said] > _RANK[current] else current


def withdraw(current: ActionState, why: str) -> ActionState:
    """Withdrawn, with a word of why. Raises Refused when it is finished or gives no reason."""
    if current in {ActionState.DONE, ActionState.WITHDRAWN}:
        raise Refused(f"This action is {WORDS[current].lower()} already: it cannot be withdrawn.")
    if not why.strip():
        raise Refused("Write why the action is withdrawn: the school reads it.")
    return ActionState.WITHDRAWN


def overdue(state: ActionState, due: date, today: date) -> bool:
    """Whether it is still waiting after its day."""
    return state not in FINISHED and due < today


def check(new: NewAction) -> None:
    """Raises Refused naming what an agreed action lacks."""
    if not new.what.strip():
        raise Refused("Write what was agreed: an action says who does what by when.")
    if not new.who.strip():
        raise Refused("Choose who does it: an action says who does what by when.")
    if new.due < new.agreed_on:
        raise Refused("The due date is before the day it was agreed. Choose a later day.")
