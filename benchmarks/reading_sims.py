"""Reading a SIMS report of a school's year, beside expat handing out the same XML.

    python3 run.py bench reading_sims [--pupils 1500] [--rounds 3]

Expat alone hands every element and text to handlers that do nothing: what any reader in Python
pays. Both in one process, medians of the rounds; the memory is the growth of the whole process's
resident set over one read, measured in a process of its own for a tenth and for all of the rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from xml.parsers import expat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import linkwork_sims.plugin
from demo.fakes.sims import reports
from linkwork.sample import make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2025, 9, 1), date(2026, 7, 17)
MOST, MOST_MEGABYTES = 2.0, 60.0


def took(run: Callable[[], object], rounds: int) -> float:
    """The median of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return median(times)


def expat_alone(path: Path) -> int:
    """Parse with handlers that do nothing; the bytes fed."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda _name, _attributes: None
    parser.EndElementHandler = lambda _name: None
    parser.CharacterDataHandler = lambda _text: None
    fed = 0
    with path.open("rb") as file:
        while block := file.read(1 << 16):
            parser.Parse(block, False)
            fed += len(block)
    parser.Parse(b"", True)
    return fed


def our_read(path: Path) -> int:
    """Read into a register; how many marks it holds."""
    register = read(open_mis(linkwork_sims.plugin, path=str(path)), FIRST, LAST)
    return sum(len(row) - row.count(0) for row in register.rows)


def growth(path: Path) -> float:
    """How many megabytes one read adds to a process."""
    code = f"from benchmarks.reading_sims import grown; print(grown({str(path)!r}))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(ran.stdout)


def grown(path: str) -> float:
    """The same, in this process: by how much its highest resident size grows."""
    before = highest()
    our_read(Path(path))
    return (highest() - before) / 1024


def highest() -> int:
    """The most that was ever resident of this process, in kilobytes; Linux alone tells."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def main() -> int:
    """Measure and print; 1 when reading costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        school = make_school(3, pupils=given.pupils, first=FIRST, last=LAST)
        path = reports.write(school.register, Path(name) / "year.xml")
        marks = our_read(path)
        floor = took(lambda: expat_alone(path), given.rounds)
        ours = took(lambda: our_read(path), given.rounds)
        part = Path(name) / "part.xml"
        with path.open(encoding="utf-8") as whole, part.open("w", encoding="utf-8") as out:
            for number, line in enumerate(whole):
                if number % 10 == 0 or not line.startswith("<Record>"):
                    out.write(line)
        small, large = growth(part), growth(path)
        size = path.stat().st_size / 1e6
    print(
        f"{marks:,} marks, {size:.0f} MB of XML: read in {ours:.2f} s, expat alone {floor:.2f} s,"
    )
    print(f"ratio {ours / floor:.2f} (at most {MOST})")
    print(
        f"memory +{large:.1f} MB (at most {MOST_MEGABYTES:.0f}), of a tenth of it +{small:.1f} MB"
    )
    return 0 if ours <= MOST * floor and large <= MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
