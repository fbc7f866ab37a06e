"""Whatever a report file holds, it is read or refused in words."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import linkwork_sims.plugin
from linkwork.errors import LinkworkError
from linkwork.register import Register
from linkwork.testing import open_mis, read

NAMES = ("PersonID", "MarkDate", "Session", "Mark", "AM", "PM", "DOB", "UPN", "Year", "a_x0020_b")
TEXTS = ("", "7", "2026-09-07", "07/09/2026", "AM", "PM", "/", "N", "-", "Year  7", "é")
fields = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)), max_size=8)
records = st.lists(fields, max_size=5)


def read_or_refused(content: bytes) -> Register | str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xml"
        path.write_bytes(content)
        mis = open_mis(linkwork_sims.plugin, path=str(path))
        try:
            return read(mis, date(2026, 9, 1), date(2026, 9, 30))
        except LinkworkError as error:
            return str(error)


@settings(max_examples=150)
@given(records)
def test_any_records_are_read_or_refused_in_words(
    given_records: list[list[tuple[str, str]]],
) -> None:
    body = "".join(
        f"<Record>{''.join(f'<{name}>{text}</{name}>' for name, text in each)}</Record>"
        for each in given_records
    )
    result = read_or_refused(f"<SuperStarReport>{body}</SuperStarReport>".encode())
    if isinstance(result, str):
        assert ". " in result
    else:
        assert 0 < sum(bool(mark) for row in result.rows for mark in row) <= 2 * len(given_records)


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    for start in (b"", b"<SuperStarReport><Record>"):
        result = read_or_refused(start + content)
        assert isinstance(result, str)
        assert ". " in result
