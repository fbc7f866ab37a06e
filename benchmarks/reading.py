"""Reading a register file of a school's year, in every shape, beside bare readers of the same.

    python3 run.py bench reading [--pupils 1500] [--rounds 5]

In one process, so that starting Python does not hide the difference; medians of the rounds.
Files of one row a mark or a day are measured beside `csv.reader` over the same file. A file that
has a year in a row is so short that splitting it says nothing of 570,000 marks: it is measured
beside `csv.reader` over the same marks as rows, and its own splitting is printed with it. Memory
is that of a process that reads, above one that only imports; twice the rows must not take more.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from xml.parsers import expat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import exports

import linkwork_csv.plugin
from linkwork.register import Register
from linkwork.sample import make_school
from linkwork.testing import open_mis, read

FIRST, LAST = date(2025, 9, 1), date(2026, 7, 17)
#: At most so many times the bare reader, and so many MB above a process that only imports.
MOST, MOST_MB = 2.0, 60


def _canonical(register: Register, folder: Path) -> Path:
    from linkwork.sample import writing

    return writing.register(register, folder / "register.csv")


SHAPES: dict[str, tuple[str, Callable[[Register, Path], Path]]] = {
    "canonical": ("own", _canonical),
    "A, a row a mark": ("own", lambda r, f: exports.text(exports.long_rows(r), f / "a.csv")),
    "B, a row a day": ("own", lambda r, f: exports.text(exports.day_rows(r), f / "b.csv")),
    "C, a column a session": ("rows", lambda r, f: exports.text(exports.date_rows(r), f / "c.csv")),
    "D, marks in a cell": (
        "rows",
        lambda r, f: exports.text(exports.string_rows(r, commas=True, weekends=False), f / "d.csv"),
    ),
    "CTF": ("rows", lambda r, f: exports.ctf(r, f / "e.xml", version=24, weekends=False)),
}


def took(run: Callable[[], object], rounds: int) -> float:
    """The median of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return median(times)


def bare(path: Path) -> None:
    """Split the file and do nothing with it: csv.reader, or expat calling nothing."""
    if path.suffix == ".xml":
        parser = expat.ParserCreate()
        with path.open("rb") as file:
            parser.ParseFile(file)
        return
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass


def measure(paths: dict[str, Path], rounds: int) -> bool:
    """Print each shape's times; whether all are within their bar."""
    good = True
    rows = took(lambda: bare(paths["canonical"]), rounds)
    for name, path in paths.items():
        mis = open_mis(linkwork_csv.plugin, path=str(path))
        own = took(lambda path=path: bare(path), rounds)  # type: ignore[misc]
        ours = took(lambda mis=mis: read(mis, FIRST, LAST), rounds)  # type: ignore[misc]
        floor = own if SHAPES[name][0] == "own" else rows
        good = good and ours <= MOST * floor
        beside = "csv.reader over the file,"
        if floor is not own:
            split = "expat" if path.suffix == ".xml" else "csv.reader"
            beside = f"the same marks as rows ({split} over this short file: {own:.3f} s),"
        print(f"{name:24} {ours:.2f} s, {ours / floor:.2f} x {beside} {floor:.2f} s")
    return good


def memory(path: Path) -> bool:
    """Whether reading takes no more memory than it may, once and with the same rows twice."""
    code = (
        "import sys;from datetime import date;import linkwork_csv.plugin;"
        "from linkwork.testing import open_mis,read;"
        "a=sys.argv[1:];"
        "a and read(open_mis(linkwork_csv.plugin,path=a),date(2025,9,1),date(2026,7,17));"
        # Not getrusage: a child's begins with what its parent held.
        "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])/1024)"
    )

    def peak(*arguments: str) -> float:
        command = [sys.executable, "-c", code, *arguments]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    again = path.with_name(f"again-{path.name}")
    again.write_bytes(path.read_bytes())
    idle, once, twice = peak(), peak(str(path)), peak(str(path), str(again))
    print(f"memory: +{once - idle:.0f} MB, the rows twice +{twice - idle:.0f} MB ({path.name})")
    return once - idle <= MOST_MB and twice - once <= 10


def main() -> int:
    """Measure and print; 1 when reading costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        school = make_school(3, pupils=given.pupils, first=FIRST, last=LAST)
        folder = Path(name)
        paths = {shape: write(school.register, folder) for shape, (_, write) in SHAPES.items()}
        good = measure(paths, given.rounds)
        for shape in ("canonical", "A, a row a mark"):
            good = memory(paths[shape]) and good
    print(f"at most {MOST} times, +{MOST_MB} MB: {'yes' if good else 'no'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
