"""Join an authority: check its root key, make ours, hand over the public ones, and wait."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

from linkwork import __version__, wire
from linkwork.errors import JoinRefused, WrongUse
from linkwork.join import JoinString
from linkwork.seal import (
    SUITE,
    Opener,
    Signer,
    current_key,
    keys_digest,
    seal_enrolment,
    six_words,
    verify_keyset,
)
from linkwork_agent import post
from linkwork_agent.keys import KeyFolder
from linkwork_agent.ports import Clock, Hub, Random, fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.store import base, outbox, registers
from linkwork_agent.store.base import Store

#: What a head may let leave by itself.
RELEASES = ("return", "meeting-list")

#: How long `join` waits for the hub to look at the enrolment, and how often it asks.
PATIENCE_SECONDS = 15.0
ASK_EVERY_SECONDS = 0.5

SIGN_KEY, SEAL_KEY = "sign", "seal"


@dataclass(frozen=True, slots=True)
class Release:
    """What may leave by itself from now on, and who says so."""

    what: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Joined:
    """How it went: the state the hub gave and the six words to compare over the telephone."""

    state: str
    reason: str
    words: str


def open_desk(
    urn: str, mis: str, store: Store, keys: KeyFolder, clock: Clock, random: Random
) -> Desk:
    """This school's end of the post. Raises WrongUse when its keys are missing or exposed."""
    signer, opener = Signer(keys.seed(SIGN_KEY)), Opener(keys.seed(SEAL_KEY))
    return Desk(urn, mis, store, signer, opener, clock, random)


def six_words_of(desk: Desk) -> str:
    """The six words of this agent's keys."""
    return six_words(keys_digest(desk.signer.public, desk.opener.public))


def trust(store: Store, hub: Hub, join: JoinString) -> None:
    """Fetch the hub's keyset and keep it when the join string's root signed it.

    Comes before anything of ours is sent. Raises NotTheHub for another root.
    """
    data = hub.keyset()
    keyset = verify_keyset(data, join.root_fingerprint)
    with store.write() as tx:
        base.put(
            tx,
            hub_url=join.url,
            root_fingerprint=join.root_fingerprint,
            keyset=data,
            keyset_version=keyset.version,
        )


def verify(store: Store, data: bytes) -> wire.Keyset:
    """A keyset fetched just now, held against the root this school joined. Raises NotTheHub."""
    fingerprint = base.text(store.read, "root_fingerprint") or ""
    seen = base.number(store.read, "keyset_version")
    return verify_keyset(data, fingerprint, at_least=seen)


def make_keys(keys: KeyFolder, random: Random) -> None:
    """New keys for this enrolment; an authority never sees one key under two codes."""
    for name in (SIGN_KEY, SEAL_KEY):
        keys.new_seed(name, random)


def prepare(desk: Desk, join: JoinString, host: str, release: Release) -> None:
    """Write the enrolment down, sealed, before it is sent: a cut in between repeats the same."""
    message = wire.Enrol(
        code=join.code,
        urn=desk.urn,
        sign_key=base64.b64encode(desk.signer.public).decode(),
        seal_key=base64.b64encode(desk.opener.public).decode(),
        host=host,
        agent_version=__version__,
        mis=desk.mis,
    )
    key_id, public = current_key(post.keyset(desk.store.read), "seal", desk.clock())
    message_id, now = fresh_id(desk.random, "m"), desk.clock()
    header = wire.Header(
        urn=desk.urn,
        stream="enrol",
        epoch=outbox.next_place(desk.store.read).epoch,
        seq=0,
        message_id=message_id,
        recipient=key_id,
        suite=SUITE,
        kind=message.kind,
        time=now,
    )
    envelope = seal_enrolment(message.to_bytes(), header, desk.signer, public)
    with desk.store.write() as tx:
        base.put(tx, enrolment=envelope, enrolment_id=message_id, state="waiting", state_reason="")
        registers.set_releases(tx, release.what, release.by, now)
        # What waits from before was signed with keys that are no more.
        if outbox.counts(tx).waiting:
            post.start_over(tx, desk)


def ask(desk: Desk, hub: Hub) -> wire.Answer:
    """Send the enrolment, or send it again to learn what became of it; keep the answer.

    Raises HubUnreachable, RefusedByHub or NotTheHub, and WrongUse when nothing is prepared.
    """
    db = desk.store.read
    envelope, message_id = base.blob(db, "enrolment"), base.text(db, "enrolment_id")
    if envelope is None or message_id is None:
        raise WrongUse("There is no enrolment to send. Run: linkwork-agent join STRING.")
    answer = post.believe(db, desk, hub.enrol(envelope), message_id)
    with desk.store.write() as tx:
        post.record(tx, desk, answer)
        outbox.log_sent(
            tx,
            message_id,
            desk.clock().isoformat(),
            "enrol",
            "Joined the authority: the one-time code, this machine's name and its public keys. "
            "No pupil.",
        )
    return answer


def enrol(
    desk: Desk,
    hub: Hub,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Joined:
    """Send the enrolment and wait a while for the hub to look at it.

    Raises JoinRefused with the hub's reason, and what `ask` raises.
    """
    answer = ask(desk, hub)
    for _ in range(int(patience / ASK_EVERY_SECONDS)):
        if answer.state != "waiting":
            break
        sleep(ASK_EVERY_SECONDS)
        answer = ask(desk, hub)
    if answer.state == "refused":
        raise JoinRefused(answer.reason or "The authority refused this join string.")
    return Joined(answer.state, answer.reason, six_words_of(desk))
