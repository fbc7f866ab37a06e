"""A proven lower bound of a plan's cost, over the columns generated.

For one officer, forget for a moment that a day is used once. Then the cheapest way to hold the
needs is the cheapest matching of needs into pairs and singles, found exactly. Whatever a real
plan does, it is one of those matchings with days that differ, so it costs at least as much. Where
two would want the same day, that day gets a price (a Lagrange multiplier): each use pays it, and
it is taken off once, which keeps the bound proven and raises it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from math import ceil

from linkwork_hub.meetings.columns import Columns, PairColumn
from linkwork_hub.meetings.models import HalfDay

_SPLIT = 14  # needs solved exactly at once: beyond, a group is divided and pairs across share cost
_TURNS = 12
_SMALL = 1e-6

Choice = tuple[float, tuple[date, ...]]


def officer_bound(columns: Columns, group: Sequence[int], reach: int | None = None) -> int:
    """No plan of these needs of one officer costs less. Every need must have a column.

    `reach` is a cost some plan has: once the bound is proven up to it, no more is tried.
    """
    price: dict[date, float] = {}
    best = 0
    for turn in range(_TURNS):
        total, used = _cheapest(columns, group, price)
        best = max(best, ceil(total - _SMALL))
        crowded = {day: n - 1 for day, n in used.items() if n > 1 or (price.get(day) and n == 0)}
        if not crowded or (reach is not None and best >= reach):
            break
        step = 1.0 / (1 + turn / 2)
        for day in {*crowded, *price}:
            moved = price.get(day, 0.0) + step * (used.get(day, 0) - 1)
            price[day] = max(0.0, min(moved, _highest(columns)))
        price = {day: cost for day, cost in price.items() if cost > 0}
    return best


def _highest(columns: Columns) -> float:
    """How dear a day may be, while a far pair is never better than two days of its own.

    Far pairs are no columns: with prices up to here they could not lower the bound either.
    """
    return float(max(0, columns.rules.far_pair - columns.rules.day_out))


def _cheapest(
    columns: Columns, group: Sequence[int], price: dict[date, float]
) -> tuple[float, dict[date, int]]:
    """The cheapest matching at these prices less the prices, and how often it uses each day."""
    alone = {index: _single(columns.singles[index], price) for index in group}
    wanted = set(group)
    both: dict[tuple[int, int], Choice] = {}
    for pair, found in columns.pairs.items():
        if pair[0] in wanted and pair[1] in wanted:
            cost, day = _pair(found, price)
            if cost < alone[pair[0]][0] + alone[pair[1]][0] - _SMALL:
                both[pair] = (cost, (day,))
    total, used = -sum(price.values()), dict.fromkeys(price, 0)
    for part in _parts(group, both):
        cost, days = _match(part, alone, both)
        total += cost
        for day in days:
            used[day] = used.get(day, 0) + 1
    return total, used


def _single(found: Sequence[tuple[int, HalfDay]], price: dict[date, float]) -> Choice:
    best, chosen = float("inf"), date.min
    for cost, half_day in found:
        if cost >= best:
            break
        priced = cost + price.get(half_day.day, 0.0)
        if priced < best:
            best, chosen = priced, half_day.day
    return best, (chosen,)


def _pair(found: Sequence[PairColumn], price: dict[date, float]) -> tuple[float, date]:
    best, chosen = float("inf"), date.min
    for cost, half_day, _ in found:
        if cost >= best:
            break
        priced = cost + price.get(half_day.day, 0.0)
        if priced < best:
            best, chosen = priced, half_day.day
    return best, chosen


def _parts(
    group: Sequence[int], both: dict[tuple[int, int], Choice]
) -> Iterable[tuple[list[int], dict[int, Choice]]]:
    """Needs that pairs connect, in parts of at most `_SPLIT`.

    A pair across two parts lends each half of its cost: each part may then take that half as if
    it were a column of its own, which can only lower the sum.
    """
    near: dict[int, list[int]] = {index: [] for index in group}
    for first, second in both:
        near[first].append(second)
        near[second].append(first)
    left = dict.fromkeys(group)
    while left:
        part: list[int] = []
        waiting = [next(iter(left))]
        del left[waiting[0]]
        while waiting and len(part) < _SPLIT:
            index = waiting.pop(0)
            part.append(index)
            for other in near[index]:
                if other in left:
                    del left[other]
                    waiting.append(other)
        left.update(dict.fromkeys(waiting))
        inside = set(part)
        halves: dict[int, Choice] = {}
        for (first, second), (cost, _) in both.items():
            if (first in inside) != (second in inside):
                mine = first if first in inside else second
                if cost / 2 < halves.get(mine, (float("inf"), ()))[0]:
                    halves[mine] = (cost / 2, ())
        yield part, halves


def _match(
    part: tuple[list[int], dict[int, Choice]],
    alone: dict[int, Choice],
    both: dict[tuple[int, int], Choice],
) -> tuple[float, list[date]]:
    """The cheapest way to cover every need of a part, exactly; and the days it uses."""
    members, halves = part
    single = [min(alone[index], halves.get(index, (float("inf"), ()))) for index in members]
    place = {index: position for position, index in enumerate(members)}
    partners: list[list[tuple[int, Choice]]] = [[] for _ in members]
    for (first, second), choice in both.items():
        if first in place and second in place:
            low, high = sorted((place[first], place[second]))
            partners[low].append((high, choice))
    # best[covered]: the cheapest way to cover the rest, the lowest uncovered need first.
    best: dict[int, tuple[float, int, tuple[date, ...]]] = {}

    def rest(covered: int) -> float:
        if covered == (1 << len(members)) - 1:
            return 0.0
        known = best.get(covered)
        if known is not None:
            return known[0]
        low = (~covered & (covered + 1)).bit_length() - 1
        after = covered | 1 << low
        cost, days = single[low]
        found = (cost + rest(after), after, days)
        for high, (price, used) in partners[low]:
            if not covered >> high & 1:
                both_done = after | 1 << high
                whole = price + rest(both_done)
                if whole < found[0]:
                    found = (whole, both_done, used)
        best[covered] = found
        return found[0]

    total, covered = rest(0), 0
    days: list[date] = []
    while covered in best:
        _, covered, used = best[covered]
        days += used
    return total, days
