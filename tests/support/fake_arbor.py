"""A server on this computer that answers as Arbor's published interface does, faults included."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from linkwork.register import Pupil, Register

Item = dict[str, Any]
USER, TOKEN = "linkwork", "made-up-token"
#: Arbor's own keys of some marks; the sign in the register stands beside them.
KEYS = {"/": "PRESENT", "\\": "PRESENT_PM", "L": "LATE", "N": "NO_REASON_YET", "I": "ILLNESS"}


@dataclass
class FakeArbor:
    """What is served, and how it misbehaves.

    `first_page` is the number of the first page, `cap` the most rows a page. `faults` maps a
    list to "links" (addresses only), "repeat" (page 1 for ever), "empty-object", "html",
    "redirect", "hang", "text", "inner-404", or a status number.
    """

    lists: dict[str, tuple[str, list[Item]]]
    first_page: int = 1
    cap: int = 200
    faults: dict[str, str | int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, target: str, token: str) -> tuple[int, str, bytes]:
        """Status, content type and body for one request."""
        address = urlsplit(target)
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        self.asked.append(target)
        if token != "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode():
            return 401, "application/json", b'{"response":{"code":401,"reason":"Unauthorized"}}'
        path, _, last = address.path.removeprefix("/rest-v2/").partition("/")
        if path not in self.lists:
            return 404, "application/json", b'{"response":{"code":404,"reason":"Not Found"}}'
        root, rows = self.lists[path]
        if last:
            [one] = [row for row in rows if row["href"] == address.path]
            return _json({root[:-1]: one})
        fault = self.faults.get(path)
        if fault is not None and fault not in {"links", "repeat"}:
            return self._misbehave(fault)
        page = self._page(_filtered(rows, asked), asked, repeat=fault == "repeat")
        if fault == "links":
            page = [{name: row[name] for name in ("entityType", "href")} for row in page]
        return _json({root: page})

    def _page(self, rows: list[Item], asked: dict[str, str], *, repeat: bool) -> list[Item]:
        size = min(int(asked.get("page-size", "100")), self.cap)
        number = self.first_page if repeat else int(asked.get("page-number", self.first_page))
        start = (number - self.first_page) * size
        return rows[start : start + size]

    def _misbehave(self, fault: str | int) -> tuple[int, str, bytes]:
        if isinstance(fault, int):
            return fault, "application/json", b'{"response":{"code":%d,"reason":"x"}}' % fault
        if fault == "hang":
            time.sleep(2)
        return {
            "empty-object": (200, "application/json", b"{}"),
            "html": (200, "text/html", b"<html><head><title>Site blocked</title></head></html>"),
            "redirect": (302, "text/html", b""),
            "hang": (200, "application/json", b"{}"),
            "text": (200, "application/json", b'{"students": "all of them"}'),
            "inner-404": (200, "application/json", b'{"response":{"code":404}}'),
            "deep": (200, "application/json", b'{"a":' * 100_000),
        }[fault]


@contextmanager
def serving(fake: FakeArbor) -> Iterator[str]:
    """Serve on a free port of this computer; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = fake.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in fake.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def lists_of(register: Register, urn: str) -> dict[str, tuple[str, list[Item]]]:
    """A made-up school as Arbor's lists, by path, each with the key its rows stand under."""
    pupils = register.pupils
    years = sorted({pupil.year_group or "" for pupil in pupils})
    forms = sorted({pupil.form or "" for pupil in pupils})
    school = _object("EducationalInstitution", "educational-institutions", "1")
    return {
        "students": ("students", [_student(pupil) for pupil in pupils]),
        "persons": ("persons", [_person(pupil) for pupil in pupils]),
        "uk-dfe_upn-assignments": ("ukDfe_UpnAssignments", [_upn(pupil) for pupil in pupils]),
        "educational-institutions": ("educationalInstitutions", [school | {"urn": urn}]),
        "educational-institution-enrolments": (
            "educationalInstitutionEnrolments",
            [_enrolment(pupil) for pupil in pupils],
        ),
        "academic-levels": (
            "academicLevels",
            [_named("AcademicLevel", "academic-levels", year, "Year ") for year in years],
        ),
        "academic-level-memberships": (
            "academicLevelMemberships",
            [_member(p, "academicLevel", "academic-levels", p.year_group) for p in pupils],
        ),
        "registration-forms": (
            "registrationForms",
            [_named("RegistrationForm", "registration-forms", form, "") for form in forms],
        ),
        "registration-form-memberships": (
            "registrationFormMemberships",
            [_member(p, "registrationForm", "registration-forms", p.form) for p in pupils],
        ),
        **_attendance(register),
    }


def _attendance(register: Register) -> dict[str, tuple[str, list[Item]]]:
    codes = [code for code in register.codes if code]
    return {
        "attendance-marks": ("attendanceMarks", [_mark(code) for code in codes]),
        "attendance-register-types": (
            "attendanceRegisterTypes",
            [
                _object("AttendanceRegisterType", "attendance-register-types", half)
                | {"isMorning": half == "AM", "isAfternoon": half == "PM"}
                for half in ("AM", "PM")
            ],
        ),
        "attendance-roll-calls": (
            "attendanceRollCalls",
            [
                _object("AttendanceRollCall", "attendance-roll-calls", number)
                | {"attendanceRegisterType": {"href": f"/rest-v2/attendance-register-types/{half}"}}
                for number, half in (("1", "AM"), ("2", "PM"))
            ],
        ),
        "attendance-roll-call-records": ("attendanceRollCallRecords", list(_records(register))),
    }


def _records(register: Register) -> Iterator[Item]:
    number = 9000
    for at, (session, row) in enumerate(zip(register.sessions, register.rows, strict=True)):
        for place, pupil in enumerate(register.pupils):
            if not pupil.on_roll(session.date):
                continue
            number += 1
            code = register.codes[row[place]]
            call = "1" if session.half == "AM" else "2"
            path = "attendance-roll-call-records"
            yield _object("AttendanceRollCallRecord", path, str(number)) | {
                "attendanceRollCall": {"href": f"/rest-v2/attendance-roll-calls/{call}"},
                "recordDate": {"entityType": "date", "date": f"{session.date} 00:00:00"},
                "student": {"entityType": "Student", "href": _href(pupil)},
                "attendanceMark": {"href": _mark(code)["href"]} if code else None,
                "minutesLate": register.minutes_late.get((at, place)),
            }


def _mark(code: str) -> Item:
    key = KEYS.get(code, f"MARK_{'_'.join(str(ord(sign)) for sign in code)}")
    marked = {"code": key, "attendanceMark": code}
    return _object("AttendanceMark", "attendance-marks", key) | marked


def _student(pupil: Pupil) -> Item:
    person = {"person": {"href": f"/rest-v2/persons/{pupil.pupil_id}"}}
    return _object("Student", "students", pupil.pupil_id) | person


def _person(pupil: Pupil) -> Item:
    return _object("Person", "persons", pupil.pupil_id) | {
        "legalFirstName": pupil.forename,
        "legalLastName": pupil.surname,
        "dateOfBirth": f"{pupil.date_of_birth} 00:00:00",
        "gender": {"F": "Female", "M": "Male"}[pupil.sex or "F"],
    }


def _upn(pupil: Pupil) -> Item:
    item = _object("UkDfe_UpnAssignment", "uk-dfe_upn-assignments", pupil.pupil_id)
    return item | {"student": {"href": _href(pupil)}, "upn": pupil.upn, "isTemporary": False}


def _enrolment(pupil: Pupil) -> Item:
    spell = pupil.enrolments[0]
    path = "educational-institution-enrolments"
    return _object("EducationalInstitutionEnrolment", path, pupil.pupil_id) | {
        "student": {"href": _href(pupil)},
        "educationalInstitution": {"href": "/rest-v2/educational-institutions/1"},
        "entryDate": str(spell.start),
        "leavingDate": str(spell.end) if spell.end else None,
    }


def _named(kind: str, path: str, name: str, prefix: str) -> Item:
    shown = "Reception" if (prefix and name == "R") else f"{prefix}{name}"
    return _object(kind, path, name.replace(" ", "-")) | {"shortName": shown}


def _member(pupil: Pupil, link: str, path: str, name: str | None) -> Item:
    return _object("Membership", f"{path}-memberships", pupil.pupil_id) | {
        "student": {"href": _href(pupil)},
        link: {"href": f"/rest-v2/{path}/{(name or '').replace(' ', '-')}"},
        "startDate": "2020-09-01 00:00:00",
    }


def _object(kind: str, path: str, identity: str) -> Item:
    return {"entityType": kind, "href": f"/rest-v2/{path}/{identity}"}


def _href(pupil: Pupil) -> str:
    return f"/rest-v2/students/{pupil.pupil_id}"


def _filtered(rows: list[Item], asked: dict[str, str]) -> list[Item]:
    first = asked.get("filters.recordDate.from", "")
    last = asked.get("filters.recordDate.to", "") or "9"
    if "recordDate" not in (rows[0] if rows else {}):
        return rows
    return [row for row in rows if first <= row["recordDate"]["date"][:10] <= last]


def _json(value: Item) -> tuple[int, str, bytes]:
    return 200, "application/json", json.dumps(value).encode()
