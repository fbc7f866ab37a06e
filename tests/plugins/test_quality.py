"""Each of our plugins shows the rung of the ladder that it claims."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from linkwork.testing.quality import problems

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_rung_a_plugin_claims_is_shown(plugin: str) -> None:
    table = tomllib.loads((ROOT / "plugins" / plugin / "QUALITY.toml").read_text(encoding="utf-8"))
    assert problems(table, ROOT) == []
