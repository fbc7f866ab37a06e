"""A lock that a process holds while it lives, and that goes with it however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linkwork.errors import WrongUse


@contextmanager
def only_one(path: Path, who: str) -> Iterator[None]:
    """Hold the lock at `path`. Raises WrongUse when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError:
            raise WrongUse(
                f"{who} is already running here (it holds {path}). Stop it first, or look at it "
                "with: linkwork-agent status"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
