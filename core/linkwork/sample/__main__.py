"""`python3 -m linkwork.sample --seed 1 --pupils 1500 --out DIR`: a register to try things on."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from linkwork.errors import LinkworkError
from linkwork.sample import make_school, school_calendar


def main(arguments: list[str]) -> int:
    """Write one made-up school's files and say what was planted in them."""
    year = date.today().year - 1  # noqa: DTZ011 -- a school's day has no time zone
    parser = argparse.ArgumentParser(prog="python3 -m linkwork.sample", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same number, the same school")
    parser.add_argument("--urn", default="999001", help="the school's number")
    parser.add_argument(
        "--phase",
        choices=("primary", "secondary"),
        default="secondary",
        help="secondary: years 7 to 11",
    )
    parser.add_argument("--pupils", type=int, default=1500, help="how many pupils")
    parser.add_argument(
        "--first",
        type=date.fromisoformat,
        default=date(year, 9, 1),
        help="first day with marks: 2025-09-01",
    )
    parser.add_argument(
        "--last",
        type=date.fromisoformat,
        default=school_calendar(year).days[-1],
        help="last day with marks: 2026-02-27",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    given = parser.parse_args(arguments)
    try:
        school = make_school(
            given.seed,
            urn=given.urn,
            phase=given.phase,
            pupils=given.pupils,
            first=given.first,
            last=given.last,
        )
    except LinkworkError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for path in school.write_csv(given.out):
        sys.stdout.write(f"{path}\n")
    for case in school.planted:
        found = "" if case.found else ", not to be found"
        sys.stdout.write(
            f"  {case.pupil_id}  {case.trigger}: {case.kind}, "
            f"{case.first.isoformat()} to {case.last.isoformat()}{found}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
