"""Report files as records, one at a time; whatever else a file turns out to be, in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from linkwork.errors import (
    BadInput,
    CredentialsRefused,
    EmptyRegister,
    MisError,
    NotTheSource,
    PartialData,
    ShapeChanged,
    SourceUnavailable,
)

Record = dict[str, str]
ROOT, RECORD, FAILURE = "SuperStarReport", "Record", "CommandReporterError"
_BLOCK = 1 << 16
#: A report is a root, its records and their fields; a field holds a name or a date, no essay.
_DEPTH, _LONGEST = 3, 10_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DECLARED = re.compile(rb"^<\?xml[^>]*encoding")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: Expat's words for a file that stops before its end.
_CUT_SHORT = frozenset({"no element found", "unclosed token", "unclosed CDATA section"})
_SIGN_IN = ("login", "log in", "logon", "password", "user name", "username")


class ReportFile:
    """One file that a SIMS report wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def each(self, take: Callable[[Record, int], None]) -> int:
        """Call `take(record, number)` for each record, counted from 1; how many there were.

        A record holds the fields that are not empty by caption, with SIMS's `_x0020_` written
        out as the space it stands for. Raises a MisError or BadInput, never half in silence:
        what was taken before an error must not be used.
        """
        reading = _Reading(self.path, take)
        try:
            with self.path.open("rb") as file:
                while block := file.read(_BLOCK):
                    reading.parser.Parse(block, False)
            reading.parser.Parse(b"", True)
        except OSError as error:
            raise SourceUnavailable(
                f"{self.path} cannot be opened ({error.strerror})",
                remedy="Check that the report was written there and this account may read it",
            ) from error
        except expat.ExpatError as error:
            raise _not_xml(self.path, error) from error
        reading.finish()
        return reading.records


class _Reading:
    """The state of one pass through a file."""

    def __init__(self, path: Path, take: Callable[[Record, int], None]) -> None:
        self.path, self.take = path, take
        self.records = 0
        self.parser = expat.ParserCreate(_encoding(path))
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        # No report has one, and every XML attack begins with one.
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._root = ""
        self._open: list[str] = []
        self._words: list[str] = []
        self._record: Record = {}
        self._captions: dict[str, str] = {}

    def finish(self) -> None:
        """Say what a whole file without records was."""
        if self._root == FAILURE:
            raise _failure("".join(self._words))
        if self.records == 0:
            raise EmptyRegister(
                f"{self.path}: the report has no records",
                remedy="Run the report in SIMS with the same dates and see what it shows",
            )

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if not self._open:
            self._root = name
            if name not in {ROOT, FAILURE}:
                raise NotTheSource(
                    f"{self.path} holds <{name[:40]}>, not the records of a SIMS report",
                    remedy="Point the setting path to the XML file the report writes",
                )
        self._open.append(name)
        if len(self._open) > _DEPTH or (len(self._open) == 2 and name != RECORD):
            raise ShapeChanged(
                f"{self.path}, line {self.parser.CurrentLineNumber}: <{name[:40]}> stands where a "
                "report has none",
                remedy="Use a report with one flat list of records",
            )
        self._words.clear()

    def _text(self, words: str) -> None:
        self._words.append(words)
        if len(words) > _LONGEST:
            raise ShapeChanged(
                f"{self.path}, line {self.parser.CurrentLineNumber}: a field holds more than "
                f"{_LONGEST} characters",
                remedy="Take free-text fields out of the report",
            )

    def _end(self, name: str) -> None:
        depth = len(self._open)
        self._open.pop()
        if self._root == FAILURE:
            return
        if depth == _DEPTH:
            text = "".join(self._words).strip()
            if text:
                self._record[self._caption(name)] = text
            self._words.clear()
        elif depth == 2:
            self.records += 1
            self.take(self._record, self.records)
            self._record = {}

    def _caption(self, name: str) -> str:
        caption = self._captions.get(name)
        if caption is None:
            caption = self._captions[name] = unescaped(name)
        return caption

    def _doctype(self, *_what: object) -> None:
        raise BadInput(
            "the file has a DOCTYPE, which no SIMS report has",
            remedy="Do not use this file; find out who wrote it",
            file=str(self.path),
            row=self.parser.CurrentLineNumber,
        )


def unescaped(name: str) -> str:
    """A caption as it was typed in SIMS: `Legal_x0020_Surname` is "Legal Surname"."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def _encoding(path: Path) -> str | None:
    """None lets the file say; a file that says nothing and is not UTF-8 is Windows text."""
    try:
        with path.open("rb") as file:
            start = file.read(200)
            if not start:
                raise EmptyRegister(
                    f"{path} is empty: the report failed without a word",
                    remedy="Run the report by hand in SIMS as the same user, and read what it says",
                )
            if start.startswith(_MARKS) or _DECLARED.match(start.lstrip()):
                return None
            file.seek(0)
            # Line by line, so that no letter is cut in two.
            for line in file:
                line.decode()
    except UnicodeDecodeError:
        return "windows-1252"
    except OSError:
        return None
    return None


def _failure(words: str) -> MisError:
    """What CommandReporter wrote instead of a report. Its words name no pupil."""
    said = " ".join(words.split())[:200] or "nothing"
    if any(word in said.lower() for word in _SIGN_IN):
        return CredentialsRefused(
            f'SIMS refused to sign in: it said "{said}"',
            remedy="Enter the SIMS user's password again in the task that runs the report",
        )
    return SourceUnavailable(
        f'SIMS could not run the report: it said "{said}"',
        remedy="Run the report by hand in SIMS as the same user",
    )


def _not_xml(path: Path, error: expat.ExpatError) -> BadInput | PartialData:
    said = expat.ErrorString(error.code)
    if said in _CUT_SHORT:
        return PartialData(
            f"{path} ends in the middle of the report, at line {error.lineno}",
            remedy="Wait until SIMS has written it; if it stays so, run the report again",
        )
    return BadInput(
        f"the file is not XML ({said})",
        remedy="Set the report's output to XML and write it again",
        file=str(path),
        row=error.lineno,
    )
