"""A meeting as an iCalendar invitation: when and where, and nothing about any pupil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from linkwork_hub.meetings.models import Beside, Meeting, Status

_PRODUCT = "-//Linkwork//Link meetings//EN"
# Kept as a zone rather than an offset: the clock on the wall is what was agreed.
HERE = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Staff:
    """Someone who works for the service or the school; never a pupil or a parent."""

    name: str
    email: str


@dataclass(frozen=True)
class Invitation:
    """All that an invitation may say. There is no field for a pupil, a reason or a note."""

    meeting: Meeting
    kind_name: str
    school_name: str
    organizer: Staff
    attendees: tuple[Staff, ...]
    address: str


def to_ics(invitation: Invitation) -> bytes:
    """The invitation as UTF-8 iCalendar: METHOD REQUEST, or CANCEL once it is cancelled.

    The UID never changes, so a client moves its entry when a higher SEQUENCE arrives.
    """
    meeting = invitation.meeting
    calendar = Calendar.new(
        uid=f"{meeting.meeting_id}-{meeting.sequence}@linkwork",
        prodid=_PRODUCT,
        method="CANCEL" if meeting.status is Status.CANCELLED else "REQUEST",
        subcomponents=[_event(invitation)],
    )
    year = meeting.half_day.day.year
    # The library would otherwise describe the zone from 1970 to 2038, in every invitation.
    calendar.add_missing_timezones(date(year - 1, 1, 1), date(year + 1, 12, 31))
    return bytes(calendar.to_ical())


def to_feed(invitations: Sequence[Invitation]) -> bytes:
    """A calendar to subscribe to: no METHOD, and what was called off stands there as cancelled."""
    calendar = Calendar.new(
        prodid=_PRODUCT, name="Linkwork", subcomponents=[_event(one) for one in invitations]
    )
    years = [one.meeting.half_day.day.year for one in invitations]
    if years:
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 1, 12, 31))
    return bytes(calendar.to_ical())


def _event(invitation: Invitation) -> Event:
    meeting = invitation.meeting
    cancelled = meeting.status is Status.CANCELLED
    event = Event.new(
        uid=f"{meeting.meeting_id}@linkwork",
        stamp=meeting.changed_at,
        sequence=meeting.sequence,
        start=_at(meeting, end=False),
        end=_at(meeting, end=True),
        summary=f"{invitation.kind_name}, {invitation.school_name}",
        location=_where(invitation),
        description=f"Agenda and actions, after signing in: {invitation.address}",
        organizer=_address(invitation.organizer, "CHAIR"),
        attendees=[_address(person, "REQ-PARTICIPANT") for person in invitation.attendees],
    )
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def _where(invitation: Invitation) -> str:
    meeting = invitation.meeting
    if meeting.online:
        return "Online"
    if meeting.beside is Beside.SCHOOL:
        return meeting.room
    return f"{invitation.school_name}, {meeting.room}" if meeting.room else invitation.school_name


def _at(meeting: Meeting, *, end: bool) -> datetime:
    moment = meeting.end if end else meeting.start
    return datetime.combine(meeting.half_day.day, moment, tzinfo=HERE)


def _address(person: Staff, part: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    address.params["CN"] = vText(person.name)
    address.params["ROLE"] = vText(part)
    return address
