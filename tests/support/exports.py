"""A made-up school as the files that schools' systems and spreadsheets write of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

from linkwork.register import Pupil, Register, Session

Row = list[str]
DETAILS = [
    *("Adno", "UPN", "Legal Surname", "Forename", "DOB", "Gender", "Year", "Reg"),
    *("Admission Date", "Date of Leaving"),
]
PREAMBLE = [
    ["Collège Sainte-Anne: session marks"],
    ["Date range", "01/09/2026", "to", "20/11/2026"],
    [],
]


def british(day: date | None) -> str:
    """As English systems write a date."""
    return day.strftime("%d/%m/%Y") if day else ""


def details(pupil: Pupil) -> Row:
    """A pupil's cells under `DETAILS`."""
    enrolment = pupil.enrolments[0]
    year = pupil.year_group or ""
    return [
        pupil.pupil_id,
        pupil.upn or "",
        pupil.surname or "",
        pupil.forename or "",
        british(pupil.date_of_birth),
        {"F": "Female", "M": "Male"}.get(pupil.sex or "", ""),
        "Reception" if year == "R" else f"Year  {year}" if year else "",
        f" {pupil.form or ''} ",
        british(enrolment.start),
        british(enrolment.end),
    ]


def on_roll(register: Register) -> Iterator[tuple[int, Pupil]]:
    yield from enumerate(register.pupils)


def codes_of(register: Register, place: int) -> dict[Session, str]:
    return {session: code or "" for session, code in register.marks(place)}


def days_of(register: Register) -> list[date]:
    return sorted({session.date for session in register.sessions})


def minutes(register: Register, place: int, session: Session) -> str:
    at = register.sessions.index(session) if register.minutes_late else 0
    found = register.minutes_late.get((at, place))
    return "" if found is None else str(found)


def long_rows(register: Register) -> Iterator[Row]:
    yield [*DETAILS, "Mark Date", "Session", "Mark", "Minutes Late"]
    for place, pupil in on_roll(register):
        for session, code in codes_of(register, place).items():
            if not pupil.on_roll(session.date):
                continue
            when = [british(session.date), session.half, code or "-"]
            yield [*details(pupil), *when, minutes(register, place, session)]


def day_rows(register: Register) -> Iterator[Row]:
    yield [*DETAILS, "Date", "AM Mark", "PM Mark", "AM Minutes Late", "PM Minutes Late"]
    for place, pupil in on_roll(register):
        marks = codes_of(register, place)
        for day in days_of(register):
            if pupil.on_roll(day):
                both = [Session(day, "AM"), Session(day, "PM")]
                codes = [marks.get(session, "") for session in both]
                late = [minutes(register, place, s) if s in marks else "" for s in both]
                yield [*details(pupil), british(day), *codes, *late]


def date_rows(register: Register) -> Iterator[Row]:
    sessions = [Session(day, half) for day in days_of(register) for half in ("AM", "PM")]
    yield [*DETAILS, *(f"{s.date:%a} {british(s.date)} {s.half}" for s in sessions)]
    yield from _wide(register, sessions)


def two_header_rows(register: Register) -> Iterator[Row]:
    days = days_of(register)
    yield ["" for _ in DETAILS] + [cell for day in days for cell in (f"{day:%d-%b-%Y}", "")]
    yield [*DETAILS, *(["AM", "PM"] * len(days))]
    yield from _wide(register, [Session(day, half) for day in days for half in ("AM", "PM")])


def _wide(register: Register, sessions: list[Session]) -> Iterator[Row]:
    for place, pupil in on_roll(register):
        marks = codes_of(register, place)
        yield [*details(pupil), *(marks.get(session, "") for session in sessions)]


def pair_rows(register: Register) -> Iterator[Row]:
    days = days_of(register)
    yield [*DETAILS, *(british(day) for day in days)]
    for place, pupil in on_roll(register):
        marks = codes_of(register, place)
        cells = []
        for day in days:
            both = [marks.get(Session(day, half), "") or "-" for half in ("AM", "PM")]
            joined = "".join(both)
            apart = len(joined) > 2
            cells.append("" if joined == "--" else (" " if apart else "").join(both))
        yield [*details(pupil), *cells]


def string_rows(register: Register, *, commas: bool, weekends: bool) -> Iterator[Row]:
    yield [*DETAILS, "Start Date", "Marks"]
    for place, pupil in on_roll(register):
        start, codes = string_of(register, place, weekends)
        text = ",".join(codes) if commas else "".join(code or "-" for code in codes)
        yield [*details(pupil), british(start), text]


def string_of(register: Register, place: int, weekends: bool) -> tuple[date, list[str]]:
    """From Monday of the first week to the last day: every weekday, or every day."""
    marks = codes_of(register, place)
    first, last = register.sessions[0].date, register.sessions[-1].date
    start = first - timedelta(first.weekday())
    days = [start + timedelta(n) for n in range((last - start).days + 1)]
    chosen = [day for day in days if weekends or day.weekday() < 5]
    held = set(days_of(register))
    return start, [
        marks.get(Session(day, half), "") if day in held else "#" if day.weekday() > 4 else ""
        for day in chosen
        for half in ("AM", "PM")
    ]


def totals(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with a title above and totals below, as reports have them."""
    yield from PREAMBLE
    width, count = 0, -1
    for row in rows:
        width, count = len(row), count + 1
        yield row
    yield ["Total", *("" for _ in range(width - 2)), str(count)]
    yield ["Printed on 20/11/2026 at 16:00"]


def text(rows: Iterable[Row], path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def workbook(rows: Iterable[Row], path: Path) -> Path:
    """Dates as Excel dates, on the second sheet, under a sheet of notes."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Made up for a test"])
    sheet = book.create_sheet("Marks")
    for row in rows:
        sheet.append([_excel(cell) for cell in row])
    book.save(path)
    return path


def _excel(text: str) -> str | date | None:
    parts = text.split("/")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    return text or None


def ctf(register: Register, path: Path, *, version: int, weekends: bool) -> Path:
    """A Common Transfer File: commas from version 24 on, a sign a session before."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>\n<CTfile>\n <Header>',
        f"<DocumentName>Common Transfer File</DocumentName><CTFversion>{version}.0</CTFversion>",
        "<SourceSchool><LEA>999</LEA><Estab>9999</Estab><SchoolName>Example School</SchoolName>",
        "<AcademicYear>2026</AcademicYear></SourceSchool></Header>\n <CTFpupilData>\n",
    ]
    sex = "Sex" if version > 24 else "Gender"
    for place, pupil in on_roll(register):
        start, codes = string_of(register, place, weekends)
        signs = ",".join(codes) if version >= 24 else "".join(code or "-" for code in codes)
        enrolment = pupil.enrolments[0]
        here = "<LEA>999</LEA><Estab>9999</Estab>"
        lines.append(
            f"<Pupil><UPN>{pupil.upn}</UPN><Surname>{escape(pupil.surname or '')}</Surname>"
            f"<Forename>{escape(pupil.forename or '')}</Forename><DOB>{pupil.date_of_birth}</DOB>"
            f"<{sex}>{pupil.sex}</{sex}><BasicDetails><NCyearActual>{pupil.year_group}"
            f"</NCyearActual></BasicDetails><SchoolHistory><School>{here}<EntryDate>"
            f"{enrolment.start or ''}</EntryDate><LeavingDate>{enrolment.end or ''}</LeavingDate>"
            f"</School></SchoolHistory><Attendance><YearData><Year>2025</Year><LEA>888</LEA>"
            "<Estab>8888</Estab><AttendSessions><AttendanceStartDate>2026-09-07"
            "</AttendanceStartDate><AttendanceMarks>N,N</AttendanceMarks></AttendSessions>"
            f"</YearData><YearData><Year>2026</Year>{here}<AttendSessions><AttendanceStartDate>"
            f"{start}</AttendanceStartDate><AttendanceMarks>{escape(signs)}</AttendanceMarks>"
            "</AttendSessions></YearData></Attendance></Pupil>\n"
        )
    lines.append(" </CTFpupilData>\n</CTfile>\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def arbor_bi(register: Register, folder: Path) -> Path:
    """Three tables of the BI extract."""
    folder.mkdir(exist_ok=True)
    marks = [
        [
            *("ATTENDANCE_ROLL_CALL_RECORD_ID", "STUDENT_UNIQUE_ID", "STUDENT_ID", "RAW_MARK"),
            *("MARK_CODE", "MINUTES_LATE", "PERIOD", "DATE", "IS_PRESENT"),
        ]
    ]
    students = [
        [
            *("STUDENT_UNIQUE_ID", "STUDENT_ID", "UPN", "LEGAL_FIRST_NAME", "LEGAL_LAST_NAME"),
            *("DATE_OF_BIRTH", "SEX", "CURRENT_YEAR_GROUP", "CURRENT_REGISTRATION_GROUP", "EAL"),
        ]
    ]
    spells = [["STUDENT_UNIQUE_ID", "START_DATE", "END_DATE", "CURRENTLY_ON_ROLL"]]
    for place, pupil in on_roll(register):
        number = str(1000 + place)
        year = "Reception" if pupil.year_group == "R" else f"Year {pupil.year_group}"
        students.append(
            [
                *(pupil.pupil_id, number, pupil.upn or "", pupil.forename or ""),
                *(pupil.surname or "", f"{pupil.date_of_birth} 00:00:00", pupil.sex or "", year),
                *(pupil.form or "", "False"),
            ]
        )
        enrolment = pupil.enrolments[0]
        spells.append([pupil.pupil_id, *(f"{d} 00:00:00" if d else "" for d in
                       (enrolment.start, enrolment.end)), "True"])  # fmt: skip
        for session, code in codes_of(register, place).items():
            late = minutes(register, place, session)
            marks.append(
                [
                    *(str(len(marks)), pupil.pupil_id, number, code, "SOME_KEY", late),
                    *(session.half, f"{session.date} 00:00:00", "True"),
                ]
            )
    text(marks, folder / "ROLL_CALL_ATTENDANCE.csv")
    text(students, folder / "STUDENTS.csv")
    text(spells, folder / "STUDENT_SCHOOL_ENROLMENTS.csv")
    return folder


#: Every shape by name: writes the register into a folder; the path to read.
Writer = Callable[[Register, Path], Path]
SHAPES: dict[str, Writer] = {
    "long, semicolons, cp1252, preamble and totals": lambda r, f: text(
        totals(long_rows(r)), f / "marks.csv", delimiter=";", encoding="cp1252"
    ),
    "long, tabs, UTF-16": lambda r, f: text(
        long_rows(r), f / "marks.txt", delimiter="\t", encoding="utf-16"
    ),
    "day-wide, commas, BOM": lambda r, f: text(day_rows(r), f / "days.csv", encoding="utf-8-sig"),
    "date-wide, one header row": lambda r, f: text(
        totals(date_rows(r)), f / "wide.csv", encoding="cp1252"
    ),
    "date-wide, two header rows": lambda r, f: text(
        totals(two_header_rows(r)), f / "wide.csv", delimiter="\t", encoding="utf-16"
    ),
    "date-wide, two marks a cell": lambda r, f: text(pair_rows(r), f / "pairs.csv"),
    "marks string, commas": lambda r, f: text(
        string_rows(r, commas=True, weekends=False), f / "strings.csv"
    ),
    "marks string with weekends, semicolons": lambda r, f: text(
        totals(string_rows(r, commas=True, weekends=True)), f / "s.csv", delimiter=";"
    ),
    "workbook, long": lambda r, f: workbook(totals(long_rows(r)), f / "marks.xlsx"),
    "workbook, two header rows": lambda r, f: workbook(two_header_rows(r), f / "wide.xlsx"),
    "Arbor BI extract": lambda r, f: arbor_bi(r, f / "bi"),
}
#: Shapes that cannot hold a code of two signs.
SINGLE: dict[str, Writer] = {
    "marks string, one sign a session": lambda r, f: text(
        string_rows(r, commas=False, weekends=False), f / "strings.csv"
    ),
    "marks string, one sign, weekends": lambda r, f: text(
        string_rows(r, commas=False, weekends=True), f / "strings.csv"
    ),
}
#: Transfer files know a pupil by its UPN alone.
CTF: dict[str, Writer] = {
    "CTF 25": lambda r, f: ctf(r, f / "999.xml", version=25, weekends=False),
    "CTF 24 with weekends": lambda r, f: ctf(r, f / "999.xml", version=24, weekends=True),
    "CTF 21": lambda r, f: ctf(r, f / "999.xml", version=21, weekends=False),
}
