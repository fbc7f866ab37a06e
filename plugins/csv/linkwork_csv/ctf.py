"""Common Transfer Files: the attendance of a school's pupils, streamed. Any DOCTYPE is refused.

Current files have the marks separated by commas, earlier ones a sign a session. Source: the
Department for Education's specification of the Common Transfer File.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.parsers import expat

from linkwork.errors import BadInput, Rejected
from linkwork.marking import Filler
from linkwork.register import RegisterBuilder
from linkwork_csv import dates, marks, values
from linkwork_csv.layout import Layout, Seen
from linkwork_csv.mapping import Wanted
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import REJECTED_AT_MOST, Tally
from linkwork_csv.strings import FRIDAY, DaysSeen, is_padding, sessions_of
from linkwork_csv.texts import LARGEST
from linkwork_csv.values import BadCell, BadValue, cell
from linkwork_csv.whose import details_of

Session = tuple[date, str]
#: A transfer file is not deeper than this, and none of its texts longer.
_DEPTH, _LONGEST = 24, 65_536
_BLOCK = 1 << 16
#: From this version on the marks are separated by commas.
_COMMAS_FROM = 24.0
_DETAILS = {
    "surname": "surname",
    "forename": "forename",
    "dob": "date_of_birth",
    "sex": "sex",
    "gender": "sex",
    "ncyearactual": "year_group",
    "reggroup": "form",
}
_CUT_SHORT = frozenset({"no element found", "unclosed token", "unclosed CDATA section"})


@dataclass
class _Spell:
    """Marks from one day on, as they stand in the file."""

    start: str = ""
    marks: str = ""
    line: int = 0


@dataclass
class _Pupil:
    """One pupil of the file: details by our names, time on roll here, and its marks here."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    rolls: list[tuple[str, str]] = field(default_factory=list)
    spells: list[_Spell] = field(default_factory=list)
    elsewhere: int = 0


@dataclass
class _File:
    """What a parse found; marks are held as text until it is known which days they go through."""

    version: float = 0.0
    school: tuple[str, str] = ("", "")
    pupils: list[_Pupil] = field(default_factory=list)


def read(
    path: Path,
    profile: Layout | None,
    wanted: Wanted,
    pupils: PupilDetails,
    into: RegisterBuilder,
) -> tuple[Tally, tuple[Seen, ...]]:
    """Put the marks of a transfer file into a builder. Raises BadInput with line and remedy.

    A row of the tally is a pupil. Attendance at another school than the file's own is left out.
    """
    found = _parsed(path)
    reading = _Reading(path, found, wanted, pupils, into)
    seen = reading.days(profile)
    for pupil in found.pupils:
        reading.take(pupil)
    reading.refuse_too_many()
    return reading.tally, seen


class _Reading:
    """Pupils of a parsed file on their way into a builder."""

    def __init__(
        self,
        path: Path,
        found: _File,
        wanted: Wanted,
        pupils: PupilDetails,
        into: RegisterBuilder,
    ) -> None:
        self.path, self.found, self.wanted, self.pupils = path, found, wanted, pupils
        self.into, self.tally, self._days = into, Tally(), "weekdays"
        self._codes: dict[str, int] = {}
        self._fillers: dict[tuple[date, int], tuple[list[Session], list[int], Filler]] = {}

    def days(self, profile: Layout | None) -> tuple[Seen, ...]:
        """Decide which days the marks go through. Raises BadInput where nothing shows it."""
        seen = DaysSeen()
        for pupil in self.found.pupils:
            for spell in pupil.spells:
                try:
                    seen.see(dates.day(spell.start, "iso"), self._apart(spell.marks))
                except BadValue:
                    continue
        days, why = seen.decided
        if profile is not None:
            days, why = profile.days, "the profile says so"
        self._days = days or "weekdays"
        version = f"{self.found.version:g}" if self.found.version else "not said"
        return (
            Seen("layout", "Common Transfer File", f"version {version}"),
            Seen("the pupil's id", "upn", "a transfer file has no other"),
            Seen("days of the marks", self._days, why),
        )

    def take(self, pupil: _Pupil) -> None:
        """One pupil, counted under one name."""
        self.tally.rows += 1
        try:
            position = self._who(pupil)
        except BadCell as bad:
            self.tally.rejected += 1
            self._reject(bad, pupil.line)
            return
        placed = False
        for spell in pupil.spells:
            try:
                placed = self._place(position, spell) or placed
            except BadCell as bad:
                self._reject(bad, spell.line)
        if placed:
            self.tally.used += 1
        elif pupil.elsewhere and not pupil.spells:
            self.tally.other_school += 1
        else:
            self.tally.outside += 1

    def _who(self, pupil: _Pupil) -> int:
        upn = cell("upn", values.identifier, pupil.cells.get("upn", "").strip())
        if upn is None:
            raise BadCell(
                "upn", BadValue("the pupil has no UPN", "Give it one in the school system")
            )
        details = details_of(pupil.cells)
        for name in ("sex", "year_group"):
            parse = values.sex if name == "sex" else values.year_group
            try:
                details[name] = parse(details.get(name, "")) or ""
            except BadValue:
                details[name] = ""
        for entry, leaving in pupil.rolls or [("", "")]:
            roll = {"entry_date": entry.strip(), "leaving_date": leaving.strip()}
            self.pupils.add(upn.upper(), details | roll)
        return self.into.place(upn.upper())

    def _place(self, position: int, spell: _Spell) -> bool:
        start = cell("AttendanceStartDate", lambda text: dates.day(text, "iso"), spell.start)
        parts = cell("AttendanceMarks", self._apart, spell.marks)
        sessions, held, fill = self._sessions(start, len(parts))
        self.tally.marks += len(parts)
        try:
            indexes = [self._codes[part] for part in parts]
        except KeyError:
            for part in parts:
                code = cell("AttendanceMarks", marks.code, part)
                index = self.into.code_index(code, file=str(self.path), row=spell.line)
                self._codes[part] = index
            indexes = [self._codes[part] for part in parts]
        fill(position, [indexes[n] for n in held], spell.line)
        for n, (day, half) in enumerate(sessions):
            # A school may be open on Saturdays; what only fills their place is left out.
            if (
                day.weekday() > FRIDAY
                and self._wants(day)
                and not is_padding(day, parts[n].strip())
            ):
                mark = self.into.marker(day, half, file=str(self.path))
                mark(position, indexes[n], spell.line)
        return bool(held)

    def _sessions(self, start: date, count: int) -> tuple[list[Session], list[int], Filler]:
        """Sessions of so many marks; which are on weekdays and asked for; what writes those."""
        if (start, count) not in self._fillers:
            sessions = cell("AttendanceMarks", lambda _: sessions_of(start, count, self._days), "")
            held = [
                n
                for n, (day, _) in enumerate(sessions)
                if self._wants(day) and day.weekday() <= FRIDAY
            ]
            fill = self.into.filler([sessions[n] for n in held], file=str(self.path))
            weekends = sessions if self._days == "all" else []
            self._fillers[start, count] = (weekends, held, fill)
        return self._fillers[start, count]

    def _wants(self, day: date) -> bool:
        return self.wanted.first <= day <= self.wanted.last

    def _apart(self, text: str) -> Sequence[str]:
        if self.found.version >= _COMMAS_FROM and "," not in text and len(text.strip()) > 2:
            raise BadValue(
                f"the marks have no commas, as files of version {_COMMAS_FROM:g} and later have",
                "Export the file again from the school system",
            )
        return marks.apart(text)

    def _reject(self, bad: BadCell, line: int) -> None:
        self.tally.marks_rejected += 1
        rejected = Rejected(
            str(bad.error), bad.error.remedy, str(self.path), None, line, bad.column
        )
        self.tally.first = self.tally.first or rejected
        self.into.reject(rejected)

    def refuse_too_many(self) -> None:
        """Raise BadInput when too little of the file can be read to go on with the rest."""
        first, tally = self.tally.first, self.tally
        if first is not None and tally.marks_rejected * REJECTED_AT_MOST > tally.rows:
            raise BadInput(
                f"{tally.marks_rejected} of {tally.rows} pupils cannot be read, so nothing of the "
                f"file is used; the first: {first.problem}",
                remedy=first.remedy,
                file=str(self.path),
                row=first.row,
                column=first.column,
            )


class _Parse:
    """The state of one pass: where the parser stands, and the pupil it is in."""

    def __init__(self, path: Path) -> None:
        self.path, self.found = path, _File()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self._open: list[str] = []
        self._words: list[str] = []
        self._length = 0
        self._pupil: _Pupil | None = None
        self._block: dict[str, str] = {}
        self._spells: list[_Spell] = []

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        name = name.lower()
        if not self._open and name != "ctfile":
            raise self.refuse(
                f"the file holds <{name[:40]}>, which is no Common Transfer File",
                "Export a Common Transfer File, or a CSV file",
            )
        self._open.append(name)
        if len(self._open) > _DEPTH:
            raise self.refuse(f"there are more than {_DEPTH} elements in one another", _NOT_THIS)
        self._words, self._length = [], 0
        if name == "pupil":
            self._pupil = _Pupil(self.parser.CurrentLineNumber)
        elif name in {"yeardata", "school"}:
            self._block, self._spells = {}, []
        elif name == "attendsessions":
            self._spells.append(_Spell(line=self.parser.CurrentLineNumber))

    def _text(self, words: str) -> None:
        self._length += len(words)
        if self._length > _LONGEST:
            raise self.refuse(f"a text is longer than {_LONGEST} signs", _NOT_THIS)
        self._words.append(words)

    def _end(self, name: str) -> None:
        name, text = name.lower(), "".join(self._words).strip("\r\n\t")
        self._open.pop()
        inside = self._open[-1] if self._open else ""
        self._words, self._length = [], 0
        pupil = self._pupil
        if pupil is None:
            self._of_header(name, inside, text.strip())
        elif name == "pupil":
            self.found.pupils.append(pupil)
            self._pupil = None
        elif inside == "attendsessions" and self._spells:
            if name == "attendancestartdate":
                self._spells[-1].start = text.strip()
            elif name == "attendancemarks":
                self._spells[-1].marks = text
        elif inside in {"yeardata", "school"}:
            self._block[name] = text.strip()
        elif name in {"yeardata", "school"}:
            self._close(name, pupil)
        elif name == "upn" and inside == "pupil":
            pupil.cells["upn"] = text.strip()
        elif name in _DETAILS:
            pupil.cells.setdefault(_DETAILS[name], text.strip())

    def _of_header(self, name: str, inside: str, text: str) -> None:
        if name == "ctfversion":
            try:
                self.found.version = float(text)
            except ValueError:
                self.found.version = 0.0
        elif inside == "sourceschool" and name in {"lea", "estab"}:
            lea, estab = self.found.school
            self.found.school = (text, estab) if name == "lea" else (lea, text)

    def _close(self, name: str, pupil: _Pupil) -> None:
        place = (self._block.get("lea", ""), self._block.get("estab", ""))
        here = self.found.school in (place, ("", "")) or place == ("", "")
        if name == "yeardata":
            pupil.spells += self._spells if here else []
            pupil.elsewhere += not here
        elif here:
            pupil.rolls.append(
                (self._block.get("entrydate", ""), self._block.get("leavingdate", ""))
            )

    def _doctype(self, *_what: object) -> None:
        raise self.refuse(
            "the file has a DOCTYPE or an entity, which no transfer file has",
            "Do not use this file; find out who wrote it",
        )

    def refuse(self, problem: str, remedy: str) -> BadInput:
        """The error for what stands at the parser's line."""
        line = self.parser.CurrentLineNumber
        return BadInput(problem, remedy=remedy, file=str(self.path), row=line)


_NOT_THIS = "Export the file again; this is not a transfer file"


def _parsed(path: Path) -> _File:
    parse = _Parse(path)
    if path.stat().st_size > LARGEST:
        raise parse.refuse(f"the file is larger than {LARGEST >> 20} MiB", _NOT_THIS)
    feed: Callable[[bytes, bool], object] = parse.parser.Parse
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                feed(block, False)
        feed(b"", True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        if said in _CUT_SHORT:
            raise parse.refuse(
                "the file ends in the middle", "Wait until it is written; else export it again"
            ) from error
        raise parse.refuse(f"the file is not XML ({said})", "Export it again") from error
    except (ValueError, LookupError) as error:
        raise parse.refuse(
            "the file's encoding is not known", "Export it again as UTF-8"
        ) from error
    if not parse.found.pupils:
        raise parse.refuse("the file holds no pupil", "Export it again, with its pupils")
    return parse.found
