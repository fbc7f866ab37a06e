"""The peer behind a port of this computer, with or without encryption."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from demo.fakes.arbor.faults import Reply
from demo.fakes.arbor.peer import Asked, FakeArbor


def handler(fake: FakeArbor) -> type[BaseHTTPRequestHandler]:
    """A class that answers as `fake` says."""
    under_way = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            under_way[0] += 1
            fake.most_at_once = max(fake.most_at_once, under_way[0])
            try:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = dict(self.headers.items())
                self._send(fake.answer(Asked(self.command, self.path, body, headers)))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                under_way[0] -= 1

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body))}
            for name, value in (headers | dict(reply.headers) | fake.headers).items():
                self.send_header(name, value)
            if reply.slow_headers:
                for number in range(100):
                    self.send_header(f"X-{number}", "slowly")
                    self.flush_headers()
                    time.sleep(reply.pace)
            self.end_headers()
            size = -(-len(reply.body) // reply.pieces) or 1
            whole = reply.body if reply.cut is None else reply.body[: reply.cut]
            for start in range(0, len(whole), size):
                time.sleep(reply.pace)
                self.wfile.write(whole[start : start + size])
            if reply.cut is not None:
                self.close_connection = True

        def log_message(self, *_words: object) -> None:
            """Nothing: what is asked may name a pupil."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that hangs up is what some tests are about."""


def server(fake: FakeArbor, port: int = 0, tls: ssl.SSLContext | None = None) -> _Server:
    """A server on this computer's own address, not yet serving."""
    made = _Server(("127.0.0.1", port), handler(fake))
    if tls is not None:
        made.socket = tls.wrap_socket(made.socket, server_side=True)
    return made


@contextmanager
def serving(fake: FakeArbor, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on a free port; its address."""
    made = server(fake, tls=tls)
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
