"""Reading a register file of a school's year, beside `csv.reader` over the same rows.

    python3 run.py bench reading [--pupils 1500] [--rounds 5]

In one process, so that starting Python does not hide the difference; medians of the rounds.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import linkwork_csv.plugin
from linkwork.sample import make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2025, 9, 1), date(2026, 7, 17)
MOST = 2.5


def took(run: Callable[[], object], rounds: int) -> float:
    """The median of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return median(times)


def main() -> int:
    """Measure and print; 1 when reading costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        school = make_school(3, pupils=given.pupils, first=FIRST, last=LAST)
        path = school.write_csv(Path(name))[0]
        mis = open_mis(linkwork_csv.plugin, path=str(path))

        def bare() -> int:
            with path.open(encoding="utf-8", newline="") as file:
                return sum(1 for _ in csv.reader(file))

        rows = bare()
        floor = took(bare, given.rounds)
        ours = took(lambda: read(mis, FIRST, LAST), given.rounds)
    print(f"{rows:,} rows: read into a register in {ours:.2f} s, csv.reader alone {floor:.2f} s,")
    print(f"ratio {ours / floor:.2f} (at most {MOST})")
    return 0 if ours <= MOST * floor else 1


if __name__ == "__main__":
    sys.exit(main())
