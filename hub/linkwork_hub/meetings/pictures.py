"""A week and a term as pictures: server-rendered SVG, each with its content in words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from linkwork_hub.documents.words import MONTHS, WEEKDAYS, long_date
from linkwork_hub.meetings.models import HalfDay, Session, Status

_NAME, _ROW, _TOP = 150, 30, 44
_HALF, _GAP, _WEEK = 84, 8, 52
_BAR = 400
_FILLS = {
    Status.PLANNED: "lw-bar",
    Status.HELD: "lw-bar--soft",
    Status.CANCELLED: "lw-mark lw-mark--unknown",
    Status.NOT_DELIVERED: "lw-mark lw-mark--unknown",
}


@dataclass(frozen=True)
class Block:
    """One meeting in a picture: in whose row, when, and in a few words."""

    row: str
    half_day: HalfDay
    words: str
    status: Status


def week(
    monday: date,
    rows: Sequence[tuple[str, str]],
    blocks: Sequence[Block],
    away: Mapping[str, frozenset[HalfDay]],
) -> Markup:
    """Five days of mornings and afternoons, one row a person; `rows` are (id, name).

    `away` hatches what is not free. The words of each block stand in its title.
    """
    if not rows:
        return Markup("")
    days = [monday + timedelta(days=n) for n in range(5)]
    parts = [_week_heading(days)]
    for number, (ident, name) in enumerate(rows):
        parts.append(_text(0, _y(number) + 19, _short(name, 20), "start"))
        for day in days:
            for session in Session:
                half_day = HalfDay(day, session)
                closed = half_day in away.get(ident, frozenset())
                css = "lw-mark lw-mark--unknown" if closed else "lw-mark"
                said = "away" if closed else "free"
                title = f"{name}, {_when(half_day)}: {said}"
                parts.append(_box(_week_x(half_day, monday), _y(number), _HALF - 4, css, title))
    place = {ident: number for number, (ident, _) in enumerate(rows)}
    for block in blocks:
        if block.row in place and monday <= block.half_day.day <= days[-1]:
            x, y = _week_x(block.half_day, monday), _y(place[block.row])
            title = f"{_when(block.half_day)}: {block.words}"
            parts.append(_box(x, y, _HALF - 4, _FILLS[block.status], title))
            dark = "on-dark" if block.status is Status.PLANNED else ""
            parts.append(_text(x + 4, y + 18, _short(block.words, 11), "start", dark))
    width = _NAME + 5 * (2 * _HALF + _GAP)
    title = f"The week from {long_date(monday)}: one row a person, two columns a day"
    return _svg("week", width, _y(len(rows)), title, _sentence(len(blocks), len(rows)), parts)


def term(
    first: date, last: date, rows: Sequence[tuple[str, str]], blocks: Sequence[Block]
) -> Markup:
    """The weeks of a term, one row a person; each cell says how many meetings lie in it."""
    if not rows:
        return Markup("")
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // 7 + 1
    parts = []
    for number in range(weeks):
        day = monday + timedelta(days=7 * number)
        x = _NAME + number * _WEEK
        parts.append(_text(x + _WEEK // 2, 16, str(day.day), "middle"))
        if number == 0 or day.day <= 7:
            parts.append(_text(x + _WEEK // 2, 34, MONTHS[day.month - 1][:3], "middle"))
    counts: dict[tuple[str, int], int] = {}
    for block in blocks:
        cell = (block.row, (block.half_day.day - monday).days // 7)
        counts[cell] = counts.get(cell, 0) + 1
    for position, (ident, name) in enumerate(rows):
        y = _y(position)
        parts.append(_text(0, y + 19, _short(name, 20), "start"))
        for number in range(weeks):
            held = counts.get((ident, number), 0)
            x, day = _NAME + number * _WEEK, monday + timedelta(days=7 * number)
            title = f"{name}, week from {long_date(day)}: {_meetings(held)}"
            parts.append(_box(x, y, _WEEK - 4, "lw-bar" if held else "lw-mark", title))
            if held:
                parts.append(_text(x + _WEEK // 2 - 2, y + 18, str(held), "middle", "on-dark"))
    title = f"Meetings by week, {long_date(first)} to {long_date(last)}, one row a person"
    said = _sentence(len(blocks), len(rows))
    return _svg("term", _NAME + weeks * _WEEK, _y(len(rows)), title, said, parts)


def _week_heading(days: Sequence[date]) -> Markup:
    parts = []
    for day in days:
        left = _week_x(HalfDay(day, Session.AM), days[0])
        parts.append(_text(left + _HALF, 16, f"{WEEKDAYS[day.weekday()][:3]} {day.day}", "middle"))
        for session, words in ((Session.AM, "morning"), (Session.PM, "afternoon")):
            x = _week_x(HalfDay(day, session), days[0]) + _HALF // 2 - 2
            parts.append(_text(x, 36, words, "middle"))
    return Markup("").join(parts)


def _week_x(half_day: HalfDay, monday: date) -> int:
    day = (half_day.day - monday).days
    return _NAME + day * (2 * _HALF + _GAP) + (_HALF if half_day.session is Session.PM else 0)


def _y(row: int) -> int:
    return _TOP + row * _ROW


def bars(rows: Sequence[tuple[str, int]]) -> Markup:
    """Attendance as one bar a row, `rows` being (name, per mille); each says its own in a title."""
    if not rows:
        return Markup("")
    parts = []
    for number, (name, per_mille) in enumerate(rows):
        y = number * _ROW + 4
        rate = f"{per_mille // 10}.{per_mille % 10}%"
        said = f"{name}: {rate} attendance"
        parts.append(_text(0, y + 18, _short(name, 20), "start"))
        parts.append(_box(_NAME, y, _BAR, "lw-mark", said))
        parts.append(_box(_NAME, y, _BAR * per_mille // 1000, "lw-bar", said))
        parts.append(_text(_NAME + _BAR + 8, y + 18, rate, "start"))
    said = "Each bar is a group's attendance in percent. The table below has the same."
    return _svg("pack", _NAME + _BAR + 70, len(rows) * _ROW + 8, "Attendance", said, parts)


def _when(half_day: HalfDay) -> str:
    half = "morning" if half_day.session is Session.AM else "afternoon"
    return f"{WEEKDAYS[half_day.day.weekday()]} {long_date(half_day.day)}, {half}"


def _meetings(number: int) -> str:
    return "no meeting" if not number else f"{number} meeting{'' if number == 1 else 's'}"


def _sentence(blocks: int, rows: int) -> str:
    people = f"{rows} {'person' if rows == 1 else 'people'}"
    return f"{_meetings(blocks).capitalize()} of {people}. The table below lists each one."


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _text(x: int, y: int, words: str, anchor: str, css: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>').format(
        x, y, anchor, css, words
    )


def _box(x: int, y: int, width: int, css: str, title: str) -> Markup:
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" class="{}"><title>{}</title></rect>'
    ).format(x, y, width, _ROW - 4, css, title)


def _svg(
    ident: str, width: int, height: int, title: str, said: str, parts: Sequence[Markup]
) -> Markup:
    return Markup(
        '<svg class="lw-strip lw-strip--wide" role="img" aria-labelledby="{n}-t {n}-d" '
        'width="{w}" height="{h}" viewBox="0 0 {w} {h}" xmlns="http://www.w3.org/2000/svg">'
        '<title id="{n}-t">{t}</title><desc id="{n}-d">{d}</desc>{body}</svg>'
    ).format(n=ident, w=width, h=height + 2, t=title, d=said, body=Markup("").join(parts))
