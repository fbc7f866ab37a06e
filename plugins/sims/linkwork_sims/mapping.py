"""Records of a report to pupils and marks. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from linkwork import upn
from linkwork.errors import BadInput, NotTheSource, PermissionMissing, ShapeChanged
from linkwork.register import RegisterBuilder
from linkwork_sims import pupils, values
from linkwork_sims.captions import Columns
from linkwork_sims.pupils import BadField, parsed

#: Writes one mark: the pupil's place, the code's index, the record's number.
Mark = Callable[[int, int, int], None]

_WITH_MINUTES = frozenset({"L", "U"})


@dataclass
class ReportReader:
    """Puts the records of one school's reports into a builder.

    `own` are the school's captions by field, `local` turns its own codes into statutory ones;
    other codes stay as they stand. A record of another `urn` is refused.
    """

    into: RegisterBuilder
    first: date
    last: date
    own: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)
    urn: str = ""
    marks: int = 0
    records: int = 0
    without_id: int = 0
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _wrong_upns: set[str] = field(default_factory=set)
    _dates: dict[str, date] = field(default_factory=dict)
    _markers: dict[tuple[str, str], Mark | None] = field(default_factory=dict)
    _codes: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._first_without = ""
        self.open("")

    def open(self, file: str) -> Callable[[str], str | None]:
        """Begin with a file; what tells the fields of its columns."""
        self._file = file
        self.columns = Columns(self.own)
        self._markers = {}
        return self.columns.field

    def take(self, record: dict[str, str], number: int) -> None:
        """One record by our field names. Raises BadInput naming file, record and field."""
        self.records += 1
        if "pupil_id" not in record:
            self._first_without = self._first_without or f"{self._file}, row {number}"
            self.without_id += 1
            return
        try:
            self._take(record, number)
        except BadField as error:
            raise BadInput(
                error.problem,
                remedy="Correct it in SIMS or in the report, and write the report again",
                file=self._file,
                row=number,
                column=error.name,
            ) from error

    def finish(self) -> None:
        """Once all records are taken: name what every one of them lacked.

        SIMS runs a report without the right to its ids, and leaves them out in silence. Raises
        PermissionMissing or ShapeChanged.
        """
        if self.without_id == self.records:
            raise PermissionMissing(
                f"the pupil's id in {self.without_id} of {self.records} records",
                remedy="Put the user that runs the report in SIMS's Third Party Reporter group, "
                "and the column PersonID in the report",
            )
        if self.without_id:
            raise ShapeChanged(
                f"{self.without_id} of {self.records} records have no pupil's id, the first "
                f"being {self._first_without}",
                remedy="Take out of the report whatever adds records that are of no pupil",
            )
        if lacking := lacking_in(self.columns.met):
            raise ShapeChanged(
                f"no record has {' or '.join(lacking)}",
                remedy="Add the columns to the report, or name them in the setting columns",
            )
        if "upn" not in self.columns.met:
            self.into.warn(
                "no record has a UPN: where the report has the column, put the user that runs "
                "it in SIMS's Third Party Reporter group"
            )
        if self._wrong_upns:
            self.into.warn(
                "UPNs with a wrong shape or check letter are kept as they are: "
                f"{len(self._wrong_upns)}. Correct them in SIMS"
            )

    def _take(self, record: dict[str, str], number: int) -> None:
        when = record.pop("date", "")
        half = record.pop("session", "")
        code, sub_code = record.pop("code", ""), record.pop("sub_code", "")
        minutes = record.pop("minutes_late", "")
        halves = [(name.upper(), record.pop(name)) for name in ("am", "pm") if name in record]
        pupil_id = record["pupil_id"]
        # What is left are the pupil's details, the same in every record of most pupils.
        if self._known.get(pupil_id) != record:
            self._details(pupil_id, record)
        if not when:
            return
        if half:
            self._mark(pupil_id, (when, half), (code, sub_code), minutes, number)
        else:
            for name, mark in halves:
                self._mark(pupil_id, (when, name), (mark, ""), minutes, number)

    def _mark(
        self,
        pupil_id: str,
        session: tuple[str, str],
        mark: tuple[str, str],
        minutes: str,
        number: int,
    ) -> None:
        try:
            put = self._markers[session]
        except KeyError:
            put = self._markers[session] = self._marker(*session)
        if put is None:
            return
        index, timed = self._codes.get(mark) or self._code(mark, number)
        place = self.into.place(pupil_id)
        put(place, index, number)
        self.marks += index > 0
        if minutes:
            late = parsed("minutes_late", minutes, values.minutes)
            if timed:
                when, half = session
                self.into.late(place, self._day(when), parsed("session", half, values.half), late)

    def _marker(self, when: str, half: str) -> Mark | None:
        """What writes marks of a session as the report words it; None outside the dates asked."""
        day, half = self._day(when), parsed("session", half, values.half)
        if not self.first <= day <= self.last:
            return None
        return self.into.marker(day, half, file=self._file)

    def _day(self, when: str) -> date:
        if when not in self._dates:
            self._dates[when] = parsed("date", when, values.day)
        return self._dates[when]

    def _code(self, mark: tuple[str, str], number: int) -> tuple[int, bool]:
        """A code's place in the code table, and whether minutes late belong to it."""
        code, sub_code = mark
        found = parsed("code", code, values.code) if code else ""
        extra = parsed("sub_code", sub_code, values.code) if sub_code else ""
        stands = statutory(found, extra, self.local)
        index = self.into.code_index(stands, file=self._file, row=number)
        self._codes[mark] = index, stands in _WITH_MINUTES
        return self._codes[mark]

    def _details(self, pupil_id: str, record: Mapping[str, str]) -> None:
        self._known[pupil_id] = record
        if self.urn and record.get("urn", self.urn) != self.urn:
            raise NotTheSource(
                f"the report is of the school with URN {record['urn'][:12]}, not of {self.urn}",
                remedy="Correct the settings server and database: each school has its own database",
            )
        found = pupils.pupil(pupil_id, record)
        if self.into.has_pupil(pupil_id):
            found = pupils.merged(self.into.pupil(pupil_id), found)
        if found.upn and upn.problem(found.upn):
            self._wrong_upns.add(pupil_id)
        self.into.add_pupil(found)


def statutory(code: str, sub_code: str, local: Mapping[str, str]) -> str:
    """The code that counts, of a code, its sub-code ("" for none) and the school's own codes.

    SIMS 7 keeps a sub-code beside its code (`X`, `X01`), later versions in its place (`X01`): a
    letter with two digits refines the letter and counts as it. A sub-code of a letter and one
    digit is a statutory code of its own (`C`, `C1`).
    """
    for each in (sub_code, code):
        if each in local:
            return local[each]
    if len(sub_code) == 2 and sub_code.startswith(code) and sub_code[1].isdigit():
        return sub_code
    if len(code) == 3 and code[0].isalpha() and code[1:].isdigit():
        return code[0]
    return code


def lacking_in(met: Mapping[str, str]) -> list[str]:
    """The fields without which there are no marks, of those whose columns were met."""
    lacking = [name for name in ("date",) if name not in met]
    if not {"am", "pm"} & met.keys():
        lacking += [name for name in ("session", "code") if name not in met]
    return lacking
