"""Wonde's students and session records to pupils and marks. Pure: no network, files, clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar

from linkwork import upn, vocabulary
from linkwork.errors import PermissionMissing, ShapeChanged
from linkwork.register import Enrolment, Pupil

T = TypeVar("T")
Row = Mapping[str, Any]

#: What is read of a student, as Wonde names it; a dot goes into what was included.
WANTED = (
    *("id", "forename", "surname", "date_of_birth", "gender", "education_details.upn"),
    *("education_details.admission_date", "year.code"),
)


class Mark(NamedTuple):
    """One mark of a session; an empty code is no mark."""

    pupil_id: str
    day: date
    half: str
    code: str
    late: int | None


def pupil(row: Row) -> Pupil:
    """A student. What a scope leaves out is null, and so unknown, never "no"."""
    number = (_text(row, "education_details.upn") or "").upper()
    year = _text(row, "year.code") or _text(row, "education_details.current_nc_year")
    gender = _text(row, "gender")
    return Pupil(
        _id(row, "id", "the students' ids"),
        upn=number or None,
        upn_temporary=bool(number) and not upn.problem(number) and upn.is_temporary(number),
        surname=_text(row, "legal_surname") or _text(row, "surname"),
        forename=_text(row, "legal_forename") or _text(row, "forename"),
        date_of_birth=_optional(row, "date_of_birth", day),
        sex=vocabulary.sex(gender) if gender else None,
        year_group=(vocabulary.year_group(year) or year) if year else None,
        enrolments=(
            Enrolment(
                _optional(row, "education_details.admission_date", day),
                _optional(row, "education_details.leaving_date", day),
            ),
        ),
    )


def mark(row: Row) -> Mark:
    """A session record. Raises PermissionMissing or ShapeChanged naming the field."""
    half = (_text(row, "session") or "").upper()
    if half not in {"AM", "PM"}:
        raise _odd("session")
    when = _optional(row, "date", day)
    if when is None:
        raise _odd("date")
    code = _text(row, "attendance_code.code")
    if code is None:
        raise PermissionMissing(
            "the attendance code of a session", remedy="Have the school approve attendance codes"
        )
    late = _optional(row, "minutes_late", int)
    return Mark(
        _id(row, "student.id", "the student of a session"),
        when,
        half,
        code,
        late if code in {"L", "U"} else None,
    )


def day(text: str) -> date:
    """The day of Wonde's `2015-10-29 14:53:44.000000`: sessions are days, never times."""
    return date.fromisoformat(text[:10])


def value(row: Row, name: str) -> Any:
    """A field, `a.b` being field b of the included object a; None when any of it is missing."""
    found: Any = row
    for part in name.split("."):
        if isinstance(found, dict) and "data" in found:
            found = found["data"]
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    # A point in time is an object of its own.
    return found.get("date") if isinstance(found, dict) else found


def _id(row: Row, name: str, what: str) -> str:
    found = _text(row, name)
    if found is None:
        raise PermissionMissing(what, remedy="Have the school approve it for this token in Wonde")
    return found


def _text(row: Row, name: str) -> str | None:
    found = value(row, name)
    if found is None or found == "":
        return None
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise _odd(name)
    return str(found).strip() or None


def _optional(row: Row, name: str, parse: Callable[[str], T]) -> T | None:
    text = _text(row, name)
    try:
        return None if text is None else parse(text)
    except ValueError as problem:
        raise _odd(name) from problem


def _odd(name: str) -> ShapeChanged:
    return ShapeChanged(
        f"{name} is not what Wonde is known to give",
        remedy="Update the plugin, or tell its authors",
    )
