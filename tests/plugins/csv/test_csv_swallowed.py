"""A quotation mark in one row and another some rows later: the rows between are never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import exports
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import linkwork_csv.plugin
from linkwork.errors import BadInput, LinkworkError
from linkwork.register import Register
from linkwork.sample import make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 11)
SCHOOL = make_school(7, phase="primary", pupils=40, first=FIRST, last=LAST).register
#: A column that nobody reads, with a remark on several lines now and then.
REMARKS = ("", "seen by tutor", 'said "yes"', "two\nlines", "12 High Street,\nOld Town")
ROWS: dict[str, Callable[[Register], Any]] = {
    "long": exports.long_rows,
    "day-wide": exports.day_rows,
    "date-wide": exports.date_rows,
    "marks string": lambda r: exports.string_rows(r, commas=True, weekends=False),
}


def cells(shape: str, at: int, delimiter: str = ",") -> list[list[str]]:
    """The school's export as written cells, with a column of remarks among the others."""

    def written(text: str) -> str:
        quoted = any(sign in text for sign in f'{delimiter}"\n')
        return '"{}"'.format(text.replace('"', '""')) if quoted else text

    rows = []
    for number, row in enumerate(ROWS[shape](SCHOOL)):
        remark = "Remark" if number == 0 else REMARKS[number % len(REMARKS)]
        rows.append([written(cell) for cell in (*row[:at], remark, *row[at:])])
    return rows


def joined(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def marks(register: Register) -> dict[tuple[str, object], str | None]:
    """Every mark by pupil and session."""
    return {
        (pupil.pupil_id, session): code
        for place, pupil in enumerate(register.pupils)
        for session, code in register.marks(place)
        if code
    }


def outcome(text: str, path: Path) -> Register | LinkworkError:
    path.write_text(text, encoding="utf-8", newline="")
    try:
        return read(open_mis(linkwork_csv.plugin, path=str(path)), FIRST, LAST)
    except LinkworkError as error:
        return error


@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("at", [0, 4, 10])
def test_remarks_on_several_lines_in_a_column_nobody_reads_are_left(
    shape: str, at: int, tmp_path: Path
) -> None:
    """Control: what is refused below is the hidden rows, not the line break."""
    found = outcome(joined(cells(shape, at)), tmp_path / "export.csv")
    assert isinstance(found, Register), found
    assert marks(found) == marks(SCHOOL)
    assert not found.rejected_count


@pytest.mark.parametrize("shape", ROWS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_two_stray_quotation_marks_hide_no_row(shape: str, data: Any, tmp_path: Path) -> None:
    at = data.draw(st.sampled_from([0, 4, 10]), "the column nobody reads")
    delimiter = data.draw(st.sampled_from([",", ";"]))
    rows = cells(shape, at, delimiter)
    columns = st.just(at) | st.integers(0, len(rows[0]) - 1)
    first, more = data.draw(st.tuples(st.integers(1, len(rows) - 1), st.integers(0, 3)))
    for row, after in ((first, False), (min(first + more, len(rows) - 1), True)):
        column = data.draw(columns)
        cell = rows[row][column]
        rows[row][column] = f'{cell}"' if after else f'"{cell}'
    damaged = joined(rows, delimiter)
    found = outcome(damaged, tmp_path / "export.csv")
    if isinstance(found, LinkworkError):
        assert ". " in str(found)
        return
    # Counted, not compared: a quotation mark inside an id makes it another id, and loses nothing.
    missing = len(marks(SCHOOL)) - len(marks(found))
    assert missing <= found.rejected_count * len(SCHOOL.sessions), "rows are gone in silence"


def test_rows_hidden_in_a_remark_refuse_the_file_by_row_and_column(tmp_path: Path) -> None:
    rows = [
        "Adno;Remark;Mark Date;Session;Mark",
        "17;late bus;2026-09-07;AM;/",
        '17;"unclosed;2026-09-07;PM;\\',
        "18;;2026-09-07;AM;O",
        '18;closed here";2026-09-07;PM;O',
        "18;;2026-09-08;AM;/",
    ]
    found = outcome("\n".join([*rows, ""]), tmp_path / "export.csv")
    assert isinstance(found, BadInput)
    assert "rows may be hidden in it" in found.problem
    assert (found.row, found.column) == (3, "B")
    assert "unclosed" not in str(found)


def test_a_header_that_took_in_rows_is_refused(tmp_path: Path) -> None:
    text = 'Adno;Mark Date;Session;Mark;"Remark\n17;2026-09-07;AM;/;\n17;2026-09-07;PM;\\;"\n'
    found = outcome(text + "18;2026-09-07;AM;/;\n", tmp_path / "export.csv")
    assert isinstance(found, BadInput)
    assert found.row == 1
