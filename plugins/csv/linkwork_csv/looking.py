"""What a technician should know of each file of a school: `doctor` and `Mis.check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from linkwork import wording
from linkwork.errors import BadInput
from linkwork.plugin import Check
from linkwork_csv import arbor_bi, calendar_file, exports, files
from linkwork_csv.layout import Layout, Table

#: Columns that few schools need: nobody is told that they are missing.
_EXTRA = ("urn", "mode")
#: So many rows of a file are looked at: about a tenth of a school's year of a row a mark.
MOST = 50_000


def at_register(path: Path, profile: Layout | None, into: exports.Into) -> list[Check]:
    """What a technician should know of one register file: written when, laid out how, how full."""
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        beside = [] if profile else exports.beside_marks(path)
        if beside:
            return [_at_roster(path, f"written {written:%Y-%m-%d %H:%M} UTC", beside)]
        done = exports.read(path, profile, replace(into, most=MOST))
    except OSError:
        return [Check(str(path), False, "not there", "Check the path")]
    except BadInput as error:
        place = ", ".join(
            f"{name} {value}"
            for name, value in (("row", error.row), ("column", error.column))
            if value is not None
        )
        seen = f"{place}: {error.problem}" if place else error.problem
        return [Check(str(path), False, seen, error.remedy)]
    age = f"written {written:%Y-%m-%d %H:%M} UTC"
    told = ("encoding", "dates", "layout", "days of the marks")
    evidence = "; ".join(
        f"{one.what} {one.read_as}" + (f" ({one.because})" if one.what in told else "")
        for one in done.seen
    )
    checks = [Check(str(path), True, f"{age}; {evidence}")]
    if not done.tally.rows:
        return [Check(str(path), False, "a header and no rows", "Export it again")]
    first = done.tally.first
    remedy = str(first) if first else ""
    words = done.tally.words()
    if done.stopped:
        words = f"looked at the first {words}; the rest is read when the register is"
    return [*checks, Check(f"{path.name} rows", first is None, words, remedy)]


def _at_roster(path: Path, age: str, tables: Sequence[tuple[Table, str]]) -> Check:
    pupils = wording.number(len(arbor_bi.roster(tables)), "pupil")
    roles = " and ".join(role for _, role in tables)
    return Check(str(path), True, f"{age}; {roles} of {pupils}, read beside the marks")


def at_calendar(path: Path) -> Check:
    """The calendar, in whichever of its two forms it is."""
    try:
        with files.opened(path) as file:
            known, needed = calendar_file.columns_of(file.header)
    except BadInput as error:
        return Check(str(path), False, error.problem, error.remedy)
    return at_table(path, known, needed)


def at_table(path: Path, known: tuple[str, ...], required: tuple[str, ...]) -> Check:
    """A file beside the register: whether its columns are there and it has a row."""
    try:
        with files.opened(path) as file:
            place = files.columns(file.header, known, required, path)
            empty = next(file.rows, None) is None
    except BadInput as error:
        return Check(str(path), False, error.problem, error.remedy)
    lacking = [name for name in known if name not in place and name not in _EXTRA]
    if empty:
        return Check(str(path), False, "a header and no rows", "Export it again")
    seen = "every column" if not lacking else f"no column {', '.join(lacking)}"
    return Check(str(path), True, seen)
