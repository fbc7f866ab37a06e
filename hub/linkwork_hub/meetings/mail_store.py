"""The SQL of invitations on their way, answers to them, and calendars to subscribe to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update

from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings.tables import calendar_feeds, mail_outbox, meeting_replies, meetings

INVITATION, WITHDRAWAL, REMINDER = "invitation", "withdrawal", "reminder"
ANSWERS = ("accepted", "declined", "tentative")
#: A letter that could not be handed over so often is given up, and shown.
MOST_ATTEMPTS = 8


@dataclass(frozen=True)
class Letter:
    """One mail on its way: about which meeting, to whom. What it says is made when it goes."""

    letter_id: str
    meeting_id: str
    recipient: str
    what: str
    sequence: int
    attempts: int


@dataclass(frozen=True)
class Reply:
    """What somebody's calendar answered to one version of an invitation."""

    email: str
    answer: str
    sequence: int
    at: datetime


@dataclass(frozen=True)
class Feed:
    """A calendar somebody subscribed to. Its secret is known to whoever made it alone."""

    feed_id: str
    person_id: str | None
    school_id: str | None
    made_by: str
    made: datetime
    revoked: datetime | None


def queue(
    scope: Scope, db: Tx, meeting_id: str, recipients: Iterable[str], what: str, sequence: int
) -> int:
    """Put mail on its way, each once for each version of a meeting; how many are new."""
    made = 0
    for recipient in sorted(set(recipients)):
        key = {"meeting_id": meeting_id, "recipient": recipient, "what": what}
        row = key | {"id": db.new_id("mail"), "sequence": sequence, "queued": db.now}
        made += db.add_once(mail_outbox, row | {"attempts": 0, "problem": ""})
    return made


def claim(scope: Scope, db: Tx, lease: timedelta, limit: int = 20) -> list[Letter]:
    """Letters that wait, taken for as long as the lease: nobody else sends them meanwhile."""
    col = mail_outbox.c
    free = or_(col.lease_until.is_(None), col.lease_until < db.now)
    rows = db.all(
        select(mail_outbox)
        .where(col.sent.is_(None), free, col.attempts < MOST_ATTEMPTS)
        .order_by(col.queued, col.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for row in rows:
        # The longer it failed the longer it rests, up to a few hours.
        until = db.now + lease * 2 ** min(row.attempts, 6)
        db.execute(
            update(mail_outbox)
            .where(col.id == row.id)
            .values(attempts=row.attempts + 1, lease_until=until)
        )
        taken.append(
            Letter(row.id, row.meeting_id, row.recipient, row.what, row.sequence, row.attempts + 1)
        )
    return taken


def settle(scope: Scope, db: Tx, letter: Letter, problem: str) -> None:
    """A letter was handed over, or was not and why. Only by whoever took it last."""
    col = mail_outbox.c
    values = {"problem": problem} | ({} if problem else {"sent": db.now})
    db.execute(
        update(mail_outbox)
        .where(col.id == letter.letter_id, col.attempts == letter.attempts)
        .values(**values)
    )


def letters(
    scope: Scope, db: Tx, meeting_id: str
) -> list[tuple[str, str, int, datetime | None, str]]:
    """What was sent of a meeting: recipient, what, sequence, when (None: waits), problem."""
    col = mail_outbox.c
    rows = db.all(
        select(mail_outbox)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(meetings.c.school_id))
        .order_by(col.queued, col.recipient)
    )
    return [(row.recipient, row.what, row.sequence, row.sent, row.problem) for row in rows]


def keep_reply(
    scope: Scope, db: Tx, meeting_id: str, email: str, answer: str, sequence: int
) -> bool:
    """Keep an answer; False when the one that is known is of a newer version."""
    col = meeting_replies.c
    mine = (col.meeting_id == meeting_id) & (col.email == email)
    known = db.first(select(col.sequence).where(mine))
    if known is not None and known.sequence > sequence:
        return False
    values = {"answer": answer, "sequence": sequence, "at": db.now}
    if known is None:
        db.execute(insert(meeting_replies), {"meeting_id": meeting_id, "email": email} | values)
    else:
        db.execute(update(meeting_replies).where(mine).values(**values))
    return True


def replies(scope: Scope, db: Tx, meeting_id: str) -> list[Reply]:
    """The newest answer of each person, by address."""
    col = meeting_replies.c
    rows = db.all(
        select(meeting_replies)
        .join(meetings, meetings.c.id == col.meeting_id)
        .where(col.meeting_id == meeting_id, scope.where(meetings.c.school_id))
        .order_by(col.email)
    )
    return [Reply(row.email, row.answer, row.sequence, row.at) for row in rows]


def add_feed(
    scope: Scope, db: Tx, by: str, *, person_id: str | None = None, school_id: str | None = None
) -> str:
    """Make a calendar of a person or of a school; its secret, told this once."""
    if school_id is not None:
        scope.require(school_id)
    secret = db.random(24).hex()
    row = {"id": db.new_id("feed"), "digest": _digest(secret), "made_by": by, "made": db.now}
    db.execute(insert(calendar_feeds), row | {"person_id": person_id, "school_id": school_id})
    return secret


def feed(scope: Scope, db: Tx, secret: str) -> Feed | None:
    """The calendar this secret opens; None when there is none, or it was revoked."""
    col = calendar_feeds.c
    row = db.first(
        select(calendar_feeds).where(col.digest == _digest(secret), col.revoked.is_(None))
    )
    return Feed(row.id, row.person_id, row.school_id, row.made_by, row.made, None) if row else None


def feeds(
    scope: Scope, db: Tx, *, person_id: str | None = None, school_id: str | None = None
) -> list[Feed]:
    """The calendars of a person or of a school that still open, the newest first."""
    col = calendar_feeds.c
    if school_id is not None:
        scope.require(school_id)
    rows = db.all(
        select(calendar_feeds)
        .where(
            col.person_id.is_not_distinct_from(person_id),
            col.school_id.is_not_distinct_from(school_id),
            col.revoked.is_(None),
        )
        .order_by(col.made.desc(), col.id)
    )
    return [Feed(r.id, r.person_id, r.school_id, r.made_by, r.made, r.revoked) for r in rows]


def revoke(
    scope: Scope, db: Tx, feed_id: str, *, person_id: str | None = None,
    school_id: str | None = None,
) -> bool:  # fmt: skip
    """Close a calendar of this person or school; whether there was one."""
    col = calendar_feeds.c
    if school_id is not None:
        scope.require(school_id)
    done = db.execute(
        update(calendar_feeds)
        .where(
            col.id == feed_id,
            col.person_id.is_not_distinct_from(person_id),
            col.school_id.is_not_distinct_from(school_id),
            col.revoked.is_(None),
        )
        .values(revoked=db.now)
    )
    return done.rowcount == 1


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
