"""How a server, or whatever stands in its place, misbehaves."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from demo.fakes.arbor.model import ROOTS


class Reply(NamedTuple):
    """What goes over the wire. `pace`: seconds before each of `pieces` of the body; `cut`: the
    connection ends after so many bytes; `slow_headers`: each header line waits too.
    """

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = {}
    pace: float = 0.0
    pieces: int = 1
    cut: int | None = None
    slow_headers: bool = False


#: Faults that the lists themselves take account of.
OF_LISTS = ("links", "repeat", "no-filter")
PAGE = b"<html><head><title>Site blocked</title></head><body>Ask your teacher</body></html>"
#: Stands for what must never reach a message or a log.
CANARY = "Zephyrine Quillfeather"


def plain(status: int, value: Any) -> Reply:
    """A JSON answer."""
    return Reply(status, "application/json", json.dumps(value, separators=(",", ":")).encode())


def reply(fault: str | int, about: str) -> Reply:
    """The misbehaviour, where `about` was asked for."""
    if isinstance(fault, int):
        trace = [{"exception": "X", "message": CANARY, "trace": CANARY}]
        return plain(fault, {"response": {"code": fault, "reason": "x", "errors": trace}})
    return FAULTS[fault](about)


def _rows(text: str) -> Callable[[str], Reply]:
    """A list that holds this text, in either interface."""

    def make(about: str) -> Reply:
        root = ROOTS.get(about, about)
        body = f'{{"{root}": {text}, "data": {{"{about}": {text}}}}}'
        return Reply(200, "application/json", body.encode())

    return make


def _raw(body: bytes, kind: str = "application/json", **more: Any) -> Callable[[str], Reply]:
    return lambda _about: Reply(200, kind, body, **more)


def _bomb() -> bytes:
    """400 MB of spaces, in under half a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    blocks = [packer.compress(b" " * (1 << 20)) for _ in range(400)]
    return b"".join(blocks) + packer.flush()


_GZIP = {"Content-Encoding": "gzip"}
FAULTS: Mapping[str, Callable[[str], Reply]] = {
    "empty-object": _raw(b"{}"),
    "empty-list": _rows("[]"),
    "html": _raw(PAGE, "text/html"),
    "html-as-json": _raw(PAGE),
    "html-403": lambda _: Reply(403, "text/html", PAGE),
    "html-502": lambda _: Reply(502, "text/html", PAGE),
    "redirect": lambda _: Reply(302, "text/html", b"", {"Location": "http://127.0.0.1:9/x"}),
    "text-for-a-list": _rows(f'"{CANARY}"'),
    "list-of-text": _rows(f'["{CANARY}"]'),
    "a-list": _raw(b"[1,2]"),
    "null": _rows("null"),
    "inner-404": _raw(b'{"response":{"code":404}}'),
    "deep": _raw(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "nan": _rows('[{"id": "1", "minutesLate": NaN}]'),
    "infinity": _rows('[{"id": "1", "minutesLate": -Infinity}]'),
    "huge-number": _rows('[{"id": "1", "minutesLate": ' + "9" * 5000 + "}]"),
    "huge-exponent": _rows('[{"id": "1", "minutesLate": 1e999}]'),
    "duplicate-key": _rows('[{"id": "1", "student": null, "student": null}]'),
    "not-utf-8": _raw(b'{"data": "\xff\xfe"}'),
    "half-json": _raw(b'{"data": {"Student": [{"id": "1"'),
    "gigantic": lambda _: Reply(200, "application/json", b'{"a":"' + b"x" * (33 << 20) + b'"}'),
    "gzip-bomb": lambda _: Reply(200, "application/json", _bomb(), _GZIP),
    "bad-gzip": _raw(b"\x1f\x8b\x08\x00 not gzip at all", headers=_GZIP),
    "half-gzip": _raw(gzip.compress(b'{"data": 1}' * 1000)[:-9], headers=_GZIP),
    "odd-packing": _raw(b"{}", headers={"Content-Encoding": "br"}),
    "slow-drip": _raw(b" " * 200 + b"{}", pace=0.05, pieces=200),
    "slow-headers": _raw(b"{}", pace=0.3, slow_headers=True),
    "hang": _raw(b"{}", pace=20),
    "cut": _raw(b'{"data": ' + b" " * 5000, cut=100),
    "cookies": _raw(b"{}", headers={"Set-Cookie": "who=tracked; Path=/"}),
}
