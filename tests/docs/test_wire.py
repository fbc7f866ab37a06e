"""The page about the wire states the constants that the code uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linkwork import seal
from linkwork.wire import Answer
from linkwork_hub.feeds import downlink
from linkwork_hub.feeds.receive import MAX_ENROLMENT
from linkwork_hub.feeds.routes import api_routes


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "wire.md").read_text(encoding="utf-8")


def test_every_domain_string_and_magic_of_the_code_is_on_the_page(page: str, root: Path) -> None:
    core = root / "core" / "linkwork"
    sources = [*(core / "seal").glob("*.py"), core / "join.py"]
    code = "".join(source.read_text(encoding="utf-8") for source in sources)
    tags = set(re.findall(r'b"(linkwork/[a-z]+/v1)\\0', code)) - {"linkwork/check/v1"}
    magics = set(re.findall(r'b"(L[A-Z0-9]{2})\\0"', code))
    assert len(tags) == 14
    assert magics == {"LW1", "LE1", "LR1", "LK1", "LP1", "LB1"}
    assert [name for name in sorted(tags | magics) if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    "limit", [seal.MAX_ENVELOPE, seal.MAX_BODY, seal.MAX_ANSWER, MAX_ENROLMENT]
)
def test_every_limit_is_on_the_page(page: str, limit: int) -> None:
    assert f"{limit:,} bytes" in page


def test_every_call_and_state_is_on_the_page(page: str) -> None:
    for route in api_routes:
        assert f"{route.verb} {route.path}" in page
    states = Answer.model_json_schema()["properties"]["state"]["enum"]
    assert [state for state in states if f"`{state}`" not in page] == []
    assert f"up to {downlink.MAX_ITEMS} items" in page
