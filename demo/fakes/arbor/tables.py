"""A made-up school as Arbor's lists, by entity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from demo.fakes.arbor.model import Ref
from demo.fakes.arbor.people import guardian_tables
from demo.fakes.arbor.records import KEYS, Records, mark_id
from linkwork import codes
from linkwork.codes import CLOSED, Category
from linkwork.register import Pupil, Register
from linkwork.sample import SampleSchool

Row = dict[str, Any]
Tables = dict[str, list[Row]]
#: Since when everybody is in their year group and form.
LONG_AGO = date(2010, 9, 1)


def school_tables(school: SampleSchool) -> tuple[Tables, Records]:
    """Every list of a school, and its roll-call records."""
    register = school.register
    tables = {
        "Student": [_student(pupil) for pupil in register.pupils],
        "Person": [_person(pupil) for pupil in register.pupils],
        "Gender": [{"id": c, "code": n, "shortName": c} for c, n in _GENDERS.items()],
        "UkDfe_UpnAssignment": [_upn(pupil) for pupil in register.pupils if pupil.upn],
        "EducationalInstitution": [
            {"id": "1", "urn": school.urn, "educationalInstitutionName": school.name}
        ],
        **_enrolments(register.pupils),
        **_groups("AcademicLevel", register.pupils),
        **_groups("RegistrationForm", register.pupils),
        "AcademicCalendarDate": _calendar(school),
        **_attendance(register),
        **_demographics(register.pupils),
    }
    people, more = guardian_tables(school.contacts)
    tables["Person"] += people
    return tables | more, Records(register)


_GENDERS = {"F": "FEMALE", "M": "MALE"}
_FLAGS = {
    Category.PRESENT: "isStatisticalPresent",
    Category.AUTHORISED: "isStatisticalAuthorizedAbsent",
    Category.UNAUTHORISED: "isStatisticalUnauthorizedAbsent",
    Category.ACTIVITY: "isStatisticalApprovedEducationalActivity",
}


def _attendance(register: Register) -> Tables:
    types = [
        {"id": half, "isMorning": half == "AM", "isAfternoon": half == "PM"}
        for half in ("AM", "PM")
    ]
    calls = [
        {
            "id": number,
            "name": f"{half} roll call",
            "shortName": half,
            "code": f"ROLL_CALL_{number}",
            "attendanceRegisterType": Ref("AttendanceRegisterType", half),
        }
        for number, half in (("1", "AM"), ("2", "PM"))
    ]
    return {
        "AttendanceMark": [_mark(code) for code in register.codes if code],
        "AttendanceRegisterType": types,
        "AttendanceRollCall": calls,
    }


def _mark(code: str) -> Row:
    known = codes.builtin("england-2024").classify(code)
    counts_as = known.category if known else None
    flags: Row = {flag: counts_as is category for category, flag in _FLAGS.items()}
    possible = known.possible if known else False
    row = {"id": mark_id(code), "code": KEYS.get(code, mark_id(code)), "attendanceMark": code}
    return row | flags | {"active": True, "isStatisticalPossibleAttendance": possible}


def _student(pupil: Pupil) -> Row:
    return {
        "id": pupil.pupil_id,
        "person": Ref("Person", pupil.pupil_id),
        "ethnicity": Ref("Ethnicity", pupil.ethnicity) if pupil.ethnicity else None,
        "legalFirstName": pupil.forename,
        "legalLastName": pupil.surname,
        "dateOfBirth": pupil.date_of_birth,
    }


def _person(pupil: Pupil) -> Row:
    return {
        "id": pupil.pupil_id,
        "title": None,
        "legalFirstName": pupil.forename,
        "legalLastName": pupil.surname,
        "dateOfBirth": pupil.date_of_birth,
        "gender": Ref("Gender", pupil.sex) if pupil.sex else None,
    }


def _upn(pupil: Pupil) -> Row:
    return {
        "id": pupil.pupil_id,
        "student": Ref("Student", pupil.pupil_id),
        "upn": pupil.upn,
        "isTemporary": pupil.upn_temporary,
        "startDatetime": LONG_AGO,
        "endDatetime": None,
    }


def _enrolments(pupils: Iterable[Pupil]) -> Tables:
    whole: Tables = {
        "EducationalInstitutionEnrolment": [],
        "AcademicYearEnrolment": [],
        "EnrolmentMode": [{"id": mode, "code": mode, "exportCode": mode} for mode in "CMSGF"],
        "EnrolmentModeAssignment": [],
    }
    for pupil in pupils:
        for number, spell in enumerate(pupil.enrolments):
            one = {"id": f"{pupil.pupil_id}-{number}"}
            student = one | {"student": Ref("Student", pupil.pupil_id)}
            days = {"startDate": spell.start, "endDate": spell.end}
            whole["EducationalInstitutionEnrolment"].append(
                student | {"entryDate": spell.start, "leavingDate": spell.end}
            )
            whole["AcademicYearEnrolment"].append(student | days)
            whole["EnrolmentModeAssignment"].append(
                one
                | days
                | {
                    "academicYearEnrolment": Ref("AcademicYearEnrolment", one["id"]),
                    "enrolmentMode": Ref("EnrolmentMode", spell.mode),
                }
            )
    return whole


def _groups(entity: str, pupils: Iterable[Pupil]) -> Tables:
    """Year groups or forms, and who is in them."""
    link = entity[0].lower() + entity[1:]
    ids: dict[str, str] = {}
    members = []
    for pupil in pupils:
        name = pupil.year_group if entity == "AcademicLevel" else pupil.form
        if not name:
            continue
        at = ids.setdefault(name, str(len(ids) + 1))
        member = {"id": pupil.pupil_id, link: Ref(entity, at)}
        days = {"startDate": LONG_AGO, "endDate": None}
        members.append(member | {"student": Ref("Student", pupil.pupil_id)} | days)
    shown = {name: _year(name) if entity == "AcademicLevel" else name for name in ids}
    named = [{"id": at, "shortName": shown[name], f"{link}Name": name} for name, at in ids.items()]
    return {entity: named, f"{entity}Membership": members}


def _year(name: str) -> str:
    return "Reception" if name == "R" else f"Year {name}"


def _calendar(school: SampleSchool) -> list[Row]:
    open_days = {day for year in school.calendars for day in year.days} - _closed(school.register)
    first, last = min(open_days), max(open_days)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        {"id": day.isoformat(), "startDate": day, "isGoodSchoolDay": day in open_days}
        for day in days
    ]


def _closed(register: Register) -> set[date]:
    """Days of nothing but closures."""
    held: dict[date, bool] = {}
    for session, row in zip(register.sessions, register.rows, strict=True):
        marked = {register.codes[index] for index in set(row)} - {"", CLOSED}
        held[session.date] = held.get(session.date, False) or bool(marked)
    return {day for day, is_held in held.items() if not is_held}


def _demographics(pupils: Iterable[Pupil]) -> Tables:
    pupils = list(pupils)
    days = {"startDate": LONG_AGO, "endDate": None}

    def of(pupil: Pupil) -> Row:
        return {"id": pupil.pupil_id, "student": Ref("Student", pupil.pupil_id)} | days

    sen = sorted({pupil.sen for pupil in pupils if pupil.sen})
    ethnicities = sorted({pupil.ethnicity for pupil in pupils if pupil.ethnicity})
    return {
        "SenStatus": [{"id": code, "code": code, "exportCode": code} for code in sen],
        "SenStatusAssignment": [
            of(p) | {"senStatus": Ref("SenStatus", p.sen)} for p in pupils if p.sen
        ],
        "Eligibility": [{"id": "1", "code": "FSM", "eligibilityName": "Free School Meals"}],
        "EligibilityRecord": [
            {"id": p.pupil_id, "person": Ref("Person", p.pupil_id)}
            | days
            | {"eligibility": Ref("Eligibility", "1")}
            for p in pupils
            if p.fsm
        ],
        "UkDfe_PupilPremiumRecipient": [of(p) for p in pupils if p.pupil_premium],
        "UkDfe_InCareStatusAssignment": [of(p) for p in pupils if p.looked_after],
        "Ethnicity": [{"id": c, "code": c, "dfesMainCode": c} for c in ethnicities],
    }
