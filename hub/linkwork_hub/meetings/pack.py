"""The pack of a meeting: what its agenda held, as data that names nobody; to freeze, to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.agenda import Agenda, CaseLine
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Candidate
from linkwork_hub.referrals.words import short_pupil

#: Names stand in a pack from so many school days before its meeting to so many after.
DAYS_BEFORE, DAYS_AFTER = 10, 20
_SEVERE: Final = "severe-absence"
NO_PLAN: Final = "No plan yet: agree one"


def names_readable(day: date, school_days: Sequence[date], today: date) -> bool:
    """Whether names may stand in a pack today; `school_days` cover both sides of the meeting.

    The tenth school day before the meeting is in, and the twentieth after it.
    """
    if today <= day:
        return sum(today < one <= day for one in school_days) <= DAYS_BEFORE
    return sum(day < one <= today for one in school_days) <= DAYS_AFTER


def body_of(scope: Scope, db: Tx, agenda: Agenda) -> dict[str, Any]:
    """The agenda as JSON data. A pupil stands by candidate id and the short pseudonym."""
    return {
        "as_of": agenda.whole.as_of.isoformat() if agenda.whole.as_of else "",
        "missing_days": len(agenda.whole.missing_days),
        "whole": [
            {
                "name": row.name,
                "pupils": row.pupils,
                "attendance": row.attendance,
                "authorised": row.authorised,
                "unauthorised": row.unauthorised,
                "persistent": row.persistent,
                "severe": row.severe,
            }
            for row in agenda.whole.rows
        ],
        "pupils": [
            _pupil(line.candidate)
            | {"state": "Picked for the meeting" if line.picked else line.state}
            for line in agenda.pupils
        ],
        "more_pupils": agenda.more_pupils,
        "severe": _severe(scope, db, agenda),
        "referrals": [
            {
                "candidate_id": line.candidate_id,
                "short": short_pupil(line.pseudonym),
                "made_by": line.made_by,
                "received": line.received.isoformat(),
                "state": line.state,
            }
            for line in agenda.referrals
        ],
        "cases": [_case(line) for line in agenda.cases],
        "actions": [
            {
                "what": line.action.what,
                "who": line.action.who,
                "due": line.action.due.isoformat(),
                "age_days": line.age_days,
                "carried": line.action.carried,
                "state": f"{line.state}, overdue" if line.overdue else line.state,
            }
            for line in agenda.actions
        ],
    }


def _pupil(one: Candidate) -> dict[str, Any]:
    return {
        "candidate_id": one.id,
        "short": short_pupil(one.pseudonym),
        "year_group": one.year_group or "",
        "reason": one.reason,
    }


def _case(line: CaseLine) -> dict[str, Any]:
    pseudonym = line.case.pseudonym
    return {
        "ref": line.case.ref,
        "candidate_id": line.case.candidate_id or "",
        "short": short_pupil(pseudonym) if pseudonym else "No single pupil",
        "last_done": line.last_done,
        "last_on": line.last_on.isoformat() if line.last_on else "",
        "next": f"{line.step}: {line.next_step}",
        "due": line.case.due.isoformat() if line.case.due else "",
    }


def _severe(scope: Scope, db: Tx, agenda: Agenda) -> list[dict[str, Any]]:
    """Each pupil at 50 % or below of whom the school told, with the plan there is."""
    plans = {
        line.case.pseudonym: f"Case {line.case.ref}, {line.step}: {line.next_step}"
        for line in agenda.cases
    }
    for line in agenda.actions:
        if line.action.pseudonym and line.state not in {"Done", "Declined", "Withdrawn"}:
            due = line.action.due.isoformat()
            plans.setdefault(line.action.pseudonym, f"Agreed, by {due}: {line.action.what}")
    return [
        _pupil(one) | {"plan": plans.get(one.pseudonym, NO_PLAN)}
        for one in agenda.known
        if any(
            spell.trigger == _SEVERE and spell.ended is None
            for spell in referrals.episodes(scope, db, one.id)
        )
    ]


def compared(body: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rows of the whole school, each with its attendance at the last meeting ("" = none)."""
    was = {row["name"]: row["attendance"] for row in before["whole"]} if before else {}
    return [row | {"before": was.get(row["name"], "")} for row in body["whole"]]


def people(body: Mapping[str, Any]) -> set[str]:
    """The candidate ids that stand in a pack."""
    lists = (body["pupils"], body["severe"], body["referrals"], body["cases"])
    return {row["candidate_id"] for rows in lists for row in rows if row["candidate_id"]}


def per_mille(attendance: str) -> int:
    """`92.3%` as 923, for a bar; words instead of a rate are 0."""
    digits = attendance.removesuffix("%").replace(".", "")
    return int(digits) if digits.isdigit() else 0
