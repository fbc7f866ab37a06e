"""Where reports come from: files that are dropped, or CommandReporter run for them."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from linkwork.errors import (
    EmptyRegister,
    PartialData,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
    WrongUse,
)
from linkwork_sims import parameters, said
from linkwork_sims.options import Options
from linkwork_sims.processes import (
    Limits,
    Processes,
    TookTooLong,
    WroteTooMuch,
    processes_here,
    running,
    written,
)
from linkwork_sims.report_xml import MOST_BYTES, RECORDS

#: How long a file's size must stay the same before it is taken as written, in seconds, and how
#: long that is waited for. One tool in use waits ten seconds after SIMS ended.
_STILL_SECONDS, _SETTLE_SECONDS = 1.0, 30.0
_LOOK_EVERY = 0.1
#: What a whole file ends with.
_CLOSINGS = (*(f"</{root}>".encode() for root in RECORDS), b"</ReportParameters>")


class Source(Protocol):
    """Reports of one school."""

    def reports(self, first: date, last: date) -> AbstractContextManager[Sequence[Path]]:
        """The report files for these dates, there until the `with` ends. Raises a MisError."""

    def codes(self) -> AbstractContextManager[Path | None]:
        """The report of attendance codes, when one is named in the settings."""


@dataclass(frozen=True)
class Drop:
    """Files that a scheduled report writes, on this machine or for a hosted SIMS."""

    path: Path
    codes_path: str = ""

    @contextlib.contextmanager
    def reports(self, first: date, last: date) -> Iterator[Sequence[Path]]:
        """The files there are now. Raises SourceUnavailable when there are none."""
        yield self.files()

    @contextlib.contextmanager
    def codes(self) -> Iterator[Path | None]:
        """The file the setting names."""
        yield Path(self.codes_path) if self.codes_path else None

    def files(self) -> list[Path]:
        """The report files there are now. Raises SourceUnavailable when there are none."""
        files = sorted(self.path.glob("*.xml")) if self.path.is_dir() else [self.path]
        if not files or not all(path.exists() for path in files):
            raise SourceUnavailable(
                f"{self.path} holds no report",
                remedy="Check that the scheduled report ran and writes its XML there",
            )
        # One that is still being written has no end yet, and is refused as it is read.
        return files


@dataclass(frozen=True)
class CommandReporter:
    """SIMS's own program, run as a child for each report and ended with all it started."""

    program: Path
    options: Options
    password: str = ""
    processes: Processes | None = None
    most_bytes: int = MOST_BYTES

    @contextlib.contextmanager
    def reports(self, first: date, last: date) -> Iterator[Sequence[Path]]:
        """Run the report with these dates. Raises a MisError naming what SIMS did instead."""
        with private() as folder:
            dates = self.parameters(folder, self.options.report, first, last)
            yield [self._run(folder, self.options.report, dates.content if dates else None)]

    @contextlib.contextmanager
    def codes(self) -> Iterator[Path | None]:
        """Run the report of attendance codes, when the settings name one."""
        if not self.options.codes_report:
            yield None
            return
        with private() as folder:
            yield self._run(folder, self.options.codes_report, None)

    def parameters(
        self, folder: Path, report: str, first: date, last: date
    ) -> parameters.Dated | None:
        """The report's parameters with these dates; None for a report that has none.

        Raises a MisError, or WrongUse when the program cannot be started.
        """
        dump = folder / "parameters.xml"
        words = self._call(folder, report, "/PARAMDEF", f"/OUTPUT:{dump}", writes=dump)
        content = dump.read_bytes() if dump.exists() else b""
        if f"<{_ERROR}" in words or (not content and said.is_known(words)):
            raise self._failure(words)
        return parameters.dated(content, first, last) if content.strip() else None

    def _run(self, folder: Path, report: str, given: bytes | None) -> Path:
        extra = []
        if given is not None:
            file = folder / "given.xml"
            file.write_bytes(given)
            extra = [f"/PARAMFILE:{file}"]
        output = folder / "report.xml"
        if self.options.output == "file":
            words = self._call(folder, report, *extra, f"/OUTPUT:{output}", writes=output)
        else:
            words, output = self._call(folder, report, *extra), folder / "words"
        if not output.exists() or not output.stat().st_size:
            if words.strip():
                raise self._failure(words)
            raise EmptyRegister(
                f'the report "{report}" gave nothing and said nothing',
                remedy="Run it by hand in SIMS as the same user; with a Windows sign-in it must "
                "stand in that user's own My Reports",
            )
        return output

    def _call(self, folder: Path, report: str, *more: str, writes: Path | None = None) -> str:
        """Run the program once; the first of what it said. The folder's file `words` has all."""
        out, errors = folder / "words", folder / "complaints"
        watched = [out, errors, *([writes] if writes else [])]
        limits = Limits(self.options.limit, self.most_bytes)
        command = [*self._command(report), *more]
        processes = self.processes or processes_here()
        try:
            with running(command, watched, limits, processes):
                if writes is not None:
                    settled(writes)
        except TookTooLong as problem:
            raise self._too_long(report, problem.wrote) from problem
        except WroteTooMuch as problem:
            raise ShapeChanged(
                f'the report "{report}" wrote more than {self.most_bytes:,} bytes and was ended',
                remedy="Check that the report gives one record a mark, and only the dates asked",
            ) from problem
        except OSError as problem:
            raise WrongUse(
                f"{self.program} cannot be started ({problem.strerror}). Correct the setting "
                "program, or let this account run it"
            ) from problem
        return _start_of(out) or _start_of(errors)

    def _command(self, report: str) -> list[str]:
        options = self.options
        signing_in = (
            [f"/USER:{options.user}", f"/PASSWORD:{self.password}"]
            if options.user
            else ["/TRUSTED"]
        )
        place = [
            *([f"/SERVERNAME:{options.server}"] if options.server else []),
            *([f"/DATABASENAME:{options.database}"] if options.database else []),
        ]
        return [str(self.program), *signing_in, *place, f"/REPORT:{report}", "/QUIET"]

    def _too_long(self, report: str, wrote: int) -> TimedOut:
        who = self.options.user or "the agent's own Windows account"
        if wrote:
            likely = "it was still writing: give it more time in limit, or ask for fewer dates"
        else:
            likely = (
                "it had written nothing, so a window is likely to wait for an answer (an expired "
                "password, an update of SIMS): sign in to SIMS once on this machine as "
                f"{who}, answer what it asks, and try again"
            )
        return TimedOut(
            f'CommandReporter did not finish the report "{report}" within '
            f"{self.options.limit:g} seconds and was ended with everything it had started",
            remedy=likely[0].upper() + likely[1:],
        )

    def _failure(self, words: str) -> Exception:
        text = words.partition(f"<{_ERROR}>")[2].partition("<")[0] or words
        return said.failure(text, self.password)


_ERROR = "CommandReporterError"


def settled(path: Path, *, still: float = _STILL_SECONDS, wait: float = _SETTLE_SECONDS) -> None:
    """Wait until a file is whole: its end is there, or it keeps its size and is let go of.

    A file that does not come is no matter: some reports have no parameters. Raises PartialData
    when it goes on growing or stays locked.
    """
    begun = changed = time.monotonic()
    size = written([path])
    while True:
        now = time.monotonic()
        if written([path]) != size:
            size, changed = written([path]), now
        elif (now - changed >= still or _closed(path)) and _let_go(path):
            return
        if now - begun > wait:
            raise PartialData(
                f"{path} is still being written",
                remedy="Wait until SIMS has finished it; it is read again the next time",
            )
        time.sleep(_LOOK_EVERY)


def _closed(path: Path) -> bool:
    """Whether the last thing in the file is the end of a report or of its parameters."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200))
        # Twice as long in UTF-16, and none of its letters is anything else there.
        end = file.read().replace(b"\x00", b"").rstrip()
        return end.endswith(_CLOSINGS)
    return False


def _let_go(path: Path) -> bool:
    """Whether no other program keeps the file to itself, as Windows programs do while writing."""
    try:
        with path.open("rb"):
            return True
    except FileNotFoundError:
        return True
    except PermissionError:
        return False


@contextlib.contextmanager
def private() -> Iterator[Path]:
    """A folder that only this account can read, gone with all it holds when the `with` ends."""
    with tempfile.TemporaryDirectory(prefix="linkwork-sims-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _start_of(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(2000).decode("utf-8", "replace")
