"""Whatever an export holds: rows in are rows read and rows rejected with a reason, never fewer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import exports as shapes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkwork.errors import LinkworkError
from linkwork.register import Register, RegisterBuilder
from linkwork.sample import make_school
from linkwork_csv import detect, exports, quick
from linkwork_csv.mapping import Wanted
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import Reader, Tally

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
ids = st.sampled_from(["17", "18", "017", "P-3", "", " ", "Total", "1.2E+11"])
days = st.sampled_from(
    ["16/09/2026", "7/9/2026", "2026-09-08", "46272", "31/09/2026", "", "soon", "01/10/2026"]
)
halves = st.sampled_from(["AM", "pm", "1", "Morning", "noon", "", "13:00"])
codes = st.sampled_from(
    ["/", "\\", "N", "c2", "", "-", "=1", "#NAME?", "100", "absent", '"', "/\\"]
)
late = st.sampled_from(["", "", "", "5", "x"])
odd = st.sampled_from(["", ";;;;", "Page 1 of 2", "Adno;Mark Date;Session;Mark;Minutes Late"])


def joined(*cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*cells).map(";".join)


SHAPES: dict[str, tuple[str, st.SearchStrategy[str]]] = {
    "long": ("Adno;Mark Date;Session;Mark;Minutes Late", joined(ids, days, halves, codes, late)),
    "day-wide": ("Adno;Date;AM;PM", joined(ids, days, codes, codes)),
    "date-wide": (
        "Adno;Reg;14/09/2026 AM;14/09/2026 PM;15/09/2026 AM",
        joined(ids, st.just("7A"), codes, codes, codes),
    ),
    "pairs": ("Adno;14/09/2026;15/09/2026", joined(ids, codes, codes)),
    "marks-string": (
        "Adno;Start Date;Marks",
        joined(ids, days, st.lists(codes, max_size=6).map(",".join)),
    ),
}


def target() -> exports.Into:
    into = RegisterBuilder()
    return exports.Into(Wanted(FIRST, LAST), PupilDetails(into), into)


def written(content: bytes, name: str = "export.csv") -> Path:
    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(content)
    return path


def outcome(
    path: Path, read: Callable[[Reader], Tally] = quick.read
) -> tuple[Tally, Register, int] | LinkworkError:
    """What a read came to: the tally, the register, the row of the header; or the refusal."""
    into = target()
    try:
        understood = exports.understand(path, None)
        layout = detect.refuse_open(understood)
        reader = Reader(
            understood.table, understood.header, layout, into.wanted, into.pupils, into.builder
        )
        tally = read(reader)
    except LinkworkError as error:
        return error
    return tally, into.builder.build(), understood.header.row


def one_by_one(reader: Reader) -> Tally:
    """Without what is quick for rows like those before."""
    with reader.table.rows() as rows:
        for number, row in enumerate(rows, 1):
            if number > reader.header.row:
                reader.take(row, number)
    return reader.finish()


def check_rows(shape: str, lines: list[str]) -> None:
    header, _ = SHAPES[shape]
    found = outcome(written("\n".join((header, *lines, "")).encode()))
    if isinstance(found, LinkworkError):
        assert ". " in str(found)
        return
    tally, register, _ = found
    assert tally.rows == len(lines) == tally.counted
    assert tally.rejected <= register.rejected_count == tally.marks_rejected
    assert all(one.row and one.remedy for one in register.rejected)
    placed = sum(bool(mark) for row in register.rows for mark in row)
    assert placed <= tally.marks - tally.marks_rejected


def check_ways(shape: str, lines: list[str]) -> None:
    header, _ = SHAPES[shape]
    path = written("\n".join((header, *lines, "")).encode())
    fast, slow = outcome(path), outcome(path, one_by_one)
    if isinstance(fast, LinkworkError) or isinstance(slow, LinkworkError):
        assert str(fast) == str(slow)
        return
    assert vars(fast[0]) == vars(slow[0])
    assert fast[1] == slow[1]


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=60)
@given(data=st.data())
def test_rows_in_are_rows_read_and_rows_rejected(shape: str, data: Any) -> None:
    check_rows(shape, data.draw(st.lists(SHAPES[shape][1] | odd, max_size=12)))


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=60)
@given(data=st.data())
def test_the_quick_way_and_the_careful_way_read_the_same(shape: str, data: Any) -> None:
    sane = "17;16/09/2026;AM;/;" if shape == "long" else ""
    lines = data.draw(st.lists(SHAPES[shape][1], min_size=1, max_size=12))
    check_ways(shape, [line for line in [sane, *lines, *lines] if line])


@settings(max_examples=80)
@given(st.binary(max_size=300), st.sampled_from(["long", "date-wide", "marks-string", ""]))
def test_any_bytes_are_refused_in_words_or_read(content: bytes, shape: str) -> None:
    header = SHAPES[shape][0].encode() + b"\n" if shape else b""
    refused_or_read(written(header + content))


@settings(max_examples=80)
@given(st.binary(max_size=200), st.integers(0, 700), st.sampled_from([24, 21]))
def test_any_damage_to_a_transfer_file_is_refused_in_words_or_read(
    damage: bytes, place: int, version: int
) -> None:
    whole = transfer_file(version)
    refused_or_read(written(whole[:place] + damage + whole[place + len(damage) :], "999.xml"))


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=40), st.integers(0, 5000))
def test_any_damage_to_a_workbook_is_refused_in_words_or_read(damage: bytes, place: int) -> None:
    whole = workbook()
    refused_or_read(written(whole[:place] + damage + whole[place + len(damage) :], "marks.xlsx"))


def refused_or_read(path: Path) -> None:
    """Whatever it is: a register, or a refusal with a remedy after the problem."""
    refusal = ""
    try:
        exports.read_all([path], None, target())
    except LinkworkError as error:
        refusal = str(error)
    assert not refusal or ". " in refusal


_KEPT: dict[str, bytes] = {}


def transfer_file(version: int) -> bytes:
    return _kept(f"ctf{version}", lambda r, p: shapes.ctf(r, p, version=version, weekends=False))


def workbook() -> bytes:
    return _kept("xlsx", lambda r, p: shapes.workbook(shapes.long_rows(r), p))


def _kept(name: str, write: Callable[[Register, Path], Path]) -> bytes:
    if name not in _KEPT:
        school = make_school(5, phase="primary", pupils=40, first=FIRST, last=date(2026, 9, 11))
        codes_of_one_sign = tuple(code[:1] for code in school.register.codes)
        school.register.codes = codes_of_one_sign
        _KEPT[name] = write(school.register, Path(tempfile.mkdtemp()) / name).read_bytes()
    return _KEPT[name]


@pytest.mark.long
@pytest.mark.timeout(4000)
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=20_000)
@given(data=st.data())
def test_a_long_run_of_rows(shape: str, data: Any) -> None:
    lines = data.draw(st.lists(SHAPES[shape][1] | odd, max_size=30))
    check_rows(shape, lines)
    check_ways(shape, [*lines, *lines])
