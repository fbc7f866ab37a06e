"""The counted sessions as a strip: weeks side by side, a row for each half day. Pure.

Everything is drawn with presentation attributes, never `style`, so that it shows under a
content security policy without inline styles. A counted session carries a sign as well as a
dark fill: the code where it left the school, else a letter for its class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork.wire import Mark
from markupsafe import Markup, escape

from linkwork_hub.referrals.words import CLASS_SIGN, count, span

CELL = 22
ROW = 20
LEFT = 64
TOP = 40
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Cell:
    """One half day of the strip. `sign` is empty where the session was not counted."""

    week: int
    row: int
    sign: str
    words: str


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def cells(marks: Sequence[Mark]) -> tuple[tuple[date, ...], tuple[Cell, ...]]:
    """The Mondays of the strip's columns, and one cell a half day from Monday to Friday.

    A weekend gets its rows only when a session on it was counted.
    """
    if not marks:
        return (), ()
    first, last = _monday(min(m.date for m in marks)), _monday(max(m.date for m in marks))
    weeks = tuple(first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1))
    last_day = max(4, *(m.date.weekday() for m in marks))
    by_session = {(mark.date, mark.half): mark for mark in marks}
    found = []
    for column, monday in enumerate(weeks):
        for weekday in range(last_day + 1):
            day = monday + timedelta(days=weekday)
            for offset, half in enumerate(("AM", "PM")):
                mark = by_session.get((day, half))
                sign = _sign(mark) if mark else ""
                words = f"{day:%a} {day.day} {day:%b}, {half}"
                found.append(Cell(column, weekday * 2 + offset, sign, words))
    return weeks, tuple(found)


def _sign(mark: Mark) -> str:
    if mark.code is not None:
        return mark.code
    return CLASS_SIGN.get(mark.counts_as, "x")


def describe(marks: Sequence[Mark]) -> str:
    """The strip in one sentence, for a reader who cannot see it."""
    if not marks:
        return "No sessions were counted."
    dates = span(min(m.date for m in marks), max(m.date for m in marks))
    weeks = len({_monday(mark.date) for mark in marks})
    return (
        f"{count(len(marks), 'counted session')} on {count(len({m.date for m in marks}), 'day')} "
        f"in {count(weeks, 'week')}, {dates}. The table below lists each one."
    )


def _cell_svg(cell: Cell) -> Markup:
    x, y = LEFT + cell.week * CELL, TOP + cell.row * ROW + cell.row // 2 * 4
    fill, edge = ("#1d3557", "#0b0c0c") if cell.sign else ("#ffffff", "#b1b4b6")
    box = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"><title>{}</title></rect>'
    ).format(x, y, CELL - 3, ROW - 3, fill, edge, cell.words)
    if not cell.sign:
        return box
    return box + Markup(
        '<text x="{}" y="{}" font-size="13" font-weight="bold" fill="#ffffff" '
        'text-anchor="middle" aria-hidden="true">{}</text>'
    ).format(x + (CELL - 3) // 2, y + ROW - 7, cell.sign)


def _label(x: int, y: int, text: str, anchor: str = "start") -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-size="13" fill="#0b0c0c" text-anchor="{}">{}</text>'
    ).format(x, y, anchor, text)


def _week_labels(weeks: Sequence[date]) -> Markup:
    """Day and month above the first week of each month and then every second week."""
    labels = []
    for column, monday in enumerate(weeks):
        if column and monday.month == weeks[column - 1].month:
            continue
        labels.append(_label(LEFT + column * CELL, 14, f"{monday:%b %Y}"))
    days = (
        _label(LEFT + column * CELL + (CELL - 3) // 2, 32, str(monday.day), "middle")
        for column, monday in enumerate(weeks)
    )
    return Markup("").join([*_spread(labels, weeks), *days])


def _spread(labels: list[Markup], weeks: Sequence[date]) -> list[Markup]:
    # A month label is about four columns wide; a first month of one week would run into the next.
    if len(weeks) > 1 and len(labels) > 1 and weeks[1].month != weeks[0].month:
        return labels[1:]
    return labels


def svg(marks: Sequence[Mark], ident: str) -> Markup:
    """The strip as SVG with a title and a description; empty when nothing was counted.

    `ident` makes the ids of title and description unique on the page.
    """
    weeks, grid = cells(marks)
    if not weeks:
        return Markup("")
    rows = max(cell.row for cell in grid) + 1
    width = LEFT + max(len(weeks), 5) * CELL + 4
    height = TOP + rows * ROW + rows // 2 * 4 + 4
    labels = Markup("").join(
        _label(4, TOP + row * ROW + row // 2 * 4 + ROW - 7, f"{DAYS[row // 2]} {half}")
        for row in range(rows)
        for half in (("AM", "PM")[row % 2],)
    )
    drawn = Markup("").join(_cell_svg(cell) for cell in grid)
    name = escape(ident)
    return Markup(
        '<svg class="lw-strip" role="img" aria-labelledby="{n}-t {n}-d" width="{w}" height="{h}" '
        'viewBox="0 0 {w} {h}" xmlns="http://www.w3.org/2000/svg">'
        '<title id="{n}-t">Counted sessions, week by week</title><desc id="{n}-d">{d}</desc>'
        "{weeks}{labels}{drawn}</svg>"
    ).format(
        n=name, w=width, h=height, d=describe(marks),
        weeks=_week_labels(weeks), labels=labels, drawn=drawn,
    )  # fmt: skip
