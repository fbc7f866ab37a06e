"""What may become of an action, and how late it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from linkwork.errors import Refused
from linkwork_hub.actions.models import Action, ActionState, NewAction

#: A state never goes back down this order: a late "seen" does not undo "in progress".
_RANK = {
    ActionState.AGREED: 0,
    ActionState.SEALED: 1,
    ActionState.DELIVERED: 2,
    ActionState.SEEN: 3,
    ActionState.IN_PROGRESS: 4,
    ActionState.DECLINED: 5,
    ActionState.DONE: 6,
}
#: What a school, or an officer who heard of it, can say.
SAID = frozenset(
    {ActionState.SEEN, ActionState.IN_PROGRESS, ActionState.DONE, ActionState.DECLINED}
)
FINISHED = frozenset({ActionState.DONE, ActionState.DECLINED, ActionState.WITHDRAWN})

WORDS = {
    ActionState.AGREED: "Agreed, on its way",
    ActionState.SEALED: "Sealed to the school",
    ActionState.DELIVERED: "At the school",
    ActionState.SEEN: "Seen",
    ActionState.IN_PROGRESS: "In progress",
    ActionState.DONE: "Done",
    ActionState.DECLINED: "Declined",
    ActionState.WITHDRAWN: "Withdrawn",
    ActionState.CARRIED: "Carried to a later day",
    ActionState.ESCALATED: "Escalated",
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


def standing(said: Iterable[tuple[int, ActionState]]) -> ActionState:
    """The state all words of an action come to, each with the school's own number for it.

    The order in which they arrived changes nothing, nor does one that came twice: a school that
    was off line for a month says in the end what it would have said day by day. Words of one
    number count in the order given.
    """
    state = ActionState.AGREED
    for _number, word in sorted(said, key=lambda one: one[0]):
        state = after(state, word)
    return state


def carry(action: Action, due: date, today: date, why: str) -> None:
    """Raises Refused when an action cannot be given the later day `due` for the reason `why`."""
    _unfinished(action.state, "given a later day")
    if due <= action.due or due < today:
        raise Refused(
            f"It is due on {action.due:%d.%m.%Y} already. Choose a later day that is yet to come."
        )
    if not why.strip():
        raise Refused("Write why it is carried on: the record keeps each time.")


def escalate(action: Action, to: str, why: str, today: date) -> None:
    """Raises Refused when an action cannot be taken to somebody, for the reason `why`."""
    _unfinished(action.state, "escalated")
    if not overdue(action.state, action.due, today):
        raise Refused("Only an action past its day is escalated. Until then ask the school.")
    if not to.strip() or not why.strip():
        raise Refused("Write to whom it is taken, and why: the school reads to whom.")


def _unfinished(state: ActionState, what: str) -> None:
    if state in FINISHED:
        raise Refused(f"This action is {WORDS[state].lower()} already: it cannot be {what}.")


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
