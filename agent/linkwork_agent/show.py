"""What the commands print: as a table for a person, as JSON for a tool. Imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TextIO

from linkwork import pseudonyms
from linkwork_agent.config import Config, School
from linkwork_agent.store import base, changes, outbox, registers, schedule
from linkwork_agent.store.base import Db, open_existing
from linkwork_agent.unread import NOT_JOINED, STATES

Facts = dict[str, Any]


def status(config: Config, school: School) -> Facts:
    """The state of one school, as `status --format json` prints it."""
    facts: Facts = {
        "school": school.name,
        "mis": school.mis,
        "last_read": None,
        "last_receipt": None,
        "waiting": 0,
        "refused": 0,
        "problems": [config.typable(school, NOT_JOINED)],
        "completeness": None,
    }
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return facts
    with store:
        counts = outbox.counts(store.read)
        return facts | {
            "last_read": base.text(store.read, "last_read"),
            "last_receipt": outbox.last_receipt(store.read),
            "waiting": counts.waiting,
            "refused": counts.refused,
            "problems": [config.typable(school, each) for each in sentences(store.read)],
            "completeness": completeness(store.read),
        }


def completeness(db: Db) -> Facts | None:
    """How whole the register of the last read was: the counts that left, and what they say.

    `words` and `to_look_at` were written when it was read, see `whole_words.kept`.
    """
    kept = base.text(db, "completeness")
    return None if kept is None else dict(json.loads(kept))


def sentences(db: Db) -> list[str]:
    """Everything a person should know or do, each as one sentence."""
    state = base.text(db, "state")
    found = [STATES[state]] if state in STATES else []
    if base.text(db, "joining") is not None and state != "waiting":
        found.append(STATES["waiting"])
    if state is None:
        found.append(NOT_JOINED)
    elif registers.released(db, "return") is None:
        held = len(registers.held(db))
        waits = "1 notice waits" if held == 1 else f"{held} notices wait"
        found.append(
            f"Returns are held: nobody has released them ({waits}). The head releases them with: "
            'linkwork-agent join --release return --released-by "NAME OF THE HEAD"'
        )
    waiting = changes.waiting_words(db)
    if waiting:
        found.append(waiting)
    found += [
        f"The hub could not apply message {row.epoch}/{row.seq} ({row.words}): {row.refused}. "
        "Tell the authority."
        for row in outbox.refused(db)
    ]
    found += [problem.sentence for problem in schedule.problems(db)]
    # Two jobs that meet the same closed door say it once.
    return list(dict.fromkeys(found))


def releases(config: Config, school: School) -> list[Facts]:
    """What the head lets leave by itself: what, who and since when."""
    return look(
        config,
        school,
        lambda db: [
            {"what": release.what, "released_by": release.who, "since": release.given_on}
            for release in registers.releases(db)
        ],
    )


def outbox_rows(config: Config, school: School) -> list[Facts]:
    """The newest messages, newest first."""
    return look(
        config,
        school,
        lambda db: [
            {
                "epoch": row.epoch,
                "seq": row.seq,
                "kind": row.kind,
                "created": row.created,
                "acknowledged": row.acked_at,
                "refused": row.refused,
                "words": row.words,
            }
            for row in outbox.latest(db)
        ],
    )


def sent_rows(config: Config, school: School, limit: int) -> list[Facts]:
    """What left this building, newest first; what has no receipt yet says so in its words."""
    return look(config, school, lambda db: [_told(row) for row in outbox.sent(db, limit)])


def _told(row: Facts) -> Facts:
    if row["receipt"] is not None:
        return row
    return row | {"words": f"{row['words']} (left, no receipt yet)"}


def request_rows(config: Config, school: School) -> list[Facts]:
    """What the authority asks, open requests first."""
    from linkwork_agent.store import inbox

    return look(
        config,
        school,
        lambda db: [
            {
                "id": item.request_id,
                "asks": item.asks,
                "pupil": item.pseudonym,
                "short": pseudonyms.short(item.pseudonym),
                "mis_id": mis_id(db, item.pseudonym),
                "trigger": item.trigger,
                "message": item.message,
                "asked_by": item.asked_by,
                "asked_on": item.asked_on,
                "due": item.due,
                "evidence": list(item.evidence),
                "state": item.state,
                "urn": school.urn,
            }
            for item in inbox.requests(db)
        ],
    )


def mis_id(db: Db, pseudonym: str) -> str | None:
    """The source's id of the pupil behind a pseudonym; None for one it does not know."""
    known = registers.pupil_by_pseudonym(db, pseudonym)
    return known.mis_id if known else None


def look(config: Config, school: School, rows: Callable[[Db], list[Facts]]) -> list[Facts]:
    """What `rows` finds in a school's store; nothing where there is none yet."""
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return []
    with store:
        return rows(store.read)


def print_json(value: object, out: TextIO) -> None:
    """One JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=1), file=out)


def print_table(rows: Sequence[Facts], columns: Sequence[str], empty: str, out: TextIO) -> None:
    """Rows under the names of their columns; `empty` in words when there are none."""
    if not rows:
        print(empty, file=out)
        return
    cells = [list(columns)] + [
        [_cell(column, row.get(column)) for column in columns] for row in rows
    ]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip(), file=out)


#: Columns that hold a moment: people read it to the minute.
_MOMENTS = {"at", "created", "acknowledged", "receipt"}


def _cell(column: str, value: object) -> str:
    if value is None:
        return "-"
    if column in _MOMENTS:
        return _moment(str(value))
    if isinstance(value, list):
        return "; ".join(str(item) for item in value) or "-"
    return str(value)


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M")


def print_status(config: Config, school: School, facts: Facts, out: TextIO) -> None:
    """One school's state in words."""
    print(f"{school.name} ({school.urn}), plugin {school.mis}", file=out)
    for key, label in (("last_read", "register last read"), ("last_receipt", "last receipt")):
        print(f"  {label}: {_moment(facts[key]) if facts[key] else 'never'}", file=out)
    if facts["completeness"] is not None:
        whole = facts["completeness"]
        print(f"  register: {whole['words']}", file=out)
        if whole["to_look_at"]:
            print(f"  to look at in the register: {whole['to_look_at']}", file=out)
    print(f"  messages waiting: {facts['waiting']}, refused: {facts['refused']}", file=out)
    for release in releases(config, school):
        since = str(release["since"])[:10]
        print(
            f"  may leave by itself: {release['what']}, released by {release['released_by']} "
            f"on {since}",
            file=out,
        )
    for problem in facts["problems"]:
        print(f"  ! {problem}", file=out)
    if not facts["problems"]:
        print("  all is well", file=out)
