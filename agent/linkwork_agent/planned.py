"""The meetings planned with the authority: listed, a list of names released for one, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork import wording
from linkwork.errors import Refused, WrongUse
from linkwork_agent import meeting_lists
from linkwork_agent.config import Config, School
from linkwork_agent.show import Facts, look
from linkwork_agent.store import meetings
from linkwork_agent.store.base import Db
from linkwork_agent.store.meetings import Planned
from linkwork_agent.work import Place, desk_of

NEXT = "The list leaves with the next collection: linkwork-agent once --job collect"


def meeting_rows(config: Config, school: School, today: date) -> list[Facts]:
    """The meetings whose days of names are not over, the earliest first."""

    def rows(db: Db) -> list[Facts]:
        return [
            _facts(db, school, one, today)
            for one in meetings.meetings(db)
            if date.fromisoformat(one.names_through) >= today
        ]

    return look(config, school, rows)


def _facts(db: Db, school: School, one: Planned, today: date) -> Facts:
    by = meeting_lists.released_by(db, one)
    return {
        "id": one.meeting_id,
        "day": one.day,
        "meeting": one.meeting,
        "state": one.state,
        "names_from": one.names_from,
        "names_through": one.names_through,
        "list": _list_words(one, by, today),
        "released_by": by[0] if by else "",
        "standing": by is not None and by[1],
        "sent_at": one.sent_at,
        "urn": school.urn,
    }


def _list_words(one: Planned, by: tuple[str, bool] | None, today: date) -> str:
    """How the list of names of a meeting stands, in words for a table."""
    if one.state != "planned":
        return "the meeting is called off"
    if one.withdrawn_by:
        return f"taken back by {one.withdrawn_by}"
    if one.sent:
        return f"left on {one.sent_at[:10]}"
    if by is None:
        return "not released"
    if today < date.fromisoformat(one.names_from):
        return f"released by {by[0]}, leaves from {one.names_from} on"
    if by[1] and today > date.fromisoformat(one.day):
        return "none left: the meeting is over"
    return f"released by {by[0]}, leaves with the next collection"


def release(places: Sequence[Place], meeting_id: str, by: str) -> str:
    """Let the list of names for one meeting leave; the sentence that says so.

    Raises WrongUse for an unknown meeting; Refused when it is called off, outside the days on
    which names may leave for it, or when a list may leave for it already.
    """
    place, one = _found(places, meeting_id)
    with place.store() as store, store.write() as tx:
        today = place.clock().astimezone().date()
        _refuse_outside(one, today)
        if one.released_by or meeting_lists.may_leave(tx, one, today):
            raise Refused(f"The list for meeting {meeting_id} is released already.")
        meetings.release(tx, meeting_id, by)
    day, last = (wording.day(date.fromisoformat(it)) for it in (one.day, one.names_through))
    return (
        f"{by} releases the list of names for the {one.meeting} of {day}. "
        f"The authority can read it until {last}. {NEXT}"
    )


def withdraw(places: Sequence[Place], meeting_id: str, by: str) -> str:
    """No list of names leaves for one meeting, and the authority forgets one that left.

    Raises WrongUse for an unknown meeting, Refused when nothing is released for it.
    """
    place, one = _found(places, meeting_id)
    with place.store() as store:
        if not one.sent and meeting_lists.released_by(store.read, one) is None:
            raise Refused(f"No list is released for meeting {meeting_id}: nothing is taken back.")
        desk = desk_of(place, store)
        with store.write() as tx:
            if one.sent:
                meeting_lists.take_back(tx, desk, one, by)
            meetings.withdraw(tx, meeting_id, by)
    return (
        f"{by} takes back the list for the {one.meeting} of "
        f"{wording.day(date.fromisoformat(one.day))}. No name leaves for it any more."
    )


def _refuse_outside(one: Planned, today: date) -> None:
    if one.state != "planned":
        raise Refused(f"Meeting {one.meeting_id} is called off: no name leaves for it.")
    first, last = date.fromisoformat(one.names_from), date.fromisoformat(one.names_through)
    if today < first:
        raise Refused(
            f"Names may leave for this meeting from {wording.day(first)} on, ten school days "
            "before it. Nothing was released; release it then."
        )
    if today > last:
        raise Refused(
            f"Names could leave for this meeting until {wording.day(last)}, twenty school days "
            "after it. Nothing was released."
        )


def _found(places: Sequence[Place], meeting_id: str) -> tuple[Place, Planned]:
    for place in places:
        with place.store() as store:
            one = meetings.meeting(store.read, meeting_id)
        if one is not None:
            return place, one
    raise WrongUse(f"No meeting {meeting_id} here. See: linkwork-agent meetings")
