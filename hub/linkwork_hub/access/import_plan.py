"""What every import shares: a plan that is shown first, and applied whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from linkwork.errors import BadInput
from linkwork_hub.access.csv_files import CsvRow
from linkwork_hub.db import Scope, Tx


@dataclass(frozen=True)
class Step:
    """One change an import makes: in words, and as the call that makes it."""

    words: str
    apply: Callable[[Scope, Tx], None]


@dataclass(frozen=True)
class Plan:
    """What an import would do. With any problem nothing at all is applied."""

    steps: tuple[Step, ...]
    problems: tuple[BadInput, ...] = ()

    def apply(self, scope: Scope, db: Tx) -> None:
        """Make every change in this one transaction. Raises the first problem, if any."""
        for problem in self.problems:
            raise problem
        for step in self.steps:
            step.apply(scope, db)


def make_plan(rows: Iterable[CsvRow], one: Callable[[CsvRow], list[Step]]) -> Plan:
    """The steps of every row, and every row's problem: all are named at once."""
    steps: list[Step] = []
    problems: list[BadInput] = []
    for row in rows:
        try:
            steps += one(row)
        except BadInput as problem:
            problems.append(problem)
    return Plan(tuple(steps), tuple(problems))


def place_of(row: CsvRow) -> tuple[float | None, float | None]:
    """Latitude and longitude: both or neither."""
    latitude = row.decimal("latitude", -90, 90)
    longitude = row.decimal("longitude", -180, 180)
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise row.wrong(missing, f"{missing} is empty", "Give both parts of the place, or neither")
    return latitude, longitude
