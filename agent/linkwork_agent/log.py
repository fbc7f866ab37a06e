"""Log lines on stderr or in a file, each as key=value. Never a pupil's name, number or mark."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

#: The exit code of a job that ended on an error nobody foresaw (EX_SOFTWARE of sysexits.h).
CRASHED = 70
#: Names the log file where nothing keeps stderr, as of a Windows service; its jobs inherit it.
FILE = "LINKWORK_LOG"
#: The log file and the one before it are at most this large each, in bytes.
LARGEST = 4_000_000


def write(event: str, *, to: TextIO | None = None, **facts: object) -> None:
    """One line: time, event, facts. Text with spaces is quoted."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pairs = " ".join(f"{key}={_value(value)}" for key, value in facts.items())
    line = f"time={now} event={event} {pairs}".rstrip()
    named = os.environ.get(FILE)
    if named and to is None:
        _append(Path(named), line)
    else:
        print(line, file=to or sys.stderr, flush=True)


def _append(path: Path, line: str) -> None:
    # Opened anew for each line: the supervisor and its jobs write here, and Windows lets nobody
    # rename a file that another process has open. A full disk must not end the agent.
    with suppress(OSError):
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_name(f"{path.name}.1"))
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _value(value: object) -> str:
    text = str(value)
    plain = text and all(letter.isalnum() or letter in "-_.:/+" for letter in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def crash_place(kind: type[BaseException], trace: TracebackType | None) -> str:
    """What went wrong and where, without the message: that may hold a pupil's details."""
    import traceback

    frames = traceback.extract_tb(trace)
    where = " < ".join(
        f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(frames[-6:])
    )
    return f"{kind.__name__} at {where or 'an unknown place'}"
