"""What is asked of Arbor: its entities and their properties, as its published model names them.

Source: the model classes of github.com/arbor-education/sis-sdk-php (MIT), commit 80b245d.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Each entity, its properties, and after a colon the entity a property points to. A `!` marks
#: what there is no register without. Of free text (notes, access notes) nothing is ever asked.
_ASKED = """
AttendanceRollCallRecord recordDate! student!:Student attendanceRollCall!:AttendanceRollCall
    attendanceMark!:AttendanceMark minutesLate
AttendanceMark attendanceMark! code active isStatisticalPresent isStatisticalAuthorizedAbsent
    isStatisticalUnauthorizedAbsent isStatisticalApprovedEducationalActivity
    isStatisticalPossibleAttendance
AttendanceRollCall attendanceRegisterType:AttendanceRegisterType code shortName
AttendanceRegisterType isMorning isAfternoon
Student person:Person legalFirstName legalLastName dateOfBirth
Person legalFirstName legalLastName dateOfBirth gender:Gender
Gender code shortName
UkDfe_UpnAssignment student!:Student upn! isTemporary startDatetime endDatetime
EducationalInstitution urn! educationalInstitutionName
EducationalInstitutionEnrolment student!:Student entryDate! leavingDate!
    educationalInstitution:EducationalInstitution
AcademicYearEnrolment student!:Student
EnrolmentMode code! exportCode
EnrolmentModeAssignment academicYearEnrolment!:AcademicYearEnrolment enrolmentMode!:EnrolmentMode
    startDate! endDate!
AcademicLevel shortName academicLevelName
AcademicLevelMembership academicLevel!:AcademicLevel student!:Student startDate! endDate
RegistrationForm shortName registrationFormName
RegistrationFormMembership registrationForm!:RegistrationForm student!:Student startDate! endDate
AcademicCalendarDate startDate! isGoodSchoolDay!
SenStatus code! exportCode
SenStatusAssignment senStatus!:SenStatus student!:Student startDate endDate
Eligibility code! eligibilityName
EligibilityRecord eligibility!:Eligibility person!:Person startDate endDate
UkDfe_PupilPremiumRecipient student!:Student startDate endDate
UkDfe_InCareStatusAssignment student!:Student startDate endDate
Ethnicity code dfesMainCode!
"""


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: `fields` maps each property to the entity it points to, "" for a plain value."""

    name: str
    fields: Mapping[str, str]
    needed: frozenset[str]

    @property
    def path(self) -> str:
        """Its place under `/rest-v2/`: dashes, lower case, plural, a module's prefix kept."""
        module, _, name = self.name.rpartition("_")
        dashed = _plural(re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower())
        return f"{_MODULES.get(module, module.lower())}_{dashed}" if module else dashed

    @property
    def root(self) -> str:
        """The key its rows stand under in a REST list."""
        return self.name[0].lower() + _plural(self.name[1:])


_MODULES = {"UkDfe": "uk-dfe"}


def _plural(name: str) -> str:
    # The rule of the published library, which is not that of English.
    if name.endswith("ch"):
        return name + "es"
    if name.endswith("s"):
        return name[:-1] + "ses"
    if name.endswith("y") and not name.endswith("ay"):
        return name[:-1] + "ies"
    return name + "s"


def _entities(text: str) -> dict[str, Entity]:
    found = {}
    for words in re.split(r"\n(?! )", text.strip()):
        name, *properties = words.split()
        pairs = [word.partition(":") for word in properties]
        fields = {field.rstrip("!"): target for field, _, target in pairs}
        needed = frozenset(field.rstrip("!") for field, _, _ in pairs if field.endswith("!"))
        found[name] = Entity(name, fields, needed)
    return found


ENTITIES: Mapping[str, Entity] = _entities(_ASKED)
RECORDS = ENTITIES["AttendanceRollCallRecord"]
#: Without these there is no register.
NEEDED = ("Student", "AttendanceMark", "AttendanceRollCall", "AttendanceRegisterType")
#: Without one of these the register is read, and what it would say is unknown.
WANTED = (
    *("Person", "Gender", "UkDfe_UpnAssignment", "EducationalInstitution"),
    *("EducationalInstitutionEnrolment", "AcademicYearEnrolment"),
    *("EnrolmentMode", "EnrolmentModeAssignment", "AcademicLevel", "AcademicLevelMembership"),
    *("RegistrationForm", "RegistrationFormMembership", "AcademicCalendarDate"),
)
#: What each demographic that a school's policy needs is read from.
DEMOGRAPHICS: Mapping[str, tuple[str, ...]] = {
    "sen": ("SenStatus", "SenStatusAssignment"),
    "fsm": ("Eligibility", "EligibilityRecord"),
    "pupil_premium": ("UkDfe_PupilPremiumRecipient",),
    "looked_after": ("UkDfe_InCareStatusAssignment",),
    "ethnicity": ("Ethnicity",),
}
#: What Arbor may have in another place instead: names of pupils stand on the student or on the
#: person, and which school an enrolment is at is seldom said.
ELSEWHERE = frozenset(
    {
        *("Student.legalFirstName", "Student.legalLastName", "Student.dateOfBirth"),
        *("Student.person", "EducationalInstitutionEnrolment.educationalInstitution"),
    }
)
