"""A school's side of the post for tests of the hub: real keys, real envelopes, no agent."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from linkwork import seal
from linkwork.join import JoinString
from linkwork.wire import (
    FEED_KIND,
    Acknowledge,
    Answer,
    Completeness,
    DownlinkItem,
    Enrol,
    Header,
    Heartbeat,
    Message,
    PolicyItem,
    Rekey,
    Summary,
    Totals,
    read_item,
)
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.db import Database, Scope
from linkwork_hub.feeds import store
from linkwork_hub.feeds.answers import Reply
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import AgentState, Handlers
from linkwork_hub.feeds.receive import receive, receive_enrolment
from linkwork_hub.feeds.work import work_once

SYSTEM = Scope.system()
POLICY = PolicyItem(policy_name="england-2024", policy_toml="", pseudonym_key="")


def _ignore(*_args: Any) -> None:
    """A handler without effects."""


#: Handlers that take every kind and do nothing.
TAKE_ALL: Handlers = dict.fromkeys(("summary", "return", "referral", "action-progress"), _ignore)


@dataclass
class SchoolPost:
    """One school and the hub it writes to, both in this process."""

    db: Database
    keys: HubKeys
    urn: str = "900001"
    seed: bytes = b"a" * 32
    school_id: str = ""
    epoch: int = 1
    seq: int = 0
    ids: int = 0
    signer: seal.Signer = field(init=False)
    opener: seal.Opener = field(init=False)

    def __post_init__(self) -> None:
        self.signer = seal.Signer(self.seed)
        self.opener = seal.Opener(self.seed[::-1])

    def add_school(self, name: str = "Fernhill Primary") -> SchoolPost:
        """Make the school known to the hub."""
        facts = SchoolFacts("", date(2024, 9, 1), self.urn, name, "LA", "primary")
        with self.db.write() as db:
            self.school_id = access.add_school(SYSTEM, db, facts)
        return self

    def rekeyed(self, seed: bytes) -> SchoolPost:
        """Hand over new keys and let the hub take them: this school under those keys."""
        new = replace(self, seed=seed)
        proof = seal.prove_rekey(new.signer, self.urn, self.signer.key_id, new.opener.public)
        keys = (new.signer.public, new.opener.public, proof)
        sign, sealing, proven = (base64.b64encode(each).decode() for each in keys)
        self.send(Rekey(urn=self.urn, sign_key=sign, seal_key=sealing, proof=proven))
        self.work()
        return new

    def other_agent(self, seed: bytes) -> SchoolPost:
        """A second agent of the same school, with keys of its own."""
        return replace(self, seed=seed, seq=0)

    def invite(self) -> JoinString:
        """A join string from the hub."""
        with self.db.write() as db:
            return store.invite(
                SYSTEM,
                db,
                self.school_id,
                address="http://127.0.0.1:8420",
                root_fingerprint=self.keys.root_fingerprint,
            )

    def enrolment(self, code: str, **changes: Any) -> bytes:
        """An enrolment envelope; keywords replace fields of its body."""
        fields = {
            "code": code,
            "urn": self.urn,
            "sign_key": base64.b64encode(self.signer.public).decode(),
            "seal_key": base64.b64encode(self.opener.public).decode(),
            "host": "front-office",
            "agent_version": "0.1.0",
            "mis": "csv",
        }
        body = Enrol.model_validate(fields | changes)
        header = self.header("enrol", "enrol", 0)
        return seal.seal_enrolment(body.to_bytes(), header, self.signer, self.hub_public("seal"))

    def enrol(self, code: str, **changes: Any) -> Answer:
        """Enrol, let the worker look, and ask again: what became of it."""
        envelope = self.enrolment(code, **changes)
        assert self.answer(receive_enrolment(self.db, self.keys.receiver, envelope)).state
        self.work()
        return self.answer(receive_enrolment(self.db, self.keys.receiver, envelope))

    def confirm(self) -> None:
        """The hub team confirms this school's waiting agent."""
        with self.db.write() as db:
            (waiting,) = store.agents_of(SYSTEM, db, self.school_id, [AgentState.PENDING])
            store.confirm(SYSTEM, db, waiting.id, self.keys.issuer, POLICY)

    def joined(self) -> SchoolPost:
        """This school, known, enrolled and confirmed."""
        self.add_school()
        assert self.enrol(self.invite().code).state == "pending"
        self.confirm()
        return self

    def header(self, stream: str, kind: str, seq: int, **changes: Any) -> Header:
        """A header to the hub's seal key; further keywords replace its fields."""
        self.ids += 1
        fields = {
            "urn": self.urn,
            "stream": stream,
            "epoch": self.epoch,
            "seq": seq,
            "message_id": f"m{self.signer.key_id[:6]}-{self.ids}",
            "recipient": seal.current_key(self.keys.receiver.keyset, "seal", self.db.clock())[0],
            "suite": seal.SUITE,
            "kind": kind,
            "time": self.db.clock(),
        }
        return Header.model_validate(fields | changes)

    def hub_public(self, purpose: Any) -> bytes:
        """The hub's current public key of a purpose."""
        return seal.current_key(self.keys.receiver.keyset, purpose, self.db.clock())[1]

    def sealed(self, message: Message, **changes: Any) -> bytes:
        """The next envelope of the feed, or a control envelope; keywords change the header."""
        control = isinstance(message, Heartbeat | Acknowledge | Rekey)
        if not control and "seq" not in changes:
            self.seq += 1
        stream = "control" if control else "feed"
        fields: dict[str, Any] = {
            "stream": stream,
            "kind": message.kind if control else FEED_KIND,
            "seq": 0 if control else self.seq,
        }
        header = self.header(**fields | changes)
        return seal.seal(message.to_bytes(), header, self.signer, self.hub_public("seal"))

    def summary(self, day: date = date(2026, 2, 27)) -> Summary:
        """A collection of a day, without notices."""
        totals = Totals(
            pupils=210,
            possible=420,
            present=400,
            authorised=15,
            unauthorised=5,
            unmarked=0,
            persistent=9,
            severe=1,
        )
        whole = Completeness(last_marked_day=day, sessions_expected=420, sessions_marked=420)
        return Summary(
            urn=self.urn,
            as_of=day,
            read_at=self.db.clock(),
            policy="england-2024",
            mis="csv",
            totals=totals,
            completeness=whole,
        )

    def heartbeat(self, **changes: Any) -> Heartbeat:
        """A sign of life."""
        fields = {
            "urn": self.urn,
            "agent_version": "0.1.0",
            "mis": "csv",
            "next_seq": self.seq + 1,
            "waiting": 0,
        }
        return Heartbeat.model_validate(fields | changes)

    def send(self, message: Message, **changes: Any) -> Answer:
        """Post one message; the hub's verified answer."""
        return self.answer(self.post(self.sealed(message, **changes)))

    def post(self, envelope: bytes) -> Reply:
        """Post bytes as they are."""
        return receive(self.db, self.keys.receiver, envelope)

    def answer(self, reply: Reply) -> Answer:
        """The signed answer of a reply."""
        known = seal.lookup(self.keys.receiver.keyset, "receipt")
        return seal.verify_answer(reply.body, known)

    def work(self, handlers: Handlers = TAKE_ALL) -> int:
        """Let the hub's worker run until nothing is left."""
        return work_once(self.db, self.keys.work, handlers)

    def opened(self, answer: Answer) -> list[DownlinkItem]:
        """The downlink items of an answer, verified and opened."""
        known: Callable[[str], bytes | None] = seal.lookup(self.keys.receiver.keyset, "issue")
        items = []
        for item in answer.downlink:
            verified = seal.verify(base64.b64decode(item.sealed), known)
            assert verified.header.message_id == item.id
            items.append(read_item(seal.open_verified(verified, self.opener)))
        return items

    def acknowledge(self, items: Iterable[str]) -> Answer:
        """Tell the hub that items are kept."""
        return self.send(Acknowledge(items=tuple(items)))
