"""A register as Arbor's roll-call records, made page by page, never a whole year at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import accumulate
from typing import Any

from demo.fakes.arbor.model import Ref
from linkwork.register import Register

Row = dict[str, Any]
CALLS = {"AM": Ref("AttendanceRollCall", "1"), "PM": Ref("AttendanceRollCall", "2")}
#: Arbor's own keys of some marks; the sign in the register stands beside them.
KEYS = {"/": "PRESENT", "\\": "PRESENT_PM", "L": "LATE", "N": "NO_REASON_YET", "I": "ILLNESS"}


def mark_id(code: str) -> str:
    """The id of the mark with this sign."""
    return KEYS.get(code, f"MARK_{'_'.join(str(ord(sign)) for sign in code)}")


class Records:
    """One record a session and pupil on roll, in time order. `others` are more rows at the end."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._dates = [session.date for session in register.sessions]
        on_roll: dict[date, list[int]] = {}
        for day in dict.fromkeys(self._dates):
            on_roll[day] = [p for p, pupil in enumerate(register.pupils) if pupil.on_roll(day)]
        self._places = [on_roll[day] for day in self._dates]
        self._students = [Ref("Student", pupil.pupil_id) for pupil in register.pupils]
        self._marks = [
            Ref("AttendanceMark", mark_id(code)) if code else None for code in register.codes
        ]
        self.others: list[Row] = []

    def page(self, start: int, size: int, first: str = "", last: str = "9") -> list[Row]:
        """Rows `start` to `start + size` of those from `first` to `last` (ISO, inclusive)."""
        days = [day.isoformat() for day in self._dates]
        begin, end = bisect_left(days, first), bisect_right(days, last)
        counts = list(accumulate((len(self._places[at]) for at in range(begin, end)), initial=0))
        found: list[Row] = []
        at = max(bisect_right(counts, start) - 1, 0)
        while at < end - begin and len(found) < size:
            skip = max(start - counts[at], 0)
            found += self._session(begin + at, skip, size - len(found))
            at += 1
        rest = max(start - counts[-1], 0)
        others = [row for row in self.others if first <= str(row.get("recordDate"))[:10] <= last]
        return found + others[rest : rest + size - len(found)]

    def __iter__(self) -> Iterator[Row]:
        for at in range(len(self._dates)):
            yield from self._session(at, 0, len(self._students))

    def _session(self, at: int, skip: int, most: int) -> list[Row]:
        session, row = self._register.sessions[at], self._register.rows[at]
        call, late = CALLS[session.half], self._register.minutes_late
        return [
            {
                "id": f"{at + 1}{place:05}",
                "attendanceRollCall": call,
                "recordDate": session.date,
                "student": self._students[place],
                "attendanceMark": self._marks[row[place]],
                "minutesLate": late.get((at, place)),
            }
            for place in self._places[at][skip : skip + most]
        ]
