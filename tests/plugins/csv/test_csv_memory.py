"""Memory does not grow with the rows read. How fast it is: `run.py bench reading`."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import linkwork_csv.plugin
from linkwork.errors import BadInput
from linkwork.register import Register
from linkwork.sample import make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
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


@pytest.mark.parametrize("header", ["pupil_id,date,session,code", "Adno,Mark Date,Session,Mark"])
def test_doctor_looks_at_the_first_rows_of_a_large_file_and_says_so(
    header: str, tmp_path: Path
) -> None:
    path = tmp_path / "register.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        for pupil in range(1_000):
            for day in range(1, 31):
                for half in ("AM", "PM"):
                    file.write(f"p{pupil},2026-09-{day:02},{half},/\n")
        # The end of the file is the read's to judge.
        file.write("p1,2026-09-01,noon,/\n" * 3000)
    *_, rows, _contacts = open_mis(linkwork_csv.plugin, path=str(path)).check()
    assert rows.ok
    assert rows.seen.startswith("looked at the first 50,0")
    assert rows.seen.endswith("the rest is read when the register is")
    with pytest.raises(BadInput):
        read(open_mis(linkwork_csv.plugin, path=str(path)), FIRST, LAST)
