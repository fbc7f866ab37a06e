"""Versions of Linkwork beside each other: this one, and later ones made of it by a change of text.

Each runs as processes of its own, so that what one version cannot know the other cannot lend it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from hub_process import START_SECONDS, free_port

ROOT = Path(__file__).parents[2]
PARTS = ("core/linkwork", "agent/linkwork_agent", "hub/linkwork_hub")
#: File in a part, and what stands there before and after.
Changes = Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Version:
    """The programs of one version; `folder` holds its packages, None is the tree itself."""

    name: str
    folder: Path | None = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments to its end."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def agent(self, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the agent."""
        return self.run("-m", "linkwork_agent", "--home", str(home), *arguments)

    def hub(self, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the hub."""
        return self.run("-m", "linkwork_hub", "--home", str(home), *arguments)

    def read(self, home: Path, *arguments: str, of: str = "agent") -> Any:
        """What a command of the agent or hub prints as JSON."""
        done = getattr(self, of)(home, *arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def serving(self, home: Path, port: int) -> Iterator[None]:
        """The hub of this version, serving until the block ends."""
        arguments = ("-m", "linkwork_hub", "--home", str(home), "serve", "--port", str(port))
        log = (home.parent / f"{self.name}.log").open("a")
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self._environment(), stdout=log, stderr=log
        )
        try:
            _answers(process, port)
            yield
        finally:
            process.terminate()
            process.wait(30)
            log.close()

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key != "LINKWORK_HOME"}
        return kept if self.folder is None else kept | {"PYTHONPATH": str(self.folder)}


def later(folder: Path, name: str, changes: Changes) -> Version:
    """A later version: the packages of this tree with `changes`, each of which must fit once."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / name / Path(part).name, ignore=ignored)
    for file, pairs in changes.items():
        path = folder / name / file
        text = path.read_text(encoding="utf-8")
        for before, after in pairs:
            assert text.count(before) == 1, f"{file}: {before!r} stands {text.count(before)} times"
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
    return Version(name, folder / name)


def a_port() -> int:
    """A port that stays the hub's through its restarts."""
    return free_port()


def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < START_SECONDS:
        assert process.poll() is None, "the hub ended"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the hub did not answer")
