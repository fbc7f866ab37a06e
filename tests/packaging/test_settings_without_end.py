"""Every settings file of both programs, nested without end: one sentence, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ENDLESS = "a = " + "[" * 5000
AGENT = (sys.executable, "-m", "linkwork_agent")
HUB = (sys.executable, "-c", "from linkwork_hub.cli import main; main()")


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (AGENT, "check register.csv --codes endless.toml"),
        (AGENT, "check register.csv --policy endless.toml"),
        (AGENT, "--home agent status"),
        (AGENT, "--home agent setup csv --urn 100001 --name Ashby --path register.csv"),
        (HUB, "policy lint endless.toml"),
        (HUB, "profile lint endless.toml"),
        (HUB, "--home hub candidates"),
    ],
)
def test_a_file_nested_without_end_is_named(
    program: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    (tmp_path / "endless.toml").write_text(ENDLESS, encoding="utf-8")
    for home, name in (("agent", "agent.toml"), ("hub", "hub.toml")):
        (tmp_path / home).mkdir(mode=0o700)
        (tmp_path / home / name).write_text(ENDLESS, encoding="utf-8")
    (tmp_path / "register.csv").write_text(
        "pupil_id,date,session,code\np1,2026-09-07,AM,/\n", encoding="utf-8"
    )
    done = subprocess.run(
        (*program, *words.split()),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (2, 3)
    said = done.stdout + done.stderr
    assert "nested without end" in said
    assert ".toml" in said
    assert "Traceback" not in said
