"""Arbor's values: what points to another object, what is a date, what is text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from linkwork.errors import ShapeChanged

Item = Mapping[str, Any]
#: What was fetched, by entity.
Lists = Mapping[str, Sequence[Item]]


def reference(value: Any) -> str | None:
    """The id of the object a value is or points to, in either interface; None for nothing.

    GraphQL gives `{"id": "12"}`, REST `{"href": "/rest-v2/students/12"}` or the address alone.
    """
    if isinstance(value, Mapping):
        given = value.get("id")
        value = value.get("href") if given is None else given
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return identity(value) or None if isinstance(value, str) else None


def identity(address: str) -> str:
    """The last part of an address: `/rest-v2/students/12` is 12, and so is 12."""
    return address.rstrip("/").rsplit("/", 1)[-1]


def day(value: Any) -> date | None:
    """A date given as text or as an object; Arbor's times have no zone and are local.

    Raises ShapeChanged for text that is no date.
    """
    text = value.get("date") if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ShapeChanged(
            "Arbor gave a date in an unknown shape", remedy="Update the plugin"
        ) from None


def text(value: Any) -> str | None:
    """The words of a text, or None."""
    return " ".join(value.split()) or None if isinstance(value, str) else None


def label(item: Item, *names: str) -> str | None:
    """The first of these properties that holds words."""
    return next((found for found in (text(item.get(name)) for name in names) if found), None)
