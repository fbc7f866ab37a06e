"""What tests do on a machine with an installed agent: its exports, its answers, the waiting."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from machines import Machine

SERVICE = "linkwork-agent.service"
URN = "100001"


def build(root: Path, *formats: str, number: str = "0.1.0") -> None:
    """Have `run.py package` make these, of one version, into dist/."""
    command = [sys.executable, "packaging/build.py", *formats, "--version", number]
    ran = subprocess.run(
        command, cwd=root, timeout=900, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def register(machine: Machine, days: int) -> None:
    """So many school days of two pupils, one of them absent throughout, up to yesterday."""
    exports = machine.root / "srv" / "exports"
    exports.mkdir(exist_ok=True)
    lines = ["pupil_id,date,session,code"]
    day, made = date.today(), 0  # noqa: DTZ011 - the machine inside has the same clock
    while made < days:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            made += 1
            lines += [
                f"{pupil},{day},{half},{'O' if pupil == 'p1' else present}"
                for pupil in ("p1", "p2", "p3")
                for half, present in (("AM", "/"), ("PM", "\\"))
            ]
    path = exports / "register.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o644)


def status(machine: Machine) -> dict[str, object]:
    """What the agent says of its one school."""
    said = machine.run("linkwork-agent", "status", "--format", "json", ok=False).stdout
    found = json.loads(said)
    (school,) = found if isinstance(found, list) else [found]
    return dict(school)


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for something; how long it took in seconds."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.5)
    return time.monotonic() - started
