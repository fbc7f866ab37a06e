"""A real disk with next to no room: a file system in memory of a given size."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(disk: Path, size: str) -> Iterator[Path]:
    """A disk of its own at `disk`, of a size such as "2m"; skips where none can be mounted."""
    disk.mkdir(mode=0o700)
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk was not found; it is mounted by root alone")
    options = f"size={size},mode=0700"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=False)
    if made.returncode:
        pytest.skip("a small disk was not found; it cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)
