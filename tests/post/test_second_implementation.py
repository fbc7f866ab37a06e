"""The page about the wire is enough: an implementation written from it alone and ours agree."""

from __future__ import annotations

import ast
import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import second_wire as second
import wire_schema
from cryptography.exceptions import InvalidSignature, InvalidTag
from live_hub import LiveHub, live_hub

from linkwork import join, seal
from linkwork.seal.padding import padme
from linkwork.wire import read_message

URN = "100001"
SCHOOL, OWN = bytes(range(32)), bytes(range(32, 64))


def golden(root: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / f"tests/core/data/golden-{name}.json").read_text())
    return found


def test_the_second_implementation_has_nothing_of_ours(root: Path) -> None:
    source = (root / "tests" / "support" / "second_wire.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    named = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not any(name.startswith("linkwork") for name in named)


@pytest.mark.parametrize("name", ["post", "feed"])
def test_it_opens_the_golden_envelopes(root: Path, name: str) -> None:
    kept = golden(root, name)
    _, sender = second.signing(bytes.fromhex(kept["school_seed"]))
    private, public = second.sealing(bytes.fromhex(kept["hub_seed"]))
    keys = {second.key_id(public).hex(): (private, second.XWING)}
    header, body = second.opened(
        base64.b64decode(kept["envelope"]), {second.key_id(sender): sender}, keys
    )
    assert (header, body.decode()) == (kept["header"], kept["body"])
    if name == "post":
        _, body = second.opened(base64.b64decode(kept["enrolment"]), {}, keys, b"LE1\0")
        assert body.decode() == kept["body"]


@pytest.mark.parametrize(
    ("name", "suite"), [("classical", second.CLASSICAL), ("twice", second.XWING)]
)
def test_it_opens_the_older_kind_and_the_one_signed_twice(
    root: Path, name: str, suite: str
) -> None:
    kept = golden(root, "kept")
    _, sender = second.signing(bytes.fromhex(kept["school_seed"]))
    private, public = second.sealing(bytes.fromhex(kept["hub_seed"]), suite)
    keys = {second.key_id(public).hex(): (private, suite)}
    header, body = second.opened(
        base64.b64decode(kept[name]), {second.key_id(sender): sender}, keys
    )
    assert (header, body.decode()) == (kept[f"{name}_header"], kept["body"])


def test_it_reads_the_golden_answer_keyset_identity_and_names(root: Path) -> None:
    kept = golden(root, "post")
    _, receipt = second.signing(bytes.fromhex(kept["receipt_seed"]))
    said = base64.b64decode(kept["answer"])
    answer = second.document(said, b"LR1\0", b"linkwork/answer/v1", receipt)
    assert answer.items() >= kept["answer_plain"].items()
    held = base64.b64decode(kept["keyset"])
    assert second.document(held, b"LK1\0", b"linkwork/keyset/v1") == kept["keyset_plain"]
    assert second.fingerprint(held[4:36]) == kept["root_fingerprint"]
    private, public = second.sealing(bytes.fromhex(kept["hub_seed"]))
    name = second.pseudonym(bytes(32), kept["upn"])
    assert name == kept["pseudonym"]
    sealed = base64.b64decode(kept["identity"])
    assert sealed[:16] == second.key_id(public)
    info = second.identity_info("900001", name)
    text = second.HPKE[second.XWING].decrypt(sealed[16:], private, info=info)
    assert json.loads(second.unpadded(text)) == kept["identity_plain"]
    words = (root / "core/linkwork/words.txt").read_text(encoding="ascii").split()
    _, sender = second.signing(bytes.fromhex(kept["school_seed"]))
    assert second.six_words(words, sender, public) == kept["six_words"]


def test_what_it_seals_ours_opens_and_what_is_changed_neither_takes(root: Path) -> None:
    kept = golden(root, "post")
    opener = seal.Opener(bytes.fromhex(kept["hub_seed"]))
    signer = seal.Signer(bytes.fromhex(kept["school_seed"]))
    made = second.envelope(
        kept["body"].encode(), kept["header"], bytes.fromhex(kept["school_seed"]), opener.public
    )
    verified = seal.verify(made, {signer.key_id: signer.public}.get)
    assert seal.open_verified(verified, opener).decode() == kept["body"]
    private, public = second.sealing(bytes.fromhex(kept["hub_seed"]))
    keys = {second.key_id(public).hex(): (private, second.XWING)}
    known = {second.key_id(signer.public): signer.public}
    for place in range(0, len(made), 31):
        changed = bytearray(made)
        changed[place] ^= 4
        with pytest.raises((second.Refused, InvalidSignature, InvalidTag)):
            second.opened(bytes(changed), known, keys)


def test_lengths_are_padded_to_the_same(root: Path) -> None:
    lengths = [*range(1, 3000), *range(3000, 2_000_000, 9973)]
    assert [second.padme(n) for n in lengths] == [padme(n) for n in lengths]
    page = (root / "docs" / "wire.md").read_text(encoding="utf-8")
    assert f"of 300 bytes {padme(300)}, of 70,000 bytes {padme(70_000):,}" in page


def test_the_fields_on_paper_are_those_of_the_models(root: Path) -> None:
    held = (root / "docs" / "wire-schema.json").read_text(encoding="utf-8")
    assert held == wire_schema.schema(), (
        "write it again: python3 tests/support/wire_schema.py > docs/wire-schema.json"
    )


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub with one school, whose worker works when it is told to."""
    with live_hub(tmp_path) as made:
        yield made


class School:
    """A school that speaks to a hub as the page says, over HTTP."""

    def __init__(self, string: str) -> None:
        code, self.root, self.url = second.join_string(string)
        self.own, self.public = second.sealing(OWN)
        _, self.sender = second.signing(SCHOOL)
        self.http = httpx.Client(trust_env=False, base_url=self.url)
        keyset = self.http.get("/v1/keyset").content
        assert second.fingerprint(keyset[4:36]) == self.root
        self.keys = second.document(keyset, b"LK1\0", b"linkwork/keyset/v1")["keys"]
        self.enrolment = second.envelope(
            second.canonical(
                {
                    "kind": "enrol",
                    "code": code,
                    "urn": URN,
                    "sign_key": base64.b64encode(self.sender).decode(),
                    "seal_key": base64.b64encode(self.public).decode(),
                    "host": "elsewhere",
                    "agent_version": "0.1",
                    "mis": "other",
                }
            ),
            self.header("enrol", "enrol", 0),
            SCHOOL,
            self.key("seal"),
            b"LE1\0",
        )

    def key(self, purpose: str) -> bytes:
        (found,) = [one["public"] for one in self.keys if one["purpose"] == purpose]
        return base64.b64decode(found)

    def header(self, stream: str, kind: str, seq: int) -> dict[str, Any]:
        return {
            "urn": URN,
            "stream": stream,
            "epoch": 1 if stream != "enrol" else 0,
            "seq": seq,
            "message_id": os.urandom(16).hex(),
            "kind": kind,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def answer(self, path: str, data: bytes) -> tuple[int, dict[str, Any]]:
        said = self.http.post(path, content=data)
        tag = b"linkwork/answer/v1"
        return said.status_code, second.document(said.content, b"LR1\0", tag, self.key("receipt"))

    def send(self, stream: str, body: dict[str, Any], seq: int = 0) -> dict[str, Any]:
        kind = "message" if stream == "feed" else body["kind"]
        header = self.header(stream, kind, seq)
        data = second.envelope(second.canonical(body), header, SCHOOL, self.key("seal"))
        status, answer = self.answer("/v1/post", data)
        assert (status, answer["request"]) == (200, header["message_id"])
        return answer

    def heartbeat(self) -> dict[str, Any]:
        told = {"agent_version": "0.1", "mis": "other", "next_seq": 2, "waiting": 0}
        return self.send("control", {"kind": "heartbeat", "urn": URN, "epoch": 1, **told})

    def items(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """What comes down, opened."""
        issue = self.key("issue")
        own = {second.key_id(self.public).hex(): (self.own, second.XWING)}
        sealed = [base64.b64decode(item["sealed"]) for item in answer["downlink"]]
        known = {second.key_id(issue): issue}
        return [json.loads(second.opened(each, known, own)[1]) for each in sealed]


def test_a_school_made_from_the_page_joins_sends_and_takes_what_comes_down(
    hub: LiveHub, root: Path
) -> None:
    school_id = hub.add_school(URN)
    school = School(hub.join_string(school_id))
    assert join.checked_url(school.url) == hub.url
    assert school.answer("/v1/enrol", school.enrolment)[0] == 202
    hub.work()
    assert school.answer("/v1/enrol", school.enrolment)[1]["state"] == "pending"
    words = (root / "core/linkwork/words.txt").read_text(encoding="ascii").split()
    assert second.six_words(words, school.sender, school.public) == hub.six_words(school_id)
    hub.confirm(school_id)
    first = school.heartbeat()
    (policy,) = school.items(first)
    assert (policy["kind"], first["state"]) == ("policy", "active")
    school.send(
        "control", {"kind": "acknowledge", "items": [item["id"] for item in first["downlink"]]}
    )
    summary = json.loads(golden(root, "feed")["body"]) | {"urn": URN}
    assert read_message(second.canonical(summary)).kind == "return"
    answer = school.send("feed", summary, 1)
    assert (answer["stored"]["seq"], answer["contiguous_through"]) == (1, 1)
    hub.work()
    after = school.heartbeat()
    assert (after["applied_through"], after["refused"], after["downlink"]) == (1, [], [])
    school.http.close()
