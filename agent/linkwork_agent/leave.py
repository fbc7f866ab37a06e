"""Who may grant leave in term time at a school, and what its governing body asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from linkwork.errors import WrongUse

Wrong = Callable[[str, str], WrongUse]


class LeaveRules(NamedTuple):
    """One school's rules of leave: `head` alone grants it, under `requirements`.

    In England a head grants leave in exceptional circumstances only (SI 2024/208, regulation 11);
    what a governing body asks for besides is its own.
    """

    head: str
    requirements: tuple[str, ...] = ()


def read(table: Any, place: str, wrong: Wrong) -> LeaveRules | None:
    """`[school.leave]` of agent.toml, or None where there is none. Raises WrongUse by key."""
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise wrong(f"{place} is not a table", f"Write it as [{place}]")
    for key in table.keys() - {"head", "requirements"}:
        raise wrong(f"unknown key {place}.{key}", "Remove it, or write one of: head, requirements")
    head, asked = table.get("head"), table.get("requirements", [])
    if not isinstance(head, str) or not _is_text(head):
        raise wrong(f"{place}.head is missing or is not text", 'Write it in quotes: head = "…"')
    if not isinstance(asked, list) or not all(
        isinstance(one, str) and one.strip() for one in asked
    ):
        raise wrong(
            f"{place}.requirements is not a list of texts",
            'Write each in quotes: requirements = ["asked for in writing, two weeks before"]',
        )
    return LeaveRules(head.strip(), tuple(one.strip() for one in asked))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def refuse_ungranted(rules: LeaveRules, reason: str, by: str) -> None:
    """Raise WrongUse unless the head grants it, and says what is exceptional about it."""
    if by.strip().casefold() != rules.head.casefold():
        raise WrongUse(
            f"Leave is granted here by {rules.head} alone, not by {by}. Add --by "
            f'"{rules.head}" once it is granted.{_asked(rules)}'
        )
    if not reason.strip():
        raise WrongUse(
            "Leave is granted in exceptional circumstances only: say which, with --reason."
            + _asked(rules)
        )


def _asked(rules: LeaveRules) -> str:
    if not rules.requirements:
        return ""
    return f" The governing body asks for: {'; '.join(rules.requirements)}."
