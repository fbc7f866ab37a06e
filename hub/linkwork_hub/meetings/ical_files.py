"""Reading somebody's calendar: only when they are busy, never what for."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from linkwork.errors import BadInput
from linkwork_hub.meetings.models import Busy

MAX_BYTES = 8 * 1024 * 1024
MOST = 20_000  # stretches of one calendar: beyond, something repeats without sense
_HERE = ZoneInfo("Europe/London")
_KEEP = "Correct it in the calendar and export the file again"
_FREQ = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")


def read_busy(data: bytes, first: date, last: date, *, file: str) -> list[Busy]:
    """When the calendar's owner is busy within first..last, both days inside, in order.

    Free (transparent) and cancelled entries are left out; whole days end at midnight here. Names
    and words are never looked at. Raises BadInput with the line and the remedy: for a file that
    is no calendar, an entry without a start, a recurrence that cannot be followed.
    """
    if len(data) > MAX_BYTES:
        raise BadInput("the calendar is larger than 8 MiB", remedy="Export fewer years", file=file)
    lines = _lines(data, file)
    _check_lines(lines, file)
    try:
        calendar = Calendar.from_ical(data)
    except (ValueError, KeyError, IndexError) as error:
        raise BadInput(
            "this is not an iCalendar file", remedy="Export it as .ics again", file=file
        ) from error
    for event in calendar.walk("VEVENT"):
        _check_event(event, lines, file)
    start = datetime.combine(first, time(), tzinfo=_HERE)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=_HERE)
    try:
        found = recurring_ical_events.of(calendar).between(start, end)
    except Exception as error:
        # Whatever the library stumbles over, the file is not followed half-way.
        raise BadInput("a recurrence cannot be followed", remedy=_KEEP, file=file) from error
    if len(found) > MOST:
        raise BadInput(f"more than {MOST:,} entries", remedy="Export fewer years", file=file)
    stretches = {_busy(event) for event in found if _counts(event)}
    return sorted(
        (busy for busy in stretches if busy.ends > start and busy.starts < end),
        key=lambda busy: (busy.starts, busy.ends),
    )


def _lines(data: bytes, file: str) -> list[tuple[int, str]]:
    """The lines with their numbers, folded ones joined to the line they began on."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"byte {error.start} is not UTF-8", remedy="Export it as .ics again", file=file, row=row
        ) from error
    found: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line[:1] in {" ", "\t"} and found:
            found[-1] = (found[-1][0], found[-1][1] + line[1:])
        elif line:
            found.append((number, line))
    if not found or found[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise BadInput(
            "this is not an iCalendar file: it does not begin with BEGIN:VCALENDAR",
            remedy="Export the calendar as .ics",
            file=file,
            row=1,
        )
    if found[-1][1].strip().upper() != "END:VCALENDAR":
        raise BadInput(
            "the calendar ends before END:VCALENDAR: the file was cut off",
            remedy="Export it again",
            file=file,
            row=found[-1][0],
        )
    return found


def _check_lines(lines: list[tuple[int, str]], file: str) -> None:
    for number, line in lines:
        name, _, value = line.partition(":")
        if name.partition(";")[0].upper() == "RRULE":
            problem = _broken_rule(value)
            if problem:
                raise BadInput(
                    f"the recurrence {value[:60]!r} {problem}",
                    remedy=_KEEP,
                    file=file,
                    row=number,
                    column="RRULE",
                )


def _broken_rule(value: str) -> str:
    """What is wrong with a recurrence, or ""."""
    parts = dict.fromkeys(("FREQ",), "")
    for part in value.strip().split(";"):
        key, equals, given = part.partition("=")
        if not equals or not given:
            return f"has the part {part!r} without a value"
        parts[key.upper()] = given.upper()
    checks = {
        "FREQ": (parts["FREQ"] in _FREQ, f"repeats {parts['FREQ'] or 'never'}: no such frequency"),
        "INTERVAL": (_number(parts.get("INTERVAL", "1")), "has an interval that is no number"),
        "COUNT": (_number(parts.get("COUNT", "1")), "has a count that is no number"),
        "UNTIL": (_moment(parts.get("UNTIL", "20260101")), "ends on a day that does not exist"),
        "BYDAY": (_weekdays(parts.get("BYDAY", "MO")), "names a weekday that does not exist"),
        "both": (not {"COUNT", "UNTIL"} <= set(parts), "has both a count and an end"),
    }
    return next((words for sound, words in checks.values() if not sound), "")


def _number(value: str) -> bool:
    return re.fullmatch(r"[1-9]\d{0,4}", value) is not None


def _weekdays(value: str) -> bool:
    return all(re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", v) for v in value.split(","))


def _moment(value: str) -> bool:
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?", value)
    try:
        return found is not None and bool(date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError:
        return False


def _check_event(event: Component, lines: list[tuple[int, str]], file: str) -> None:
    """An entry needs a start it can be placed by, and what the library could not read is named."""
    row = _row_of(str(event.get("UID", "")), lines)
    for name, _problem in getattr(event, "errors", ()):
        raise BadInput(f"{name} cannot be read", remedy=_KEEP, file=file, row=row, column=name)
    if "DTSTART" not in event:
        raise BadInput("an entry has no start", remedy=_KEEP, file=file, row=row, column="DTSTART")
    start, end = _time_of(event, "DTSTART"), _time_of(event, "DTEND")
    if start is None:
        raise BadInput(
            "an entry's start is no time", remedy=_KEEP, file=file, row=row, column="DTSTART"
        )
    if end is not None and type(end) is type(start) and _as_moment(end) < _as_moment(start):
        raise BadInput(
            "an entry ends before it starts", remedy=_KEEP, file=file, row=row, column="DTEND"
        )


def _row_of(uid: str, lines: list[tuple[int, str]]) -> int | None:
    return next((number for number, line in lines if uid and line.strip() == f"UID:{uid}"), None)


def _counts(event: Component) -> bool:
    free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    return not free and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _time_of(event: Component, name: str) -> date | datetime | None:
    value: object = getattr(event.get(name), "dt", None)
    return value if isinstance(value, date) else None


def _busy(event: Component) -> Busy:
    start = _time_of(event, "DTSTART") or date.min
    end = _time_of(event, "DTEND") or start
    if not isinstance(start, datetime) and end == start:
        end = start + timedelta(days=1)
    return Busy(_as_moment(start), _as_moment(end))


def _as_moment(value: date | datetime) -> datetime:
    """A moment with its zone; a day begins at midnight here, a floating hour is meant here."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), tzinfo=_HERE)
    return value.replace(tzinfo=_HERE) if value.tzinfo is None else value


def replies(data: bytes) -> list[tuple[str, int, str, str]]:
    """The answers in a REPLY: UID, SEQUENCE, address and PARTSTAT in small letters.

    Raises BadInput when the bytes are no reply.
    """
    wrong = BadInput(
        "this is not an answer to an invitation", remedy="Answer from the calendar again"
    )
    try:
        calendar = Calendar.from_ical(data)
        found = []
        for event in calendar.walk("VEVENT"):
            attendee = event["ATTENDEE"]
            for one in attendee if isinstance(attendee, list) else [attendee]:
                email = str(one).lower().removeprefix("mailto:")
                answer = str(one.params.get("PARTSTAT", "")).lower()
                sequence = int(str(event.get("SEQUENCE", 0)))
                found.append((str(event["UID"]), sequence, email, answer))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise wrong from error
    if str(calendar.get("METHOD", "")).upper() != "REPLY" or not found:
        raise wrong
    return found
