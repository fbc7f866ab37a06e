"""A whole hub on a real socket of this machine, for tests of the agent: pages, receiver, worker."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import uvicorn
from hub_under_test import CHEAP, SYSTEM

from linkwork.wire import DownlinkItem
from linkwork_hub import app
from linkwork_hub.access import profile, store
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.box import Box
from linkwork_hub.db import Database, metadata, open_engine
from linkwork_hub.feeds import keys as feeds_keys
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.models import AgentState, Handlers
from linkwork_hub.feeds.policy import policy_item
from linkwork_hub.feeds.work import work_once

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
#: What stands between agent and hub: given the request, our way to answer, and the hub.
Between = Callable[[Message, Receive, Send, App], Awaitable[None]]

HANDLERS: Handlers = app.HANDLERS


class HubClock:
    """The machine's own clock, until a test sets `fixed`."""

    def __init__(self) -> None:
        self.fixed: datetime | None = None

    def __call__(self) -> datetime:
        """The time."""
        return self.fixed or datetime.now(UTC)


@dataclass
class LiveHub:
    """A hub that listens at `url`. Set `between` to put something in its place on the way."""

    url: str
    db: Database
    keys: feeds_keys.HubKeys
    profile: profile.Profile
    clock: HubClock
    between: Between | None = None
    #: Whether the worker works by itself; else only when `work` is called.
    working: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def add_school(self, urn: str = "100001", name: str = "Fernhill Primary") -> str:
        """Make a school known; its id."""
        facts = SchoolFacts("", date(2024, 9, 1), urn, name, "LA", "primary")
        with self.db.write() as db:
            return store.add_school(SYSTEM, db, facts)

    def join_string(self, school_id: str) -> str:
        """A join string of a school."""
        with self.db.write() as db:
            made = feeds.invite(
                SYSTEM,
                db,
                school_id,
                address=self.url,
                root_fingerprint=self.keys.root_fingerprint,
            )
        return made.text()

    def six_words(self, school_id: str) -> str:
        """The six words the hub shows of the agent that waits."""
        with self.db.read() as db:
            (waiting,) = feeds.agents_of(SYSTEM, db, school_id, [AgentState.PENDING])
        return waiting.words

    def confirm(self, school_id: str, policy: str = "") -> None:
        """Confirm the agent that waits; with a policy's TOML in place of the profile's."""
        item = policy_item(self.profile, self.keys.work)
        if policy:
            item = item.model_copy(update={"policy_toml": policy})
        with self.db.write() as db:
            (waiting,) = feeds.agents_of(SYSTEM, db, school_id, [AgentState.PENDING])
            feeds.confirm(SYSTEM, db, waiting.id, self.keys.issuer, item)

    def revoke(self, school_id: str) -> None:
        """Revoke the school's agents."""
        with self.db.write() as db:
            feeds.revoke(SYSTEM, db, school_id, "the machine was stolen")

    def issue(self, school_id: str, item: DownlinkItem, item_id: str) -> None:
        """Send something down to a school."""
        with self.db.write() as db:
            feeds.issue(SYSTEM, db, school_id, item.kind, item, self.keys.issuer, item_id)

    def work(self) -> None:
        """Apply everything that has arrived; not beside the worker that works by itself, which
        may hold on to some of it.
        """
        with self.turn:
            work_once(self.db, self.keys.work, HANDLERS)

    def count(self, sql: str, **values: Any) -> int:
        """One number from the hub's database."""
        with self.db.read() as db:
            row = db.conn.exec_driver_sql(sql, values).fetchone()
        assert row is not None
        return int(row[0])

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or let what stands between answer it."""
        if self.between is not None and scope["type"] == "http":
            await self.between(scope, receive, send, self._app)
        else:
            await self._app(scope, receive, send)

    def __post_init__(self) -> None:
        built = app.build(self.db, self.profile, address=self.url, hasher=CHEAP, keys=self.keys)
        self._app: App = built.asgi


@contextmanager
def live_hub(folder: Path, seed: int = 7, name: str = "reading") -> Iterator[LiveHub]:
    """Serve a new hub with a profile that comes with it until the block ends.

    Another seed makes another authority's root.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    random = Random(seed)
    engine = open_engine(f"sqlite:///{folder / 'hub.db'}")
    chosen = profile.loads(profile.builtin_text(name), f"{name}.toml")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    keys = feeds_keys.make_keys(folder / "keys", "Reading", start, random.randbytes)
    box = Box(b"k" * 32, random.randbytes)
    clock = HubClock()
    database = Database(engine, box, clock, random.randbytes)
    hub = LiveHub(url, database, keys, chosen, clock)
    metadata.create_all(engine)
    server = uvicorn.Server(uvicorn.Config(hub, log_config=None, lifespan="off"))
    serving = threading.Thread(target=server.run, args=([listening],), daemon=True)
    working = threading.Thread(target=_work, args=(hub,), daemon=True)
    serving.start()
    working.start()
    try:
        yield hub
    finally:
        server.should_exit = True
        hub.ended.set()
        serving.join(10)
        working.join(10)
        listening.close()
        engine.dispose()


def copy(hub: LiveHub, path: Path) -> None:
    """What a backup of the hub's database holds."""
    with sqlite3.connect(str(hub.db.engine.url.database)) as source, sqlite3.connect(path) as kept:
        source.backup(kept)


def restore(hub: LiveHub, path: Path) -> None:
    """Put the hub's database back to a backup."""
    hub.db.close()
    with sqlite3.connect(path) as kept, sqlite3.connect(str(hub.db.engine.url.database)) as target:
        kept.backup(target)


def _work(hub: LiveHub) -> None:
    while not hub.ended.wait(0.05):
        if hub.working.is_set():
            hub.work()
