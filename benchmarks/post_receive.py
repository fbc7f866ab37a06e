"""Receiving: verify, keep durably, sign a receipt; measured against the sum of its own stages.

    python3 run.py bench post_receive [--messages 40] [--connections 32]

One server process and one sender, on this machine, SQLite. Beside it in the same run: an echo of
the same bytes by the same server, so that what HTTP costs is seen. Stages are timed alone, here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import uvicorn
from school_post import SchoolPost
from starlette.responses import Response

from linkwork import seal
from linkwork.wire import Mark, Notice
from linkwork_hub import app, migrations
from linkwork_hub.access import profile
from linkwork_hub.access.home import now
from linkwork_hub.box import Box
from linkwork_hub.db import Database, Scope, open_engine
from linkwork_hub.feeds import inbox
from linkwork_hub.feeds.agents import agent_by_key
from linkwork_hub.feeds.answers import to_agent
from linkwork_hub.feeds.keys import HubKeys, load_keys, load_receiver_keys, make_keys
from linkwork_hub.feeds.receive import receive
from linkwork_hub.web import Call, machine

SYSTEM = Scope.system()
#: What an envelope of one collection of a school comes to, in bytes.
SIZE = 5_000
BAR, SPREAD_BAR = 0.75, 5.0


def database(folder: Path) -> Database:
    """The hub's database in a folder."""
    random = Random(7).randbytes
    return Database(
        open_engine(f"sqlite:///{folder / 'hub.db'}"), Box(b"k" * 32, random), now, random
    )


def serve(folder: Path, port: int) -> None:
    """The receiver, and beside it an address that answers with what it was sent."""
    reading = profile.loads(profile.builtin_text("reading"), "reading.toml")
    keys = app.ReceiveOnly(load_receiver_keys(folder / "keys"))
    secured = app.build_receiver(
        database(folder), reading, address=f"http://127.0.0.1:{port}", keys=keys
    )

    def echo(call: Call) -> Response:
        return Response(call.body, media_type="application/octet-stream")

    starlette = secured.app
    starlette.router.routes.append(  # type: ignore[attr-defined]
        machine("/echo", echo, method="POST", max_body=seal.MAX_ENVELOPE)
    )
    uvicorn.run(secured, host="127.0.0.1", port=port, log_level="warning", lifespan="off")


def envelopes(db: Database, keys: HubKeys, schools: int, each: int) -> list[list[bytes]]:
    """So many schools that joined, and the envelopes each of them sends."""
    made = []
    for n in range(schools):
        school = SchoolPost(db, keys, urn=str(900_001 + n), seed=bytes([n]) * 32).joined()
        dice = Random(n)
        notices = tuple(notice(dice) for _ in range(40))
        summary = school.summary(date(2026, 2, 27)).model_copy(update={"notices": notices})
        made.append([school.sealed(summary) for _ in range(each)])
    return made


def notice(dice: Random) -> Notice:
    """A notice that does not compress to nothing."""
    marks = tuple(
        Mark(date=date(2026, 1, dice.randint(1, 28)), half="AM", code=dice.choice("GNOU"))
        for _ in range(10)
    )
    return Notice(
        episode="ep_" + dice.randbytes(16).hex(),
        event="opened",
        pseudonym="p_" + dice.randbytes(13).hex(),
        trigger="penalty-window",
        statutory=False,
        status="confirmed",
        age="compulsory",
        value=10,
        threshold=10,
        unit="sessions",
        possible=300,
        first=marks[0].date,
        last=marks[-1].date,
        at_least=10,
        at_most=10,
        why=marks,
    )


async def send(port: int, path: str, bodies: list[bytes], took: list[float]) -> int:
    """Send bodies one after the other over one connection; how many were answered with 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    good = 0
    for body in bodies:
        head = f"POST {path} HTTP/1.1\r\nhost: hub\r\ncontent-length: {len(body)}\r\n\r\n"
        begun = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - begun)
        good += answer.startswith(b"HTTP/1.1 200")
    writer.close()
    return good


def load(port: int, path: str, parts: list[list[bytes]]) -> tuple[float, list[float]]:
    """Calls a second over as many connections as there are parts, and each call's seconds."""
    took: list[float] = []

    async def everything() -> list[int]:
        return await asyncio.gather(*(send(port, path, part, took) for part in parts))

    begun = time.perf_counter()
    good = sum(asyncio.run(everything()))
    seconds = time.perf_counter() - begun
    sent = sum(len(part) for part in parts)
    if good != sent:
        raise SystemExit(f"{path}: {sent - good} of {sent} calls were not answered with 200")
    return sent / seconds, sorted(took)


def stages(db: Database, keys: HubKeys, bodies: list[bytes]) -> dict[str, float]:
    """Seconds of each stage for one message, alone: the median over `bodies`."""
    found: dict[str, list[float]] = {"verify": [], "store": [], "receipt": []}

    def verify(body: bytes) -> seal.Verified:
        with db.read() as tx:
            known = agent_by_key(SYSTEM, tx, body[4:20].hex())
            assert known is not None
            return seal.verify(body, {known.sign_key_id: known.sign_public}.get)

    def store(verified: seal.Verified, body: bytes) -> None:
        with db.write() as tx:
            agent = agent_by_key(SYSTEM, tx, verified.sender, lock=True)
            assert agent is not None
            inbox.stored(SYSTEM, tx, agent, verified.header)
            inbox.keep(SYSTEM, tx, agent, verified, body)

    def receipt(verified: seal.Verified) -> None:
        with db.read() as tx:
            agent = agent_by_key(SYSTEM, tx, verified.sender)
            assert agent is not None
            to_agent(SYSTEM, tx, keys.receiver, agent, verified.header, db.clock(), verified.digest)

    # Items are marked as delivered with the first answer, once.
    receive(db, keys.receiver, bodies[0])
    for body in bodies[1:]:
        begun = time.perf_counter()
        verified = verify(body)
        kept = time.perf_counter()
        store(verified, body)
        signing = time.perf_counter()
        receipt(verified)
        done = time.perf_counter()
        found["verify"].append(kept - begun)
        found["store"].append(signing - kept)
        found["receipt"].append(done - signing)
    return {name: statistics.median(times) for name, times in found.items()}


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The server as a process of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, __file__, "--serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def measure(connections: int, each: int) -> dict[str, float]:
    """Everything in one run; rates a second, times in seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = make_keys(
            folder / "keys", "Exampleshire", datetime(2026, 1, 1, tzinfo=UTC), Random(1).randbytes
        )
        db = database(folder)
        migrations.upgrade(db.engine)
        parts = envelopes(db, load_keys(folder / "keys"), connections, each + 2)
        with served(folder) as port:
            load(port, "/v1/post", [part[:2] for part in parts])
            echo, _ = load(port, "/echo", [part[2:] for part in parts])
            rate, took = load(port, "/v1/post", [part[2:] for part in parts])
        db.close()
        other = folder / "other"
        other.mkdir()
        alone = database(other)
        migrations.upgrade(alone.engine)
        (bodies,) = envelopes(alone, keys, 1, 101)
        cost = {"http": 1 / echo} | stages(alone, keys, bodies)
        alone.close()
    return {
        "bytes": float(len(bodies[0])),
        "echo": echo,
        "receive": rate,
        "p50": took[len(took) // 2],
        "p99": took[int(len(took) * 0.99)],
        **cost,
        "of_its_stages": rate * sum(cost.values()),
        "p99_of_p50": took[int(len(took) * 0.99)] / took[len(took) // 2],
    }


def main() -> int:
    """Print one run as JSON, and whether it is within the bars: 1 when it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.port)
        return 0
    found = measure(given.connections, given.messages)
    print(json.dumps({name: round(value, 6) for name, value in found.items()}, indent=1))
    enough = found["of_its_stages"] >= BAR and found["p99_of_p50"] <= SPREAD_BAR
    print(
        f"receive {found['receive']:.0f}/s = {found['of_its_stages']:.0%} of 1 / its stages (bar "
        f"{BAR:.0%}); p99 {found['p99_of_p50']:.1f} x p50 (bar {SPREAD_BAR:.0f}); echo "
        f"{found['echo']:.0f}/s: {'within' if enough else 'NOT within'} the bars"
    )
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
