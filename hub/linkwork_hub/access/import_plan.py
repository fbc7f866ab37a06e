"""What every import shares: a plan that is shown first, and applied whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from linkwork.errors import BadInput, LinkworkError
from linkwork_hub.access.csv_files import CsvRow
from linkwork_hub.db import Scope, Tx

T = TypeVar("T")
S = TypeVar("S")


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


class Mistakes(LinkworkError):
    """Every mistake of one row."""

    def __init__(self, problems: Iterable[BadInput]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(map(str, self.problems)))


class Reading:
    """Reads one row part by part and keeps every mistake, so that all are named at once."""

    def __init__(self) -> None:
        self._problems: list[BadInput] = []

    def part(self, read: Callable[[], T], otherwise: S) -> T | S:
        """What `read` gives; after a mistake, which is kept, `otherwise` for the time being."""
        try:
            return read()
        except BadInput as problem:
            self._problems.append(problem)
            return otherwise

    def done(self) -> None:
        """The row was read. Raises Mistakes when anything in it was wrong."""
        if self._problems:
            raise Mistakes(self._problems)


def make_plan(rows: Iterable[CsvRow], one: Callable[[CsvRow], list[Step]]) -> Plan:
    """The steps of every row, and every row's problem: all are named at once."""
    steps: list[Step] = []
    problems: list[BadInput] = []
    for row in rows:
        try:
            steps += one(row)
        except Mistakes as several:
            problems += several.problems
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
