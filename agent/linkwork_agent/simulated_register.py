"""A made-up school system that is light: every mark follows from dice, and later marks correct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random

from linkwork import upn
from linkwork.errors import ContactsUnavailable
from linkwork.plugin import Check, PupilContacts
from linkwork.register import Pupil, RegisterBuilder

#: Before this day the school system holds nothing: a light register.
FIRST = date(2025, 11, 3)
#: A reason that was not known at first (N) is known after so many days.
LATER = 4


class DiceMis:
    """The school system of one school. Days after `now` have no marks yet."""

    def __init__(
        self, dice: str, pupils: int, source: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._now, self._source = now, source
        self._pupils = [_pupil(dice, number) for number in range(pupils)]
        self._stories = [_Story(f"{dice}/{number}") for number in range(pupils)]

    def check(self) -> Sequence[Check]:
        """Nothing can be missing."""
        return ()

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Every mark of the days asked for, as the school knows it now."""
        today = self._now().date()
        into.database = self._source()
        for pupil in self._pupils:
            into.add_pupil(pupil)
        for number in range((min(last, today) - first).days + 1):
            day = first + timedelta(days=number)
            if day < FIRST or not is_school_day(day):
                continue
            codes = [story.codes(day, today) for story in self._stories]
            for half, which in (("AM", 0), ("PM", 1)):
                mark = into.marker(day, half)
                for place, pair in enumerate(codes):
                    mark(place, into.code_index(pair[which]), 0)

    def contacts(self, pupil_ids: Sequence[str]) -> Sequence[PupilContacts]:
        """Raises ContactsUnavailable: a made-up school holds none."""
        raise ContactsUnavailable(
            "The made-up school system holds no contacts", remedy="There is nothing to be done"
        )


def is_school_day(day: date) -> bool:
    """Whether the made-up school is open: no weekend, August or Christmas, one week off in six."""
    christmas = (day.month, day.day) >= (12, 21) or (day.month, day.day) <= (1, 4)
    return (
        day.weekday() < 5 and day.month != 8 and not christmas and day.isocalendar().week % 7 != 0
    )


class _Story:
    """What one pupil does: mostly there, and away in stretches of one kind."""

    def __init__(self, dice: str) -> None:
        self._dice = dice
        self._often = Random(dice).choice((0, 0, 0, 0, 0, 0, 0, 1, 2, 4))
        self._weeks: dict[tuple[int, int], list[str]] = {}

    def codes(self, day: date, today: date) -> tuple[str, str]:
        """The two marks of a day as they are known `today`."""
        year, week, weekday = day.isocalendar()
        known = self._weeks.get((year, week))
        if known is None:
            known = self._weeks[year, week] = self._week(year, week)
        code = known[weekday - 1]
        if code == "O" and (today - day).days < LATER:
            return "N", "N"
        return ("/", "\\") if code == "/" else (code, code)

    def _week(self, year: int, week: int) -> list[str]:
        dice = Random(f"{self._dice}/{year}/{week}")
        if dice.randrange(8) >= self._often:
            return [dice.choice("////////L") if dice.randrange(30) else "I" for _ in range(5)]
        code = dice.choice("OOOIG")
        away = dice.choice((2, 4, 5, 5))
        return [code] * away + ["/"] * (5 - away)


def _pupil(dice: str, number: int) -> Pupil:
    rest = f"999{Random(f'{dice}/upn').randrange(10**5):05d}{number:04d}"
    return Pupil(
        f"P{number}",
        upn=upn.check_letter(rest) + rest,
        surname=f"Surname{number}",
        forename=f"Forename{number}",
        date_of_birth=date(2013, 9, 1) + timedelta(days=number % 360),
        year_group="7",
    )
