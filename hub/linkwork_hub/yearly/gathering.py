"""What was done at a school in a stretch of days, asked of every domain below; no pupil in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from linkwork.wire import LinkworkRecord
from linkwork_hub.access import store as access
from linkwork_hub.actions import rules as action_rules
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import Action, ActionState
from linkwork_hub.billing import order_store
from linkwork_hub.billing.days import Happening
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Door, Pathway
from linkwork_hub.db import Scope, Tx, day_of
from linkwork_hub.documents.words import plain_number
from linkwork_hub.feeds import totals
from linkwork_hub.meetings import record_store
from linkwork_hub.meetings import store as meetings
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.models import Meeting, Status
from linkwork_hub.yearly import over_time, rules
from linkwork_hub.yearly.models import Figures, Stretch

#: Doors the school itself came through. Of a case by another one it may not even know the number.
FROM_SCHOOL: Final = frozenset(
    {Door.REFERRAL, Door.PENALTY_NOTICE_REQUEST, Door.ORDER, Door.MEETING_PICK}
)
Body = dict[str, Any]


def months(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[over_time.Month]:
    """A school month by month: what it told, and the work beside it, of every door."""
    opened = cases.billed_between(scope, db, first, last).get(school_id, [])
    met = meetings.calendar(scope, db, first, last, school_id=school_id)
    agreed = actions.actions(scope, db, actions.Filter("finished", school_id))
    told = totals.over_time(scope, db, school_id, first)
    return over_time.by_month(
        [one for one in told if one.as_of <= last],
        [begun for _ref, begun, _closed, void in opened if begun >= first and not void],
        [one.half_day.day for one in met if one.status is Status.HELD],
        [day_of(one.changed) for one in agreed if one.state is ActionState.DONE],
    )


def body(
    scope: Scope,
    db: Tx,
    meeting_rules: MeetingRules,
    pathway: Pathway,
    school_id: str,
    stretch: Stretch,
) -> Body:
    """Everything a summary says, as data that is frozen when it is issued."""
    before = rules.year_before(stretch)
    told = totals.over_time(scope, db, school_id, before.first - timedelta(days=366))
    until = min(stretch.last, db.today)
    school = access.school(scope, db, school_id)
    return {
        "school": school.name,
        "urn": school.urn,
        "until": until.isoformat(),
        "figures": _figures(rules.figures(told, stretch)),
        "before": _figures(rules.figures(told, before)),
        "months": [
            _figures(rules.figures(told, month)) | {"name": month.name}
            for month in rules.months(stretch)
            if rules.figures(told, month)
        ],
        "meetings": _meetings(scope, db, meeting_rules, school_id, stretch.first, until),
        "advice": _advice(scope, db, school_id, stretch.first, until),
        "cases": _cases(scope, db, pathway, school_id, stretch.first, until),
        "actions": _actions(scope, db, school_id, stretch.first, until),
        "orders": _orders(scope, db, school_id, stretch.first, until),
    }


def _figures(one: Figures | None) -> Body:
    if one is None:
        return {}
    return {
        "since": one.since.isoformat(),
        "as_of": one.as_of.isoformat(),
        "pupils": one.pupils,
        "possible": one.possible,
        "present": one.present,
        "persistent": one.persistent,
        "severe": one.severe,
    }


def _held(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[Meeting]:
    met = meetings.calendar(scope, db, first, last, school_id=school_id)
    return [one for one in met if one.status is not Status.PLANNED]


def _meetings(
    scope: Scope, db: Tx, kinds: MeetingRules, school_id: str, first: date, last: date
) -> list[Body]:
    made = []
    for one in _held(scope, db, school_id, first, last):
        agreed = record_store.agreed(scope, db, one.meeting_id)
        sides = max((len(each.confirmed) for each in agreed), default=0)
        made.append(
            {
                "day": one.half_day.day.isoformat(),
                "kind": kinds.kind(one.kind).name,
                "status": one.status.value,
                "record": ("none", "agreed by the service", "agreed by both")[sides],
            }
        )
    return made


def _advice(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[Body]:
    """At how many meetings advice was recorded, by its category. Its text stays in the record."""
    given: Counter[str] = Counter()
    for one in _held(scope, db, school_id, first, last):
        agreed = record_store.agreed(scope, db, one.meeting_id)
        if agreed:
            record = LinkworkRecord.model_validate_json(agreed[0].body)
            given.update({part.title for part in record.advised})
    return [{"category": name, "meetings": times} for name, times in sorted(given.items())]


def _cases(scope: Scope, db: Tx, pathway: Pathway, school_id: str, first: date, last: date) -> Body:
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


def _actions(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> Body:
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


def _orders(scope: Scope, db: Tx, school_id: str, first: date, last: date) -> list[Body]:
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
