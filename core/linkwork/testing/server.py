"""A web server on this machine that answers as a test says, over real HTTP."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_MOST_ASKED = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `path` with its query, header names in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `after`: seconds to wait first. `cut`: how many bytes of the body are
    sent before the connection is dropped; None for all. `times`: how often the body is sent.
    """

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    cut: int | None = None
    times: int = 1


Answering = Callable[[Request], Answer]


@contextlib.contextmanager
def serving(answering: Answering) -> Iterator[str]:
    """Serve on a free port of the loopback; the address, such as `http://127.0.0.1:40123`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body go out apart; without this each answer waits for the client's next word.
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), _MOST_ASKED)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Request(self.command, self.path, headers, self.rfile.read(length))
            # Whoever asked may have gone away by now, which is its right.
            with contextlib.suppress(OSError):
                _send(self, answering(asked))

        do_GET = do_POST = do_HEAD = _answer

        def log_message(self, *_words: object) -> None:
            """Say nothing: what is asked may name somebody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    time.sleep(answer.after)
    handler.send_response(answer.status)
    handler.send_header("content-type", answer.kind)
    handler.send_header("content-length", str(len(answer.body) * answer.times))
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if answer.cut is not None:
        handler.wfile.write(answer.body[: answer.cut])
        handler.close_connection = True
        return
    for _ in range(answer.times):
        handler.wfile.write(answer.body)
