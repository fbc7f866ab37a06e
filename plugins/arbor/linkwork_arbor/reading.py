"""A school's year from its Arbor into a register."""

from __future__ import annotations

from datetime import date

from linkwork import wording
from linkwork.errors import EmptyRegister, PermissionMissing, ShapeChanged, WrongUse
from linkwork.register import RegisterBuilder
from linkwork_arbor.client.source import Source
from linkwork_arbor.entities import (
    DEMOGRAPHICS,
    ELSEWHERE,
    ENTITIES,
    NEEDED,
    RECORDS,
    WANTED,
    Entity,
)
from linkwork_arbor.filling import Filling
from linkwork_arbor.mapping import institutions, marks, people
from linkwork_arbor.mapping.marks import Sorter
from linkwork_arbor.mapping.people import Scope
from linkwork_arbor.mapping.values import Item
from linkwork_arbor.options import Options

#: More rows in a hundred than this that cannot be used, and it is the shape that has changed.
MOST_REJECTED = 1


class Reading:
    """One read of one school. `lists` holds what was fetched, by entity."""

    def __init__(self, source: Source, options: Options, urn: str, into: RegisterBuilder) -> None:
        self._source, self._options, self._urn, self._into = source, options, urn, into
        self._lists: dict[str, list[Item]] = {}

    def read(self, first: date, last: date) -> None:
        """Stream pupils, school days and marks into the builder. Raises a MisError."""
        self._fetch()
        roll = self._roll(last)
        marks_of = self._lists["AttendanceMark"]
        halves = marks.halves(
            self._lists["AttendanceRollCall"], self._lists["AttendanceRegisterType"]
        )
        for words in marks.disagreements(marks_of, last):
            self._into.warn(f"{words}: it is counted as by law")
        sorter = Sorter(marks.Lookup(marks.codes(marks_of), halves), first, last, self._source.key)
        days = self._marks(sorter, roll.others | roll.held)
        self._declare(marks.calendar(self._lists["AcademicCalendarDate"], first, last), days)

    def _fetch(self) -> None:
        for name in NEEDED:
            self._lists[name] = self._all(ENTITIES[name])
            if not self._lists[name]:
                raise PermissionMissing(
                    name, remedy="Arbor lists none: allow the application to read them"
                )
        needed_here = [each for name in self._options.demographics for each in DEMOGRAPHICS[name]]
        for name in (*WANTED, *needed_here):
            try:
                self._lists[name] = self._all(ENTITIES[name])
            except PermissionMissing as problem:
                self._into.warn(
                    f"Arbor gives no permission to read {problem.field}: what it says is unknown"
                )
                self._lists[name] = []
        for name in (*NEEDED, *WANTED):
            self._say_gaps(ENTITIES[name])

    def _all(self, entity: Entity) -> list[Item]:
        if self._source.gaps(entity) == [entity.name]:
            return []
        return [row for page in self._source.pages(entity) for row in page]

    def _say_gaps(self, entity: Entity) -> None:
        gaps = [gap for gap in self._source.gaps(entity) if gap not in ELSEWHERE]
        if gaps:
            self._into.warn(f"not given by this Arbor: {', '.join(gaps)}")

    def _roll(self, last: date) -> people.Roll:
        own, count = institutions.own(self._lists["EducationalInstitution"], self._urn)
        if own is None and self._urn:
            self._into.warn("Arbor does not say whose it is: the school's URN was not verified")
        if own is not None:
            self._into.urn = self._urn
        years = self._options.year_groups
        scope = Scope(last, None if years or count < 2 else own, years)
        roll = people.roll(self._lists, scope, self._options.demographics)
        if count > 1 and not roll.pupils:
            raise WrongUse(
                f"This Arbor serves {count} schools and does not say whose pupil is whose. Set "
                "year_groups to those of this school"
            )
        for pupil in roll.pupils:
            self._into.add_pupil(pupil)
        if roll.held:
            held = wording.number(len(roll.held), "pupil")
            self._into.warn(f"partial: {held} held, of whom Arbor does not say the school")
        if roll.doubled:
            self._into.warn(
                f"{wording.number(roll.doubled, 'UPN')} in Arbor on more than one pupil: merge "
                "them there"
            )
        return roll

    def _marks(self, sorter: Sorter, not_ours: set[str]) -> set[date]:
        """Every mark into the builder; the days on which school was held."""
        between = (sorter.first, sorter.last)
        if self._source.unfiltered(RECORDS, between):
            self._into.warn("this Arbor cannot be asked for some days only: all records were read")
        filling = Filling(self._into, not_ours)
        for page in self._source.pages(RECORDS, between):
            found = sorter.page(page)
            if sorter.unlisted is not None:
                raise ShapeChanged(
                    f"a roll-call record points to {sorter.unlisted} that Arbor does not list "
                    "with its sign",
                    remedy="Allow the application to read AttendanceMark, AttendanceRollCall and "
                    "AttendanceRegisterType whole",
                )
            filling.take(found)
        filling.warn()
        self._account(sorter)
        if filling.empty:
            raise EmptyRegister(
                f"Arbor gave no marks from {sorter.first.isoformat()} to {sorter.last.isoformat()}",
                remedy="Check the dates, and that the application may read roll-call records",
            )
        return filling.held_days

    def _account(self, sorter: Sorter) -> None:
        rejected = sum(sorter.rejected.values())
        if rejected * 100 > sorter.rows * MOST_REJECTED:
            raise ShapeChanged(
                f"{rejected:,} of {sorter.rows:,} roll-call records cannot be used "
                f"({_reasons(sorter)})",
                remedy="Nothing was used; update the plugin if it happens every time",
            )
        if rejected:
            records = wording.number(rejected, "roll-call record")
            self._into.warn(f"partial: {records} left out, {_reasons(sorter)}")
        if sorter.held:
            records = wording.number(sorter.held, "record")
            calls = self._lists["AttendanceRollCall"]
            names = ", ".join(marks.of_neither_half(calls, sorter.lookup.halves))
            self._into.warn(f"{records} of roll calls that are neither AM nor PM left out: {names}")

    def _declare(self, calendar: frozenset[date], marked: set[date]) -> None:
        """Arbor's school days, unless its own marks speak against them: marks on a day that a
        declared calendar does not hold would count for nothing.
        """
        if not calendar:
            return
        if strange := len(marked - calendar):
            self._into.warn(
                f"{wording.number(strange, 'day')} with marks not in Arbor's calendar: the school "
                "days are taken from the marks"
            )
            return
        self._into.calendar(calendar)


def _reasons(sorter: Sorter) -> str:
    return ", ".join(f"{reason}: {count:,}" for reason, count in sorted(sorter.rejected.items()))
