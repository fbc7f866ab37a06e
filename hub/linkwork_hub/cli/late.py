"""Commands that are imported when they are named: each call starts with its own domain alone."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

#: Each command, and the module whose `mount` adds it.
PLACES = {
    "init": "linkwork_hub.cli.setting_up",
    "serve": "linkwork_hub.cli.serving",
    "receive": "linkwork_hub.cli.serving",
    "work": "linkwork_hub.cli.serving",
    "jobs": "linkwork_hub.cli.serving",
    "backup": "linkwork_hub.cli.backing_up",
    "restore": "linkwork_hub.cli.backing_up",
    "candidates": "linkwork_hub.referrals.commands",
    "returns": "linkwork_hub.referrals.commands",
    "cases": "linkwork_hub.cases.commands",
    "actions": "linkwork_hub.actions.commands",
    "meetings": "linkwork_hub.meetings.commands",
    "billing": "linkwork_hub.billing.commands",
    "simulate": "linkwork_hub.simulate.commands",
}


class _Commands(MutableMapping[str, Any]):
    """Commands by name; asked for one of `PLACES`, its module is imported."""

    def __init__(self, made: MutableMapping[str, Any]) -> None:
        self._made = dict(made)

    def __getitem__(self, name: str) -> Any:
        if name not in self._made and name in PLACES:
            alone = typer.Typer()
            import_module(PLACES[name]).mount(alone)
            self._made.update(get_group(alone).commands)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**PLACES, **self._made})

    def __len__(self) -> int:
        return len({**PLACES, **self._made})

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]


class LateGroup(TyperGroup):
    """The group of every command of the hub."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands(self.commands)
