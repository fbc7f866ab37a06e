"""24,000 schools that call within ten minutes: how many are sent away, and how long each waits.

    python3 run.py bench post_window [--schools 24000] [--window 600] [--calls 2]

Every call is a real one of the receiver's, on a real database that holds as many schools: verified,
stored durably, answered with a signed receipt, and its time is measured. When each comes is
simulated: at its school's place in the window, as the agent works it out. One call is worked on at
a time and as many wait as a hub holds bodies of; the next is sent away with 503. Beside it the same
calls all at once: the control. With `--schools 2000 --window 50` as many come a second, in a
twelfth of the time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from school_post import SchoolPost
from sqlalchemy import insert

from linkwork_agent.jobs import phase_of
from linkwork_hub import migrations
from linkwork_hub.access.home import now
from linkwork_hub.access.tables import school_facts
from linkwork_hub.access.tables import schools as school_table
from linkwork_hub.box import Box
from linkwork_hub.db import Database, open_engine
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.keys import HubKeys, make_keys
from linkwork_hub.feeds.limits import Limits
from linkwork_hub.feeds.models import AgentState
from linkwork_hub.feeds.receive import receive
from linkwork_hub.feeds.routes import AT_ONCE


class Seen(NamedTuple):
    """What the callers met: how many were sent away, the most that were held, seconds to wait."""

    refused: int
    most: int
    p50: float
    p99: float
    longest: float


def queue(comes: Sequence[float], takes: Sequence[float], room: int) -> Seen:
    """One server, `room` places: arrivals in order, each with the seconds it takes."""
    held: deque[float] = deque()
    waits: list[float] = []
    refused = most = 0
    free = 0.0
    for at, seconds in zip(comes, takes, strict=True):
        while held and held[0] <= at:
            held.popleft()
        if len(held) >= room:
            refused += 1
            continue
        free = max(free, at) + seconds
        held.append(free)
        most = max(most, len(held))
        waits.append(free - at)
    waits.sort()
    return Seen(refused, most, waits[len(waits) // 2], waits[int(len(waits) * 0.99)], waits[-1])


def populated(db: Database, keys: HubKeys, count: int) -> list[SchoolPost]:
    """So many schools with a confirmed agent, as enrolment leaves them."""
    made = [
        SchoolPost(db, keys, str(100_000 + n), sha256(b"%d" % n).digest(), f"sch_{n}")
        for n in range(count)
    ]
    moment = db.clock()
    rows = [_rows(one, moment) for one in made]
    every = (school_table, school_facts, tables.agents, tables.feed_claims, tables.feed_states)
    with db.write() as tx:
        for place, table in enumerate(every):
            tx.execute(insert(table), [row[place] for row in rows])
    return made


def _rows(school: SchoolPost, moment: datetime) -> tuple[dict[str, object], ...]:
    mine: dict[str, object] = {"school_id": school.school_id}
    facts = {"name": f"School {school.urn}", "school_type": "LA", "phase": "primary"}
    agent = {
        "id": f"agt_{school.urn}",
        "urn": school.urn,
        "sign_key_id": school.signer.key_id,
        "sign_public": school.signer.public,
        "seal_public": school.opener.public,
        "state": AgentState.ACTIVE.value,
        "words": "",
        "host": "office",
        "created": moment,
        "confirmed": moment,
    }
    return (
        {"id": school.school_id, "created": moment},
        mine | facts | {"id": f"fct_{school.urn}", "urn": school.urn, "from_day": date(2024, 9, 1)},
        mine | agent,
        mine | {"until": moment, "fence": 0, "stuck": ""},
        mine,
    )


def calls(schools: Sequence[SchoolPost], window: int, each: int) -> Iterator[tuple[float, bytes]]:
    """When each call comes, and its envelope: a sign of life, then messages."""
    order = sorted(schools, key=lambda one: phase_of(one.urn, window))
    dice = Random(9)
    coming = sorted((phase_of(one.urn, window) + dice.random(), n) for n, one in enumerate(order))
    for at, n in coming:
        one = order[n]
        for k in range(each):
            yield at + k * 0.05, one.sealed(one.summary() if k else one.heartbeat())


def measure(count: int, window: int, each: int) -> tuple[list[float], list[float], int]:
    """When every call comes, what it takes, and how many messages the database holds then."""
    with tempfile.TemporaryDirectory() as name:
        folder, random = Path(name), Random(7).randbytes
        keys = make_keys(folder / "keys", "Exampleshire", datetime(2026, 1, 1, tzinfo=UTC), random)
        engine = open_engine(f"sqlite:///{folder / 'hub.db'}")
        db = Database(engine, Box(b"k" * 32, random), now, random)
        migrations.upgrade(engine)
        schools = populated(db, keys, count)
        limits, comes, takes = Limits(time.monotonic), [], []
        for at, envelope in calls(schools, window, each):
            begun = time.perf_counter()
            reply = receive(db, keys.receiver, envelope, limits=limits, window=window)
            takes.append(time.perf_counter() - begun)
            comes.append(at)
            if reply.status != 200:
                raise SystemExit(f"a call was answered with {reply.status} {reply.body[:80]!r}")
        with db.read() as tx:
            stored = int(tx.conn.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())
        db.close()
    order = sorted(range(len(comes)), key=comes.__getitem__)
    return [comes[n] for n in order], [takes[n] for n in order], stored


def main() -> int:
    """Measure and print; 1 when any school was sent away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=24_000)
    parser.add_argument("--window", type=int, default=600)
    parser.add_argument("--calls", type=int, default=2)
    given = parser.parse_args()
    comes, takes, stored = measure(given.schools, given.window, given.calls)
    spread = queue(comes, takes, AT_ONCE)
    together = queue([0.0] * len(comes), takes, AT_ONCE)
    busy = sum(takes) / given.window
    print(
        f"{given.schools:,} schools, {len(comes):,} calls in {given.window} s, {stored:,} stored: "
        f"{spread.refused} sent away (bar 0); at most {spread.most} of {AT_ONCE} held; a receipt "
        f"within {spread.p50 * 1000:.0f} ms (p50), {spread.p99 * 1000:.0f} ms (p99), "
        f"{spread.longest * 1000:.0f} ms; one receiver {busy:.0%} busy, its longest call "
        f"{max(takes) * 1000:.0f} ms"
    )
    print(f"all at once, the control: {together.refused:,} sent away")
    return 0 if spread.refused == 0 and stored == len(comes) and together.refused else 1


if __name__ == "__main__":
    sys.exit(main())
