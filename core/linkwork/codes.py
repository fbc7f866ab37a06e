"""Attendance codes of a nation in a period, and what each counts as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from linkwork.errors import BadInput, WrongUse
from linkwork.marking import Place

#: The one code that says a session was never held. A day of nothing else is no school day.
CLOSED = "#"


class Category(StrEnum):
    """What a code counts as in the statistics; every code is in exactly one."""

    PRESENT = "present"
    ACTIVITY = "activity"
    AUTHORISED = "authorised"
    UNAUTHORISED = "unauthorised"
    NOT_POSSIBLE = "not-possible"
    ADMINISTRATIVE = "administrative"


# Tuples, since to look at two costs less than the hash of one.
_ATTENDED = (Category.PRESENT, Category.ACTIVITY)
_ABSENT = (Category.AUTHORISED, Category.UNAUTHORISED)


@dataclass(frozen=True, slots=True)
class CodeClass:
    """One code of a set. `sensitive` names the kind of special data the code gives away."""

    code: str
    name: str
    category: Category
    late: bool = False
    provisional: bool = False
    on_site: bool = False
    sensitive: str | None = None

    @property
    def present(self) -> bool:
        """Counts as an attendance, on site or at an approved activity elsewhere."""
        return self.category in _ATTENDED

    @property
    def absent(self) -> bool:
        """Counts as an absence, with or without permission."""
        return self.category in _ABSENT

    @property
    def possible(self) -> bool:
        """Belongs in the number of sessions the pupil could have attended."""
        return self.present or self.absent

    @property
    def authorised(self) -> bool:
        """An absence with the school's permission."""
        return self.category is Category.AUTHORISED

    @property
    def unauthorised(self) -> bool:
        """An absence without the school's permission."""
        return self.category is Category.UNAUTHORISED


@dataclass(frozen=True)
class CodeSet:
    """The codes in force in a nation from `valid_from` to `valid_to` (None: still)."""

    name: str
    title: str
    nation: str
    valid_from: date
    valid_to: date | None
    source: str
    note: str
    codes: Mapping[str, CodeClass] = field(repr=False)

    def classify(self, code: str) -> CodeClass | None:
        """What `code` counts as; None for an unknown code, which is neither absence nor presence.

        Codes are one to three characters and case matters.
        """
        return self.codes.get(code)

    def in_force(self, day: date) -> bool:
        """Whether `day` lies in this set's period."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@cache
def builtin(name: str) -> CodeSet:
    """A code set shipped with Linkwork. Raises WrongUse for a name it does not know."""
    if name not in names():
        raise WrongUse(f"There is no code set named {name!r}. Use one of: {', '.join(names())}")
    text = (_folder() / f"{name}.json").read_text(encoding="utf-8")
    return _from_json(json.loads(text))


@cache
def names() -> tuple[str, ...]:
    """The names of the code sets shipped with Linkwork."""
    found = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


def for_date(nation: str, day: date) -> CodeSet:
    """The code set in force in `nation` on `day`. Raises BadInput when there is none."""
    return choose([builtin(name) for name in names() if builtin(name).nation == nation], day)


def choose(sets: list[CodeSet], day: date, place: Place | None = None) -> CodeSet:
    """The first of `sets` in force on `day`. Raises BadInput when none is, naming `place`."""
    for code_set in sets:
        if code_set.in_force(day):
            return code_set
    known = "; ".join(code_set.title for code_set in sets) or "none"
    raise BadInput(
        f"no attendance codes are known for {day.isoformat()} (known: {known})",
        remedy="Check the year of that date, or leave such dates out",
        file=place.file if place else None,
        row=place.row if place else None,
        column="date",
    )


def _folder() -> Any:
    return resources.files("linkwork") / "code_sets"


def _from_json(data: Mapping[str, Any]) -> CodeSet:
    return CodeSet(
        name=data["name"],
        title=data["title"],
        nation=data["nation"],
        valid_from=date.fromisoformat(data["valid_from"]),
        valid_to=date.fromisoformat(data["valid_to"]) if data["valid_to"] else None,
        source=data["source"],
        note=data["note"],
        codes={row["code"]: _class(row) for row in data["codes"]},
    )


def _class(row: Mapping[str, Any]) -> CodeClass:
    return CodeClass(
        code=row["code"],
        name=row["name"],
        category=Category(row["counts_as"]),
        late=row.get("late", False),
        provisional=row.get("provisional", False),
        on_site=row.get("on_site", False),
        sensitive=row.get("sensitive"),
    )
