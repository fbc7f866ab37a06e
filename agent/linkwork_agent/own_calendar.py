"""A school's own calendar file beside its system, whatever the system is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork import wording
from linkwork.errors import LinkworkError
from linkwork.plugin import Check, Mis, PupilContacts
from linkwork.register import RegisterBuilder
from linkwork_agent import plugins


class WithCalendar:
    """A school's system, whose calendar is that of a file."""

    def __init__(self, mis: Mis, calendar: str) -> None:
        self._mis, self._calendar = mis, calendar

    def check(self) -> Sequence[Check]:
        """What the system says, and whether the file can be read."""
        return [*self._mis.check(), self._looked_at()]

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """The system's register, with the file's school days instead of its own."""
        self._mis.read(first, last, into)
        into.forget_calendar()
        plugins.read_calendar(self._calendar, first, last, into)

    def contacts(self, pupil_ids: Sequence[str]) -> Sequence[PupilContacts]:
        """Those of the system."""
        return self._mis.contacts(pupil_ids)

    def _looked_at(self) -> Check:
        into = RegisterBuilder("calendar")
        try:
            plugins.read_calendar(self._calendar, date.min, date.max, into)
        except LinkworkError as error:
            return Check("calendar", False, "cannot be read", str(error))
        found = into.build()
        days = len(found.calendar or ())
        words = (
            wording.number(days, "school day")
            if days
            else f"{len(found.terms)} terms, holidays and closures"
        )
        return Check("calendar", True, f"{self._calendar}: {words}")
