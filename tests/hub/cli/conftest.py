"""A hub's home and its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_command import Command


@pytest.fixture
def hub_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """A command whose home does not exist yet."""
    return Command(tmp_path / "hub", capsys)


@pytest.fixture
def made(hub_command: Command) -> Command:
    """A command whose home was made by init."""
    assert hub_command("init", "--profile", "reading").code == 0
    return hub_command
