"""Entities and properties of the vendor's published model classes that the server knows.

Source: github.com/arbor-education/sis-sdk-php (MIT), commit 80b245d. A word that is no plain type
names the entity a property points to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PLAIN = ("String", "Boolean", "Int", "Date", "DateTime")


class Ref(NamedTuple):
    """A property that points to another object."""

    entity: str
    id: str


_FLAGS = (
    *("isStatisticalPresent", "isStatisticalAuthorizedAbsent"),
    *("isStatisticalUnauthorizedAbsent", "isStatisticalApprovedEducationalActivity"),
    "isStatisticalPossibleAttendance",
)

MODEL: Mapping[str, Mapping[str, str]] = {
    "AttendanceRollCallRecord": {
        "attendanceRollCall": "AttendanceRollCall",
        "recordDate": "DateTime",
        "student": "Student",
        "attendanceMark": "AttendanceMark",
        "minutesLate": "Int",
    },
    "AttendanceMark": {
        "code": "String",
        "active": "Boolean",
        "attendanceMark": "String",
        **dict.fromkeys(_FLAGS, "Boolean"),
    },
    "AttendanceRollCall": {
        "name": "String",
        "shortName": "String",
        "code": "String",
        "attendanceRegisterType": "AttendanceRegisterType",
    },
    "AttendanceRegisterType": {"isMorning": "Boolean", "isAfternoon": "Boolean"},
    "Student": {
        "person": "Person",
        "ethnicity": "Ethnicity",
        "legalFirstName": "String",
        "legalLastName": "String",
        "dateOfBirth": "Date",
    },
    "Person": {
        "title": "String",
        "legalFirstName": "String",
        "legalLastName": "String",
        "dateOfBirth": "Date",
        "gender": "Gender",
    },
    "Gender": {"code": "String", "shortName": "String"},
    "UkDfe_UpnAssignment": {
        "student": "Student",
        "upn": "String",
        "isTemporary": "Boolean",
        "startDatetime": "DateTime",
        "endDatetime": "DateTime",
    },
    "EducationalInstitution": {"educationalInstitutionName": "String", "urn": "String"},
    "EducationalInstitutionEnrolment": {
        "student": "Student",
        "entryDate": "Date",
        "leavingDate": "Date",
    },
    "AcademicYearEnrolment": {"student": "Student", "startDate": "Date", "endDate": "Date"},
    "EnrolmentMode": {"code": "String", "exportCode": "String"},
    "EnrolmentModeAssignment": {
        "academicYearEnrolment": "AcademicYearEnrolment",
        "enrolmentMode": "EnrolmentMode",
        "startDate": "Date",
        "endDate": "Date",
    },
    "AcademicLevel": {"academicLevelName": "String", "shortName": "String"},
    "AcademicLevelMembership": {
        "academicLevel": "AcademicLevel",
        "student": "Student",
        "startDate": "Date",
        "endDate": "Date",
    },
    "RegistrationForm": {"registrationFormName": "String", "shortName": "String"},
    "RegistrationFormMembership": {
        "registrationForm": "RegistrationForm",
        "student": "Student",
        "startDate": "Date",
        "endDate": "Date",
    },
    "AcademicCalendarDate": {"startDate": "Date", "isGoodSchoolDay": "Boolean"},
    "SenStatus": {"code": "String", "exportCode": "String"},
    "SenStatusAssignment": {
        "senStatus": "SenStatus",
        "student": "Student",
        "startDate": "Date",
        "endDate": "Date",
    },
    "Eligibility": {"code": "String", "eligibilityName": "String"},
    "EligibilityRecord": {
        "eligibility": "Eligibility",
        "person": "Person",
        "startDate": "Date",
        "endDate": "Date",
    },
    "UkDfe_PupilPremiumRecipient": {"student": "Student", "startDate": "Date", "endDate": "Date"},
    "UkDfe_InCareStatusAssignment": {"student": "Student", "startDate": "Date", "endDate": "Date"},
    "Ethnicity": {"code": "String", "dfesMainCode": "String"},
    "Guardian": {"person": "Person"},
    "GuardianRelationshipType": {"relationshipName": "String", "shortName": "String"},
    "StudentGuardianRelationship": {
        "student": "Student",
        "guardian": "Guardian",
        "guardianRelationshipType": "GuardianRelationshipType",
        "isLegalGuardian": "Boolean",
        "isPrimaryGuardian": "Boolean",
        "emergencyContactPriority": "Int",
    },
    "TelephoneNumber": {
        "numberOwner": "Guardian",
        "number": "String",
        "telephoneNumberRanking": "Int",
    },
    "EmailAddress": {"emailAddressOwner": "Guardian", "emailAddress": "String"},
    "PostalAddress": {
        "address1": "String",
        "address2": "String",
        "address3": "String",
        "postalTown": "String",
        "postalCode": "String",
    },
    "PostalAddressOccupancy": {
        "postalAddress": "PostalAddress",
        "occupant": "Person",
        "effectiveDate": "Date",
        "endDate": "Date",
        "isCorrespondenceAddress": "Boolean",
    },
}

_SPELLED = {
    "Person": "persons",
    "UkDfe_UpnAssignment": "uk-dfe_upn-assignments",
    "UkDfe_PupilPremiumRecipient": "uk-dfe_pupil-premium-recipients",
    "UkDfe_InCareStatusAssignment": "uk-dfe_in-care-status-assignments",
    "SenStatus": "sen-statuses",
    "Eligibility": "eligibilities",
    "Ethnicity": "ethnicities",
    "EmailAddress": "email-addresses",
    "PostalAddress": "postal-addresses",
    "PostalAddressOccupancy": "postal-address-occupancies",
}


def _dashed(entity: str) -> str:
    letters = (f"-{sign.lower()}" if sign.isupper() else sign for sign in entity)
    return "".join(letters).strip("-") + "s"


#: The place of each entity's list under /rest-v2/, and the key its rows stand under.
PATHS: Mapping[str, str] = {name: _SPELLED.get(name) or _dashed(name) for name in MODEL}


def _root(entity: str) -> str:
    last = PATHS[entity].rsplit("-", 1)[-1].rsplit("_", 1)[-1]
    words = entity.rsplit("_", 1)[-1]
    start = max(place for place, sign in enumerate(words) if sign.isupper())
    head = entity[: len(entity) - len(words) + start]
    whole = head + last.capitalize()
    return whole[0].lower() + whole[1:]


ROOTS: Mapping[str, str] = {name: _root(name) for name in MODEL}
BY_PATH: Mapping[str, str] = {path: name for name, path in PATHS.items()}


def href(entity: str, identity: str) -> str:
    """An object's address."""
    return f"/rest-v2/{PATHS[entity]}/{identity}"
