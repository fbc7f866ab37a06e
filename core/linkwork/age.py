"""Who is of compulsory school age, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

AgeWord = Literal["compulsory", "outside", "unknown"]


@dataclass(frozen=True, slots=True)
class AgeRule:
    """When compulsory school age starts and ends. Months and days are (month, day).

    It starts on the `starts_at`th birthday, or on the next of `start_days` when the birthday
    is not one of them. It ends with the last `leaving_weekday` (Monday = 0) of `leaving_month`
    in the school year, counted from `year_starts`, in which the child becomes `ends_at`.
    """

    starts_at: int = 5
    start_days: tuple[tuple[int, int], ...] = ((3, 31), (8, 31), (12, 31))
    ends_at: int = 16
    leaving_month: int = 6
    leaving_weekday: int = 4
    year_starts: tuple[int, int] = (9, 1)
    source: str = "Education Act 1996, section 8"

    def interval(self, born: date) -> tuple[date, date]:
        """The first and the last day of compulsory school age of a child born on `born`."""
        return self._start(_birthday(born, self.starts_at)), self._end(born)

    def _start(self, birthday: date) -> date:
        start_days = sorted(self.start_days)
        for month, day in start_days:
            if (month, day) >= (birthday.month, birthday.day):
                return date(birthday.year, month, day)
        return date(birthday.year + 1, *start_days[0])

    def _end(self, born: date) -> date:
        birthday = _birthday(born, self.ends_at)
        after_start = (birthday.month, birthday.day) >= self.year_starts
        year = birthday.year + 1 if after_start else birthday.year
        last = date(year, self.leaving_month + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - self.leaving_weekday) % 7)


#: Section 8 of the Education Act 1996 and its orders hold in England and in Wales.
AGE_RULE = AgeRule()


def compulsory_age(
    born: date | None, day: date, nation: str = "England", *, rule: AgeRule = AGE_RULE
) -> AgeWord:
    """ "compulsory", "outside" or, for a child whose date of birth is not known, "unknown".

    `nation` is England or Wales; both have the same rule, and a policy may bring its own.
    """
    if born is None:
        return "unknown"
    first, last = rule.interval(born)
    return "compulsory" if first <= day <= last else "outside"


def _birthday(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        # Born on 29 February: the law counts the birthday from the day after the 28th.
        return date(born.year + age, 3, 1)
