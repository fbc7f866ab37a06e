"""The time of a simulation: moments of made-up days, never the machine's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: A Monday in term; the years around it hold every kind of day.
START = datetime(2026, 1, 12, tzinfo=UTC)
#: The moments of a day, and what a school's agent does in each from Monday to Friday. At the
#: weekend machines are off but for one look at the hub on Sunday evening.
DAY: tuple[tuple[timedelta, tuple[str, ...]], ...] = (
    (timedelta(hours=10, minutes=15), ("collect", "deliver")),
    (timedelta(hours=15, minutes=30), ("deliver", "instruct")),
)
SUNDAY = 6
_SECOND = timedelta(seconds=1)


class TrueTime:
    """What a right clock says. Every look moves it on a second, so that no two are alike."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """The time."""
        self.now += _SECOND
        return self.now

    def go(self, moment: int) -> tuple[str, ...]:
        """Go to a moment: the jobs that are due in it. Time never goes back."""
        day, which = divmod(moment, len(DAY))
        at, jobs = DAY[which]
        self.now = max(self.now, START + timedelta(days=day) + at)
        if day % 7 < SUNDAY - 1:
            return jobs
        last = which == len(DAY) - 1
        return jobs if day % 7 == SUNDAY and last else ()


def moments(weeks: int) -> int:
    """How many moments so many weeks have."""
    return weeks * 7 * len(DAY)
