"""Report files as records, one at a time; whatever else a file turns out to be, in words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from linkwork.errors import (
    BadInput,
    EmptyRegister,
    LinkworkError,
    NotTheSource,
    PartialData,
    ShapeChanged,
    SourceUnavailable,
)
from linkwork_sims import said

Record = dict[str, str]
#: What takes one record and its number, counted from 1.
Take = Callable[[Record, int], None]
#: Which field a caption is of; None for a column to pass over.
Field = Callable[[str], str | None]

FAILURE = "CommandReporterError"
#: The roots a report may have and what each record is called: the reports of CommandReporter,
#: and the files that partners' tools write from SIMS's own interfaces (the misspelling is SIMS's).
RECORDS = {
    "SuperStarReport": "Record",
    "SessionAttendances": "SessionAttendance",
    "AttendanceCodes": "AttendanceCode",
    "AttendanceCodes_V2_load": "AttenanceCodes",
}
#: A year of a very large school is a third of this.
MOST_BYTES = 1 << 30
_BLOCK = 1 << 16
#: A report is a root, its records and their fields; a field holds a name or a date, no essay.
_DEPTH, _LONGEST, _MOST_FIELDS = 3, 10_000, 100
#: A text comes in one piece, or in pieces of some thousand letters.
_MOST_PIECES = 16
#: So much without a single piece of markup ending is no report, and would fill the memory.
_LONGEST_PIECE = 1 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DECLARED = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: Expat's words for a file that stops before its end.
_CUT_SHORT = frozenset({"no element found", "unclosed token", "unclosed CDATA section"})


def each_record(
    path: Path,
    field: Field,
    take: Take,
    *,
    encoding: str = "",
    most: int = MOST_BYTES,
    called: str = "",
) -> int:
    """Call `take(record, number)` for each record of a file; how many there were.

    A record holds the fields that are not empty, by the name that `field` gives their caption,
    which has SIMS's `_x0020_` written out as the space it stands for. `encoding` is used where
    the file does not say its own and is not UTF-8 (default: Windows text). `called` is what a
    person knows the file as (default: its path). Raises a MisError or BadInput, never half in
    silence: what was taken before an error must not be used.
    """
    called = called or str(path)
    reading = _Reading(path, called, field, take, encoding or "windows-1252")
    try:
        _bounded(path, called, most)
        with path.open("rb") as file:
            reading.feed(file.read)
    except OSError as error:
        raise SourceUnavailable(
            f"{called} cannot be opened ({error.strerror})",
            remedy="Check that the report was written there and this account may read it",
        ) from error
    except expat.ExpatError as error:
        raise _not_xml(path, called, error) from error
    reading.finish()
    return reading.records


class _Reading:
    """The state of one pass through a file.

    The handlers run some tens of millions of times in a large school's year, so they are
    closures over a few locals and do no more than one look-up each.
    """

    def __init__(self, path: Path, called: str, field: Field, take: Take, otherwise: str) -> None:
        self.called, self.records, self.root = called, 0, ""
        self._field = field
        self._fields: dict[str, str | None] = {}
        self._words: list[str] = []
        self.parser = expat.ParserCreate(_encoding(path, otherwise))
        self.parser.buffer_text = True
        # No report has one, and every XML attack begins with one.
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.CharacterDataHandler = self._words.append
        self._handle(take)

    def feed(self, read: Callable[[int], bytes]) -> None:
        """Parse all that `read` gives."""
        parser, fed = self.parser, 0
        while block := read(_BLOCK):
            parser.Parse(block, False)
            fed += len(block)
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_PIECE:
                raise self._shape("one piece of markup does not end")
            if len(self._words) > _MOST_PIECES:
                raise self._too_long("a field")
        parser.Parse(b"", True)

    def finish(self) -> None:
        """Say what a whole file without records was."""
        if self.root == FAILURE:
            raise said.failure("".join(self._words))
        if self.records == 0:
            raise EmptyRegister(
                f"{self.called}: the report has no records",
                remedy="Run the report in SIMS with the same dates and see what it shows",
            )

    def _handle(self, take: Take) -> None:
        depth, record_name = 0, ""
        record: Record = {}
        words, fields = self._words, self._fields

        def start(name: str, _attributes: dict[str, str]) -> None:
            nonlocal depth, record_name
            depth += 1
            if depth == 3:
                words.clear()
            elif depth == 1:
                record_name = self._opens(name)
            elif depth > _DEPTH or name != record_name:
                raise self._shape(f"<{name[:40]}> stands where a report has none")

        def end(name: str) -> None:
            nonlocal depth, record
            depth -= 1
            if depth == 2:
                if words:
                    text = (words[0] if len(words) == 1 else "".join(words)).strip()
                    words.clear()
                    if len(text) > _LONGEST:
                        raise self._too_long(f"<{name[:40]}>")
                    key = fields[name] if name in fields else self._met(name)
                    if text and key is not None:
                        if key in record:
                            raise self._shape(f"<{name[:40]}> stands twice in one record")
                        record[key] = text
            elif depth == 1 and record_name:
                self.records += 1
                words.clear()
                whole, record = record, {}
                take(whole, self.records)

        self.parser.StartElementHandler, self.parser.EndElementHandler = start, end

    def _opens(self, name: str) -> str:
        """The root: what its records are called. An error has none."""
        self.root = name
        if name == FAILURE:
            return ""
        if name not in RECORDS:
            raise NotTheSource(
                f"{self.called} holds <{name[:40]}>, not the records of a SIMS report",
                remedy="Point the plugin to the XML that the report writes",
            )
        return RECORDS[name]

    def _met(self, name: str) -> str | None:
        """A column's field, when the column is met for the first time."""
        if name == FAILURE:
            raise PartialData(
                f"{self.called}: SIMS stopped in the middle of the report",
                remedy="Run the report by hand in SIMS as the same user, and read what it says",
            )
        if len(self._fields) >= _MOST_FIELDS:
            raise self._shape(f"there are more than {_MOST_FIELDS} columns")
        self._fields[name] = self._field(unescaped(name))
        return self._fields[name]

    def _too_long(self, where: str) -> ShapeChanged:
        return self._shape(f"{where} holds more than {_LONGEST} characters")

    def _shape(self, problem: str) -> ShapeChanged:
        return ShapeChanged(
            f"{self.called}, line {self.parser.CurrentLineNumber}: {problem}",
            remedy="Use a report with one flat list of records, each column once, no free text",
        )

    def _doctype(self, *_what: object) -> None:
        raise BadInput(
            "the file has a DOCTYPE, which no SIMS report has",
            remedy="Do not use this file; find out who wrote it",
            file=self.called,
            row=self.parser.CurrentLineNumber,
        )


def unescaped(name: str) -> str:
    """A caption as it was typed in SIMS: `Legal_x0020_Surname` is "Legal Surname"."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def _bounded(path: Path, called: str, most: int) -> None:
    size = path.stat().st_size
    if size == 0:
        raise EmptyRegister(
            f"{called} is empty: the report failed without a word",
            remedy="Run the report by hand in SIMS as the same user, and read what it says",
        )
    if size > most:
        raise ShapeChanged(
            f"{called} has {size:,} bytes, more than any register ({most:,})",
            remedy="Check that the report gives one record a mark, and only the dates asked for",
        )


def _encoding(path: Path, otherwise: str) -> str | None:
    """The encoding to read a file in; None lets the file say.

    In this order: a byte order mark, the XML declaration, strict UTF-8, `otherwise`. A file that
    says UTF-16 in single bytes went through a console, and its declaration is not believed.
    """
    try:
        with path.open("rb") as file:
            start = file.read(200)
            said_so = _DECLARED.match(start.lstrip())
            if start.startswith(_MARKS) or b"\x00" in start[:4]:
                return None
            if said_so and not said_so[1].lower().startswith(b"utf-16"):
                return None
            file.seek(0)
            strictly = codecs.getincrementaldecoder("utf-8")()
            while block := file.read(_BLOCK):
                strictly.decode(block)
            strictly.decode(b"", final=True)
    except UnicodeDecodeError:
        return otherwise
    except OSError:
        return None
    return "utf-8"


def _not_xml(path: Path, called: str, error: expat.ExpatError) -> LinkworkError:
    """Why a file is not XML: SIMS's own words in it, its end missing, or something else."""
    if words := _plain_words(path):
        return said.failure(words)
    problem = expat.ErrorString(error.code)
    if problem in _CUT_SHORT:
        return PartialData(
            f"{called} ends in the middle of the report, at line {error.lineno}",
            remedy="Wait until SIMS has written it; if it stays so, run the report again",
        )
    return BadInput(
        f"the file is not XML ({problem})",
        remedy="Set the report's output to XML and write it again",
        file=called,
        row=error.lineno,
    )


def _plain_words(path: Path) -> str:
    """What SIMS said outside any XML, where its words are known; else nothing."""
    with path.open("rb") as file:
        text = file.read(4000).decode("utf-8", "replace")
    before, markup, _ = text.partition("<")
    words = text if not markup else before
    if markup and f"<{FAILURE}" in text:
        words = text.partition(f"<{FAILURE}>")[2].partition("<")[0]
    return words if said.is_known(words) else ""
