"""The counted sessions as a strip: one row a week, a cell for each half day. Pure.

A counted session carries a sign as well as a fill: its code where the code left the school,
else a letter for its class. Classes and attributes only, never `style`: the pages' security
policy allows no inline styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from linkwork.wire import Mark
from linkwork_hub.referrals.words import CLASS_SIGN, count, mark_words, span

CELL, ROW, LEFT, TOP, DAY_GAP = 22, 24, 92, 44, 8
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Cell:
    """One half day. `sign` is empty where the session was not counted."""

    week: int
    weekday: int
    half: str
    sign: str
    kind: str
    words: str


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks(marks: Sequence[Mark]) -> tuple[date, ...]:
    """The Mondays of every week from the first counted session to the last."""
    if not marks:
        return ()
    first, last = _monday(min(m.date for m in marks)), _monday(max(m.date for m in marks))
    return tuple(first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1))


def cells(marks: Sequence[Mark]) -> tuple[Cell, ...]:
    """One cell a half day from Monday to Friday of each week.

    A weekend gets its cells only when a session on it was counted.
    """
    counted = {(mark.date, str(mark.half)): mark for mark in marks}
    return tuple(
        _cell(row, monday + timedelta(days=weekday), half, counted)
        for row, monday in enumerate(weeks(marks))
        for weekday in range(_days(marks))
        for half in ("AM", "PM")
    )


def _days(marks: Sequence[Mark]) -> int:
    return max(5, *(mark.date.weekday() + 1 for mark in marks))


def _cell(row: int, day: date, half: str, counted: dict[tuple[date, str], Mark]) -> Cell:
    when, mark = f"{day:%a} {day.day} {day:%b} {half}", counted.get((day, half))
    if mark is None:
        return Cell(row, day.weekday(), half, "", "", f"{when}: not counted")
    if mark.code is not None:
        sign, kind = mark.code, "unauthorised"
    else:
        sign, kind = CLASS_SIGN.get(mark.counts_as, "x"), mark.counts_as
    return Cell(row, day.weekday(), half, sign, kind, f"{when}: {mark_words(mark)}")


def describe(marks: Sequence[Mark]) -> str:
    """The strip in one sentence, for a reader who cannot see it."""
    if not marks:
        return "No sessions were counted."
    dates = span(min(m.date for m in marks), max(m.date for m in marks))
    days, in_weeks = len({m.date for m in marks}), len({_monday(m.date) for m in marks})
    return (
        f"{count(len(marks), 'counted session')} on {count(days, 'day')} "
        f"in {count(in_weeks, 'week')}, {dates}. The table below lists each one."
    )


def _x(weekday: int, half: str) -> int:
    return LEFT + weekday * (2 * CELL + DAY_GAP) + (CELL if half == "PM" else 0)


def _text(x: int, y: int, text: str, anchor: str, css: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>').format(
        x, y, anchor, css, text
    )


def _drawn(cell: Cell) -> Markup:
    x, y = _x(cell.weekday, cell.half), TOP + cell.week * ROW
    counted = f" lw-mark--{cell.kind} lw-mark--counted" if cell.sign else ""
    box = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" class="lw-mark{}"><title>{}</title></rect>'
    ).format(x, y, CELL - 2, ROW - 4, counted, cell.words)
    if not cell.sign:
        return box
    css = "" if cell.kind == "authorised" else "on-dark"
    return box + _text(x + CELL // 2 - 1, y + ROW - 9, cell.sign, "middle", css)


def _headings(days: int) -> Markup:
    parts = []
    for weekday in range(days):
        parts.append(_text(_x(weekday, "AM") + CELL - 1, 14, DAYS[weekday], "middle"))
        parts += [
            _text(_x(weekday, half) + CELL // 2 - 1, TOP - 8, half[0], "middle")
            for half in ("AM", "PM")
        ]
    return Markup("").join(parts)


def svg(marks: Sequence[Mark], ident: str) -> Markup:
    """The strip as SVG with a title and a description; empty when nothing was counted.

    `ident` makes the ids of title and description unique on the page.
    """
    rows = weeks(marks)
    if not rows:
        return Markup("")
    days = _days(marks)
    labels = Markup("").join(
        _text(LEFT - 8, TOP + n * ROW + ROW - 9, f"{monday.day} {monday:%b %Y}", "end")
        for n, monday in enumerate(rows)
    )
    grid = Markup("").join(_drawn(cell) for cell in cells(marks))
    return Markup(
        '<svg class="lw-strip" role="img" aria-labelledby="{n}-t {n}-d" width="{w}" height="{h}" '
        'viewBox="0 0 {w} {h}" xmlns="http://www.w3.org/2000/svg">'
        '<title id="{n}-t">Counted sessions, one row a week from its Monday, '
        'A for morning and P for afternoon</title><desc id="{n}-d">{d}</desc>{body}</svg>'
    ).format(
        n=ident,
        w=_x(days - 1, "PM") + CELL + 2,
        h=TOP + len(rows) * ROW + 2,
        d=describe(marks),
        body=_headings(days) + labels + grid,
    )
