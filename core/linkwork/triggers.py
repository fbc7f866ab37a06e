"""When a pattern of absence needs someone: `evaluate(register, policy, as_of) -> findings`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Counted(NamedTuple):
    """One session a finding counted, with the code that counted."""

    date: date
    half: str
    code: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A trigger met by a pupil, with the marks that prove it.

    `unit` is "school days" or "sessions"; `first` and `last` are the first and last counted
    day; `ended` is the school day that broke the run, else None. `at_least`/`at_most` bound
    `value` over what is unknown. `why` is exactly the counted sessions, in order.
    """

    pupil_id: str
    trigger: str
    audience: str
    statutory: bool
    status: str
    age: str
    value: int
    threshold: int
    unit: str
    possible: int
    first: date
    last: date
    ended: date | None
    at_least: int
    at_most: int
    why: tuple[Counted, ...]
