"""Casework, actions and orders of a school in some days, as a summary counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from linkwork_hub.actions import rules as action_rules
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import Action, ActionState
from linkwork_hub.billing import order_store
from linkwork_hub.billing.days import Happening
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Door, Pathway
from linkwork_hub.db import Scope, Tx, day_of
from linkwork_hub.documents.words import plain_number

#: Doors the school itself came through. Of a case by another one it may not even know the number.
FROM_SCHOOL: Final = frozenset(
    {Door.REFERRAL, Door.PENALTY_NOTICE_REQUEST, Door.ORDER, Door.MEETING_PICK}
)
Body = dict[str, Any]


def casework(
    scope: Scope, db: Tx, pathway: Pathway, school_id: str, first: date, last: date
) -> Body:
    """The school's own cases of these days, how they ended, and the work on them by kind."""
    mine = [
        one
        for one in cases.cases_open_between(scope, db, school_id, first, last)
        if not one.void and one.door in FROM_SCHOOL
    ]
    closed = [one for one in mine if one.closed is not None and one.closed <= last]
    outcomes = {choice.id: choice.words for choice in pathway.outcomes}
    done = cases.work_between(scope, db, [one.id for one in mine], first, last)
    return {
        "before": sum(one.opened < first for one in mine),
        "opened": sum(one.opened >= first for one in mine),
        "closed": len(closed),
        "open": len(mine) - len(closed),
        "outcomes": _counted(outcomes.get(one.outcome or "", "Other") for one in closed),
        "work": [
            {"words": kind.words, "times": done[kind.id]}
            for kind in pathway.work
            if done.get(kind.id)
        ],
    }


def _counted(words: Iterable[str]) -> list[Body]:
    return [{"words": name, "times": times} for name, times in sorted(Counter(words).items())]


def agreed_actions(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> Body:
    """The actions agreed in these days, and those that came to an end in them."""
    every = actions.actions(scope, db, actions.Filter("all", school_id))
    agreed = [one for one in every if first <= one.agreed_on <= last]
    finished = [
        one
        for one in every
        if one.state in action_rules.FINISHED and first <= day_of(one.changed) <= last
    ]
    return {
        "agreed": len(agreed),
        "done": sum(one.state is ActionState.DONE for one in finished),
        "declined": sum(one.state is ActionState.DECLINED for one in finished),
        "late": sum(one.state not in action_rules.FINISHED and one.due < last for one in agreed),
        "of_pupils": sum(one.pseudonym is not None for one in agreed),
        "listed": _listed(agreed),
    }


def _listed(agreed: Sequence[Action]) -> list[Body]:
    """The actions that concern no pupil, in words; of the others only how many there are."""
    return [
        {
            "what": one.what,
            "who": action_rules.who_words(one.who),
            "due": one.due.isoformat(),
            "state": action_rules.WORDS[one.state],
        }
        for one in agreed
        if one.pseudonym is None
    ]


def delivered(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[Body]:
    """What was delivered on the school's orders in these days, order by order."""
    mine = order_store.orders(scope, db, school_id=school_id)
    history = order_store.history(scope, db, [one.id for one in mine])
    made = []
    for one in mine:
        days = [
            event
            for event in history[one.id]
            if event.kind == Happening.DELIVERED and first <= event.day <= last
        ]
        if days:
            made.append(
                {
                    "name": one.name,
                    "unit": one.unit,
                    "quantity": plain_number(
                        sum((event.quantity for event in days), start=Decimal(0))
                    ),
                    "days": [event.day.isoformat() for event in days],
                    "schools": len(one.shares),
                }
            )
    return made
