"""A register, its calendar and contacts as the lines of canonical CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from linkwork.plugin import Contact, PupilContacts
from linkwork.register import Enrolment, Pupil, Register
from linkwork.terms import Entry

_WHO = (
    *("pupil_id", "upn", "surname", "forename", "date_of_birth", "sex", "year_group", "form"),
    *("entry_date", "leaving_date"),
)
_MARK = ("date", "session", "code", "minutes_late")
CONTACTS = (
    *("pupil_id", "contact_id", "title", "forename", "surname", "relationship"),
    *("parental_responsibility", "lives_with", "address1", "address2", "address3", "town"),
    *("postcode", "phone1", "phone2", "email", "language", "priority"),
    *("do_not_contact", "address_confidential"),
)
CALENDAR = ("date", "kind")
TERMS = ("name", "first", "last", "kind", "urn", "year_group")
#: On the roll of this school alone: what an empty `mode` says too.
HERE_ALONE = "C"
#: Minutes stand only beside these codes.
LATE_CODES = ("L", "U")
_DAY = timedelta(days=1)


def register_lines(held: Register, urn: str | None = None) -> Iterator[str]:
    """register.csv, header first: one row a pupil and session on roll, and every other mark.

    With `urn` a column names the school, and one says how a pupil is enrolled where anybody is
    not here alone; they stand before the mark, whose columns read fastest at the end. A time on
    roll without a session, and a pupil without any, has one row without a code, so that nobody is
    lost. Cells are written as they are: a file that programs read again has no apostrophes put
    before its codes.
    """
    modes = any(e.mode != HERE_ALONE for pupil in held.pupils for e in pupil.enrolments)
    more = (*(("mode",) if modes else ()), *(("urn",) if urn else ()))
    yield _line((*_WHO, *more, *_MARK))
    for place, pupil in enumerate(held.pupils):
        yield from _pupil(held, place, pupil, modes=modes, urn=(urn,) if urn else ())


def contact_lines(held: Iterable[PupilContacts]) -> Iterator[str]:
    """contacts.csv, header first: one row a pupil and contact."""
    yield _line(CONTACTS)
    for pupil in held:
        yield from (_line(_contact(pupil.pupil_id, one)) for one in pupil.contacts)


def calendar_lines(days: Iterable[date]) -> Iterator[str]:
    """calendar.csv, header first: one row a school day."""
    yield _line(CALENDAR)
    yield from (_line((day.isoformat(), "school")) for day in sorted(days))


def terms_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """calendar.csv in its other form, header first: one row a term, holiday or closure."""
    yield _line(TERMS)
    for each in entries:
        days = each.first.isoformat(), each.last.isoformat()
        yield _line((each.name, *days, each.kind, each.urn, each.year_group))


def stays(pupil: Pupil, first: date) -> tuple[Enrolment, ...]:
    """A pupil's times on roll as the file can say them: none overlaps, each entry date is once.

    Of several, one without an entry date starts on `first`, the register's first day, or where it
    ends before that. A pupil who was never on roll left the day before. Of two that overlap the
    earlier says how the pupil is enrolled, but a guest is one only on days without another time.
    """
    if not pupil.enrolments:
        return (Enrolment(None, first - _DAY),)
    own = _joined([each for each in pupil.enrolments if each.registered])
    guest = _joined([each for each in pupil.enrolments if not each.registered])
    joined = sorted([*own, *(part for each in guest for part in _beside(each, own))], key=_span)
    if len(joined) > 1 and joined[0].start is None:
        end = joined[0].end
        joined[0] = replace(joined[0], start=min(first, end) if end else first)
    return tuple(joined)


def _span(stay: Enrolment) -> tuple[date, date]:
    return stay.start or date.min, stay.end or date.max


def _joined(stays: Sequence[Enrolment]) -> list[Enrolment]:
    """Those that overlap made one, in order of time."""
    joined: list[Enrolment] = []
    for each in sorted(stays, key=_span):
        before = joined[-1] if joined else None
        if before and (before.end is None or (each.start or date.min) <= before.end):
            joined[-1] = replace(before, end=_later(before.end, each.end))
        else:
            joined.append(each)
    return joined


def _beside(stay: Enrolment, others: Sequence[Enrolment]) -> Iterator[Enrolment]:
    """The parts of a time on roll that none of `others`, in order, covers."""
    start, last = _span(stay)
    for first, end in map(_span, others):
        if end < start or first > last:
            continue
        if start < first:
            yield replace(stay, start=_open(start), end=first - _DAY)
        if end >= last:
            return
        start = end + _DAY
    yield replace(stay, start=_open(start))


def _open(start: date) -> date | None:
    return None if start == date.min else start


def _later(one: date | None, other: date | None) -> date | None:
    """The later of two leaving dates; None is still on roll."""
    return None if one is None or other is None else max(one, other)


def _pupil(
    held: Register, place: int, pupil: Pupil, *, modes: bool, urn: tuple[str, ...]
) -> Iterator[str]:
    first = held.sessions[0].date
    times = stays(pupil, first)
    # The details are the same on every row of a time on roll: quoted once, then only joined.
    starts = [_details(pupil, each, (*((each.mode,) if modes else ()), *urn)) for each in times]
    by_day: dict[date, int | None] = {}
    unused = set(range(len(times)))
    for at, (session, code) in enumerate(held.marks(place)):
        if session.date not in by_day:
            by_day[session.date] = next(
                (n for n, each in enumerate(times) if each.covers(session.date)), None
            )
        stay = by_day[session.date]
        if code is None and stay is None:
            continue
        unused.discard(stay or 0)
        minutes = held.minutes_late.get((at, place), "") if code in LATE_CODES else ""
        session_cells = f"{session.date.isoformat()},{session.half},{_quoted(code or '')}"
        yield f"{starts[stay or 0]},{session_cells},{minutes}\n"
    for stay in sorted(unused):
        yield f"{starts[stay]},{first.isoformat()},{held.sessions[0].half},,\n"


def _details(pupil: Pupil, stay: Enrolment, more: tuple[str, ...]) -> str:
    cells = (
        *(pupil.pupil_id, pupil.upn, pupil.surname, pupil.forename, pupil.date_of_birth),
        *(pupil.sex, pupil.year_group, pupil.form, stay.start, stay.end),
        *more,
    )
    return _line("" if cell is None else str(cell) for cell in cells).removesuffix("\n")


def _quoted(code: str) -> str:
    return _line((code,)).removesuffix("\n") if code else ""


def _contact(pupil_id: str, one: Contact) -> list[str]:
    lines = [*one.address[:-1], "", "", ""][:3] if one.address else ["", "", ""]
    phones = [*one.phones, "", ""][:2]
    cells = (
        *(pupil_id, one.contact_id, one.title, one.forename, one.surname, one.relationship),
        *(one.parental_responsibility, one.lives_with, *lines),
        *(one.address[-1] if one.address else "", one.postcode, *phones),
        *(one.email, one.language, one.priority),
        *(one.do_not_contact, one.address_confidential),
    )
    return [_cell(cell) for cell in cells]


def _cell(value: str | int | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
