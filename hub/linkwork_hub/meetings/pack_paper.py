"""A pack as a paper: what stands in it, in order, for every file it becomes. It names nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from linkwork_hub.documents.models import Block, Grid, Heading, Para
from linkwork_hub.documents.words import long_date

_FIGURES = ("Pupils", "Attendance", "Last meeting", "Authorised", "Unauthorised")
_LOW = ("90% and below", "50% and below")
Body = Mapping[str, Any]


def blocks(data: Mapping[str, Any]) -> Iterator[Block]:
    """The paper of a pack's data: its state, the parts of its agenda, what was agreed before.

    `data` has `when`, `frozen` (a moment or None), `body`, `rows` and `parts`.
    """
    body: Body = data["body"]
    frozen = data["frozen"]
    state = (
        f"Frozen on {long_date(frozen.date())}"
        if frozen
        else "Not frozen yet: it follows what arrives until the meeting"
    )
    yield Para(f"{data['when']}. {state}. Pupils stand by the short form of their pseudonym.")
    for number, part in enumerate(data["parts"], 1):
        yield Heading(f"{number}. {part['title']}")
        if part["about"]:
            yield Para(f"{part['about']}.")
        match part["fill"]:
            case "totals":
                yield from _totals(body, data["rows"])
            case "emerging":
                yield from _pupils(body)
            case "referrals":
                yield from _referrals(body["referrals"])
            case "cases":
                yield from _cases(body["cases"])
    yield Heading("Agreed before")
    yield from _actions(body["actions"])


def _totals(body: Body, rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not rows:
        yield Para("Nothing has been collected from this school yet.", empty=True)
        return
    missing = body["missing_days"]
    yield Para(f"As collected to {_day(body['as_of'])}. Days with missing registers: {missing}.")
    yield Grid(
        ("Group", *_FIGURES, *_LOW),
        tuple(
            (
                row["name"],
                str(row["pupils"]),
                row["attendance"],
                row["before"] or "–",
                row["authorised"],
                row["unauthorised"],
                str(row["persistent"]),
                str(row["severe"]),
            )
            for row in rows
        ),
        numbers=frozenset((*_FIGURES, *_LOW)),
        wide=frozenset({"Group"}),
    )


def _pupils(body: Body) -> Iterator[Block]:
    empty = "No pupil was picked, and none is waiting to be considered."
    rows = [(row["short"], row["reason"], row["state"]) for row in body["pupils"]]
    yield _grid(("Pupil", "Why", "Where it stands"), rows, empty, "Why")
    if body["more_pupils"] > 0:
        yield Para(f"And {body['more_pupils']} more.")
    listed = body.get("listed")
    if listed:
        way = "as every list for a planned meeting" if listed["standing"] else "for this meeting"
        yield Heading("90% and below", 2)
        yield Para(
            f"{listed['released_by']} released this list, {way}. The absences are of the school "
            f"year {listed['year']}, as read to {_day(listed['as_of'])}."
        )
        yield _plans(listed["pupils"], "Nobody stands on the list.")
    yield Heading("50% and below: a plan for each", 2)
    yield _plans(body["severe"], "The school has told of no severely absent pupil.")


def _plans(rows: Sequence[Mapping[str, Any]], empty: str) -> Block:
    lines = [(row["short"], row["reason"], row["plan"] or "none") for row in rows]
    return _grid(("Pupil", "Why", "Plan"), lines, empty, "Why", "Plan")


def _referrals(rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    lines = [(row["short"], row["made_by"], _day(row["received"]), row["state"]) for row in rows]
    head = ("Pupil", "Made by", "Received", "Where it stands")
    yield _grid(head, lines, "No referral waits, and none came since the last meeting.", "Made by")


def _cases(rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    lines = [
        (row["ref"], row["short"], row["last_done"], row["next"], _day(row["due"])) for row in rows
    ]
    head = ("Case", "Pupil", "Last done", "Next step", "By")
    yield _grid(head, lines, "No case of this school is open.", "Last done", "Next step")


def _actions(rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    lines = [
        (row["what"], row["who"], _day(row["due"]), str(row["age_days"]), _carried(row))
        for row in rows
    ]
    head = ("What", "Who", "By", "Age in days", "Where it stands")
    yield _grid(head, lines, "Nothing agreed is waiting.", "What")


def _carried(row: Mapping[str, Any]) -> str:
    times = row["carried"]
    words = "once" if times == 1 else f"{times} times"
    return f"{row['state']}, carried {words}" if times else str(row["state"])


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str, *wide: str) -> Block:
    return Grid(head, tuple(rows), wide=frozenset(wide)) if rows else Para(empty, empty=True)


def _day(text: str) -> str:
    return long_date(date.fromisoformat(text)) if text else "–"
