"""Hub to school: open what came down, put it into effect once, and say that it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from pydantic import ValidationError

from linkwork import policy as policies
from linkwork import wire
from linkwork.errors import EnvelopeRefused, LinkworkError, NotTheHub
from linkwork.seal import lookup, open_verified, verify
from linkwork.seal.record import record_digest, record_is_good
from linkwork_agent import post, signs
from linkwork_agent.exchange import call
from linkwork_agent.ports import At, Hub, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import base, followed, inbox, meetings, outbox, records, schedule
from linkwork_agent.store.base import Tx

#: Why an item cannot be opened when all that is wrong is that this agent is too old for it.
_NEWER = frozenset({"version", "algorithm"})


@dataclass(frozen=True, slots=True)
class Instructed:
    """What one call brought: the state the hub gave, items applied, items refused."""

    state: str
    applied: int
    refused: int


def instruct(desk: Desk, hub: Hub, at: At = nowhere) -> Instructed:
    """Call the hub with a sign of life and put into effect what it hands down.

    Raises HubUnreachable, NotTheHub or RefusedByHub when the call fails.
    """
    answer = signs.say(desk, hub)
    at("answer kept")
    applied, refused = apply_waiting(desk, at)
    acknowledge(desk, hub)
    return Instructed(answer.state, applied, refused)


def acknowledge(desk: Desk, hub: Hub) -> None:
    """Tell the hub which items took effect; said again until it has signed that it knows.

    A store that was put back first says what it has, and acknowledges nothing until the hub has
    opened again what is lacking: its newest acknowledgement must stay the one that shows the loss.
    Raises HubUnreachable, NotTheHub or RefusedByHub when the call fails.
    """
    if base.text(desk.store.read, post.LACKING) is not None:
        signs.say(desk, hub)
        return
    items = inbox.to_acknowledge(desk.store.read)
    if not items:
        return

    def keep(tx: Tx, answer: wire.Answer) -> None:
        if answer.stored is not None:
            inbox.acknowledged(tx, items, desk.clock().isoformat())

    envelope, message_id = post.control(desk.store.read, desk, wire.Acknowledge(items=tuple(items)))
    call(desk, hub, envelope, message_id, _acknowledge_line(items), keep)


def _acknowledge_line(items: list[str]) -> outbox.Line:
    # Said again, it is another message about the same items: one line.
    key = hashlib.sha256("\0".join(items).encode()).hexdigest()
    count = "1 item" if len(items) == 1 else f"{len(items)} items"
    words = f"Told the authority that {count} it sent took effect here, by number. No pupil."
    return outbox.Line(f"acknowledge {key}", "acknowledge", words, {})


def apply_waiting(desk: Desk, at: At = nowhere) -> tuple[int, int]:
    """Apply every item that waits, oldest first: how many took effect, how many were refused.

    Item, effect and the word owed to the hub are one transaction under one key, so that an item
    that comes twice, or a process killed between, changes nothing.
    """
    applied = refused = 0
    for item in inbox.waiting(desk.store.read):
        reason = _apply(desk, item, at)
        at("item applied")
        applied, refused = applied + (not reason), refused + bool(reason)
    return applied, refused


def _apply(desk: Desk, item: inbox.Item, at: At) -> str:
    try:
        opened = open_item(desk, item)
        with desk.store.write() as tx:
            if inbox.claim(tx, item.id, desk.clock().isoformat()):
                at("item claimed")
                effect(tx, opened)
                schedule.solved(tx, _source(item))
    except EnvelopeRefused as problem:
        if problem.reason == "recipient" and base.text(desk.store.read, post.REKEYING):
            # Sealed to the new keys already: it waits for the moment they are in force.
            return problem.reason
        if problem.reason in _NEWER:
            return _leave(desk, item, problem.reason)
        return _refuse(desk, item, problem.reason)
    except NotTheHub:
        return _refuse(desk, item, "keyset")
    except ValidationError:
        return _leave(desk, item, "unknown-form")
    return ""


def _leave(desk: Desk, item: inbox.Item, reason: str) -> str:
    """Leave an item of a newer hub where it is: the updated agent reads it."""
    sentence = (
        f"The authority sent something ({item.kind}) that this version of the agent does not know "
        f"({reason}). It is kept and takes effect after the update: install the current agent."
    )
    shared = f"downlink item {item.id} needs a newer agent: {reason}"
    with desk.store.write() as tx:
        schedule.report(tx, _source(item), sentence, shared, desk.clock())
    return reason


def _source(item: inbox.Item) -> str:
    return f"downlink {item.id}"


def _refuse(desk: Desk, item: inbox.Item, reason: str) -> str:
    sentence = (
        f"Something the authority sent ({item.kind}) could not be read here ({reason}). "
        "It changed nothing. Tell the authority."
    )
    shared = f"downlink item {item.id} refused: {reason}"
    with desk.store.write() as tx:
        inbox.claim(tx, item.id, desk.clock().isoformat(), reason)
        schedule.report(tx, _source(item), sentence, shared, desk.clock())
    return reason


def open_item(desk: Desk, item: inbox.Item) -> wire.DownlinkItem:
    """One item, its signer proven to be the hub's issue key and its address to be ours.

    Raises EnvelopeRefused, or pydantic.ValidationError for a form not known here.
    """
    verified = verify(item.sealed, lookup(post.keyset(desk.store.read), "issue"))
    if (verified.header.stream, verified.header.urn) != ("downlink", desk.urn):
        raise EnvelopeRefused("address", "The item is not for this school.")
    return wire.read_item(open_verified(verified, desk.opener))


def effect(tx: Tx, item: wire.DownlinkItem) -> None:
    """Put one opened item into effect; what it comes to does not hang on when it came."""
    match item:
        case wire.PolicyItem():
            _keep_policy(tx, item)
        case wire.RequestItem():
            _keep_request(tx, item)
        case wire.ActionItem():
            _keep_action(tx, item)
        case wire.RecordItem():
            _keep_record(tx, item)
        case wire.MeetingItem():
            _keep_meeting(tx, item)
        case wire.KeysetItem():
            post.keep_keyset(tx, post.from_base64(item.keyset))


def _keep_policy(tx: Tx, item: wire.PolicyItem) -> None:
    _follow(tx, item.policy_toml)
    base.put(
        tx,
        policy_name=item.policy_name,
        policy_toml=item.policy_toml,
        pseudonym_key=item.pseudonym_key,
        evidence=json.dumps(item.evidence),
    )


def _follow(tx: Tx, text: str) -> None:
    """Follow a policy from its first day on; those of before hold for the days before."""
    try:
        first = policies.loads(text).valid_from
    except LinkworkError:
        # It is kept as the last that came: the next collection says what is wrong with it.
        return
    followed.follow(tx, text, first.isoformat())


def _keep_request(tx: Tx, item: wire.RequestItem) -> None:
    inbox.add_request(
        tx,
        inbox.Request(
            request_id=item.request_id,
            asks=item.asks,
            pseudonym=item.pseudonym,
            trigger=item.trigger,
            message=item.message,
            asked_by=item.asked_by,
            asked_on=item.asked_on.isoformat(),
            due=item.due.isoformat() if item.due else None,
            evidence=item.evidence,
        ),
    )


def _keep_record(tx: Tx, item: wire.RecordItem) -> None:
    body = item.body.encode()
    made = wire.LinkworkRecord.model_validate_json(body)
    public = lookup(post.keyset(tx), "issue")(item.key_id)
    signature = post.from_base64(item.signature)
    if not record_is_good(public, signature, body) or made.to_bytes() != body:
        raise EnvelopeRefused("signature", "The record is not as the authority signed it.")
    if (made.record_id, made.version) != (item.record_id, item.version):
        raise EnvelopeRefused("address", "The record is of another meeting or version.")
    records.put(
        tx,
        records.Record(
            record_id=item.record_id,
            version=item.version,
            body=item.body,
            signature=item.signature,
            key_id=item.key_id,
            digest=record_digest(body),
            received_at=made.written_at.isoformat(),
            confirmed_by=item.confirmed_by,
            confirmed_on=item.confirmed_on.isoformat() if item.confirmed_on else "",
        ),
    )


def _keep_meeting(tx: Tx, item: wire.MeetingItem) -> None:
    meetings.put(
        tx,
        meetings.Planned(
            meeting_id=item.meeting_id,
            version=item.version,
            meeting=item.meeting,
            day=item.day.isoformat(),
            names_from=item.names_from.isoformat(),
            names_through=item.names_through.isoformat(),
            state=item.state,
        ),
    )


def _keep_action(tx: Tx, item: wire.ActionItem) -> None:
    inbox.put_action(
        tx,
        inbox.Action(
            action_id=item.action_id,
            what=item.what,
            who=item.who,
            due=item.due.isoformat(),
            agreed_on=item.agreed_on.isoformat(),
            meeting=item.meeting,
            pseudonym=item.pseudonym,
            state=item.state,
            why_withdrawn=item.why_withdrawn,
            version=item.version,
            carried=item.carried,
            escalated_to=item.escalated_to,
        ),
    )
