"""Arbor's objects to pupils and marks. Pure: what was fetched comes in as arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from linkwork import upn as upns
from linkwork import vocabulary
from linkwork.errors import ShapeChanged
from linkwork.register import HALVES, Enrolment, Pupil

Item = Mapping[str, Any]
LONGEST_CODE = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """One roll-call record: who, when, which code, and how late."""

    pupil_id: str
    day: date
    half: str
    code: str
    minutes_late: int | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What records point to: the code of each mark, and AM or PM of each roll call, by address."""

    codes: Mapping[str, str]
    halves: Mapping[str, str]


@dataclass(slots=True)
class Details:
    """Lists about pupils, each possibly empty where the school gives no permission for it."""

    persons: Iterable[Item] = ()
    upns: Iterable[Item] = ()
    enrolments: Iterable[Item] = ()
    levels: Iterable[Item] = ()
    level_memberships: Iterable[Item] = ()
    forms: Iterable[Item] = ()
    form_memberships: Iterable[Item] = ()
    institution: str | None = None
    as_of: date | None = None


def reference(value: Any) -> str | None:
    """The address of the object a property points to; None when it points to nothing."""
    href = value.get("href") if isinstance(value, Mapping) else value
    return href if isinstance(href, str) and href else None


def identity(href: str) -> str:
    """The last part of an address: `/rest-v2/students/12` is 12."""
    return href.rstrip("/").rsplit("/", 1)[-1]


def day(value: Any) -> date | None:
    """A date given as text or as an object; Arbor's times have no zone and are local."""
    text = value.get("date") if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise ShapeChanged(
            "Arbor gave a date in an unknown shape", remedy="Update the plugin"
        ) from error


def codes(marks: Iterable[Item]) -> dict[str, str]:
    """The code of each attendance mark, by address.

    The sign in the register stands in `attendanceMark`; `code` is Arbor's own key, such as
    PRESENT, and serves only where it is itself as short as a code.
    """
    found = {}
    for mark in marks:
        href = reference(mark)
        signs = (mark.get("attendanceMark"), mark.get("code"))
        sign = next((s for s in signs if isinstance(s, str) and 0 < len(s) <= LONGEST_CODE), None)
        if href and sign:
            found[href] = sign.strip().upper()
    return found


def halves(roll_calls: Iterable[Item], types: Iterable[Item]) -> dict[str, str]:
    """AM or PM of each roll call, by address: from its register type, else from its own name."""
    by_type = {
        reference(each): "AM" if each.get("isMorning") else "PM"
        for each in types
        if bool(each.get("isMorning")) != bool(each.get("isAfternoon"))
    }
    found = {}
    for call in roll_calls:
        href = reference(call)
        half = by_type.get(reference(call.get("attendanceRegisterType")))
        names = (str(call.get(name, "")).upper() for name in ("code", "shortName"))
        half = half or next((name for name in names if name in HALVES), None)
        if href and half:
            found[href] = half
    return found


def mark(record: Item, lookup: Lookup) -> Mark | None:
    """A roll-call record as a mark; None for one without a pupil, a mark, or a held roll call.

    Raises ShapeChanged where it points to a mark or roll call that Arbor did not list.
    """
    student, code = reference(record.get("student")), reference(record.get("attendanceMark"))
    call, when = reference(record.get("attendanceRollCall")), day(record.get("recordDate"))
    if student is None or call is None or when is None or code is None:
        return None
    if code not in lookup.codes or call not in lookup.halves:
        what = "an attendance mark" if code not in lookup.codes else "a roll call"
        raise ShapeChanged(
            f"a roll-call record points to {what} that Arbor does not list with its sign",
            remedy="Allow the application to read attendance-marks, attendance-roll-calls and "
            "attendance-register-types whole",
        )
    late = record.get("minutesLate")
    minutes = late if isinstance(late, int) and 0 < late < 1000 else None
    return Mark(identity(student), when, lookup.halves[call], lookup.codes[code], minutes)


def pupils(students: Iterable[Item], details: Details) -> list[Pupil]:
    """Every pupil, in Arbor's order; of a shared Arbor only those of `details.institution`."""
    persons = {reference(each): each for each in details.persons}
    numbers = _open_first(details.upns, "endDatetime")
    spells = _enrolments(details.enrolments, details.institution)
    years = _labels(details.level_memberships, details.levels, "academicLevel", details.as_of)
    forms = _labels(details.form_memberships, details.forms, "registrationForm", details.as_of)
    found = []
    for student in students:
        href = reference(student)
        if href is None or (details.institution and href not in spells):
            continue
        person = persons.get(reference(student.get("person")), {})
        number = str(numbers.get(href, {}).get("upn") or "").upper() or None
        found.append(
            Pupil(
                identity(href),
                upn=number,
                upn_temporary=_is_temporary(number, numbers.get(href, {})),
                surname=_text(person.get("legalLastName")),
                forename=_text(person.get("legalFirstName")),
                date_of_birth=day(person.get("dateOfBirth")),
                sex=_sex(person.get("gender")),
                year_group=_year(years.get(href)),
                form=forms.get(href),
                enrolments=tuple(spells.get(href, [Enrolment()])),
            )
        )
    return found


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _is_temporary(number: str | None, assignment: Item) -> bool:
    if number is None:
        return False
    said = assignment.get("isTemporary")
    return (
        said if isinstance(said, bool) else not upns.problem(number) and upns.is_temporary(number)
    )


def _open_first(items: Iterable[Item], end: str) -> dict[str, Item]:
    """One item a student: the one without an end, else the last listed."""
    found: dict[str, Item] = {}
    for item in items:
        student = reference(item.get("student"))
        if student and (student not in found or found[student].get(end) or not item.get(end)):
            found[student] = item
    return found


def _enrolments(items: Iterable[Item], institution: str | None) -> dict[str, list[Enrolment]]:
    found: dict[str, list[Enrolment]] = {}
    for item in items:
        student = reference(item.get("student"))
        at = reference(item.get("educationalInstitution"))
        if student and (institution is None or at is None or at == institution):
            spell = Enrolment(day(item.get("entryDate")), day(item.get("leavingDate")))
            found.setdefault(student, []).append(spell)
    for spells in found.values():
        spells.sort(key=lambda each: each.start or date.min)
    return found


def _labels(
    memberships: Iterable[Item], groups: Iterable[Item], link: str, as_of: date | None
) -> dict[str, str]:
    """The name of the group each student is in on `as_of`, or was in last."""
    names = {
        reference(each): str(each.get("shortName") or each.get(f"{link}Name") or "")
        for each in groups
    }
    best: dict[str, tuple[date, str]] = {}
    for each in memberships:
        student, start = reference(each.get("student")), day(each.get("startDate")) or date.min
        name = names.get(reference(each.get(link)))
        if student and name and (as_of is None or start <= as_of):
            best[student] = max(best.get(student, (date.min, name)), (start, name))
    return {student: name for student, (_, name) in best.items()}


def _year(label: str | None) -> str | None:
    if not label:
        return None
    # What is no year group is for the school's eyes: it leaves as "other".
    return vocabulary.year_group(label) or " ".join(label.split())


def _sex(value: Any) -> str | None:
    name = identity(reference(value) or "") if isinstance(value, Mapping) else str(value or "")
    return name[:1].upper() or None
