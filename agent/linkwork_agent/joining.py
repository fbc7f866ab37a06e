"""Join an authority: check its root key, make ours, hand over the public ones, and wait.

What works goes on working meanwhile: only an enrolment that the hub accepted puts its keys, the
hub's address and the head's release into force, all in one step.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from linkwork import __version__, local_codes, wire
from linkwork.errors import HubUnreachable, JoinRefused, NotTheHub, WrongUse
from linkwork.join import JoinString
from linkwork.local_codes import LocalCodes
from linkwork.seal import (
    Opener,
    Signer,
    answer_key,
    keys_digest,
    lookup,
    seal_enrolment,
    six_words,
    verify_keyset,
)
from linkwork_agent import candidacy, post
from linkwork_agent.candidacy import Candidacy
from linkwork_agent.keys import SEED_BYTES, KeyFolder
from linkwork_agent.ports import At, Clock, Hub, Random, RefusedByHub, fresh_id, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import base, followed, outbox, registers, schedule
from linkwork_agent.store.base import Db, Store, Tx

#: What a head may let leave by itself.
RELEASES = ("return", "meeting-list")

#: How long `join` waits for the hub to look at the enrolment, and how often it asks.
PATIENCE_SECONDS = 15.0
ASK_EVERY_SECONDS = 0.5

SIGN_KEY, SEAL_KEY = "sign", "seal"

_WORDS = (
    "Joined the authority: the one-time code, this machine's name and its public keys. No pupil."
)

Key = TypeVar("Key", Signer, Opener)

#: States in which the hub has accepted this agent, confirmed or not.
CONNECTED = ("pending", "active")


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


@dataclass(frozen=True, slots=True)
class Office:
    """One school's store and keys folder, with the time and randomness, before it has a desk."""

    urn: str
    mis: str
    store: Store
    keys: KeyFolder
    clock: Clock
    random: Random
    codes: LocalCodes = local_codes.NONE


def open_desk(office: Office) -> Desk:
    """This school's end of the post.

    Raises WrongUse when its keys are missing, exposed, or not those it joined with.
    """
    return desk_with(office, _key(office, SIGN_KEY, Signer), _key(office, SEAL_KEY, Opener))


def desk_with(office: Office, signer: Signer, opener: Opener) -> Desk:
    """This school's end of the post with keys at hand, in use or not yet."""
    return Desk(
        office.urn,
        office.mis,
        office.store,
        signer,
        opener,
        office.clock,
        office.random,
        office.codes,
    )


def _key(office: Office, name: str, made: Callable[[bytes], Key]) -> Key:
    # The store says which key is in use. One still beside was accepted by the hub a moment before
    # this machine went off: its file is put into place now.
    wanted = base.text(office.store.read, f"{name}_key_id")
    if wanted is not None:
        office.keys.take(name, wanted)
    key = made(office.keys.seed(name))
    if wanted is not None and key.key_id != wanted:
        raise WrongUse(
            f"The {name} key in {office.keys.folder} is not the one this school joined with "
            f"({wanted}). Restore it from a backup, or join again with a new join string."
        )
    return key


def six_words_of(desk: Desk) -> str:
    """The six words of this agent's keys."""
    return six_words(keys_digest(desk.signer.public, desk.opener.public))


def verify(store: Store, data: bytes) -> wire.Keyset:
    """A keyset fetched just now, held against the root this school joined. Raises NotTheHub."""
    fingerprint = base.text(store.read, "root_fingerprint") or ""
    seen = base.number(store.read, "keyset_version")
    return verify_keyset(data, fingerprint, at_least=seen)


def connected(db: Db) -> bool:
    """Whether a hub has accepted this agent, so that there is something to keep working."""
    return base.text(db, "hub_url") is not None and base.text(db, "state") in CONNECTED


def begin(
    office: Office, hub: Hub, join: JoinString, host: str, release: Release, at: At = nowhere
) -> None:
    """Make new keys and write the enrolment down, sealed, beside what is in use.

    Fetches the hub's keyset first; nothing of ours is sent. A cut afterwards repeats the same
    enrolment. Raises NotTheHub for another root than the join string's.
    """
    data = hub.keyset()
    keyset = verify_keyset(data, join.root_fingerprint)
    sign_seed, seal_seed = office.random(SEED_BYTES), office.random(SEED_BYTES)
    signer, opener = Signer(sign_seed), Opener(seal_seed)
    desk = desk_with(office, signer, opener)
    office.keys.keep_beside(SIGN_KEY, signer.key_id, sign_seed)
    office.keys.keep_beside(SEAL_KEY, opener.key_id, seal_seed)
    at("keys written beside")
    message_id = fresh_id(office.random, "m")
    made = Candidacy(
        url=join.url,
        root_fingerprint=join.root_fingerprint,
        keyset=base64.b64encode(data).decode(),
        message_id=message_id,
        envelope=base64.b64encode(_envelope(desk, keyset, join, host, message_id)).decode(),
        sign_key=signer.key_id,
        seal_key=opener.key_id,
        words=six_words_of(desk),
        what=release.what,
        by=release.by,
        began=office.clock().isoformat(),
    )
    with office.store.write() as tx:
        candidacy.keep(tx, made)
        schedule.solved(tx, "join")
        if not connected(tx):
            base.put(tx, state="waiting", state_reason="")
    office.keys.drop_beside((*made.key_ids, *post.our_keys(office.store.read)))
    at("enrolment written")


def _envelope(
    desk: Desk, keyset: wire.Keyset, join: JoinString, host: str, message_id: str
) -> bytes:
    message = wire.Enrol(
        code=join.code,
        urn=desk.urn,
        sign_key=base64.b64encode(desk.signer.public).decode(),
        seal_key=base64.b64encode(desk.opener.public).decode(),
        host=host,
        agent_version=__version__,
        mis=desk.mis,
    )
    place = outbox.Place(outbox.next_place(desk.store.read).epoch, 0)
    header, public = post.addressed(desk, keyset, "enrol", place, message_id, message.kind)
    return seal_enrolment(message.to_bytes(), header, desk.signer, public)


def ask(office: Office, hub: Hub, at: At = nowhere) -> wire.Answer:
    """Send the enrolment, or send it again to learn what became of it; do as the answer says.

    Raises HubUnreachable, RefusedByHub or NotTheHub, and WrongUse when nothing is prepared.
    """
    made = candidacy.underway(office.store.read)
    if made is None:
        raise WrongUse("There is no enrolment to send. Run: linkwork-agent join STRING.")
    line = outbox.Line(made.message_id, "enrol", _WORDS, {})
    outbox.leaving(office.store, line, office.clock())
    data = hub.enrol(made.envelope_bytes)
    made = _with_newer_keys(office, hub, made, data)
    answer = post.believe(made.hub_keys(), office.urn, data, made.message_id)
    with office.store.write() as tx:
        outbox.received(tx, line, office.clock())
    if answer.state in CONNECTED:
        _accepted(office, made, answer, at)
    elif answer.state != "waiting":
        give_up(office, made, answer.reason)
    return answer


def _with_newer_keys(office: Office, hub: Hub, made: Candidacy, data: bytes) -> Candidacy:
    """The enrolment with the hub's newer keyset, when its answer names a key not known here."""
    known, named = made.hub_keys(), answer_key(data)
    if named is None or lookup(known, "receipt")(named) is not None:
        return made
    # Whatever goes wrong here, the answer is judged by the keys that are known.
    with suppress(NotTheHub, HubUnreachable):
        newer = hub.keyset()
        verify_keyset(newer, made.root_fingerprint, at_least=known.version + 1)
        renewed = replace(made, keyset=base64.b64encode(newer).decode())
        with office.store.write() as tx:
            if candidacy.forget(tx, made):
                candidacy.keep(tx, renewed)
                return renewed
    return made


def _accepted(office: Office, made: Candidacy, answer: wire.Answer, at: At) -> None:
    signer = Signer(office.keys.seed_beside(SIGN_KEY, made.sign_key))
    opener = Opener(office.keys.seed_beside(SEAL_KEY, made.seal_key))
    at("accepted")
    with office.store.write() as tx:
        if candidacy.forget(tx, made):
            _put_into_force(tx, made, desk_with(office, signer, opener), answer)
    at("in force")
    # Cut off here, `open_desk` puts the files into place: the store says which keys are ours.
    office.keys.take(SIGN_KEY, made.sign_key)
    at("one key in place")
    office.keys.take(SEAL_KEY, made.seal_key)


def _put_into_force(tx: Tx, made: Candidacy, desk: Desk, answer: wire.Answer) -> None:
    if base.text(tx, "root_fingerprint") not in (None, made.root_fingerprint):
        followed.forget(tx)
    base.put(
        tx,
        hub_url=made.url,
        root_fingerprint=made.root_fingerprint,
        keyset=made.keyset_bytes,
        keyset_version=made.hub_keys().version,
        sign_key_id=made.sign_key,
        seal_key_id=made.seal_key,
        rekeying=None,
        former_sign_keys=None,
        keys_since=desk.clock().isoformat(),
    )
    registers.set_releases(tx, made.what, made.by, desk.clock())
    # The hub may be one that was put back, which lost what it receipted. So everything kept goes
    # again, under the new keys and numbers: a message id takes effect once in a school.
    outbox.all_again(tx)
    if outbox.next_place(tx).seq > 1:
        post.start_over(tx, desk)
    post.record(tx, desk, answer)


def give_up(office: Office, made: Candidacy, reason: str) -> None:
    """The hub will not have this enrolment: what was in use before it stays as it was."""
    with office.store.write() as tx:
        if candidacy.forget(tx, made) and not connected(tx):
            base.put(tx, state="refused", state_reason=reason)
    office.keys.drop_beside(post.our_keys(office.store.read))


def enrol(
    office: Office,
    hub: Hub,
    patience: float = PATIENCE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Joined:
    """Send the enrolment and wait a while for the hub to look at it.

    Raises JoinRefused with the hub's reason, and what `ask` raises.
    """
    made = candidacy.underway(office.store.read)
    try:
        answer = ask(office, hub)
    except RefusedByHub as refused:
        # These bytes will never be taken; asking again and again would be no use.
        if made is not None:
            give_up(office, made, str(refused))
        raise
    for _ in range(int(patience / ASK_EVERY_SECONDS)):
        if answer.state != "waiting":
            break
        sleep(ASK_EVERY_SECONDS)
        answer = ask(office, hub)
    if made is None or answer.state not in (*CONNECTED, "waiting"):
        raise refusal(answer)
    return Joined(answer.state, answer.reason, made.words)


def refusal(answer: wire.Answer) -> JoinRefused:
    """The hub's refusal as an error, with its reason."""
    if answer.reason == post.UNKNOWN_HUB_KEY:
        return JoinRefused(
            "The authority changed its keys while this was on its way. Run join once more with the "
            "same join string: it was not used."
        )
    return JoinRefused(answer.reason or "The authority refused this join string.")
