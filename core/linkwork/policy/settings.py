"""Which settings each table of a policy has: for a remedy that names the one that was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from linkwork.policy.pack import (
    Age,
    NoticeTerms,
    Penalty,
    Policy,
    Provisional,
    Rereading,
    ReturnInterval,
)
from linkwork.policy.rules import (
    AnyRule,
    ComparisonRule,
    CountRule,
    RateRule,
    RunRule,
    TermEdgeRule,
    WeekdayRule,
    WindowRule,
)

BY_KIND: Mapping[str, type[BaseModel]] = {
    "run": RunRule,
    "window": WindowRule,
    "rate": RateRule,
    "count": CountRule,
    "comparison": ComparisonRule,
    "weekday": WeekdayRule,
    "term-edge": TermEdgeRule,
    "any": AnyRule,
}
_TABLES: Mapping[str, type[BaseModel]] = {
    "age": Age,
    "provisional": Provisional,
    "rereading": Rereading,
    "return": ReturnInterval,
    "penalty": Penalty,
}


def settings_of(place: Sequence[str | int], data: Mapping[str, Any]) -> tuple[str, ...]:
    """The names a setting at `place` may have, as an author writes them."""
    if len(place) > 2 and place[0] == "trigger" and isinstance(place[1], int):
        return names_of(BY_KIND.get(data["trigger"][place[1]].get("kind", ""), RunRule))
    if len(place) > 2 and place[0] == "penalty":
        return names_of(NoticeTerms)
    table = _TABLES.get(str(place[0])) if len(place) > 1 else None
    return names_of(table or Policy)


def names_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The settings of a table; `text` is ours, not an author's."""
    fields = model.model_fields.items()
    return tuple(field.alias or name for name, field in fields if name != "text")
