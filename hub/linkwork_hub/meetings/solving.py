"""Placing needs on half-days: greedy, then room made, then ruined and recreated; seeded.

Nothing here asks a clock: `rounds` says how long to look, `seed` decides every toss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from linkwork_hub.meetings.columns import Columns
from linkwork_hub.meetings.models import HalfDay, Session

_BLINK = 0.02  # how often the best column is passed over, so that no corner is a trap
_DEEP = 400  # how many meetings may move aside in a row


@dataclass
class Board:
    """Which need stands on which half-day; every change keeps every hard rule."""

    columns: Columns
    at: list[HalfDay | None]
    days: dict[tuple[str, date], list[int]] = field(default_factory=dict)
    people: dict[tuple[str, HalfDay], int] = field(default_factory=dict)

    @classmethod
    def empty(cls, columns: Columns) -> Board:
        """A board on which nothing stands."""
        return cls(columns, [None] * len(columns.needs))

    def price(self, index: int, half_day: HalfDay) -> int | None:
        """What placing a need there adds to the cost; None when a hard rule forbids it."""
        columns = self.columns
        if half_day not in columns.own[index] or self.person_taken(index, half_day):
            return None
        there = self.days.get((columns.officer(index), half_day.day))
        if not there:
            return columns.alone[index][half_day]
        if len(there) >= columns.rules.most_a_day:
            return None
        (mate,) = there
        beside = self.at[mate]
        shared = columns.mates[index].get(mate)
        if shared is None or beside is None or beside.session is half_day.session:
            return None
        going = columns.alone[mate][beside] - columns.own[mate][beside]
        return columns.own[index][half_day] + shared - going

    def put(self, index: int, half_day: HalfDay) -> None:
        """Place a need where `price` allows it."""
        self.at[index] = half_day
        self.days.setdefault((self.columns.officer(index), half_day.day), []).append(index)
        for person in self.columns.needs[index].school.people:
            self.people[person, half_day] = index

    def take(self, index: int) -> None:
        """Take a placed need off again."""
        half_day = self.at[index]
        if half_day is None:
            return
        key = (self.columns.officer(index), half_day.day)
        self.days[key].remove(index)
        if not self.days[key]:
            del self.days[key]
        for person in self.columns.needs[index].school.people:
            del self.people[person, half_day]
        self.at[index] = None

    def cost(self, group: Sequence[int]) -> int:
        """The cost of what stands of one officer's needs."""
        columns, total, seen = self.columns, 0, set()
        for index in group:
            half_day = self.at[index]
            if half_day is None:
                continue
            there = self.days[columns.officer(index), half_day.day]
            if len(there) == 1:
                total += columns.alone[index][half_day]
                continue
            total += columns.own[index][half_day]
            if half_day.day not in seen:
                seen.add(half_day.day)
                total += columns.mates[there[0]][there[1]]
        return total

    def in_the_way(self, index: int, half_day: HalfDay) -> list[int] | None:
        """The needs that would have to move for this one to stand there; None: hopeless."""
        columns = self.columns
        if half_day not in columns.own[index]:
            return None
        found = {
            self.people[person, half_day]
            for person in columns.needs[index].school.people
            if (person, half_day) in self.people
        }
        there = self.days.get((columns.officer(index), half_day.day), [])
        full = len(there) >= columns.rules.most_a_day
        for mate in there:
            beside = self.at[mate]
            same = beside is not None and beside.session is half_day.session
            alone = full and columns.rules.most_a_day == 1
            if same or alone or mate not in columns.mates[index]:
                found.add(mate)
        return sorted(found)

    def person_taken(self, index: int, half_day: HalfDay) -> bool:
        """Whether someone who must be there is needed elsewhere then."""
        people = self.columns.needs[index].school.people
        return any((person, half_day) in self.people for person in people)


def solve(columns: Columns, bounds: Sequence[int], seed: int, rounds: int) -> list[HalfDay | None]:
    """A half-day for each need, or None; as many placed as augmenting paths can place.

    `bounds` runs parallel to `columns.groups`: an officer whose cost has reached it is done.
    """
    board, random = Board.empty(columns), Random(seed)  # noqa: S311 (repeatable, no secret)
    every = [index for group in columns.groups for index in group]
    for index in sorted(every, key=lambda one: (len(columns.own[one]), one)):
        _place_best(board, index, None)
    for index in every:
        if board.at[index] is None:
            _make_room(board, index, set())
    for group, bound in zip(columns.groups, bounds, strict=True):
        _improve(board, group, bound, random, rounds)
    return board.at


def _improve(board: Board, group: Sequence[int], bound: int, random: Random, rounds: int) -> None:
    """Ruin and recreate one officer's part until the bound, or the rounds, are reached."""
    standing = [index for index in group if board.at[index] is not None]
    if len(standing) < 1:
        return
    best = current = board.cost(group)
    kept = [board.at[index] for index in standing]
    for turn in range(rounds):
        if best <= bound:
            break
        removed = _ruin(board, standing, random)
        before = {index: board.at[index] for index in removed}
        for index in removed:
            board.take(index)
        placed = _recreate(board, removed, random)
        cost = board.cost(group) if placed else None
        # Worse is taken now and then while there is time: the hotter, the earlier.
        warm = 1 if random.random() < 0.3 * (1 - turn / rounds) else 0
        if cost is None or cost > current + warm:
            _restore(board, before)
            continue
        current = cost
        if cost < best:
            best, kept = cost, [board.at[index] for index in standing]
    _restore(board, dict(zip(standing, kept, strict=True)))


def _restore(board: Board, before: dict[int, HalfDay | None]) -> None:
    for index in before:
        board.take(index)
    for index, half_day in before.items():
        if half_day is not None:
            board.put(index, half_day)


def _ruin(board: Board, standing: Sequence[int], random: Random) -> list[int]:
    """A few needs: one, those it shares days with, and those near it or of random days."""
    first = random.choice(standing)
    chosen = {first}
    # Standing needs alone: what could not be placed has been tried already.
    near = [one for one in board.columns.mates[first] if board.at[one] is not None]
    if near and random.random() < 0.7:
        cheap = sorted(near, key=lambda one: board.columns.mates[first][one])
        chosen.update(random.sample(cheap[:6], min(len(cheap[:6]), random.randint(1, 3))))
    else:
        chosen.update(random.sample(standing, min(len(standing), random.randint(1, 3))))
    for index in sorted(chosen):
        half_day = board.at[index]
        if half_day is not None:
            chosen.update(board.days[board.columns.officer(index), half_day.day])
    return sorted(chosen)


def _recreate(board: Board, removed: list[int], random: Random) -> bool:
    """Place the removed again, in a random order, as pairs where that is cheaper."""
    waiting = removed[:]
    random.shuffle(waiting)
    while waiting:
        index = waiting.pop()
        partner = _place_pair(board, index, waiting, random)
        if partner is not None:
            waiting.remove(partner)
        elif not _place_best(board, index, random):
            return False
    return True


def _place_pair(board: Board, index: int, waiting: Sequence[int], random: Random) -> int | None:
    """Put a need and a neighbour that waits on one empty day, if that beats apart."""
    best: tuple[int, int, HalfDay, HalfDay] | None = None
    columns, mine = board.columns, _best(board, index, None)
    if mine is None:
        return None
    for other in waiting:
        key = (index, other) if index < other else (other, index)
        found = columns.pairs.get(key)
        apart = _best(board, other, None) if found else None
        if not found or apart is None:
            continue
        limit = mine[0] + apart[0]
        for cost, one, two in found:
            if cost - limit >= (best[0] if best else 0):
                break
            if (columns.officer(index), one.day) in board.days:
                continue
            if random.random() < _BLINK:
                continue
            if board.price(key[0], one) is None or board.price(key[1], two) is None:
                continue
            best = (cost - limit, other, one, two)
            break
    if best is None:
        return None
    _, other, one, two = best
    low, high = min(index, other), max(index, other)
    board.put(low, one)
    board.put(high, two)
    return other


def _best(board: Board, index: int, random: Random | None) -> tuple[int, HalfDay] | None:
    """The cheapest half-day for a need as the board stands: a day of its own, or beside one."""
    columns = board.columns
    officer = columns.officer(index)
    best: tuple[int, HalfDay] | None = None
    for cost, half_day in columns.singles[index]:
        if (officer, half_day.day) in board.days or board.person_taken(index, half_day):
            continue
        if random is not None and random.random() < _BLINK:
            continue
        best = (cost, half_day)
        break
    for mate in columns.mates[index]:
        beside = board.at[mate]
        if beside is None:
            continue
        session = Session.PM if beside.session is Session.AM else Session.AM
        half_day = HalfDay(beside.day, session)
        price = board.price(index, half_day)
        if price is not None and (best is None or price < best[0]):
            best = (price, half_day)
    return best


def _place_best(board: Board, index: int, random: Random | None) -> bool:
    found = _best(board, index, random)
    if found is not None:
        board.put(index, found[1])
    return found is not None


def _make_room(board: Board, index: int, seen: set[tuple[str, HalfDay]], deep: int = 0) -> bool:
    """Place a need by moving others aside, one after the other (an augmenting path)."""
    columns = board.columns
    for half_day in columns.own[index]:
        key = (columns.officer(index), half_day)
        if key in seen or deep > _DEEP:
            continue
        seen.add(key)
        blocking = board.in_the_way(index, half_day)
        if blocking is None or len(blocking) > 1:
            continue
        if not blocking:
            board.put(index, half_day)
            return True
        (other,) = blocking
        stood = board.at[other]
        board.take(other)
        if board.price(index, half_day) is not None:
            board.put(index, half_day)
            if _make_room(board, other, seen, deep + 1):
                return True
            board.take(index)
        if stood is not None:
            board.put(other, stood)
    return False
