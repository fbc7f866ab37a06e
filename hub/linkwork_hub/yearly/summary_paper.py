"""A summary as a paper: what stands in it, in order, for every file it becomes. It names nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from linkwork_hub.documents.models import Block, Grid, Heading, Para
from linkwork_hub.documents.words import long_date, weekday_date
from linkwork_hub.referrals.words import count, percent
from linkwork_hub.yearly.models import Summary

Body = Mapping[str, Any]
_FIGURES = ("Pupils", "Attendance", "Persistently absent", "Severely absent")


def title(one: Summary) -> str:
    """What the paper is called."""
    return f"Attendance summary: {one.body['school']}, {one.name}"


def blocks(one: Summary, contact: str) -> Iterator[Block]:
    """The paper of a summary; `contact` is whom to ask."""
    body = one.body
    until = date.fromisoformat(body["until"])
    so_far = "" if until == one.last else f", so far: to {long_date(until)}"
    yield Para(
        f"{one.number}, issued on {long_date(one.issued)} by {one.issued_by}. URN {body['urn']}. "
        f"{long_date(one.first)} to {long_date(one.last)}{so_far}. No pupil is named in it."
    )
    yield Heading("Attendance")
    yield from _attendance(body)
    yield Heading("What was done in support of it")
    yield Heading("Meetings", 2)
    yield from _meetings(body["meetings"])
    yield from _advice(body["advice"])
    yield Heading("Casework", 2)
    yield from _cases(body["cases"])
    yield Heading("Actions", 2)
    yield from _actions(body["actions"])
    yield Heading("Bought services", 2)
    yield from _orders(body["orders"])
    yield Para(f"Questions about this summary: {contact}.")


def _attendance(body: Body) -> Iterator[Block]:
    now, before = body["figures"], body["before"]
    if not now:
        yield Para("The school told of no totals in these days.", empty=True)
        return
    yield Para(
        f"Attendance is of the school days from {_day(now['since'])} to {_day(now['as_of'])}, as "
        "the school's own register told it. Who is persistently absent (10 % or more) or "
        "severely absent (50 % or more) is counted over the school year to that day."
    )
    rows = [("These days", *_row(now))]
    rows += [("A year before", *_row(before))] if before else []
    yield _grid(("Days", *_FIGURES), rows)
    if not before:
        yield Para("Of the same days a year before nothing was told.", empty=True)
    months = [(month["name"], *_row(month)) for month in body["months"]]
    if len(months) > 1:
        yield _grid(("Month", *_FIGURES), months)


def _row(one: Body) -> tuple[str, ...]:
    pupils = one["pupils"]
    return (
        str(pupils),
        percent(one["present"], one["possible"]),
        _share(one["persistent"], pupils),
        _share(one["severe"], pupils),
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({percent(part, whole)})" if whole else str(part)


def _meetings(rows: list[Body]) -> Iterator[Block]:
    if not rows:
        yield Para("No meeting was held or called off.", empty=True)
        return
    head = ("Day", "Meeting", "What became of it", "Record")
    lines = [(_weekday(row["day"]), row["kind"], row["status"], row["record"]) for row in rows]
    yield Grid(head, tuple(lines), wide=frozenset({"Meeting"}))


def _advice(rows: list[Body]) -> Iterator[Block]:
    if rows:
        said = "; ".join(f"{one['category']}: {count(one['meetings'], 'meeting')}" for one in rows)
        yield Para(f"Advice is recorded on: {said}.")


def _cases(body: Body) -> Iterator[Block]:
    if not body["before"] + body["opened"]:
        yield Para("No case that came from the school was open.", empty=True)
        return
    outcomes = "; ".join(f"{one['words']}: {one['times']}" for one in body["outcomes"])
    yield Para(
        f"Cases that came from the school, by referral, request, order or at a meeting: "
        f"{body['before']} open before these days, {body['opened']} opened, {body['closed']} "
        f"closed{f' ({outcomes})' if outcomes else ''}, {body['open']} still open."
    )
    rows = tuple((one["words"], str(one["times"])) for one in body["work"])
    if rows:
        head = ("Work on these cases", "Times")
        yield Grid(head, rows, numbers=frozenset({"Times"}), wide=frozenset({head[0]}))


def _actions(body: Body) -> Iterator[Block]:
    yield Para(
        f"{count(body['agreed'], 'action')} agreed, of them {body['of_pupils']} about a pupil; "
        f"{body['done']} done, {body['declined']} declined, {body['late']} late."
    )
    rows = [(one["what"], one["who"], _day(one["due"]), one["state"]) for one in body["listed"]]
    if rows:
        head = ("What was agreed", "Who", "By", "Where it stands")
        yield Grid(head, tuple(rows), wide=frozenset({head[0]}))


def _orders(rows: list[Body]) -> Iterator[Block]:
    if not rows:
        yield Para("Nothing that was ordered was delivered in these days.", empty=True)
        return
    lines = []
    for one in rows:
        shared = f", shared by {one['schools']} schools" if one["schools"] > 1 else ""
        when = "; ".join(_day(day) for day in one["days"])
        lines.append((one["name"], f"{one['quantity']} ({one['unit']}{shared})", when))
    head = ("What", "How much", "Delivered on")
    yield Grid(head, tuple(lines), wide=frozenset({"Delivered on"}))


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Grid:
    return Grid(head, tuple(rows), numbers=frozenset(_FIGURES), wide=frozenset({head[0]}))


def _day(text: str) -> str:
    return long_date(date.fromisoformat(text))


def _weekday(text: str) -> str:
    return weekday_date(date.fromisoformat(text))
