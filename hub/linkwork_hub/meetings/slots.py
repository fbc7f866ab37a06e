"""Times for families on an Intervention Day: never two with one officer at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from linkwork.errors import Refused
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.work_models import FamilySlot


def times(one: Meeting, minutes: int) -> list[tuple[time, time]]:
    """The whole slots of `minutes` that fit into a meeting, from its start on."""
    begins, end = datetime.combine(date.min, one.start), datetime.combine(date.min, one.end)
    length, found = timedelta(minutes=minutes), []
    while minutes and begins + length <= end:
        found.append((begins.time(), (begins + length).time()))
        begins += length
    return found


def free(
    one: Meeting, minutes: int, officers: Iterable[str], taken: Iterable[FamilySlot]
) -> list[tuple[str, time, time]]:
    """Each officer's times that no family has, by time: (officer id, start, end)."""
    gone = {(slot.officer_id, slot.starts) for slot in taken}
    return [
        (officer, starts, ends)
        for starts, ends in times(one, minutes)
        for officer in officers
        if (officer, starts) not in gone
    ]


def check_family(slots: Iterable[FamilySlot], pseudonym: str, starts: time) -> None:
    """Raises Refused for a family that is with another officer at that time."""
    for slot in slots:
        if slot.pseudonym == pseudonym and slot.starts == starts:
            raise Refused("This family is with another officer at that time. Choose another time.")
