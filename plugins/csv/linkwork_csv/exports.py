"""Any register file: what kind it is, what it says of itself, and its marks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path

from linkwork.errors import BadInput
from linkwork.register import RegisterBuilder
from linkwork_csv import arbor_bi, ctf, detect, files, quick, texts, workbook
from linkwork_csv.layout import Layout, Seen, Table, Understood
from linkwork_csv.mapping import COLUMNS, REQUIRED, RegisterFile, Wanted
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import Reader, Tally


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one file came to."""

    path: Path
    tally: Tally
    seen: tuple[Seen, ...]
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Into:
    """Where the marks of a school's files go, and which of them are wanted.

    `most`: how many rows of a file to look at, for a look alone; None: all.
    """

    wanted: Wanted
    pupils: PupilDetails
    builder: RegisterBuilder
    school_days: Collection[date] | None = None
    roster: arbor_bi.Roster = field(default_factory=dict)
    most: int | None = None


def kind_of(path: Path) -> str:
    """canonical, text, workbook or ctf, by the file's first bytes. Raises BadInput."""
    start = files.start_of(path)
    if start[:4] == b"PK\x03\x04":
        return "workbook"
    bare = start.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")
    if bare.startswith(b"<"):
        return "ctf"
    return "canonical" if files.names_columns(start, COLUMNS, REQUIRED) else "text"


def understand(
    path: Path,
    profile: Layout | None,
    answers: detect.Answers | None = None,
    found: Sequence[Table] | None = None,
) -> Understood:
    """What a text file or workbook says of itself, or how it fits the profile. Raises BadInput.

    `found` are its tables, where they were looked for already.
    """
    found = found or tables(path, profile)
    if profile is not None:
        return detect.with_profile(found, profile)
    marks = [table for table in found if _role(table) == "marks"]
    if marks:
        return detect.understand(marks, answers, arbor_bi.MARKS)
    return detect.understand(found, answers)


def read_all(paths: Sequence[Path], profile: Layout | None, into: Into) -> list[Read]:
    """Every file of one school. Tables that only say who the pupils are serve the others."""
    found = {} if profile else {path: _tables_of(path) for path in paths}
    beside = [one for its in found.values() for one in _beside(its)]
    into = replace(into, roster=arbor_bi.roster(beside))
    others = {table.path for table, _ in beside}
    return [read(path, profile, into, found.get(path)) for path in paths if path not in others]


def beside_marks(path: Path) -> list[tuple[Table, str]]:
    """The file's tables that hold no marks and say who the pupils are. Raises BadInput."""
    return _beside(_tables_of(path))


def _beside(found: Sequence[Table]) -> list[tuple[Table, str]]:
    roles = [(table, _role(table)) for table in found]
    return [(table, role) for table, role in roles if role in {"students", "enrolments"}]


def _tables_of(path: Path) -> list[Table]:
    """The tables of a file that is none of those which say themselves what they are."""
    return tables(path) if kind_of(path) in {"text", "workbook"} else []


def tables(path: Path, profile: Layout | None = None) -> list[Table]:
    """The tables a text file or workbook may hold. Raises BadInput."""
    if kind_of(path) == "workbook":
        return workbook.tables(path)
    if profile is None:
        return texts.tables(path)
    return texts.tables(path, profile.encoding, profile.delimiter)


def schools_in(
    path: Path, column: str, profile: Layout | None, answers: detect.Answers | None = None
) -> Iterator[str]:
    """What a file's rows say in the column that tells schools apart; nothing where it has none."""
    if kind_of(path) == "ctf":
        return
    if kind_of(path) == "canonical" and profile is None:
        table, row = texts.tables(path, "utf-8-sig", ",")[0], 1
        with table.rows() as rows:
            titles = [title.strip().lower() for title in next(rows, [])]
        at = titles.index(column) if column in titles else None
    else:
        understood = understand(path, profile, answers)
        table, row = understood.table, understood.header.row
        at = understood.header.place.get(column)
    with table.rows() as rows:
        for cells in islice(rows, row, None):
            if at is not None and at < len(cells) and cells[at].strip():
                yield cells[at].strip()


def _role(table: Table) -> str | None:
    try:
        return arbor_bi.role_of(table)
    except BadInput:
        # What is wrong with the file is said when it is read.
        return None


def read(
    path: Path, profile: Layout | None, into: Into, found: Sequence[Table] | None = None
) -> Read:
    """Put the file's marks where they belong. Raises BadInput naming what cannot be read."""
    kind = kind_of(path)
    if kind == "canonical" and profile is None:
        return _canonical(path, into)
    if kind == "ctf":
        return Read(path, *ctf.read(path, profile, into.wanted, into.pupils, into.builder))
    understood = understand(path, profile, found=found)
    layout = detect.refuse_open(understood)
    reader = Reader(
        understood.table,
        understood.header,
        layout,
        into.wanted,
        into.pupils,
        into.builder,
        into.school_days,
        into.roster,
        into.most,
    )
    tally = quick.read(reader)
    for warning in understood.warnings:
        into.builder.warn(warning)
    return Read(path, tally, understood.seen, reader.stopped)


def _canonical(path: Path, into: Into) -> Read:
    with files.opened(path) as file:
        place = files.columns(file.header, COLUMNS, REQUIRED, path)
        counts = RegisterFile(str(path), place, into.wanted, into.pupils, into.builder).read(
            file, into.most
        )
    lacking = [name for name in COLUMNS if name not in place and name not in {"urn", "mode"}]
    has = "every column" if not lacking else f"no column {', '.join(lacking)}"
    tally = Tally(
        rows=counts.rows,
        used=counts.used,
        outside=counts.outside,
        blank=counts.blank,
        other_school=counts.other_school,
        minutes_ignored=counts.minutes_ignored,
    )
    return Read(path, tally, (Seen("layout", "canonical", has),), counts.stopped)
