"""Costly work let in a few at a time: some wait their turn, the rest are asked to come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from linkwork.errors import LinkworkError


class Busy(LinkworkError):
    """Too much of this is going on: come back after `retry_after` seconds. Answered with 503."""

    def __init__(self, retry_after: int) -> None:
        wait = "a second" if retry_after == 1 else f"{retry_after} seconds"
        super().__init__(f"The hub is busy just now, so nothing was done. Try again in {wait}.")
        self.retry_after = retry_after


class Gate:
    """Lets `at_once` threads through, `waiting` more wait up to `patience` seconds for a place."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self._inside = threading.Semaphore(at_once)
        self._here = threading.Semaphore(at_once + waiting)
        self._patience = patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one place for the block. Raises Busy when there is none in time."""
        # A thread that waits serves no other page, so those who wait are counted as well.
        if not self._here.acquire(blocking=False):
            raise Busy(self._retry_after)
        try:
            if not self._inside.acquire(timeout=self._patience):
                raise Busy(self._retry_after)
            try:
                yield
            finally:
                self._inside.release()
        finally:
            self._here.release()

    @property
    def _retry_after(self) -> int:
        return max(1, round(self._patience))
