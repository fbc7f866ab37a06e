"""The demonstration's small world: an invented authority's schools, people, terms and cases."""

from __future__ import annotations

import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demo.fakes.sims import install as sims
from linkwork.sample import SampleSchool, make_school, school_calendar


@dataclass(frozen=True)
class School:
    """One invented school: its register is generated, never a real child's."""

    urn: str
    name: str
    kind: str
    phase: str
    pupils: int
    seed: int
    mis: str = "csv"


@dataclass(frozen=True)
class Person:
    """Someone who signs in to the hub."""

    email: str
    name: str
    role: str
    what_for: str


SCHOOLS = (
    School("900001", "Larkmere Primary School", "LA", "primary", 210, 11, "arbor"),
    School("900002", "Thornvale Academy", "academy", "secondary", 1050, 12),
    School("900003", "Saltmarsh Community School", "LA", "secondary", 1480, 13, "sims"),
)
OFFICER = Person("officer@demo.example", "Odile Fenwright", "officer", "pupils, cases, meetings")
MANAGER = Person("manager@demo.example", "Marrin Holtby", "manager", "the whole service")
FINANCE = Person("finance@demo.example", "Fennimore Ashdyke", "finance", "the bill")
FEEDS = Person("feeds@demo.example", "Hale Quenby", "hub-team", "the schools' feeds")
SCHOOL = Person("school@demo.example", "Sorrel Marchbank", "school", "one school only")
PEOPLE = (OFFICER, MANAGER, FINANCE, FEEDS, SCHOOL)
#: Cases of the academic year before, so that there is a bill: (school, opened, closed) in days
#: from that year's 1 September; None = still open.
OLD_CASES = ((0, 20, 90), (1, 10, 300), (1, 64, 130), (1, 150, None), (2, 33, 210), (2, 5, 60))


def school_year_start(day: date) -> int:
    """The year in which the school year of `day` began (1 August)."""
    return day.year if day.month >= 8 else day.year - 1


@dataclass(frozen=True)
class World:
    """The folder that holds everything of one demonstration."""

    root: Path
    today: date
    schools: tuple[School, ...] = SCHOOLS

    @property
    def visited(self) -> School:
        """The school whose own person signs in, and whom the journey follows."""
        return self.schools[min(1, len(self.schools) - 1)]

    @property
    def hub(self) -> Path:
        """The hub's home."""
        return self.root / "hub"

    @property
    def logs(self) -> Path:
        """What the programs say."""
        return self.root / "logs"

    def agent(self, school: School) -> Path:
        """The home of a school's agent."""
        return self.root / "agents" / school.urn

    def data(self, school: School) -> Path:
        """Where a school's register lies."""
        return self.root / "registers" / school.urn

    def imports(self, name: str) -> Path:
        """One of the files the hub imports."""
        return self.root / "imports" / f"{name}.csv"

    def clear(self) -> None:
        """Forget everything of an earlier demonstration."""
        shutil.rmtree(self.root, ignore_errors=True)

    def made_for(self) -> int | None:
        """The hub's port of a set-up that was finished once; None when there is none."""
        ready = self.root / "ready"
        return int(ready.read_text(encoding="utf-8")) if ready.exists() else None

    def finished(self, port: int) -> None:
        """Note that the set-up is whole. Its schools call the hub at this port from now on."""
        (self.root / "ready").write_text(str(port), encoding="utf-8")

    def passwords(self) -> dict[str, str]:
        """A password for each person, made once and kept in the demonstration's folder."""
        kept = self.root / "passwords.json"
        if not kept.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            made = {person.email: secrets.token_urlsafe(9) for person in PEOPLE}
            kept.write_text(json.dumps(made), encoding="utf-8")
        known: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
        return known

    def arbor_port(self, free: Callable[[], int]) -> int:
        """Where the stand-in for Arbor listens: the same port for as long as the folder stands."""
        kept = self.root / "arbor-port"
        if not kept.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            kept.write_text(str(free()), encoding="utf-8")
        return int(kept.read_text(encoding="utf-8"))

    def make_school(self, school: School) -> SampleSchool:
        """Generate a school's year until yesterday and write its files."""
        made = self.generate(school)
        made.write_csv(self.data(school))
        if school.mis == "sims":
            sims.school(self.data(school), made.register)
        return made

    def generate(self, school: School) -> SampleSchool:
        """A school's year until yesterday, the same every time on one day."""
        first = date(school_year_start(self.today), 9, 1)
        return make_school(
            school.seed,
            urn=school.urn,
            name=school.name,
            phase=school.phase,
            pupils=school.pupils,
            first=first,
            last=max(self.today - timedelta(days=1), first + timedelta(days=60)),
        )

    def write_imports(self) -> None:
        """Write the files a hub team would import on its first day."""
        self._write("staff", "email,name,role,latitude,longitude,days", self._staff())
        self._write(
            "schools",
            "urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude",
            self._schools(),
        )
        self._write("terms", "name,first,last,kind,urn", self._terms())
        self._write("cases", "case_ref,urn,opened,closed", self._cases())

    def _write(self, name: str, header: str, rows: Iterable[Sequence[object]]) -> None:
        path = self.imports(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(header.split(","))
            writer.writerows(rows)

    def _staff(self) -> Iterable[Sequence[object]]:
        days = "mon-am mon-pm tue-am tue-pm wed-am wed-pm thu-am thu-pm fri-am"
        yield OFFICER.email, OFFICER.name, OFFICER.role, "51.45", "-0.97", days

    def _schools(self) -> Iterable[Sequence[object]]:
        counted = date(school_year_start(self.today) - 1, 10, 3)
        for i, school in enumerate(self.schools):
            place = f"51.4{i}", f"-0.9{i}"
            yield (
                school.urn,
                school.name,
                school.kind,
                school.phase,
                school.pupils,
                counted,
                OFFICER.email,
                *place,
            )

    def _terms(self) -> Iterable[Sequence[object]]:
        this_year = school_year_start(self.today)
        for year in (this_year - 1, this_year, this_year + 1):
            for span in school_calendar(year).periods:
                yield span.name, span.first, span.last, span.kind, ""

    def _cases(self) -> Iterable[Sequence[object]]:
        start = date(school_year_start(self.today) - 1, 9, 1)
        known = [case for case in OLD_CASES if case[0] < len(self.schools)]
        for number, (school, opened, closed) in enumerate(known, start=1):
            until = "" if closed is None else start + timedelta(days=closed)
            yield (
                f"OLD-{number:04}",
                self.schools[school].urn,
                start + timedelta(days=opened),
                until,
            )
