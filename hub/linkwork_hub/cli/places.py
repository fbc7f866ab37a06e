"""The port a hub listens on, and the lock that keeps a second one out of its home."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from linkwork.errors import WrongUse
from linkwork_hub.access.home import Home
from linkwork_hub.settings import SERVING, Settings


@contextmanager
def listen(settings: Settings, host: str, port: int) -> Iterator[socket.socket]:
    """A socket bound to where the hub listens, noted in the home for other commands.

    Raises WrongUse in one sentence when the port is in use or not allowed.
    """
    host, port = host or settings.host, port or settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        if os.name == "posix":
            # Otherwise a hub could not start again for a minute after it was stopped.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except OSError as error:
            raise WrongUse(_why_not(error, host, port)) from error
        named = f"[{host}]" if ":" in host else host
        (settings.home / SERVING).write_text(f"http://{named}:{port}\n", encoding="utf-8")
        yield listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Stop what uses it, or choose one with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator. Choose one above 1023 with --port."
    return f"{host} port {port} cannot be listened on ({error.strerror}). Check --host."


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home for one serving process on SQLite. Raises WrongUse when another has it."""
    if not home.closed_db.one_writer:
        yield
        return
    with (home.settings.home / "serve.lock").open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise WrongUse(
                f"A hub is serving {home.path} already, and on SQLite only one process may. "
                "Stop that one first."
            ) from error
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
