"""`linkwork-agent check` on a secondary school's year, beside `csv.reader` over the same file.

    python3 run.py bench check [--pupils 1500] [--rounds 3]

Whole processes, start to end, best of the rounds: what a person at a terminal waits for.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from linkwork.sample import make_school

LIMIT = 3.0
READ = "import csv, sys; print(sum(1 for _ in csv.reader(open(sys.argv[1], newline=''))))"


def timed(command: list[str], rounds: int, compiled: Path) -> float:
    """The shortest of some runs of a command, in seconds. It must succeed.

    With compiled modules, as an installed agent has them: the first run writes them where they
    are thrown away in the end, whatever this machine's settings say.
    """
    best = float("inf")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        best = min(best, time.perf_counter() - started)
    return best


def main() -> int:
    """Measure and print; 1 when the check took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        school = make_school(
            2026,
            urn="100001",
            name="Ashby Vale School",
            phase="secondary",
            pupils=given.pupils,
            first=date(2025, 9, 1),
            last=date(2026, 7, 17),
            la_code="980",
        )
        school.write_csv(Path(name))
        register = str(Path(name) / "register.csv")
        check = [sys.executable, "-m", "linkwork_agent", "check", register, "--format", "json"]
        took = timed(check, given.rounds, Path(name) / "compiled")
        floor = timed([sys.executable, "-c", READ, register], given.rounds, Path(name) / "compiled")
        days = len({session.date for session in school.register.sessions})
    print(f"{given.pupils} pupils, {days} days: check {took:.2f} s (limit {LIMIT:.0f} s),")
    print(f"csv.reader over the same file {floor:.2f} s, ratio {took / floor:.1f}")
    return 0 if took <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
