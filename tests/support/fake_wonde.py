"""A server that answers as Wonde's is published to, for one made-up school."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from linkwork.register import Pupil, Register
from linkwork.testing import Answer, Request

SCHOOL, TOKEN = "A1930499544", "t0ken"
Row = dict[str, Any]


def at(day: date | None) -> Row | None:
    """A point in time as Wonde writes it."""
    if day is None:
        return None
    return {"date": f"{day} 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"}


def student(pupil: Pupil) -> Row:
    """A student with what was included."""
    enrolment = pupil.enrolments[0]
    return {
        "id": pupil.pupil_id,
        "upi": None,
        "mis_id": "1",
        "surname": pupil.surname,
        "forename": pupil.forename,
        "legal_surname": pupil.surname,
        "legal_forename": pupil.forename,
        "gender": {"F": "FEMALE", "M": "MALE"}.get(pupil.sex or ""),
        "date_of_birth": at(pupil.date_of_birth),
        "year": {"data": {"code": pupil.year_group, "name": f"Year {pupil.year_group}"}},
        "education_details": {
            "data": {
                "upn": pupil.upn,
                "admission_date": at(enrolment.start),
                "leaving_date": at(enrolment.end),
            }
        },
    }


def records(register: Register, pupils: Sequence[Pupil]) -> list[Row]:
    """Session records of these pupils; a session without a mark has none."""
    return [
        {
            "id": f"S{place}-{at_}",
            "date": at(session.date),
            "session": session.half,
            "comment": None,
            "minutes_late": register.minutes_late.get((at_, place)),
            "student": {"data": {"id": pupil.pupil_id, "upi": None}},
            "attendance_code": {"data": {"id": "A2", "code": code}},
        }
        for pupil in pupils
        for place in (register.pupil_index(pupil.pupil_id),)
        for at_, (session, code) in enumerate(register.marks(place))
        if code
    ]


@dataclass
class FakeWonde:
    """Answers as Wonde; `change` may spoil each row on its way out. `asked` keeps the questions."""

    lists: Mapping[str, list[Row]]
    change: Callable[[Row], Row] = dict
    per_page: int = 0
    asked: list[Request] = field(default_factory=list)

    @classmethod
    def of(cls, register: Register) -> FakeWonde:
        """A school's register, those who left on the lists of their own."""
        left = [pupil for pupil in register.pupils if pupil.enrolments[0].end]
        stayed = [pupil for pupil in register.pupils if not pupil.enrolments[0].end]
        return cls(
            {
                "students": [student(pupil) for pupil in stayed],
                "students-leaver": [student(pupil) for pupil in left],
                "attendance/session": records(register, stayed),
                "attendance-leavers/session": records(register, left),
            }
        )

    def answer(self, request: Request) -> Answer:
        """One page of a list."""
        self.asked.append(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, b'{"error": "unauthorized"}')
        parts = urlsplit(request.path)
        what = parts.path.removeprefix(f"/v1.0/schools/{SCHOOL}/")
        if what not in self.lists:
            return Answer(404, b'{"error": "not found"}')
        given = dict(parse_qsl(parts.query))
        size, page = self.per_page or int(given["per_page"]), int(given.get("page", 1))
        rows = [self.change(row) for row in self.lists[what][size * (page - 1) : size * page]]
        more = len(self.lists[what]) > size * page
        host = f"http://{request.headers['host']}"
        after = f"{host}{parts.path}?{urlencode(given | {'page': page + 1})}" if more else None
        pages = {"next": after, "previous": None, "more": more, "per_page": str(size)}
        body = {"data": rows, "meta": {"pagination": pages | {"current_page": page}}}
        return Answer(200, json.dumps(body).encode())
