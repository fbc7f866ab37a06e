"""Canary names and numbers: in nothing that either side writes, but in what is sealed."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from canaries import CANARIES, Everything, hub_log, nothing_of_a_pupil
from live_hub import LiveHub, Message, Receive, Send
from school_desk import SchoolDesk

from linkwork_agent import show
from linkwork_hub.app import HANDLERS
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.feeds.work import work_once
from linkwork_hub.web import log


@pytest.fixture
def told() -> Iterator[Everything]:
    """The hub's log, configured as a process configures it."""
    with hub_log() as kept:
        yield kept


@pytest.fixture
def ready(school: SchoolDesk, live: LiveHub, told: Everything) -> SchoolDesk:
    """A school with one pupil to name in a return; the hub's log is kept from here on."""
    school.stories["P3"] = "/*30 O*10"
    return school.joined("return")


def test_nothing_that_leaves_the_school_or_is_logged_on_either_side_names_a_pupil(
    ready: SchoolDesk, live: LiveHub, told: Everything, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    async def between(scope: Message, receive: Receive, send: Send, hub: Any) -> None:
        seen.append(f"{scope['path']}?{scope['query_string']!r} {scope['headers']!r}")
        await hub(scope, receive, send)

    live.between = between
    for job in ("collect", "deliver", "instruct"):
        assert ready.run(job).exit_code == 0
    work_once(live.db, live.keys.work, HANDLERS)
    bodies = [message.to_bytes().decode() for message in ready.messages()]
    assert any('"kind":"return"' in body for body in bodies)
    status = json.dumps(ready.status())
    outcome = json.dumps(show.sent_rows(ready.place.config, ready.place.school, 100))
    out, err = capfd.readouterr()
    assert seen
    assert "enrolment settled" in told.getvalue() + out + err
    nothing_of_a_pupil("".join([*bodies, *seen, told.getvalue(), out, err, status]))
    # What left in plain words is for the school alone, and there it says whom it named.
    assert any(one in outcome for one in CANARIES)
    # The control: the name did leave, sealed, and the hub has it.
    assert live.count("SELECT count(*) FROM identities WHERE school_id = :s", s=ready.school_id)


def test_the_hubs_database_file_holds_no_canary_in_clear(ready: SchoolDesk, live: LiveHub) -> None:
    for job in ("collect", "deliver"):
        ready.run(job)
    work_once(live.db, live.keys.work, HANDLERS)
    data = Path(str(live.db.engine.url.database)).read_bytes()
    assert ready.urn.encode() in data
    assert [one for one in CANARIES[:5] if one.encode() in data] == []


def test_a_handler_that_breaks_over_a_named_pupil_is_logged_by_kind_and_place_alone(
    ready: SchoolDesk, live: LiveHub, told: Everything
) -> None:
    def breaks(_scope: Scope, _db: Tx, ctx: ApplyContext, message: Any, /) -> None:
        for notice in message.notices:
            if notice.sealed_identity:
                who = ctx.open_identity(notice.sealed_identity, notice.pseudonym)
                raise ValueError(f"cannot file {who.surname} {who.forename} {who.upn}")

    for job in ("collect", "deliver"):
        ready.run(job)
    work_once(live.db, live.keys.work, {**HANDLERS, "return": breaks})
    with live.db.read() as db:
        stuck = db.conn.exec_driver_sql("SELECT stuck FROM feed_claims").scalars().all()
    written = told.getvalue() + json.dumps(list(stuck))
    assert "ValueError" in written
    nothing_of_a_pupil(written)


def test_an_address_a_name_was_typed_into_is_not_logged(
    ready: SchoolDesk, live: LiveHub, told: Everything
) -> None:
    async def ask() -> list[int]:
        hub = httpx.ASGITransport(app=log.RequestLog(live._app))
        async with httpx.AsyncClient(transport=hub, base_url="http://hub.test") as http:
            page = await http.get("/pupils/Thornapple3", params={"q": "Quill3"})
            post = await http.post("/v1/post", content=b"Thornapple3" * 20)
            return [page.status_code, post.status_code]

    # The client that asks writes a log of its own; here it is the hub's that counts.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    assert asyncio.run(ask()) == [303, 400]
    assert '"route": "/pupils/{id}"' in told.getvalue()
    nothing_of_a_pupil(told.getvalue())


def test_what_an_agents_process_leaves_when_it_crashes_names_no_pupil(ready: SchoolDesk) -> None:
    (ready.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{ready.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        '[school.settings]\npath = "register.csv"\ncontacts = "contacts.csv"\n',
        encoding="utf-8",
    )
    text = ready.register.read_text(encoding="utf-8")
    ready.register.write_text(text.replace("2026-01-05", "Thornapple3 on no day"), encoding="utf-8")
    command = [sys.executable, "-m", "linkwork_agent", "--home", str(ready.home), "once"]
    ended = subprocess.run(
        [*command, "--job", "collect", "--slot", "2026-02-27T10:15"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode != 0
    # To the person at the machine it names the value; the child of the service writes to a log.
    nothing_of_a_pupil(ended.stderr)
