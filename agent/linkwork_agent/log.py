"""Log lines on stderr, one a line as key=value. Never a pupil's name, number or mark."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

#: The exit code of a job that ended on an error nobody foresaw (EX_SOFTWARE of sysexits.h).
CRASHED = 70


def write(event: str, *, to: TextIO | None = None, **facts: object) -> None:
    """One line: time, event, facts. Text with spaces is quoted."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pairs = " ".join(f"{key}={_value(value)}" for key, value in facts.items())
    print(f"time={now} event={event} {pairs}".rstrip(), file=to or sys.stderr, flush=True)


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
