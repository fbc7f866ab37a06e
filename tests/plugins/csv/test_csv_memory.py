"""Memory does not grow with the rows read. How fast it is: `run.py bench reading`."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from linkwork.register import Register
from linkwork.sample import make_school

Reading = Callable[..., Register]


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of about 50,000 rows."""
    folder = tmp_path_factory.mktemp("big")
    school = make_school(3, pupils=700, first=date(2026, 9, 1), last=date(2026, 10, 23))
    return school.write_csv(folder)[0]


def test_memory_follows_pupils_and_sessions_not_rows(big: Path, read_csv: Reading) -> None:
    """The same file given three times holds three times the rows and no more marks."""
    copies = [big]
    for number in range(2):
        copy = big.with_name(f"copy{number}.csv")
        copy.write_bytes(big.read_bytes())
        copies.append(copy)

    def peak(path: Path | list[Path]) -> int:
        tracemalloc.start()
        read_csv(path)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    once = peak(big)
    assert peak(copies) <= 1.5 * once
    assert once < big.stat().st_size
