"""Threads beside the pages: one applies what schools sent, one runs jobs by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from linkwork.errors import LinkworkError

_log = structlog.get_logger("linkwork_hub.jobs")
_STOP_SECONDS = 20.0
#: What passes by itself: a database that is away, read-only for a while, or has no connection left.
_PASSING = (OperationalError, InternalError, InterfaceError, PoolExhausted, LinkworkError)


class Loop:
    """Calls `step` again and again in a thread of its own until it is stopped.

    `step` returns how much it did; after nothing the loop rests `rest` seconds. A database
    that is away for a moment is tried again. Any other error ends the loop and `on_failure`
    is called: a hub that no longer works must not look alive.
    """

    def __init__(
        self, name: str, step: Callable[[], int], rest: float, on_failure: Callable[[], None]
    ) -> None:
        self.name, self._step, self._rest, self._on_failure = name, step, rest, on_failure
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._run: Future[None] | None = None

    def __enter__(self) -> Self:
        self._run = self._threads.submit(self._until_stopped)
        self._run.add_done_callback(self._ended)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._run is not None:
            wait([self._run], timeout=_STOP_SECONDS)
        self._threads.shutdown(wait=False)

    @property
    def failed(self) -> bool:
        """Whether a fault ended the loop."""
        run = self._run
        return run is not None and run.done() and run.exception() is not None

    def _until_stopped(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(0 if self._once() else self._rest)

    def _once(self) -> int:
        try:
            return self._step()
        except _PASSING as error:
            _log.warning("will be tried again", loop=self.name, error=type(error).__name__)
            return 0

    def _ended(self, run: Future[None]) -> None:
        error = run.exception()
        if error is not None:
            _log.error("stopped by a fault", loop=self.name, error=type(error).__name__)
            self._on_failure()
