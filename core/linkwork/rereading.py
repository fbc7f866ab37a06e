"""A read of the register against the last known one: what differs, what has gone, the whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from linkwork.errors import BadInput
from linkwork.register import NO_MARK, Enrolment, Pupil, Register, Session

#: One mark of one pupil, by the reader's own key of the pupil.
Spot = tuple[str, Session]


class Change(NamedTuple):
    """A mark that is another one now: only that corrects a mark."""

    pupil_key: str
    session: Session
    old: str
    new: str

    @property
    def spot(self) -> Spot:
        """Whose mark it is, and of which session."""
        return self.pupil_key, self.session


@dataclass(frozen=True)
class LastKnown:
    """What earlier reads left: a register, and each of its pupils' keys in the same order.

    `gone` holds rows like the register's: 1 where a mark has disappeared from the source.
    `away` are the keys of pupils whom the source no longer gives. `waiting` are marks a person has
    not accepted yet, `rejected` those a person did not accept; both hold the source's mark, while
    the register holds the one before.
    """

    register: Register
    keys: tuple[str, ...] = ()
    gone: Mapping[Session, bytes] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    waiting: Mapping[Spot, str] = field(default_factory=dict)
    rejected: Mapping[Spot, str] = field(default_factory=dict)


#: Before the first read.
NOTHING_KNOWN = LastKnown(Register((), (), ("",), []))


@dataclass(frozen=True)
class Reread:
    """A read put together with what was known before it.

    `whole` holds every pupil and every mark, the read's where it has one, else the last known;
    `keys` and `gone` are in its order. `changes` are marks that differ from the last known,
    `compared` how many marks were looked at twice; both leave `today` out, whose marks are still
    being made. `vanished` are the keys of pupils whom the source no longer gives. `settled` are
    waiting or rejected marks of which the source says something else now.
    """

    whole: Register
    keys: tuple[str, ...]
    gone: Mapping[Session, bytes]
    changes: tuple[Change, ...]
    changed_today: tuple[Change, ...]
    compared: int
    vanished: frozenset[str]
    settled: frozenset[Spot] = frozenset()

    def more_than(self, percent: int, already: Mapping[Spot, str]) -> bool:
        """Whether more than `percent` % of the marks looked at twice are other marks now.

        Not counted again are those of `already`, which wait for a person.
        """
        fresh = sum(already.get(change.spot) != change.new for change in self.changes)
        return fresh * 100 > self.compared * percent


def reread(
    known: LastKnown,
    read: Register,
    keys: Sequence[str],
    *,
    asked: tuple[date, date],
    keep_from: date,
) -> Reread:
    """Put a read of the days `asked` (both inclusive) together with what was known before.

    `keys` are those of the read's pupils, in order. The source may give more than was asked; of
    days it was not asked for, nothing can have disappeared, and a pupil who has left the roll
    disappears from no system. Sessions before `keep_from` are left out. Raises BadInput for more
    codes than a register can hold.
    """
    return _Merging(known, read, tuple(keys), asked, keep_from).result()


class _Merging:
    """One read being put together with the last known register."""

    def __init__(
        self,
        known: LastKnown,
        read: Register,
        keys: tuple[str, ...],
        asked: tuple[date, date],
        keep_from: date,
    ) -> None:
        self.known, self.read, self.asked, self.keep_from = known, read, asked, keep_from
        place = {key: i for i, key in enumerate(known.keys)}
        self._here = {key: i for i, key in enumerate(keys)}
        self.only_known = [i for i, key in enumerate(known.keys) if key not in self._here]
        self.keys = keys + tuple(known.keys[i] for i in self.only_known)
        # A pupil of the read whom nobody knew has the place after the last: always no mark.
        self.order = [place.get(key, len(known.keys)) for key in self.keys]
        self.codes = list(known.register.codes)
        self.read_codes = self._translation(read.codes)
        self.changes: list[Change] = []
        self.compared = 0
        self.missed: set[int] = set()
        first_known = len(keys)
        self.left = {
            first_known + i
            for i, place in enumerate(self.only_known)
            if has_left(known.register.pupils[place], asked[1])
        }
        self.last_mark: dict[int, date] = {}

    def result(self) -> Reread:
        rows, gone = self._rows()
        at_end = len(self.read.pupils)
        vanished = {
            key
            for i, key in enumerate(self.keys[at_end:], at_end)
            if i in self.missed or (key in self.known.away and i not in self.left)
        }
        # Nothing is left of a pupil who is in no read and has no mark in the days kept.
        stay = [i for i in range(len(self.keys)) if i < at_end or i in self.last_mark]
        if len(stay) < len(self.keys):
            rows = {session: bytearray(row[i] for i in stay) for session, row in rows.items()}
            gone = {session: bytes(row[i] for i in stay) for session, row in gone.items()}
        today = self.asked[1]
        return Reread(
            whole=self._register(rows, stay, vanished),
            keys=tuple(self.keys[i] for i in stay),
            gone={session: row for session, row in gone.items() if any(row)},
            changes=tuple(c for c in self.changes if c.session.date < today),
            changed_today=tuple(c for c in self.changes if c.session.date >= today),
            compared=self.compared,
            vanished=frozenset(vanished),
            settled=frozenset(self._settled()),
        )

    def _rows(self) -> tuple[dict[Session, bytearray], dict[Session, bytes]]:
        known = dict(zip(self.known.register.sessions, self.known.register.rows, strict=True))
        read = dict(zip(self.read.sessions, self.read.rows, strict=True))
        nobody = bytes(len(self.known.keys))
        rest = bytes(len(self.only_known))
        rows: dict[Session, bytearray] = {}
        gone: dict[Session, bytes] = {}
        for session in sorted(known.keys() | read.keys()):
            if session.date < self.keep_from:
                continue
            old = self._in_order(known.get(session, nobody))
            given = read.get(session)
            new = None if given is None else bytes(given.translate(self.read_codes)) + rest
            before = self._in_order(self.known.gone.get(session, nobody))
            rows[session], gone[session] = self._session(session, old, new, before)
        self._overlay(rows)
        return rows, gone

    def _in_order(self, row: bytes | bytearray) -> bytes:
        padded = bytes(row) + b"\0"
        return bytes([padded[place] for place in self.order])

    def _session(
        self, session: Session, old: bytes, new: bytes | None, gone: bytes
    ) -> tuple[bytearray, bytes]:
        """The marks of one session, and which of them have disappeared."""
        looked_at = self.asked[0] <= session.date <= self.asked[1]
        if new is None:
            new = bytes(len(old))
            if not looked_at:
                self._remember_last(session, old)
                return bytearray(old), gone
        row, missing = bytearray(new), bytearray(gone)
        past = session.date < self.asked[1]
        for i, (was, now) in enumerate(zip(old, new, strict=True)):
            if now:
                missing[i] = 0
                self.compared += bool(was and past)
                if was and was != now:
                    row[i] = self._differs(i, session, was, now)
            elif was:
                row[i] = was
                if looked_at and i not in self.left:
                    missing[i] = 1
                    self.missed.add(i)
        self._remember_last(session, bytes(row))
        return row, bytes(missing)

    def _differs(self, pupil: int, session: Session, was: int, now: int) -> int:
        change = Change(self.keys[pupil], session, self.codes[was], self.codes[now])
        if self.known.rejected.get(change.spot) == change.new:
            return was
        self.changes.append(change)
        return now

    def _remember_last(self, session: Session, row: bytes) -> None:
        # Of pupils the read gives, nobody asks; sessions come in time order.
        for i in range(len(self.read.pupils), len(row)):
            if row[i]:
                self.last_mark[i] = session.date

    def _overlay(self, rows: dict[Session, bytearray]) -> None:
        """Where the read says nothing, a mark that waits for a person is still the newest word."""
        index = {key: i for i, key in enumerate(self.keys)}
        for spot, code in self.known.waiting.items():
            key, session = spot
            if key in index and session in rows and self._given(spot) is None:
                rows[session][index[key]] = self._index(code)

    def _settled(self) -> Iterator[Spot]:
        for spot, code in (*self.known.waiting.items(), *self.known.rejected.items()):
            if self._given(spot) not in (None, code):
                yield spot

    def _given(self, spot: Spot) -> str | None:
        """The mark the read gives; None when it gives none."""
        pupil = self._here.get(spot[0])
        return None if pupil is None else self.read.mark(pupil, spot[1])

    def _translation(self, codes: Sequence[str]) -> bytes:
        table = [self._index(code) for code in codes]
        return bytes(table) + bytes(256 - len(table))

    def _index(self, code: str) -> int:
        if code not in self.codes:
            if len(self.codes) > 255:
                raise BadInput(
                    "more than 255 different codes in two school years",
                    remedy="Check that the code column really holds attendance codes",
                    file=self.read.source or None,
                    column="code",
                )
            self.codes.append(code)
        return self.codes.index(code)

    def _register(
        self, rows: dict[Session, bytearray], stay: Sequence[int], vanished: set[str]
    ) -> Register:
        pupils = [*self.read.pupils, *(self.known.register.pupils[i] for i in self.only_known)]
        taken = {pupil.pupil_id for pupil in self.read.pupils}
        here = len(self.read.pupils)
        for i in range(here, len(pupils)):
            key = self.keys[i]
            if pupils[i].pupil_id in taken:
                # The system gave the id to another child; this one keeps a name of its own.
                pupils[i] = replace(pupils[i], pupil_id=f"gone:{key}")
            if key in vanished and i in self.last_mark:
                pupils[i] = until(pupils[i], self.last_mark[i])
        sessions = tuple(sorted(rows))
        place = {session: i for i, session in enumerate(sessions)}
        late = {
            (place[self.read.sessions[at]], pupil): minutes
            for (at, pupil), minutes in self.read.minutes_late.items()
            if self.read.sessions[at] in place
        }
        return replace(
            self.read,
            pupils=tuple(pupils[i] for i in stay),
            sessions=sessions,
            codes=tuple(self.codes),
            rows=[rows[session] for session in sessions],
            calendar=self._calendar(),
            minutes_late=late,
        )

    def _calendar(self) -> frozenset[date] | None:
        """The days declared now, and of days not asked for those declared before."""
        declared = self.read.calendar
        if declared is None:
            return None
        before = self.known.register.calendar or frozenset()
        earlier = (day for day in before if self.keep_from <= day < self.asked[0])
        return declared | frozenset(earlier)


def forgetting(known: LastKnown, keys: Collection[str]) -> LastKnown:
    """What is known, without these pupils: each turned out to be another who is known as well."""
    stay = [place for place, key in enumerate(known.keys) if key not in keys]
    return replace(
        known,
        register=known.register.only(stay),
        keys=tuple(known.keys[place] for place in stay),
        gone={s: bytes(row[place] for place in stay) for s, row in known.gone.items()},
        away=known.away - frozenset(keys),
    )


def setting_aside(again: Reread, keys: Collection[str]) -> Reread:
    """What is judged of a read without these pupils: who they are has to be settled first."""
    if not keys:
        return again
    stay = [place for place, key in enumerate(again.keys) if key not in keys]
    return replace(
        again,
        whole=again.whole.only(stay),
        keys=tuple(again.keys[place] for place in stay),
        gone={s: bytes(row[place] for place in stay) for s, row in again.gone.items()},
        vanished=again.vanished - frozenset(keys),
    )


def has_left(pupil: Pupil, day: date) -> bool:
    """Whether every time on roll of a pupil ended before `day`."""
    return all(time.end is not None and time.end < day for time in pupil.enrolments)


def until(pupil: Pupil, last: date) -> Pupil:
    """A pupil whom the source no longer gives, on roll up to the last day it knew of."""
    times = [
        time
        if time.end is not None and time.end <= last
        else replace(time, end=last, presumed=True)
        for time in pupil.enrolments
        if time.start is None or time.start <= last
    ]
    return replace(pupil, enrolments=tuple(times) or (Enrolment(end=last, presumed=True),))


def accepted(whole: Register, keys: Sequence[str], put_back: Sequence[Change]) -> Register:
    """The register to keep: as `whole`, with the mark of before where a change waits."""
    index = {key: i for i, key in enumerate(keys)}
    place = {session: i for i, session in enumerate(whole.sessions)}
    codes = {code: i for i, code in enumerate(whole.codes)}
    rows = list(whole.rows)
    copied: set[int] = set()
    for change in put_back:
        at, pupil = place.get(change.session), index.get(change.pupil_key)
        if at is None or pupil is None:
            continue
        if at not in copied:
            rows[at] = bytearray(rows[at])
            copied.add(at)
        rows[at][pupil] = codes.get(change.old, NO_MARK)
    return replace(whole, rows=rows)
