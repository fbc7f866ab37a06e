"""Whatever a file holds: each row is used, or the read is refused with its row and a reason."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import linkwork_csv.plugin
from linkwork.errors import BadInput, LinkworkError
from linkwork.plugin import Mis
from linkwork.register import Register, RegisterBuilder
from linkwork.testing import open_mis, read
from linkwork_csv import files
from linkwork_csv.mapping import COLUMNS, REQUIRED, Counts, RegisterFile, Wanted
from linkwork_csv.pupils import PupilDetails

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
ids = st.sampled_from(["p1", "p2", " p2", '"p3"', "p,4", ""])
dates = st.sampled_from(["2026-09-07", "2026-09-08", "2026-10-01", "07/09/2026", "2026-13-01", ""])
halves = st.sampled_from(["AM", "PM", "am", "noon", ""])
codes = st.sampled_from(["/", "\\", "N", "n", "C2", "", "long code", '"/"', '"'])
rows = st.tuples(ids, dates, halves, codes).map(",".join) | st.sampled_from(["", ",,,", "p1,2026"])


def counted(content: str) -> tuple[Counts, Register] | BadInput:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        path.write_bytes(content.encode())
        into = RegisterBuilder()
        try:
            with files.opened(path) as file:
                place = files.columns(file.header, COLUMNS, REQUIRED, path)
                wanted = Wanted(FIRST, LAST)
                reading = RegisterFile(str(path), place, wanted, PupilDetails(into), into)
                return reading.read(file), into.build()
        except BadInput as error:
            return error


def refused_or_read(mis: Mis) -> LinkworkError | None:
    try:
        read(mis, FIRST, LAST)
    except LinkworkError as error:
        return error
    return None


@settings(max_examples=150)
@given(st.lists(rows, max_size=12))
def test_every_row_is_used_or_counted_or_refused_with_its_number(lines: list[str]) -> None:
    result = counted("\n".join(("pupil_id,date,session,code", *lines, "")))
    if isinstance(result, BadInput):
        assert result.row is not None
        assert 2 <= result.row <= len(lines) + 1
        assert result.remedy
    else:
        counts, register = result
        assert counts.rows == len(lines)
        assert counts.used + counts.outside + counts.blank + counts.other_school == len(lines)
        assert sum(bool(mark) for row in register.rows for mark in row) <= counts.used


@settings(max_examples=150)
@given(st.lists(rows, max_size=8))
def test_both_ways_of_splitting_a_row_read_the_same(lines: list[str]) -> None:
    """Marks at the end of the row are cut off; elsewhere the csv module splits it."""
    cut = counted("\n".join(("pupil_id,date,session,code,minutes_late", *(f"{x}," for x in lines))))
    split = counted(
        "\n".join(("minutes_late,pupil_id,date,session,code", *(f",{x}" for x in lines)))
    )
    if isinstance(cut, BadInput) or isinstance(split, BadInput):
        assert isinstance(cut, BadInput)
        assert isinstance(split, BadInput)
    else:
        assert cut[1].rows == split[1].rows
        assert cut[0].used == split[0].used


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words_or_read(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        for start in (b"", b"pupil_id,date,session,code\n"):
            path.write_bytes(start + content)
            mis = open_mis(linkwork_csv.plugin, path=path)
            assert refused_or_read(mis) is None or ". " in str(refused_or_read(mis))
