"""Invitations that calendars understand: right over clock changes, moved by UID and SEQUENCE."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest

from linkwork_hub.meetings.invitation import Invitation, Staff, to_ics
from linkwork_hub.meetings.models import HalfDay, Meeting, Session, Status


def meeting_on(day: date, status: Status = Status.PLANNED, sequence: int = 0) -> Meeting:
    return Meeting(
        meeting_id="mtg_4fjk2",
        school_id="sch_oak",
        officer_id="per_officer",
        kind="link",
        half_day=HalfDay(day, Session.AM),
        start=time(9, 30),
        end=time(10, 30),
        status=status,
        sequence=sequence,
        reason="A school day, free for both.",
        changed_at=datetime(2025, 9, 1, 8, 0, tzinfo=UTC),
    )


def invite(meeting: Meeting) -> Invitation:
    return Invitation(
        meeting=meeting,
        kind_name="Link meeting",
        school_name="Oak Lane Primary; Nursery, too",
        organizer=Staff("Olive Fenwick", "olive.fenwick@council.example"),
        attendees=(Staff("Sam Office", "office@oaklane.example"),),
        address="https://hub.example/meetings/mtg_4fjk2",
    )


def event_of(data: bytes) -> icalendar.Event:
    [event] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def begins(event: icalendar.Event) -> datetime:
    assert isinstance(event.start, datetime)
    return event.start


def test_the_file_reads_back_as_what_was_planned() -> None:
    data = to_ics(invite(meeting_on(date(2025, 11, 18))))
    calendar, event = icalendar.Calendar.from_ical(data), event_of(data)
    assert calendar["METHOD"] == "REQUEST"
    assert event.summary == "Link meeting, Oak Lane Primary; Nursery, too"
    assert event.uid == "mtg_4fjk2@linkwork"
    assert (event.status, event.sequence) == ("CONFIRMED", 0)
    assert event.organizer == "mailto:olive.fenwick@council.example"
    assert event.end - begins(event) == timedelta(hours=1)
    assert str(begins(event).tzinfo) == "Europe/London"


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 3, 27), 9),  # the last school day before the clocks go forward
        (date(2026, 3, 30), 8),  # the first after
        (date(2026, 10, 23), 8),  # the last before they go back
        (date(2026, 10, 26), 9),  # the first after
        (date(2026, 1, 12), 9),
        (date(2026, 7, 13), 8),
    ],
)
def test_half_past_nine_stays_half_past_nine_over_both_clock_changes(
    day: date, utc_hour: int
) -> None:
    local = begins(event_of(to_ics(invite(meeting_on(day)))))
    assert (local.hour, local.minute) == (9, 30)
    moment = local.astimezone(UTC)
    assert (moment.date(), moment.hour, moment.minute) == (day, utc_hour, 30)


@pytest.mark.parametrize(("day", "offset"), [(date(2026, 3, 30), 1), (date(2026, 10, 26), 0)])
def test_the_file_itself_describes_the_zone(day: date, offset: int) -> None:
    """A client that trusts only the VTIMEZONE in the file finds the same hour."""
    calendar = icalendar.Calendar.from_ical(to_ics(invite(meeting_on(day))))
    [zone] = calendar.timezones
    assert zone.tz_name == "Europe/London"
    described = zone.to_tz(lookup_tzid=False)
    local = datetime.combine(day, time(9, 30), tzinfo=described)
    assert local.utcoffset() == timedelta(hours=offset)


def test_a_change_keeps_the_uid_and_raises_the_sequence() -> None:
    first = event_of(to_ics(invite(meeting_on(date(2025, 11, 18)))))
    moved = event_of(to_ics(invite(meeting_on(date(2025, 11, 25), sequence=1))))
    assert first.uid == moved.uid
    assert moved.sequence > first.sequence


def test_a_cancelled_meeting_cancels_its_entry() -> None:
    data = to_ics(invite(meeting_on(date(2025, 11, 18), Status.CANCELLED, 2)))
    assert icalendar.Calendar.from_ical(data)["METHOD"] == "CANCEL"
    assert event_of(data).status == "CANCELLED"


def test_the_same_meeting_gives_the_same_bytes() -> None:
    invitation = invite(meeting_on(date(2025, 11, 18)))
    assert to_ics(invitation) == to_ics(invitation)


def test_the_reason_and_any_note_stay_out_of_the_file() -> None:
    meeting = replace(meeting_on(date(2025, 11, 18)), reason="Because of Canary Pupilname")
    assert b"Canary" not in to_ics(invite(meeting))
    # The type itself leaves no room: adding a field here means deciding what may leave.
    assert [field.name for field in fields(Invitation)] == [
        "meeting",
        "kind_name",
        "school_name",
        "organizer",
        "attendees",
        "address",
    ]
