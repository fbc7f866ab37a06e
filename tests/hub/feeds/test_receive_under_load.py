"""A receiver that is called too often, too slowly, or whose database cannot write."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from hub_under_test import FixedClock
from live_hub import LiveHub, live_hub
from school_post import SchoolPost
from small_disk import small_disk
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from linkwork.errors import HubUnreachable
from linkwork_agent.hub_client import HubClient
from linkwork_hub.box import Box
from linkwork_hub.db import Database, metadata, open_engine
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.limits import Limits
from linkwork_hub.feeds.receive import receive
from linkwork_hub.web import routes


class Seconds:
    """A clock of seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_agent_that_calls_without_end_is_asked_to_wait_and_another_is_not(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    seconds = Seconds()
    limits = Limits(seconds, rate=0.5, burst=3)
    beats = [school.sealed(school.heartbeat()) for _ in range(5)]
    replies = [receive(database, hub_keys.receiver, one, limits=limits) for one in beats]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].retry_after == 2
    seconds.now += 2
    assert receive(database, hub_keys.receiver, beats[4], limits=limits).status == 200


def test_nobody_can_spend_the_calls_of_another_schools_agent(
    school: SchoolPost, database: Database, hub_keys: HubKeys
) -> None:
    limits = Limits(Seconds(), rate=1, burst=2)
    forged = school.sealed(school.heartbeat())[:-1] + b"x"
    for _ in range(50):
        assert receive(database, hub_keys.receiver, forged, limits=limits).status == 400
    good = school.sealed(school.heartbeat())
    assert receive(database, hub_keys.receiver, good, limits=limits).status == 200


def test_the_senders_that_are_remembered_are_bounded() -> None:
    limits = Limits(Seconds(), rate=1, burst=1, most=10)
    assert [limits.wait(str(n)) for n in range(1000)] == [0] * 1000
    assert len(limits._left) == 10
    assert limits.wait("999") == 1


def test_a_hub_whose_disk_is_full_gives_no_receipt_and_takes_the_message_later(
    hub_keys: HubKeys, sqlite_database: Database
) -> None:
    school = SchoolPost(sqlite_database, hub_keys).joined()
    with sqlite_database.engine.connect() as conn:
        pages = conn.execute(text("PRAGMA page_count")).scalar()

    def limit(most: int) -> None:
        # Every connection of the pool has its own limit: a full disk as SQLite tells of it.
        sqlite_database.engine.dispose()

        @event.listens_for(sqlite_database.engine, "connect")
        def _(connection: object, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count={most}")  # type: ignore[attr-defined]

    limit(int(pages or 0))
    envelopes = [school.sealed(school.summary()) for _ in range(20)]
    replies = [school.post(envelope) for envelope in envelopes]
    full = [reply for reply in replies if reply.status == 503]
    assert full
    assert {reply.retry_after for reply in full} == {30}
    limit(1_000_000)
    for envelope in envelopes:
        assert school.answer(school.post(envelope)).stored is not None
    assert school.work() == 20


def test_on_a_real_full_disk_the_hub_gives_no_receipt_and_takes_and_applies_all_later_in_order(
    hub_keys: HubKeys, tmp_path: Path, clock: FixedClock
) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        engine = open_engine(f"sqlite:///{disk / 'hub.db'}")
        metadata.create_all(engine)
        database = Database(engine, Box(b"k" * 32, os.urandom), clock, os.urandom)
        school = SchoolPost(database, hub_keys).joined()
        junk = disk / "junk"
        junk.write_bytes(b"x" * (shutil.disk_usage(disk).free - 120_000))
        envelopes = [school.sealed(school.summary()) for _ in range(40)]
        replies = [school.post(envelope) for envelope in envelopes]
        kept = [reply for reply in replies if reply.status == 200]
        full = [reply for reply in replies if reply.status == 503]
        assert len(full) + len(kept) == 40
        assert full
        assert {(reply.body, reply.retry_after) for reply in full} == {(b"busy", 30)}
        with database.read() as db:
            stored = db.execute(text("SELECT count(*) FROM inbox WHERE stream = 'feed'")).scalar()
        assert stored == len(kept)
        # The worker finds no room either: the loop it runs in tries again, and nothing is half.
        (disk / "more").write_bytes(b"x" * shutil.disk_usage(disk).free)
        with pytest.raises(OperationalError, match="full"):
            school.work()
        junk.unlink()
        for envelope in envelopes:
            assert school.answer(school.post(envelope)).stored is not None
        clock.advance(minutes=2)
        school.work()
        with database.read() as db:
            told = text("SELECT seq FROM inbox WHERE applied IS NOT NULL AND stream = 'feed'")
            assert sorted(db.execute(told).scalars()) == list(range(1, 41))
            audited = text("SELECT count(*) FROM audit WHERE what = 'message applied'")
            assert db.execute(audited).scalar() == 40
            assert db.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        engine.dispose()


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("what", ["read-only", "cut off", "no connection left"])
def test_a_postgresql_that_cannot_write_is_busy_and_never_a_fault(
    postgresql_database: Database, postgresql_engine: Engine, hub_keys: HubKeys, what: str
) -> None:
    database, owner = postgresql_database, postgresql_engine
    school = SchoolPost(database, hub_keys).joined()
    envelope = school.sealed(school.summary())
    if what == "read-only":
        role = database.engine.url.username
        with owner.begin() as conn:
            conn.execute(text(f"ALTER ROLE {role} SET default_transaction_read_only = on"))
        database.engine.dispose()
        assert school.post(envelope).status == 503
        with owner.begin() as conn:
            conn.execute(text(f"ALTER ROLE {role} RESET default_transaction_read_only"))
        database.engine.dispose()
    elif what == "cut off":

        def cut(point: str) -> None:
            if point == "kept":
                with owner.begin() as conn:
                    conn.execute(text(_CUT), {"role": database.engine.url.username})

        assert receive(database, hub_keys.receiver, envelope, cut).status == 503
    else:
        held = [database.engine.connect() for _ in range(15)]
        database.engine.pool._timeout = 0.1  # type: ignore[attr-defined]
        assert school.post(envelope).status == 503
        database.engine.pool._timeout = 30  # type: ignore[attr-defined]
        for one in held:
            one.close()
    assert school.answer(school.post(envelope)).stored is not None
    assert school.work() == 1


_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :role"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub on a socket."""
    with live_hub(tmp_path) as hub:
        yield hub


_HEAD = (
    b"POST /v1/post HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n"
    b"content-type: application/octet-stream\r\n\r\n"
)


def connected(hub: LiveHub) -> socket.socket:
    host, port = hub.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


@contextmanager
def held_up(hub: LiveHub) -> Iterator[None]:
    """As many calls as are held at once, each with a body that does not come."""
    with ExitStack() as open_ones:
        for _ in range(64):
            open_ones.enter_context(connected(hub)).sendall(_HEAD + b"x")
        time.sleep(0.5)
        yield
    time.sleep(0.5)


def sent_slowly(hub: LiveHub) -> bytes:
    """What a hub answers to a client that reads nothing before its whole body has gone."""
    with connected(hub) as one:
        one.sendall(_HEAD)
        for _ in range(20):
            one.sendall(b"y" * 50_000)
            time.sleep(0.02)
        return one.recv(1000)


def test_who_is_sent_away_while_still_sending_hears_when_to_come_again(
    served: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(served):
        answer = sent_slowly(served)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 30\r\n" in answer.lower()
        with HubClient(served.url) as agent, pytest.raises(HubUnreachable) as busy:
            agent.post(b"y" * 1_000_000)
        assert busy.value.retry_after == 30
        # Control: closed at once, the connection breaks under whoever still sends.
        monkeypatch.setattr(routes, "_LINGERING", 0)
        with pytest.raises(ConnectionError):
            sent_slowly(served)


def test_a_call_cut_in_its_body_is_no_fault_in_the_log(
    served: LiveHub, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(served) as one:
        one.sendall(_HEAD + b"x")
    time.sleep(0.3)
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{served.url}/healthz").status_code == 200
    assert "ClientDisconnect" not in caplog.text


def test_calls_beyond_what_memory_is_set_aside_for_are_sent_away(
    served: LiveHub,
) -> None:
    with httpx.Client(trust_env=False) as http:
        with held_up(served):
            answer = http.post(f"{served.url}/v1/post", content=b"y" * 1000)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            # Pages and monitors are not kept out by it.
            assert http.get(f"{served.url}/healthz").status_code == 200
        assert http.post(f"{served.url}/v1/post", content=b"y" * 1000).status_code == 400


def test_a_body_that_comes_too_slowly_is_not_waited_for(
    served: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_BODY_SECONDS", 0.2)
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as one:
        one.sendall(b"POST /v1/post HTTP/1.1\r\nhost: hub\r\ncontent-length: 10\r\n\r\nx")
        assert one.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_many_at_once_are_each_answered_with_a_receipt(served: LiveHub) -> None:
    school = SchoolPost(served.db, served.keys).joined()
    envelopes = [school.sealed(school.summary()) for _ in range(60)]
    done: list[int] = []

    def send(part: list[bytes]) -> None:
        with httpx.Client(trust_env=False, timeout=30) as http:
            done.extend(http.post(f"{served.url}/v1/post", content=e).status_code for e in part)

    threads = [threading.Thread(target=send, args=(envelopes[n::12],)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == [200] * 60
    assert school.work() == 60
