"""The hub of a simulation: its own receiver and worker, on a disk that can end at any write."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.exc import SQLAlchemyError

from linkwork import seal
from linkwork.wire import ActionItem, Wire
from linkwork_hub import app
from linkwork_hub.access import profile, store
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.box import Box
from linkwork_hub.db import Database, Scope, Tx, metadata, open_engine
from linkwork_hub.feeds import ceremony
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds import store as feeds
from linkwork_hub.feeds.answers import Reply
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import AgentState, ApplyContext, Handler, Handlers
from linkwork_hub.feeds.policy import policy_item
from linkwork_hub.feeds.receive import receive, receive_enrolment
from linkwork_hub.feeds.work import work_once
from linkwork_hub.simulate import ledger, vfs
from linkwork_hub.simulate.disk import Disk

SYSTEM = Scope.system()
ADDRESS = "https://hub.example"
_FILE = "hub.db"
_PROFILE = "reading"
_COMPILED: dict[Any, Any] = {}


class Ended(BaseException):
    """The process ends here. Nothing that is done on the way out reaches a disk."""


@dataclass
class Design:
    """How the hub receives and works. Tests give wrong ones, to see them caught."""

    receive: Callable[..., Reply] = receive
    work: Callable[..., int] = work_once


@dataclass(frozen=True)
class Backup:
    """What a backup of the hub holds: its database and its keys."""

    image: dict[str, bytes]
    keys: dict[str, bytes]


class HubNode:
    """One hub. `down`: its process has ended and starts again with the next moment."""

    def __init__(
        self, place: str, folder: Path, clock: Callable[[], datetime], seed: str, design: Design
    ) -> None:
        self.disk = Disk(Random(f"{seed}/disk"))
        self.down = self.busy = False
        self.crash_at: int | None = None
        self.point = ""
        self._place, self._folder, self._clock, self._design = place, folder, clock, design
        self._random = Random(f"{seed}/random").randbytes
        self.profile = profile.loads(profile.builtin_text(_PROFILE), _PROFILE)
        #: The key files as they were read last: a process that starts again on them has these keys.
        self._known_files: dict[str, bytes] = {}
        vfs.disks[place] = self.disk
        self.disk.restore(empty_image())
        key_files.make_keys(folder, "Simulated", clock(), self._random)
        self._open()

    def _open(self) -> None:
        files = self._key_files()
        if files != self._known_files:
            self.keys: HubKeys = key_files.load_keys(self._folder)
            self._known_files = files
        engine = open_engine(f"sqlite:///file:/{self._place}/{_FILE}?uri=true&vfs={vfs.NAME}")
        # What was compiled for one engine is found by the next only under the same dialect.
        engine.dialect = _one_dialect()
        engine = engine.execution_options(compiled_cache=_COMPILED)
        self.db = Database(engine, Box(b"k" * 32, self._random), self._clock, self._random)

    def close(self) -> None:
        """Close every connection."""
        self.db.close()
        vfs.disks.pop(self._place, None)

    def start_again(self) -> None:
        """A new process on what the disk holds."""
        self.db.close()
        self.disk.start()
        self.down = False
        self._open()

    def backup(self) -> Backup:
        """A backup of this moment."""
        return Backup(self.disk.image(), self._key_files())

    def _key_files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._folder.iterdir()}

    def restore(self, kept: Backup) -> None:
        """Put the hub's database back to a backup; keys made since then stay."""
        self.db.close()
        self.disk.restore(kept.image)
        self._open()

    def rotate(self) -> None:
        """New keys of every purpose, as `keys rotate`, `root sign` and `keys adopt` make them."""
        ceremony.propose(self._folder, key_files.PURPOSES, self._clock(), self._random)
        root = seal.Signer((self._folder / key_files.ROOT).read_bytes())
        request = ceremony.read_request((self._folder / key_files.REQUEST).read_bytes())
        ceremony.adopt(self._folder, seal.sign_keyset(request, root))
        self.keys = key_files.load_keys(self._folder)
        self._known_files = self._key_files()

    def call(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer one request, as the pages' own process would. Raises ConnectionError when away."""
        if self.down:
            raise ConnectionError("the hub is away")
        if self.busy:
            return 503, b"busy"
        if path == "/v1/keyset":
            return 200, self.keys.receiver.keyset_bytes
        reply = self._guarded(lambda: self._answer(path, body))
        return reply.status, reply.body

    def _answer(self, path: str, body: bytes) -> Reply:
        if path == "/v1/enrol":
            return receive_enrolment(self.db, self.keys.receiver, body)
        return self._design.receive(self.db, self.keys.receiver, body, self._reached)

    def work(self) -> None:
        """Apply what waits."""
        if not self.down:
            try:
                self._guarded(
                    lambda: self._design.work(self.db, self.keys.work, HANDLERS, self._reached)
                )
            except ConnectionError:
                return

    def _guarded(self, do: Callable[[], Any]) -> Any:
        """Do it; a process or machine that ends meanwhile says nothing any more."""
        try:
            done = do()
        except (Ended, SQLAlchemyError) as problem:
            if not (self.disk.stopped or self.disk.full):
                raise
            self.down = self.disk.stopped
            raise ConnectionError("the hub ended") from problem
        if self.disk.stopped:
            self.down = True
            raise ConnectionError("the hub ended")
        return done

    def _reached(self, point: str) -> None:
        if self.crash_at is not None:
            self.crash_at -= 1
            if self.crash_at <= 0:
                self.crash_at, self.point = None, point
                self.disk.stop(power=False)
                raise Ended(point)

    def add_school(self, urn: str) -> str:
        """Make a school known; its id."""
        facts = SchoolFacts("", self._clock().date(), urn, f"School {urn}", "LA", "primary")
        with self.db.write() as db:
            return store.add_school(SYSTEM, db, facts)

    @contextmanager
    def look(self) -> Iterator[ledger.Onlooker]:
        """Look at what it holds, through a connection of its own, without the product's code."""
        # Every look takes its time, as a transaction does.
        self._clock()
        connection = self.db.engine.raw_connection()
        try:
            driver = connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                raise TypeError("a simulated hub is on SQLite")
            yield driver
        finally:
            connection.close()

    def join_string(self, school_id: str) -> str:
        """A join string of a school. Raises ConnectionError when the hub ends meanwhile."""
        return str(self._guarded(lambda: self._join_string(school_id)))

    def _join_string(self, school_id: str) -> str:
        with self.db.write() as db:
            made = feeds.invite(
                SYSTEM, db, school_id, address=ADDRESS, root_fingerprint=self.keys.root_fingerprint
            )
        return made.text()

    def confirm(self, school_id: str) -> bool:
        """Confirm the newest agent that waits; whether there was one."""
        return bool(self._guarded(lambda: self._confirm(school_id)))

    def _confirm(self, school_id: str) -> bool:
        with self.db.read() as db:
            waiting = feeds.agents_of(SYSTEM, db, school_id, [AgentState.PENDING])
        if waiting:
            item = policy_item(self.profile, self.keys.work)
            with self.db.write() as db:
                feeds.confirm(SYSTEM, db, waiting[-1].id, self.keys.issuer, item)
        return bool(waiting)

    def key_of(self, school_id: str) -> str:
        """The id of the signing key by which the hub knows a school; "" when it knows none."""
        with self.look() as db:
            return ledger.key_of(db, school_id)

    def issue(self, school_id: str, action: str) -> None:
        """Send an agreed action down."""
        day = self._clock().date()
        item = ActionItem(action_id=action, what="Ring home", who="A.", due=day, agreed_on=day)

        def agree() -> None:
            with self.db.write() as db:
                name = f"item-{action}"
                feeds.issue(SYSTEM, db, school_id, item.kind, item, self.keys.issuer, name)

        self._guarded(agree)


@cache
def _one_dialect() -> Dialect:
    """The dialect of every simulated hub, which has seen a connection."""
    engine = open_engine("sqlite://")
    engine.connect().close()
    return engine.dialect


@cache
def empty_image() -> dict[str, bytes]:
    """The disk of a hub whose tables are made and empty: the same for every run."""
    vfs.register()
    disk = vfs.disks["empty"] = Disk(Random(0))
    engine = open_engine(f"sqlite:///file:/empty/{_FILE}?uri=true&vfs={vfs.NAME}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(ledger.TABLE)
    engine.dispose()
    del vfs.disks["empty"]
    return disk.image()


def _noted(handler: Handler) -> Handler:
    """A handler whose every effect stands in the ledger, in the effect's own transaction."""

    def apply(scope: Scope, db: Tx, ctx: ApplyContext, message: Wire, /) -> None:
        handler(scope, db, ctx, message)
        ledger.note(db, ctx, message)

    return apply


HANDLERS: Handlers = {kind: _noted(handler) for kind, handler in app.HANDLERS.items()}


def forget(folder: Path) -> None:
    """Remove the keys of a run."""
    shutil.rmtree(folder, ignore_errors=True)
