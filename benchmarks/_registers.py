"""Registers to measure on: made-up schools of a school year, one alone or many in one register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork.register import Register, Session
from linkwork.sample import make_school

FIRST, LAST = date(2025, 9, 1), date(2026, 7, 17)
#: So many different schools stand for an authority, repeated as often as it takes.
DIFFERENT = 4


def school(seed: int, pupils: int = 1500) -> Register:
    """One secondary school of a year; the same seed, the same school."""
    return make_school(seed, pupils=pupils, first=FIRST, last=LAST).register


def authority(pupils: int, schools: Sequence[Register]) -> Register:
    """Many pupils in one register, school after school, over and over. Pupils' ids repeat."""
    codes = {"": 0}
    tables = [bytes(codes.setdefault(code, len(codes)) for code in each.codes) for each in schools]
    sessions = sorted({session for each in schools for session in each.sessions})
    once = [bytearray() for _ in sessions]
    for each, table in zip(schools, tables, strict=True):
        own = dict(zip(each.sessions, each.rows, strict=True))
        padded = table + bytes(256 - len(table))
        for row, session in zip(once, sessions, strict=True):
            marks = own.get(session)
            row += bytes(len(each.pupils)) if marks is None else marks.translate(padded)
    roll = [pupil for each in schools for pupil in each.pupils]
    times = -(-pupils // len(roll))
    return Register(
        pupils=tuple((roll * times)[:pupils]),
        sessions=tuple(Session(*session) for session in sessions),
        codes=tuple(codes),
        rows=[(row * times)[:pupils] for row in once],
        source="made up",
    )
