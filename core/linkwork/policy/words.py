"""What is wrong with one setting of a policy, and what belongs there: without a program's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Settings of a certain shape, and how an author writes them.
_SHAPES: Mapping[str, tuple[str, str]] = {
    "name": ("is not lower case, digits and hyphens", 'Write it like "ten-days-in-a-row"'),
    "leaving_day": ("is not the last day of that name in a month", 'Write "last Friday of June"'),
}
#: By the kind of value that belongs there: what is said of another, and an example.
_KINDS: Mapping[str, tuple[str, str]] = {
    "string": ("is not a text", "Put it in quotation marks"),
    "int": ("is not a whole number", "Write digits alone, as 10"),
    "bool": ("is neither true nor false", "Write true or false, without quotation marks"),
    "date": ("is not a date", "Write it as 2026-09-01, without quotation marks"),
    "tuple": ("is not a list", 'Write it in brackets, as ["G", "O"] or [1, 10]'),
}
_KIND_OF = {"datetime": "date", "list": "tuple"}
_SHOWN = 40


def in_words(error: Mapping[str, Any]) -> tuple[str, str] | None:
    """Problem and remedy of a pydantic error; None where its own words are the author's."""
    kind, value = str(error["type"]), error.get("input")
    setting = next((str(p) for p in reversed(error["loc"]) if isinstance(p, str)), "")
    limits = error.get("ctx", {})
    if kind == "string_pattern_mismatch" and setting in _SHAPES:
        problem, remedy = _SHAPES[setting]
        return f"{shown(value)} {problem}", remedy
    if kind in {"too_short", "string_too_short"}:
        return "it is empty", "Write at least one" if kind == "too_short" else "Write what it is"
    if kind == "too_long":
        return f"it has {limits['actual_length']} parts", f"Write {limits['max_length']}"
    for limit, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most")):
        if kind.endswith("_equal" if limit != "gt" else "_than") and limit in limits:
            size = "too large" if limit == "le" else "too small"
            return f"{shown(value)} is {size}", f"Write {words} {limits[limit]}"
    if setting == "trigger" and kind == "tuple_type":
        return "a rule stands in double brackets", "Write [[trigger]] above each rule"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "it is not one table", f"Write [{setting}] once, in one pair of brackets"
    of = kind.partition("_")[0]
    found = _KINDS.get(_KIND_OF.get(of, of))
    return (f"{shown(value)} {found[0]}", found[1]) if found else None


def shown(value: object) -> str:
    """A value as an author wrote it, a long one cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
