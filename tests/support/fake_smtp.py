"""A mail server on this machine that keeps what it is given and sends nothing anywhere."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """One conversation, as little of the protocol as a client needs."""
        self._say("220 test")
        while line := self.rfile.readline().strip().upper():
            word = line.split(b" ")[0].split(b":")[0]
            if word == b"DATA":
                self._data()
            elif word == b"QUIT":
                self._say("221 bye")
                return
            elif word == b"RCPT" and self.server.refuses:
                self._say("550 no such mailbox")
            else:
                self._say("250 ok")

    def _data(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.raw.append(b"".join(lines))
        self._say("250 kept")

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.raw: list[bytes] = []
        self.refuses = False


class FakeSmtp:
    """`with FakeSmtp() as smtp:`; `smtp.url` is where it listens, `smtp.messages` what came."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    @property
    def messages(self) -> list[EmailMessage]:
        """Every message that came, in order."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self._server.raw]

    @property
    def raw(self) -> list[bytes]:
        """The same as they came over the line."""
        return self._server.raw

    def refuse(self, refuses: bool) -> None:
        """From now on know no mailbox, or all of them again."""
        self._server.refuses = refuses

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
