"""What was done at a school in a stretch of days, asked of every domain below; no pupil in it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from linkwork.wire import LinkworkRecord
from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import ActionState
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Pathway
from linkwork_hub.db import Scope, Tx, day_of
from linkwork_hub.feeds import totals
from linkwork_hub.meetings import record_store
from linkwork_hub.meetings import store as meetings
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.models import Meeting, Status
from linkwork_hub.yearly import done, over_time, stretches
from linkwork_hub.yearly.models import Figures, Stretch

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
    before = stretches.year_before(stretch)
    told = totals.over_time(scope, db, school_id, before.first - timedelta(days=366))
    until = min(stretch.last, db.today)
    school = access.school(scope, db, school_id)
    return {
        "school": school.name,
        "urn": school.urn,
        "until": until.isoformat(),
        "figures": _figures(stretches.figures(told, stretch)),
        "before": _figures(stretches.figures(told, before)),
        "months": [
            _figures(stretches.figures(told, month)) | {"name": month.name}
            for month in stretches.months(stretch)
            if stretches.figures(told, month)
        ],
        "meetings": _meetings(scope, db, meeting_rules, school_id, stretch.first, until),
        "advice": _advice(scope, db, school_id, stretch.first, until),
        "cases": done.casework(scope, db, pathway, school_id, stretch.first, until),
        "actions": done.agreed_actions(scope, db, school_id, stretch.first, until),
        "orders": done.delivered(scope, db, school_id, stretch.first, until),
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
