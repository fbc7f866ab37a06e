"""Records of a report to pupils and marks. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from linkwork import upn
from linkwork.errors import BadInput, PermissionMissing, ShapeChanged
from linkwork.register import Enrolment, Pupil, RegisterBuilder
from linkwork_sims import values

T = TypeVar("T")
Record = Mapping[str, str]

#: The captions each field may stand under, in capitals without spaces; a school's report may
#: use others through the setting `columns`.
CAPTIONS = {
    "pupil_id": ("PERSONID", "PRIMARYID", "ID"),
    "upn": ("UPN",),
    "surname": ("SURNAME", "LEGALSURNAME"),
    "forename": ("FORENAME", "LEGALFORENAME"),
    "date_of_birth": ("DOB", "DATEOFBIRTH"),
    "sex": ("SEX", "GENDER"),
    "year_group": ("YEARTAUGHTIN", "YEAR", "YEARGROUP"),
    "form": ("REG", "REGGROUP", "REGISTRATIONGROUP"),
    "entry_date": ("ADMISSIONDATE", "DATEOFADMISSION"),
    "leaving_date": ("LEAVINGDATE", "DATEOFLEAVING"),
    "mode": ("ENROLMENTSTATUS",),
    "date": ("MARKDATE", "SESSIONDATE", "DATE", "ATTENDANCEDATE"),
    "session": ("SESSION", "SESSIONNAME"),
    "code": ("MARK", "ATTENDANCEMARK"),
    "am": ("AM", "AMMARK"),
    "pm": ("PM", "PMMARK"),
    "minutes_late": ("MINUTESLATE", "MINSLATE"),
}
#: What a report writes where nothing was marked: nothing, or SIMS's "no mark recorded".
NO_MARK = frozenset({"", "-"})
_DETAILS = (
    *("upn", "surname", "forename", "date_of_birth", "sex", "year_group", "form"),
    *("entry_date", "leaving_date", "mode"),
)


class BadField(Exception):
    """A field that cannot be read: its name among ours, and what is wrong, never what it says."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(problem)


def captions(columns: Mapping[str, str]) -> dict[str, str]:
    """Which field stands under which caption. `columns` is a school's own: field to caption."""
    found = {each: name for name, ways in CAPTIONS.items() for each in ways}
    own = {plain(caption): name for name, caption in columns.items()}
    return {each: name for each, name in found.items() if name not in columns} | own


@dataclass
class ReportReader:
    """Puts the records of one school's reports into a builder, codes as they stand."""

    into: RegisterBuilder
    first: date
    last: date
    columns: Mapping[str, str] = field(default_factory=dict)
    marks: int = 0
    without_id: int = 0
    _seen: set[str] = field(default_factory=set)
    _known: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    _wrong_upns: set[str] = field(default_factory=set)
    _names: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._captions = captions(self.columns)

    def take(self, record: Record, number: int, file: str) -> None:
        """One record. Raises BadInput naming file, record and field."""
        fields = self._fields(record)
        self._seen |= fields.keys()
        if "pupil_id" not in fields:
            self.without_id += 1
            return
        try:
            self._take(fields, number)
        except BadField as error:
            raise BadInput(
                error.problem,
                remedy="Correct it in SIMS or in the report, and write the report again",
                file=file,
                row=number,
                column=error.name,
            ) from error

    def finish(self, records: int) -> None:
        """Once all records are taken: name what every one of them lacked.

        SIMS runs a report without the right to its ids, and leaves them out in silence. Raises
        PermissionMissing or ShapeChanged.
        """
        if self.without_id:
            raise PermissionMissing(
                f"the pupil's id in {self.without_id} of {records} records",
                remedy="Put the user that runs the report in SIMS's Third Party Reporter group, "
                "and the column PersonID in the report",
            )
        lacking = [] if "date" in self._seen else ["date"]
        if not {"am", "pm"} & self._seen:
            lacking += [name for name in ("session", "code") if name not in self._seen]
        if lacking:
            raise ShapeChanged(
                f"no record has {' or '.join(lacking)}",
                remedy="Add the columns to the report, or name them in the setting columns",
            )
        if self._wrong_upns:
            self.into.warn(
                "UPNs with a wrong shape or check letter are kept as they are: "
                f"{len(self._wrong_upns)}. Correct them in SIMS"
            )

    def _take(self, fields: Mapping[str, str], number: int) -> None:
        pupil_id = fields["pupil_id"]
        self._details(pupil_id, fields)
        if "date" not in fields:
            return
        when = _parsed(fields, "date", values.day)
        if not self.first <= when <= self.last:
            return
        for which, mark in self._marks(fields):
            late = (
                _parsed(fields, "minutes_late", values.minutes)
                if "minutes_late" in fields
                else None
            )
            self.into.add(
                pupil_id, when, which, mark, late if mark in {"L", "U"} else None, row=number
            )
            self.marks += mark not in NO_MARK

    def _marks(self, fields: Mapping[str, str]) -> list[tuple[str, str]]:
        if "session" in fields:
            return [(_parsed(fields, "session", values.half), self._code(fields, "code"))]
        return [(each.upper(), self._code(fields, each)) for each in ("am", "pm") if each in fields]

    def _code(self, fields: Mapping[str, str], name: str) -> str:
        if name not in fields:
            return ""
        return _parsed(fields, name, values.code)

    def _fields(self, record: Record) -> dict[str, str]:
        fields = {}
        for caption, text in record.items():
            if caption not in self._names:
                self._names[caption] = self._captions.get(plain(caption))
            name = self._names[caption]
            if name is not None:
                fields[name] = text
        return fields

    def _details(self, pupil_id: str, fields: Mapping[str, str]) -> None:
        details = tuple(fields.get(name) for name in _DETAILS)
        if self._known.get(pupil_id) == details:
            return
        self._known[pupil_id] = details
        found = pupil(pupil_id, fields)
        if self.into.has_pupil(pupil_id):
            found = merged(self.into.pupil(pupil_id), found)
        if found.upn and upn.problem(found.upn):
            self._wrong_upns.add(pupil_id)
        self.into.add_pupil(found)


def pupil(pupil_id: str, fields: Mapping[str, str]) -> Pupil:
    """A pupil from our field names to the report's text. Raises BadField."""
    number = fields.get("upn", "").upper()
    sex = fields.get("sex", "")[:1].upper()
    year = fields.get("year_group", "")
    return Pupil(
        pupil_id,
        upn=number or None,
        upn_temporary=bool(number) and not upn.problem(number) and upn.is_temporary(number),
        surname=fields.get("surname"),
        forename=fields.get("forename"),
        date_of_birth=_optional(fields, "date_of_birth"),
        sex=sex or None,
        year_group=values.year_group(year) if year else None,
        form=fields.get("form"),
        enrolments=(
            Enrolment(
                _optional(fields, "entry_date"),
                _optional(fields, "leaving_date"),
                values.mode(fields.get("mode", "")),
            ),
        ),
    )


def merged(before: Pupil, now: Pupil) -> Pupil:
    """What two records say of one pupil. Raises BadField where no child can have both."""
    for name in ("upn", "date_of_birth"):
        one, other = getattr(before, name), getattr(now, name)
        if one and other and one != other:
            raise BadField(name, f"pupil {now.pupil_id} has another {name} here than before")
    spells = {each.start: each for each in before.enrolments}
    for each in now.enrolments:
        known = spells.get(each.start)
        spells[each.start] = each if known is None or each.end else known
    return replace(
        now,
        upn=now.upn or before.upn,
        upn_temporary=now.upn_temporary if now.upn else before.upn_temporary,
        date_of_birth=now.date_of_birth or before.date_of_birth,
        year_group=now.year_group or before.year_group,
        form=now.form or before.form,
        enrolments=tuple(sorted(spells.values(), key=lambda each: each.start or date.min)),
    )


def _optional(fields: Mapping[str, str], name: str) -> date | None:
    return _parsed(fields, name, values.day) if name in fields else None


def _parsed(fields: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(fields[name])
    except ValueError as error:
        raise BadField(name, str(error)) from error


def plain(caption: str) -> str:
    """A caption without spaces and signs, in capitals: reports are typed by hand."""
    return "".join(sign for sign in caption.upper() if sign.isalnum())
