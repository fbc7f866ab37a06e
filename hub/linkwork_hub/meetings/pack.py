"""The pack of a meeting: what its agenda held, as data that names nobody; to freeze, to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from linkwork.school_year import school_year
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.agenda import Agenda, CaseLine
from linkwork_hub.meetings.models import ListedPupil, MeetingList
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Candidate
from linkwork_hub.referrals.words import percent, short_pupil

#: Names stand in a pack from so many school days before its meeting to so many after.
DAYS_BEFORE, DAYS_AFTER = 10, 20
#: Ten and twenty school days lie within so many days, holidays counted.
AROUND = timedelta(days=90)
_SEVERE: Final = "severe-absence"
NO_PLAN: Final = "No plan yet: agree one"


def names_readable(day: date, school_days: Sequence[date], today: date) -> bool:
    """Whether names may stand in a pack today, as `days_of_names` has it."""
    first, last = days_of_names(day, school_days)
    return first <= today <= last


def days_of_names(day: date, school_days: Sequence[date]) -> tuple[date, date]:
    """The first and the last day on which names may stand in the pack of a meeting.

    From the tenth school day before it until the twenty-first after it begins. `school_days` are
    what is known of `AROUND` on both sides: before the first and after the last of them weekdays
    count, so that terms nobody has imported yet make the days fewer and never more.
    """
    low, high = min(school_days, default=date.max), max(school_days, default=date.min)
    around = (day + timedelta(days=n) for n in range(1 - AROUND.days, AROUND.days))
    counted = sorted(
        {each for each in around if each.weekday() < 5 and (each < low or each > high)}
        | set(school_days)
    )
    before = [each for each in counted if each <= day]
    after = [each for each in counted if each > day]
    first = before[-DAYS_BEFORE - 1] if len(before) > DAYS_BEFORE else day - AROUND
    last = after[DAYS_AFTER] - timedelta(days=1) if len(after) > DAYS_AFTER else day + AROUND
    return max(first, day - AROUND), min(last, day + AROUND)


def body_of(
    scope: Scope, db: Tx, agenda: Agenda, listed: MeetingList | None = None
) -> dict[str, Any]:
    """The agenda as JSON data, with the list the school released. A pupil stands by pseudonym."""
    plans = _plans(agenda)
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
        "listed": _listed(agenda, listed, plans) if listed else None,
        "severe": _severe(scope, db, agenda, listed, plans),
        "referrals": [
            {
                "candidate_id": line.candidate_id,
                "pseudonym": line.pseudonym,
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
        "pseudonym": one.pseudonym,
        "short": short_pupil(one.pseudonym),
        "year_group": one.year_group or "",
        "reason": one.reason,
    }


def _case(line: CaseLine) -> dict[str, Any]:
    pseudonym = line.case.pseudonym
    return {
        "ref": line.case.ref,
        "candidate_id": line.case.candidate_id or "",
        "pseudonym": pseudonym or "",
        "short": short_pupil(pseudonym) if pseudonym else "No single pupil",
        "last_done": line.last_done,
        "last_on": line.last_on.isoformat() if line.last_on else "",
        "next": f"{line.step}: {line.next_step}",
        "due": line.case.due.isoformat() if line.case.due else "",
    }


def _plans(agenda: Agenda) -> dict[str, str]:
    """What is planned for a pupil, by pseudonym: an open case, else an action that waits."""
    plans = {
        line.case.pseudonym: f"Case {line.case.ref}, {line.step}: {line.next_step}"
        for line in agenda.cases
        if line.case.pseudonym
    }
    for line in agenda.actions:
        if line.action.pseudonym and line.state not in {"Done", "Declined", "Withdrawn"}:
            due = line.action.due.isoformat()
            plans.setdefault(line.action.pseudonym, f"Agreed, by {due}: {line.action.what}")
    return plans


def _severe(
    scope: Scope, db: Tx, agenda: Agenda, listed: MeetingList | None, plans: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Each pupil at 50 % or below, told of or on the list, with the plan there is.

    Where the list goes by last year, in the first half term, only who is on it: two absences of
    September make nobody severely absent.
    """
    by_last_year = listed is not None and listed.year < school_year(listed.as_of)[0]
    told = {
        one.pseudonym: _pupil(one)
        for one in agenda.known
        if not by_last_year
        and any(
            spell.trigger == _SEVERE and spell.ended is None
            for spell in referrals.episodes(scope, db, one.id)
        )
    }
    for one in listed.pupils if listed else ():
        if _SEVERE in one.met:
            told.setdefault(one.pseudonym, _of_list(agenda, one))
    return [row | {"plan": plans.get(pseudonym, NO_PLAN)} for pseudonym, row in told.items()]


def _listed(agenda: Agenda, listed: MeetingList, plans: Mapping[str, str]) -> dict[str, Any]:
    """The list a school released for its meeting: whose marks, by whom, and each pupil on it."""
    return {
        "as_of": listed.as_of.isoformat(),
        "year": f"{listed.year.year}-{(listed.year.year + 1) % 100:02}",
        "released_by": listed.released_by,
        "standing": listed.standing,
        "pupils": [
            _of_list(agenda, one) | {"plan": plans.get(one.pseudonym, "")} for one in listed.pupils
        ],
    }


def _of_list(agenda: Agenda, one: ListedPupil) -> dict[str, Any]:
    known = {each.pseudonym: each.id for each in agenda.known}
    return {
        "candidate_id": known.get(one.pseudonym, ""),
        "pseudonym": one.pseudonym,
        "short": short_pupil(one.pseudonym),
        "year_group": one.year_group,
        "reason": (
            f"Absent in {percent(one.absent, one.possible)}: {one.absent} of {one.possible} "
            f"sessions, {one.unauthorised} without permission"
        ),
    }


def compared(body: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rows of the whole school, each with its attendance at the last meeting ("" = none)."""
    was = {row["name"]: row["attendance"] for row in before["whole"]} if before else {}
    return [row | {"before": was.get(row["name"], "")} for row in body["whole"]]


def people(body: Mapping[str, Any]) -> set[str]:
    """The candidate ids that stand in a pack."""
    lists = (body["pupils"], body["severe"], body["referrals"], body["cases"])
    return {row["candidate_id"] for rows in lists for row in rows if row["candidate_id"]}


def listed_count(body: Mapping[str, Any]) -> int:
    """How many pupils stand in a pack on a list that their school released."""
    listed = body.get("listed")
    return len(listed["pupils"]) if listed else 0


def per_mille(attendance: str) -> int:
    """`92.3 %` as 923, for a bar; words instead of a rate are 0."""
    digits = attendance.removesuffix("%").strip().replace(".", "")
    return int(digits) if digits.isdigit() else 0
