"""Somebody's calendar: when they are busy, over clock changes and recurrences, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork.errors import BadInput
from linkwork_hub.meetings.ical_files import read_busy, replies

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)


def calendar(*events: str) -> bytes:
    """A calendar file with these entries, lines as the standard ends them."""
    body = "\n".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{body}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def busy(*events: str) -> list[tuple[datetime, datetime]]:
    found = read_busy(calendar(*events), FIRST, LAST, file="olive.ics")
    return [(one.starts.astimezone(UTC), one.ends.astimezone(UTC)) for one in found]


WEEKLY = (
    "UID:a\nDTSTART;TZID=Europe/London:20260316T093000\nDTEND;TZID=Europe/London:20260316T103000\n"
    "RRULE:FREQ=WEEKLY;COUNT=3"
)


def test_a_weekly_entry_keeps_its_hour_over_the_clock_change() -> None:
    assert [start.hour for start, _ in busy(WEEKLY)] == [9, 9, 8]


def test_whole_days_floating_hours_free_and_cancelled_entries_are_understood() -> None:
    assert busy("UID:d\nDTSTART;VALUE=DATE:20260401\nDTEND;VALUE=DATE:20260402") == [
        (datetime(2026, 3, 31, 23, tzinfo=UTC), datetime(2026, 4, 1, 23, tzinfo=UTC))
    ]
    assert busy("UID:f\nDTSTART:20260401T090000\nDTEND:20260401T100000") == [
        (datetime(2026, 4, 1, 8, tzinfo=UTC), datetime(2026, 4, 1, 9, tzinfo=UTC))
    ]
    assert busy(WEEKLY + "\nTRANSP:TRANSPARENT") == []
    assert busy(WEEKLY + "\nSTATUS:CANCELLED") == []
    assert len(busy(WEEKLY + "\nEXDATE;TZID=Europe/London:20260323T093000")) == 2


@pytest.mark.parametrize(
    ("event", "row", "words"),
    [
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ=FORTNIGHTLY", 7, "no such frequency"),
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ=WEEKLY;INTERVAL=0", 7, "interval"),
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ=WEEKLY;BYDAY=XX", 7, "weekday"),
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ=DAILY;UNTIL=20260231", 7, "does not exist"),
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20260401", 7, "both"),
        ("UID:a\nDTSTART:20260316T093000\nRRULE:FREQ", 7, "without a value"),
        ("UID:a\nRRULE:INTERVAL=2\nDTSTART:20260316T093000", 6, "no such frequency"),
        ("UID:a\nDTSTART:notadate", 5, "DTSTART"),
        ("UID:a\nSUMMARY:x", 5, "no start"),
        ("UID:a\nDTSTART:20260316T103000\nDTEND:20260316T093000", 5, "ends before"),
    ],
)
def test_a_broken_entry_is_refused_with_its_line_and_the_remedy(
    event: str, row: int, words: str
) -> None:
    with pytest.raises(BadInput) as refused:
        busy(event)
    said = str(refused.value)
    assert words in said
    assert f"row {row}" in said
    assert "olive.ics" in said
    assert "export the file again" in said


@pytest.mark.parametrize(
    "data",
    [b"", b"urn,name\n1,2\n", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", b"\xff\xfe", b"<html></html>"],
)
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read_busy(data, FIRST, LAST, file="x.ics")


@given(st.binary(max_size=200) | st.text(max_size=200).map(calendar))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_busy(data, FIRST, LAST, file="x.ics")
    except BadInput:
        return


def test_an_answer_is_read_and_anything_else_is_no_answer() -> None:
    answer = calendar(
        "UID:mtg_1@linkwork\nSEQUENCE:2\nDTSTART:20260316T093000\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:Sam@School.example"
    ).replace(b"VERSION", b"METHOD:REPLY\r\nVERSION")
    assert replies(answer) == [("mtg_1@linkwork", 2, "sam@school.example", "accepted")]
    for other in (answer.replace(b"METHOD:REPLY", b"METHOD:REQUEST"), b"", calendar("UID:x")):
        with pytest.raises(BadInput, match="not an answer"):
            replies(other)
