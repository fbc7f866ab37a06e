"""A thousand connections at once, each with a body under way: what it costs a hub in memory."""

from __future__ import annotations

import resource
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from hub_process import free_port, run, start

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
SOCKETS, BODY = 1_000, 200_000
#: 64 bodies are held, each of which may have a mebibyte; the rest is what a socket itself costs.
MOST_MEGABYTES = 64 + 40


def resident(pid: int) -> float:
    """Megabytes in memory."""
    (line,) = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) / 1024


def test_a_thousand_bodies_under_way_are_not_held_and_monitors_still_get_through(
    tmp_path: Path,
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    home, port = tmp_path / "hub", free_port()
    assert run(home, "init", "--profile", "reading").returncode == 0
    process = start(home, port)
    # Its log is a line a call: a pipe nobody reads would stop it.
    assert process.stderr is not None
    reading = threading.Thread(target=process.stderr.read, daemon=True)
    reading.start()
    before = resident(process.pid)
    head = b"POST /v1/post HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(SOCKETS):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            one.setblocking(False)
            with suppress(BlockingIOError, OSError):
                one.sendall(head + b"x" * BODY)
        time.sleep(2)
        grown = resident(process.pid) - before
        with httpx.Client(trust_env=False, timeout=30) as http:
            assert http.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            busy = http.post(f"http://127.0.0.1:{port}/v1/post", content=b"y")
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "30")
    print(f"{SOCKETS} sockets: +{grown:.0f} MB")
    assert grown <= MOST_MEGABYTES
    process.terminate()
    process.wait(60)
    reading.join(10)
    process.communicate()
