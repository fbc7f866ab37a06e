"""What is due when: pure, so that clock changes and gaps are tested without waiting."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from linkwork_agent.config import Timing


def due_slot(timing: Timing, last_done: str | None, now: datetime, phase: int = 0) -> str | None:
    """The newest slot that has come and is not done, or None.

    Slots missed while the machine was off count once, as the newest of them. `now` is aware, in
    the school's local time. `phase`, in seconds, makes a slot come so much later, so that schools
    do not all call in the same second; its name stays that of its time.
    """
    every = timing.every
    if every is None:
        # In UTC: taken off a local time it goes wrong at a clock change.
        before = (now.astimezone(UTC) - timedelta(seconds=phase)).astimezone(now.tzinfo)
        newest = _daily_slot(timing.times, before)
    else:
        newest = _every_slot(every, now, phase)
    if newest is None or (last_done is not None and newest <= last_done <= latest_slot(now)):
        return None
    return newest


def latest_slot(now: datetime) -> str:
    """What no slot of this time comes after; one that does was done under a clock far ahead.

    A clock is put back by hours without a slot being done twice; of one that was wrong by days or
    years what was done says nothing, and must not silence a school for as long.
    """
    return f"{(now.date() + timedelta(days=1)).isoformat()}T24"


def phase_of(urn: str, every: int) -> int:
    """This school's own place in a period, in seconds; the same on every day."""
    return int.from_bytes(hashlib.sha256(urn.encode()).digest()[:8], "big") % every


def _daily_slot(times: tuple[str, ...], now: datetime) -> str | None:
    # Named by local date and time of day, and compared as such: when clocks go back the second
    # 01:30 has the name of the first and is not run again; when they go forward, a slot inside
    # the missing hour has come as soon as the hour is over.
    today = now.date()
    clock = now.strftime("%H:%M")
    come = [time for time in times if time <= clock]
    if come:
        return f"{today.isoformat()}T{come[-1]}"
    return f"{(today - timedelta(days=1)).isoformat()}T{times[-1]}" if times else None


def _every_slot(every: int, now: datetime, phase: int) -> str:
    # Counted from a fixed moment in UTC, so that the clock change moves nothing.
    seconds = int(now.timestamp()) - phase
    began = seconds - seconds % every + phase
    return datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
