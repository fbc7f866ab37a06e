"""New keys for this school's agent, handed over with the old ones: nobody joins anew.

They stand beside the keys in use until the hub has answered a call signed with them. Only that
answer puts them into force, in one step; a cut anywhere before leaves what works working.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork.seal import Opener, Signer, prove_rekey, seal
from linkwork_agent import candidacy, post, signs, trusting
from linkwork_agent.exchange import call
from linkwork_agent.instruct import apply_waiting
from linkwork_agent.joining import SEAL_KEY, SIGN_KEY, Office, desk_with, open_desk
from linkwork_agent.keys import SEED_BYTES
from linkwork_agent.ports import At, Hub, RefusedByHub, fresh_id, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import base, outbox
from linkwork_agent.store.base import Db, Tx

#: How old keys may get before new ones are made by themselves.
LIFE = timedelta(days=90)
_SINCE = "keys_since"
#: When, by the hub's signed time, the keys of before were last in use.
_FORMER_UNTIL = "former_keys_until"
#: Under this name the signing keys of before stand beside the one in use.
_FORMER_KEY = "former"
_WORDS = "Gave the authority this machine's new public keys. No pupil."


@dataclass(frozen=True, slots=True)
class NewKeys:
    """The ids of keys that stand beside those in use."""

    sign_key: str
    seal_key: str


def underway(db: Db) -> NewKeys | None:
    """The keys that are being handed over, if there are any."""
    kept = base.text(db, post.REKEYING)
    return NewKeys(**json.loads(kept)) if kept else None


def is_due(db: Db, now: datetime) -> bool:
    """Whether new keys should be handed over now: those in use are old, or it has begun."""
    if base.text(db, "state") != "active" or candidacy.underway(db) is not None:
        return False
    since = base.text(db, _SINCE)
    return underway(db) is not None or (
        # Either way: keys that are said to be of next year were made under a wrong clock.
        since is not None and abs(now - datetime.fromisoformat(since)) >= LIFE
    )


def note_age(office: Office) -> None:
    """Begin to count the age of keys whose age nobody counted yet."""
    if base.text(office.store.read, _SINCE) is None:
        with office.store.write() as tx:
            base.put(tx, **{_SINCE: office.clock().isoformat()})


def step(office: Office, hub: Hub, at: At = nowhere) -> bool:
    """Go one step on: make keys, hand them over, and take them when the hub knows them.

    True when the new keys are in force. Raises what a call to the hub raises, and WrongUse while
    this school is not connected or is joining anew.
    """
    if base.text(office.store.read, "state") != "active" or candidacy.underway(office.store.read):
        raise WrongUse("New keys need a confirmed connection. See: linkwork-agent status")
    # First, so that a key that was accepted a moment before the machine went off is in its place.
    old = open_desk(office)
    if underway(office.store.read) is None:
        _begin(office, at)
    new = _new_desk(office, old)
    if _known(old, new, hub, office, at):
        return True
    # Not known yet, or this was lost on the way: said again, it changes nothing at the hub.
    _hand_over(old, new, hub)
    at("handed over")
    return False


def _begin(office: Office, at: At) -> None:
    sign_seed, seal_seed = office.random(SEED_BYTES), office.random(SEED_BYTES)
    keys = NewKeys(Signer(sign_seed).key_id, Opener(seal_seed).key_id)
    office.keys.keep_beside(SIGN_KEY, keys.sign_key, sign_seed)
    office.keys.keep_beside(SEAL_KEY, keys.seal_key, seal_seed)
    at("new keys written beside")
    with office.store.write() as tx:
        base.put(tx, **{post.REKEYING: json.dumps(asdict(keys))})
    office.keys.drop_beside(post.our_keys(office.store.read))
    at("new keys noted")


def _new_desk(office: Office, old: Desk) -> Desk:
    keys = underway(office.store.read)
    if keys is None:
        raise WrongUse("There are no new keys to hand over. Run: linkwork-agent rekey")
    signer = Signer(office.keys.seed_beside(SIGN_KEY, keys.sign_key))
    opener = Opener(office.keys.seed_beside(SEAL_KEY, keys.seal_key), old.opener.suite)
    return desk_with(office, signer, opener)


def _hand_over(old: Desk, new: Desk, hub: Hub) -> None:
    envelope, message_id = post.control(old.store.read, old, _follows(old, new))
    call(old, hub, envelope, message_id, _line(new))


def _follows(old: Desk, new: Desk) -> wire.Rekey:
    proof = prove_rekey(new.signer, old.urn, old.signer.key_id, new.opener.public)
    return wire.Rekey(
        urn=old.urn,
        sign_key=base64.b64encode(new.signer.public).decode(),
        seal_key=base64.b64encode(new.opener.public).decode(),
        proof=base64.b64encode(proof).decode(),
    )


def _line(new: Desk) -> outbox.Line:
    return outbox.Line(f"rekey {new.signer.key_id}", "rekey", _WORDS, {})


def again(office: Office, hub: Hub, at: At = nowhere) -> bool:
    """Be known again to a hub that does not know the keys in use; whether it does now.

    A school that was away since it handed new keys over is known by those alone: the hub takes
    the old ones for 14 days. Else the hub was put back to before it knew these: they are handed
    over once more, with a key of before. Its word that it does not know us is not signed, and
    need not be: a hub that does know these keys changes nothing.
    """
    desk = open_desk(office)
    handing_over = underway(office.store.read) is not None
    if handing_over and _known(desk, _new_desk(office, desk), hub, office, at):
        return True
    for key_id in reversed(post.former_keys(office.store.read)):
        signer = Signer(office.keys.seed_beside(_FORMER_KEY, key_id))
        former = replace(desk, signer=signer)
        envelope, message_id = _control(former, _follows(former, desk))
        outbox.leaving(office.store, _line(desk), office.clock())
        with suppress(RefusedByHub):
            data = hub.post(envelope)
            # What else the answer says is for the key of before: the next call says it anew.
            return trusting.believe(former, hub, data, message_id).state == "active"
    return False


def forget(office: Office) -> None:
    """Delete the keys of before, once no message they signed is kept any more.

    By the hub's signed time, as the messages are: with our own, a clock that is wrong for an hour
    would leave messages here that a restored hub lacks and can no longer be given.
    """
    until, now = (base.text(office.store.read, each) for each in (_FORMER_UNTIL, "hub_time"))
    if until is None or now is None or not post.former_keys(office.store.read):
        return
    kept = timedelta(days=outbox.KEPT_DAYS)
    if datetime.fromisoformat(now) - datetime.fromisoformat(until) > kept:
        with office.store.write() as tx:
            base.put(tx, **{post.FORMER_KEYS: None, _FORMER_UNTIL: None})
        office.keys.drop_beside(post.our_keys(office.store.read))


def _known(old: Desk, new: Desk, hub: Hub, office: Office, at: At) -> bool:
    """Ask under the new keys; when the hub answers them as ours, put them into force."""
    post.honour_wait(old.store.read, old.clock())
    # What came down for the old keys is opened while they are still here.
    apply_waiting(old)
    envelope, message_id = _control(new, signs.heartbeat(new))
    try:
        data = hub.post(envelope)
    except RefusedByHub:
        return False
    answer = trusting.believe(new, hub, data, message_id)
    at("known by the hub")
    if answer.state != "active":
        return False
    office.keys.keep_beside(_FORMER_KEY, old.signer.key_id, office.keys.seed(SIGN_KEY))
    with office.store.write() as tx:
        _put_into_force(tx, old, new, answer)
    at("new keys in force")
    # Cut off here, `open_desk` puts the files into place: the store says which keys are ours.
    office.keys.take(SIGN_KEY, new.signer.key_id)
    at("one new key in place")
    office.keys.take(SEAL_KEY, new.opener.key_id)
    return True


def _put_into_force(tx: Tx, old: Desk, new: Desk, answer: wire.Answer) -> None:
    if base.text(tx, "sign_key_id") != old.signer.key_id:
        raise Refused("This school joined anew while its keys were changed. Nothing was lost.")
    former = " ".join((*post.former_keys(tx), old.signer.key_id))
    base.put(
        tx,
        sign_key_id=new.signer.key_id,
        seal_key_id=new.opener.key_id,
        **{post.FORMER_KEYS: former, _FORMER_UNTIL: answer.time.isoformat()},
        **{post.REKEYING: None, _SINCE: new.clock().isoformat()},
    )
    # What waits was signed with the old key, which the hub takes for 14 days and no longer.
    if outbox.counts(tx).waiting:
        post.start_over(tx, new)
    post.record(tx, new, answer)


def _control(new: Desk, message: wire.Heartbeat | wire.Rekey) -> tuple[bytes, str]:
    """A control message under keys that the store does not call those in use, and its id."""
    message_id = fresh_id(new.random, "m")
    keys, epoch = post.keyset(new.store.read), outbox.next_place(new.store.read).epoch
    place = outbox.Place(epoch, 0)
    header, public = post.addressed(new, keys, "control", place, message_id, message.kind)
    return seal(message.to_bytes(), header, new.signer, public), message_id
