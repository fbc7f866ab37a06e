"""Keys and messages of fixed seeds for the tests of the post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from linkwork import seal
from linkwork.wire import Header


@pytest.fixture(scope="session")
def school_key() -> seal.Signer:
    """The signing key of a school."""
    return seal.Signer(bytes(range(32)))


@pytest.fixture(scope="session")
def other_school_key() -> seal.Signer:
    """The signing key of another enrolled school."""
    return seal.Signer(bytes(range(1, 33)))


@pytest.fixture(scope="session")
def hub_opener() -> seal.Opener:
    """The hub's opening key."""
    return seal.Opener(bytes(range(32, 64)))


@pytest.fixture(scope="session")
def header_to(hub_opener: seal.Opener) -> Callable[..., Header]:
    """Makes a header to the hub; keywords replace its fields."""

    def make(**changes: object) -> Header:
        fields: dict[str, object] = {
            "urn": "900001",
            "stream": "feed",
            "epoch": 1,
            "seq": 7,
            "message_id": "m-7",
            "recipient": hub_opener.key_id,
            "suite": seal.SUITE,
            "kind": "summary",
            "time": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        }
        return Header.model_validate(fields | changes)

    return make
