"""The nouns of the first page: a figure that leads on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the first page: what it counts, and where it leads.

    `now` marks a figure that waits for this person; `words` follow the figure in a sentence.
    """

    figure: int
    words: str
    path: str
    link: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class Casework:
    """What officers, managers and schools have in hand, counted within their reach."""

    consider: int
    statutory: int
    to_decide: int
    asked: int
    open_cases: int
    my_cases: int
    overdue_cases: int
    actions: int
    overdue_actions: int


@dataclass(frozen=True, slots=True)
class HealthNeeds:
    """How many sickness returns wait for a step, and for how many education is arranged."""

    waiting: int
    arranged: int


@dataclass(frozen=True, slots=True)
class Feeds:
    """How many schools are heard of, and how many need someone."""

    schools: int
    connected: int
    troubled: int


@dataclass(frozen=True, slots=True)
class Load:
    """One officer's work, for the service manager."""

    name: str
    schools: int
    open_cases: int
    overdue: int
