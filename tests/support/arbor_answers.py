"""The Arbor peer behind the kit's own server, for the kit's contracts and for fuzzing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from demo.fakes.arbor import TOKEN, USER, FakeArbor
from demo.fakes.arbor.peer import Asked
from linkwork.plugin import Mis
from linkwork.testing import Answer, Request
from linkwork_arbor.client.exchange import Ports
from linkwork_arbor.options import Options
from linkwork_arbor.plugin import ArborMis


def answering(fake: FakeArbor) -> Callable[[Request], Answer]:
    """Answers as the peer gives them, none of them packed."""

    def answer(request: Request) -> Answer:
        headers = {name.title(): value for name, value in request.headers.items()}
        plain = headers | {"Accept-Encoding": ""}
        reply = fake.answer(Asked(request.method, request.path, request.body, plain))
        return Answer(reply.status, reply.body, reply.kind)

    return answer


def opened(address: str, api: str, timeout: float = 2.0, **more: Any) -> Mis:
    """The plugin at that address, on 10 October 2026; it does not wait to ask again."""
    settings = {"base_url": address, "patience": 0, "timeout": timeout, "api": api} | more
    ports = Ports(lambda _: None, lambda: datetime(2026, 10, 10, 12, tzinfo=UTC))
    secrets = {"username": USER, "password": TOKEN}
    return ArborMis(Options.of(settings, secrets), "999001", ports)
