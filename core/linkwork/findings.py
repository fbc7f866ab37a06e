"""A finding: a trigger met by a pupil, with the marks that prove it."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

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
    comparison, absent and possible sessions of the weeks compared with.
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
