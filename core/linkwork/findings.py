"""A finding: a trigger met by a pupil, with the marks that prove it."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple, Protocol

from linkwork.age import AgeWord

Status = Literal["confirmed", "provisional"]
# A field named date would hide the type from the fields after it.
_Day = date
Unit = Literal["school days", "sessions"]


class Counted(NamedTuple):
    """One session a finding counted, with the code that counted."""

    date: date
    half: str
    code: str


class Waiting(NamedTuple):
    """A counted session whose reason is not known yet, and the day by which it falls due."""

    date: _Day
    half: str
    due: _Day


class Finding(NamedTuple):
    """A trigger met by a pupil, with the marks that prove it.

    `unit` is "school days" or "sessions"; `first` and `last` are the first and last counted
    day; `ended` is the school day that broke the run, else None. `why` is exactly the counted
    sessions, in order. `at_least` is what `value` would be if every session without a mark
    turned out to be an attendance, `at_most` if it turned out to be a counted absence;
    `missing` is how many such sessions there are between the finding's bounds. `seen` are
    counted days on which the pupil came, late. `possible` counts the pupil's possible sessions
    of the period: from `first` to `last`, for a rate of the time it is taken of.

    `window` is the time the rule looked at, first and last school day; `waiting` are the counted
    sessions that may still get another code in the days allowed for it; `priority` says why this
    child comes first; `parts` are the rules of an `any` that were met; `before` is, of a
    comparison, absent and possible sessions of the weeks compared with; `declared` is the day on
    which the school declared it (see `linkwork.declared`), whatever the marks say. `over` is, of a
    run that no day broke, the first school day on which the pupil was no longer on roll, or no
    longer of the age the rule is for.
    """

    pupil_id: str
    trigger: str
    audience: str
    statutory: bool
    status: Status
    age: AgeWord
    value: int
    threshold: int
    unit: Unit
    possible: int
    first: date
    last: date
    ended: date | None
    at_least: int
    at_most: int
    why: tuple[Counted, ...]
    missing: int = 0
    seen: tuple[date, ...] = ()
    window: tuple[date, date] | None = None
    waiting: tuple[Waiting, ...] = ()
    priority: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    before: tuple[int, int] | None = None
    declared: date | None = None
    over: date | None = None

    @property
    def end(self) -> date | None:
        """The day from which a run does not go on, whatever ended it; None while it does."""
        return self.ended or self.over


class Told(Protocol):
    """What is asked of a notice or a kept spell to say whether it is over."""

    @property
    def unit(self) -> str:
        """ "school days" or "sessions"."""

    @property
    def last(self) -> date:
        """The last counted day."""

    @property
    def ended(self) -> date | None:
        """The day that ended it; None while nothing has."""

    @property
    def declared(self) -> object | None:
        """The day the school declared it; None for one that the marks alone meet."""


def is_current(spell: Told, since: date) -> bool:
    """Whether a spell belongs on a return for the days from `since` on, or is history by then.

    A run of days, or what the school has declared, goes on until something ends it. What counts
    sessions has no end of its own: it is current while its last counted day is.
    """
    goes_on = spell.unit == "school days" or spell.declared is not None
    return (goes_on and spell.ended is None) or spell.last >= since
