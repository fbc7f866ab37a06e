"""A whole made-up school: pupils, marks, planted cases, contacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from linkwork.errors import WrongUse
from linkwork.plugin import PupilContacts
from linkwork.register import Pupil, Register
from linkwork.sample import writing
from linkwork.sample.days import school_days
from linkwork.sample.dice import Dice
from linkwork.sample.marking import Marking
from linkwork.sample.people import People, cohorts
from linkwork.sample.planted import Planted
from linkwork.sample.terms import SchoolCalendar, calendars

PHASES = ("primary", "secondary")
FEWEST = 40


@dataclass(frozen=True)
class SampleSchool:
    """A made-up school. `planted` is what its register must be found to hold."""

    urn: str
    name: str
    phase: str
    register: Register
    planted: tuple[Planted, ...]
    contacts: dict[str, PupilContacts] = field(repr=False)
    calendars: tuple[SchoolCalendar, ...] = field(repr=False)

    def write_csv(self, folder: Path) -> tuple[Path, Path]:
        """Write register.csv and contacts.csv in the canonical shape; their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        return (
            writing.register(self.register, folder / "register.csv"),
            writing.contacts(self.contacts, folder / "contacts.csv"),
        )


def make_school(
    seed: int,
    *,
    urn: str = "999001",
    name: str = "Quillbury School",
    phase: str = "secondary",
    pupils: int = 1050,
    first: date,
    last: date,
    la_code: str = "999",
) -> SampleSchool:
    """A school whose register of `first`..`last` looks real. The same arguments, the same school.

    Cases that the days do not suffice for are left out of `planted`. `la_code` 999 is no
    authority's. Raises WrongUse for another phase, under 40 pupils, or dates without school.
    """
    if phase not in PHASES or pupils < FEWEST:
        raise WrongUse(f"a made-up school is {' or '.join(PHASES)} and has {FEWEST} pupils or more")
    days = school_days(first, last, Dice(seed, f"days {urn}"))
    year = _school_year(days.dates[-1])
    people = People(seed, urn, la_code, phase, year)
    roll: list[Pupil] = []
    for cohort in cohorts(phase, pupils):
        roll += people.pupils(cohort, len(roll) + 1)
    marking = Marking(Dice(seed, f"marks {urn}"), phase, days, roll)
    found = marking.plant()
    marking.fill()
    return SampleSchool(
        urn,
        name,
        phase,
        marking.register(urn, name),
        found,
        people.contacts(),
        tuple(calendars(days.dates[0], days.dates[-1])),
    )


def _school_year(day: date) -> int:
    return day.year if day.month >= 8 else day.year - 1
