"""A finding: a trigger met by a pupil, with the marks that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from linkwork.school_year import AgeWord

Status = Literal["confirmed", "provisional"]
Unit = Literal["school days", "sessions"]


class Counted(NamedTuple):
    """One session a finding counted, with the code that counted."""

    date: date
    half: str
    code: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A trigger met by a pupil, with the marks that prove it.

    `unit` is "school days" or "sessions"; `first` and `last` are the first and last counted
    day; `ended` is the school day that broke the run, else None. `why` is exactly the counted
    sessions, in order. `at_least` is what `value` would be if every session without a mark
    turned out to be an attendance, `at_most` if it turned out to be a counted absence;
    `missing` is how many such sessions there are between the finding's bounds. `seen` are
    counted days on which the pupil came, late. `possible` counts the pupil's possible sessions
    of the period: from `first` to `last`, for a rate of the school year.
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
