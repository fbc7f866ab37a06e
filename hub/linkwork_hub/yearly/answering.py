"""The decisions of a checklist: what is a gap, and what of an answer can be kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from linkwork_hub.yearly.kinds import Item
from linkwork_hub.yearly.models import Said

#: What an item of the checklist is when its answer shows a gap.
GAPS = frozenset({Said.PARTLY, Said.NO})


def gaps(items: Mapping[str, Item], said: Mapping[str, Said]) -> tuple[list[str], list[str]]:
    """The items with a gap, and those nobody answered yet, each in the checklist's order."""
    open_ = [ident for ident in items if said.get(ident) in GAPS]
    return open_, [ident for ident in items if ident not in said]


def answer_problems(form: Mapping[str, str], today: date, *, acted_on: bool) -> dict[str, str]:
    """What is wrong with an answer as it was typed, by field; empty when it can be kept.

    `acted_on`: an action for this item is still to be done, so a gap needs no other one.
    """
    said, on = form.get("said", ""), as_day(form.get("on", ""))
    found = {}
    if said not in {one.value for one in Said}:
        found["said"] = "Choose how it stands: yes, partly or no."
    if on is None:
        found["on"] = "Give the day it was looked at, for example 2026-03-02."
    elif on > today:
        found["on"] = "The day it was looked at is in the future. Give the day it was done."
    if said == Said.YES.value and not form.get("evidence", "").strip():
        found["evidence"] = "Write what shows it: a yes without anything to show is not kept."
    if said in {gap.value for gap in GAPS} and not acted_on:
        if not form.get("what", "").strip():
            found["what"] = "A gap needs an action: write what is to be done."
        if as_day(form.get("due", "")) is None:
            found["due"] = "A gap needs an action: give the day by which it is done."
    return found


def as_day(text: str) -> date | None:
    """The day typed into a form, None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
