"""What every message is made of: strict, frozen, and canonical as bytes."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from linkwork.errors import EnvelopeRefused

WIRE_VERSION = 1
_T = TypeVar("_T")


def canonical(value: Any) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no spaces, no NaN. `value` is JSON data."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def is_canonical(body: bytes) -> bool:
    """Whether `body`, JSON already, is written as `canonical` writes it."""
    try:
        return canonical(json.loads(body)) == body
    except (ValueError, RecursionError):
        return False


class Wire(BaseModel):
    """The base of every message: frozen, strict about unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def to_bytes(self) -> bytes:
        """This message as canonical JSON."""
        return canonical(self.model_dump(mode="json"))


class Signed(Wire):
    """The base of what the hub signs in clear: a field that is not known here is passed over.

    The signature is looked at first, so that only the hub can put one there; whoever reads it may
    be older than the hub. What schools send, and what is sealed to them, stays strict.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def parsed_from(body: bytes, parsed: _T) -> _T:
    """What was parsed from `body`, when it is canonical; else EnvelopeRefused("not-canonical").

    A key twice is one thing to one reader and another to the next.
    """
    if not is_canonical(body):
        raise EnvelopeRefused(
            "not-canonical", "The message is not canonical JSON: a key may stand in it twice."
        )
    return parsed
