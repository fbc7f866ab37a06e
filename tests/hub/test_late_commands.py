"""A command of the hub starts with its own domain, and none is lost by that."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.main import get_command, get_group

from linkwork_hub.cli.late import PLACES
from linkwork_hub.cli.main import app

_SAY = "import sys; from linkwork_hub.cli import main\ntry: main()\nfinally: print(*sys.modules)"


@pytest.mark.parametrize("module", sorted(set(PLACES.values())))
def test_every_command_that_a_module_has_is_named_where_it_is_looked_for(module: str) -> None:
    alone = typer.Typer()
    import_module(module).mount(alone)
    named = {command for command, place in PLACES.items() if place == module}
    assert set(get_group(alone).commands) == named
    assert named <= set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("command", "brings"), [(("user", "list"), False), (("billing", "years"), True)]
)
def test_only_who_asks_for_bills_starts_with_them(
    tmp_path: Path, command: tuple[str, ...], brings: bool
) -> None:
    call = (sys.executable, "-c", _SAY, "--home", str(tmp_path), *command)
    ended = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert ("linkwork_hub.billing.commands" in ended.stdout.split()) is brings
