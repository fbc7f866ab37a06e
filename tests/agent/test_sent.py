"""`sent` tells everything that left, before it has left, and one line for each message."""

from __future__ import annotations

import signal
import sqlite3
from datetime import date
from typing import Any

import pytest
from live_hub import App, LiveHub, Message, Receive, Send
from school_desk import SchoolDesk
from sudden_death import run

from linkwork import wire
from linkwork.errors import HubUnreachable
from linkwork_agent.store.base import open_store

ACTION = wire.ActionItem(
    action_id="act_1",
    what="Ring home on the first day",
    who="Attendance officer",
    due=date(2026, 3, 6),
    agreed_on=date(2026, 2, 27),
)


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with one pupil to name on the return that waits."""
    school.stories["P3"] = "/*30 O*10"
    school.joined("return").run("collect")
    return school


def of_kind(school: SchoolDesk, kind: str) -> list[dict[str, Any]]:
    """The lines of one kind, newest first."""
    return [row for row in school.sent() if row["kind"] == kind]


class NoAnswer:
    """Something on the way that lets everything in and nothing out; counts what passed."""

    def __init__(self) -> None:
        self.passed = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send, hub: App) -> None:
        self.passed += scope["path"] != "/v1/keyset"

        async def lost(_message: Message) -> None:
            return None

        await hub(scope, receive, lost)
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})


class AllButEverySecond(NoAnswer):
    """The same, but for every other call: a delivery's sign of life, and not its first message."""

    async def __call__(self, scope: Message, receive: Receive, send: Send, hub: App) -> None:
        if self.passed % 2 == 0:
            self.passed += scope["path"] != "/v1/keyset"
            await hub(scope, receive, send)
        else:
            await super().__call__(scope, receive, send, hub)


class AllButKeys(NoAnswer):
    """The same, but for the hub's public keys."""

    async def __call__(self, scope: Message, receive: Receive, send: Send, hub: App) -> None:
        if scope["path"] == "/v1/keyset":
            await hub(scope, receive, send)
        else:
            await super().__call__(scope, receive, send, hub)


def test_what_left_without_an_answer_is_told_once_and_gets_its_receipt_later(
    ready: SchoolDesk, live: LiveHub
) -> None:
    live.between = filter_ = AllButEverySecond()
    for _ in range(3):
        assert ready.run("deliver").exit_code == 1
        ready.later(hours=1)
    assert filter_.passed == 2 * 3
    (line,) = of_kind(ready, "summary")
    assert line["receipt"] is None
    assert line["words"].endswith("(left, no receipt yet)")
    live.between = None
    ready.run("deliver")
    (line,) = of_kind(ready, "summary")
    assert line["receipt"] == ready.now.isoformat()
    assert "no receipt" not in line["words"]
    (line,) = of_kind(ready, "return")
    assert (line["named"], line["receipt"]) == (["Quill3 Thornapple3"], ready.now.isoformat())


@pytest.mark.parametrize("point", ["answer in hand", "receipt about to be kept"])
def test_an_agent_killed_after_sending_has_told_what_it_sent(ready: SchoolDesk, point: str) -> None:
    assert run(ready, "deliver", point) == -signal.SIGKILL
    assert len(of_kind(ready, "summary")) == 1
    # The control: a design that logs with the receipt would have nothing here.
    assert of_kind(ready, "summary")[0]["receipt"] is None


def test_an_enrolment_is_told_before_it_is_sent(school: SchoolDesk, live: LiveHub) -> None:
    school.write()
    live.between = AllButKeys()
    with pytest.raises(HubUnreachable):
        school.join("return")
    (line,) = of_kind(school, "enrol")
    assert line["receipt"] is None
    live.between = None
    live.work()
    school.run("instruct")
    (line,) = of_kind(school, "enrol")
    assert line["receipt"] is not None


def test_acknowledging_what_came_down_is_told_too_and_once(
    ready: SchoolDesk, live: LiveHub
) -> None:
    known = len(of_kind(ready, "acknowledge"))
    live.issue(ready.school_id, ACTION, f"item-{ready.urn}")
    ready.run("instruct")
    with ready.open() as store, store.write() as tx:
        # As if the hub's answer to it had been lost.
        tx.execute("UPDATE inbox SET acked_at = NULL WHERE id = ?", [f"item-{ready.urn}"])
    ready.run("instruct")
    told = of_kind(ready, "acknowledge")
    assert len(told) == known + 1
    assert "1 item it sent took effect here" in told[0]["words"]
    assert told[0]["receipt"] is not None


def test_every_message_that_reaches_the_hub_has_its_line(ready: SchoolDesk, live: LiveHub) -> None:
    passed: list[bytes] = []

    async def watch(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        async def seen() -> Message:
            message = await receive()
            passed.append(bytes(message.get("body", b"")))
            return message

        await hub(scope, seen, send)

    live.between = watch
    ready.later(days=3)
    before = len(ready.sent())
    live.issue(ready.school_id, ACTION, f"item-{ready.urn}")
    ready.run("instruct")
    ready.run("deliver")
    # The signs of life of one day share a line: of the call, and of the delivery.
    assert len(ready.sent()) - before == sum(bool(body) for body in passed) - 1


def test_while_the_authority_has_not_confirmed_no_message_leaves(
    ready: SchoolDesk, live: LiveHub
) -> None:
    ready.join("return")
    passed: list[int] = []

    async def watch(scope: Message, receive: Receive, send: Send, hub: App) -> None:
        async def seen() -> Message:
            message = await receive()
            passed.append(len(message.get("body", b"")))
            return message

        await hub(scope, seen, send)

    live.between = watch
    assert ready.run("deliver").sentence.startswith("sent 0, 2 waiting")
    assert [size for size in passed if size] == [passed[0]]
    assert of_kind(ready, "summary") == of_kind(ready, "return") == []


def test_a_store_of_the_first_release_keeps_its_log_with_receipts(ready: SchoolDesk) -> None:
    path = ready.place.folder / "agent.db"
    ready.run("deliver")
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE sent DROP COLUMN receipt")
        old.execute("DELETE FROM _sqlite_migrations WHERE name = 'receipts_of_what_left'")
        old.execute("PRAGMA user_version=1")
    old.close()
    open_store(path).close()
    assert ready.sent()
    assert all(row["receipt"] == row["at"] for row in ready.sent())
