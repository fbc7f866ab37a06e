"""Dividing whole pence so that every part is whole and all of them add up."""

from __future__ import annotations

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`total` divided by weights: whole parts that add up, the odd ones where most was cut off.

    Of equal remainders the earlier part gets it. A negative total is divided like its opposite.
    Raises ValueError when there is no weight above nothing, or one below it.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("shares are whole numbers, 0 or more, and not all 0")
    if total < 0:
        return tuple(-part for part in largest_remainder(-total, weights))
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for position in by_remainder[: total - sum(parts)]:
        parts[position] += 1
    return tuple(parts)


def odd_to_the_first(total: int, percents: Sequence[int]) -> tuple[int, ...]:
    """`total` by per cent that make 100: whole parts that add up, the odd pence in the first."""
    parts = [total * percent // 100 for percent in percents]
    return (parts[0] + total - sum(parts), *parts[1:])


def first_row_absorbs(amounts: Sequence[int], percents: Sequence[int]) -> list[tuple[int, ...]]:
    """Each amount divided by per cent so that rows *and* columns add up.

    Row n sums to `amounts[n]`; the columns sum to `odd_to_the_first(sum(amounts), percents)`. Only
    the first row gives way to make it so: what one case owes never depends on another case.
    """
    rows = [odd_to_the_first(amount, percents) for amount in amounts]
    if not rows:
        return []
    wanted = odd_to_the_first(sum(amounts), percents)
    others = [sum(column) for column in zip(*rows[1:], strict=True)] or [0] * len(percents)
    rows[0] = tuple(whole - part for whole, part in zip(wanted, others, strict=True))
    return rows
