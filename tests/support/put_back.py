"""What tests of a restored hub share: telling it things, and what it took of them."""

from __future__ import annotations

from live_hub import LiveHub
from school_desk import SchoolDesk

APPLIED = (
    "SELECT message_id FROM inbox WHERE school_id = ? AND stream = 'feed' AND applied IS NOT NULL"
)


def told(school: SchoolDesk, days: int) -> None:
    """Collect so many days later, and deliver."""
    if days:
        school.later(days=days)
    for job in ("collect", "deliver"):
        assert school.run(job).exit_code == 0
    school.hub.work()


def made(school: SchoolDesk) -> list[str]:
    """The ids of all messages of the feed."""
    with school.open() as store:
        return sorted(row[0] for row in store.read.execute("SELECT message_id FROM outbox"))


def applied(hub: LiveHub, school_id: str) -> list[str]:
    """The ids of the messages that took effect, one for each time."""
    with hub.db.read() as db:
        return sorted(row[0] for row in db.conn.exec_driver_sql(APPLIED, (school_id,)))
