"""HTTP to the hub: bounds on what an unproven answer may ask or say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from live_hub import LiveHub
from on_the_way import instead

from linkwork.errors import NotTheHub
from linkwork_agent.hub_client import LONGEST_WAIT, HubClient, retry_after
from linkwork_agent.ports import RefusedByHub

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        ("0", 1.0),
        ("999999999999", LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
        ("Mon, 02 Mar 2026 09:02:00 GMT", 120.0),
        ("Mon, 02 Mar 2020 09:02:00 GMT", 1.0),
        ("Mon, 02 Mar 2099 09:02:00 GMT", LONGEST_WAIT),
        ("Mon, 99 Foo 9999", None),
    ],
)
def test_how_long_a_hub_asks_to_wait_is_kept_within_bounds(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize("status", [400, 413])
def test_a_refusal_in_clear_is_one_short_word(live: LiveHub, status: int) -> None:
    live.between = instead(status, b"<script>alert('x')</script>" + b"y" * 500)
    with HubClient(live.url) as hub, pytest.raises(RefusedByHub) as found:
        hub.post(b"envelope")
    assert found.value.status == status
    assert "<" not in found.value.word
    assert len(found.value.word) <= 60


def test_a_keyset_that_is_not_given_is_no_keyset(live: LiveHub) -> None:
    live.between = instead(404, b"not here")
    with HubClient(live.url) as hub, pytest.raises(NotTheHub, match="HTTP 404"):
        hub.keyset()
