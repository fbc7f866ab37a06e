"""The SQL of joining: an invitation, its one use, the six words confirmed, revocation."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from linkwork import join, seal
from linkwork.errors import EnvelopeRefused, JoinRefused, Refused, WrongUse
from linkwork.wire import Enrol, PolicyItem, Rekey
from linkwork_hub.access import store as access
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import downlink, tables
from linkwork_hub.feeds.agents import agent, agent_by_key, agents_of, keys_of, raise_alarm
from linkwork_hub.feeds.models import Agent, AgentState, IssueKeys

CODE_LIFE = timedelta(hours=72)
MAX_TRIES = 5
#: How long a key that an agent has replaced is still taken.
FORMER_KEY_LIFE = timedelta(days=14)

NOT_KNOWN = "The join string is not known at this hub. Ask the authority for a new one."
USED = "The join string was used before. Ask the authority for a new one, and tell it of this."
EXPIRED = "The join string is older than 72 hours. Ask the authority for a new one."
WITHDRAWN = "The join string was replaced or withdrawn. Ask the authority for a new one."
OTHER_SCHOOL = "The join string was made for another school. Check the URN given to join."
WEAK_KEY = (
    "The agent's computer can only seal in a way this authority does not allow. Update its "
    "software, then join again."
)
NOT_KEPT = (
    "What the agent says of itself cannot be kept: a name is too long, or holds a character that "
    "is none. Check the URN and this computer's name, then join again."
)
BAD_KEYS = "The agent's keys are not of a form this hub knows. Update the agent, then join again."


def invite(
    scope: Scope, db: Tx, school_id: str, *, address: str, root_fingerprint: str
) -> join.JoinString:
    """A new join string of a school; an earlier unused one is void. Only its hash is kept.

    Raises WrongUse when the hub's own address is neither https nor this machine.
    """
    scope.require(school_id)
    try:
        made = join.make(address, db.random(join.CODE_BYTES), root_fingerprint)
    except JoinRefused:
        raise WrongUse(
            f"This hub's address {address} cannot go into a join string: a school reaches it by "
            "https. Set address in hub.toml to the https address that schools use, and restart."
        ) from None
    _void_codes(db, school_id)
    row = {"hash": code_hash(made.code), "school_id": school_id, "tries": 0, "void": False}
    db.execute(insert(tables.join_codes), row | {"expires": db.now + CODE_LIFE})
    access.audit(scope, db, "join string made", "school", school_id)
    return made


def code_hash(code: str) -> str:
    """What is kept of a join code."""
    return hashlib.sha256(b"linkwork/join-code/v1\0" + code.encode()).hexdigest()


def admit(
    scope: Scope,
    db: Tx,
    enrol: Enrol,
    sign_public: bytes,
    suites: Collection[str] = (seal.SUITE,),
) -> str:
    """Make a pending agent from an opened enrolment; "" or why not, in words for the school.

    `suites` are those this hub has opening keys of: an agent's key may be of no other.
    Never raises for a bad enrolment: a try that counts must survive the transaction.
    """
    codes = tables.join_codes
    seal_public = _keys_of(enrol, sign_public)
    if seal_public is None:
        return BAD_KEYS
    if seal.suite_of(seal_public) not in suites:
        return WEAK_KEY
    row = db.first(select(codes).where(codes.c.hash == code_hash(enrol.code)).with_for_update())
    if row is not None and row.used and _made_by(scope, db, row.school_id, sign_public):
        # Said again, by the agent or by whoever heard it: there is one agent, and no news.
        return ""
    why_not = _why_not(scope, db, enrol, row)
    if row is None or why_not:
        return why_not
    taken = db.execute(
        update(codes).where(codes.c.hash == row.hash, codes.c.used.is_(None)).values(used=db.now)
    )
    if taken.rowcount != 1:
        return USED
    _add_agent(scope, db, row.school_id, enrol, sign_public, seal_public)
    return ""


def confirm(scope: Scope, db: Tx, agent_id: str, issuer: IssueKeys, policy: PolicyItem) -> Agent:
    """Make a pending agent the school's active one; the policy goes down to it first.

    Any other active agent of the school is revoked as replaced; what the school has not
    acknowledged is sealed anew. Raises Refused unless the agent is pending.
    """
    pending = agent(scope, db, agent_id)
    if pending is None or pending.state is not AgentState.PENDING:
        raise Refused("There is no such agent waiting to be confirmed. Look at the feed again.")
    for other in agents_of(scope, db, pending.school_id, [AgentState.ACTIVE]):
        _revoke(db, other, "replaced by another agent of the school")
    values = {"state": AgentState.ACTIVE.value, "confirmed": db.now}
    db.execute(update(tables.agents).where(tables.agents.c.id == agent_id).values(values))
    send_policy(scope, db, pending.school_id, issuer, policy)
    active = agent(scope, db, agent_id)
    if active is None:
        raise Refused("The agent was removed in the meantime. Look at the feed again.")
    downlink.reseal(scope, db, active, issuer)
    access.audit(scope, db, "agent confirmed", "agent", agent_id)
    return active


def send_policy(
    scope: Scope, db: Tx, school_id: str, issuer: IssueKeys, policy: PolicyItem
) -> None:
    """Send a school a policy. One sent before that it has not fetched yet is given up for it."""
    downlink.supersede(scope, db, school_id, policy.kind)
    downlink.issue(scope, db, school_id, policy.kind, policy, issuer, db.new_id("pol"))


def revoke(scope: Scope, db: Tx, school_id: str, why: str) -> int:
    """Revoke every agent of a school, effective on its next call; how many."""
    scope.require(school_id)
    if not why.strip():
        raise Refused("Write why the agent is revoked: the school reads it.")
    found = agents_of(scope, db, school_id, [AgentState.PENDING, AgentState.ACTIVE])
    for one in found:
        _revoke(db, one, why.strip()[:300])
        access.audit(scope, db, "agent revoked", "agent", one.id, why.strip()[:300])
    _void_codes(db, school_id)
    return len(found)


def rekey(
    scope: Scope,
    db: Tx,
    agent: Agent,
    message: Rekey,
    signed_by: str,
    issuer: IssueKeys,
    suites: Collection[str],
) -> None:
    """Put an agent's new keys in the place of those it had, which are good 14 days longer.

    `signed_by` is the id of the key the message came under: only the key in use names its
    followers, so that one that was replaced cannot take the agent back. What waits for the school
    is sealed anew. The same message twice changes nothing. Raises Refused for keys that are not
    proven, not of a form allowed here, or another agent's.
    """
    scope.require(agent.school_id)
    sign_public, seal_public = _new_keys(message)
    new_id = seal.key_id(sign_public)
    if new_id == agent.sign_key_id:
        return
    if signed_by != agent.sign_key_id:
        raise Refused("New keys came under a key that was replaced: only the one in use names any.")
    proof = _base64(message.proof)
    if (
        agent.state is not AgentState.ACTIVE
        or seal.suite_of(seal_public) not in suites
        or agent_by_key(scope, db, new_id) is not None
        or not seal.rekey_is_proven(proof, sign_public, agent.urn, agent.sign_key_id, seal_public)
    ):
        raise Refused("The agent's new keys are not its own, or not of a form allowed here.")
    former = {
        "sign_key_id": agent.sign_key_id,
        "agent_id": agent.id,
        "sign_public": agent.sign_public,
        "until": db.now + FORMER_KEY_LIFE,
    }
    db.add_once(tables.former_keys, former)
    values = {
        "sign_key_id": new_id,
        "sign_public": sign_public,
        "seal_public": seal_public,
        "words": seal.six_words(seal.keys_digest(sign_public, seal_public)),
    }
    db.execute(update(tables.agents).where(tables.agents.c.id == agent.id).values(values))
    renewed = replace(agent, sign_key_id=new_id, sign_public=sign_public, seal_public=seal_public)
    downlink.reseal(scope, db, renewed, issuer)
    access.audit(scope, db, "agent has new keys", "agent", agent.id)


def _new_keys(message: Rekey) -> tuple[bytes, bytes]:
    seal_public = _base64(message.seal_key)
    try:
        seal.check_seal_public(seal_public)
    except EnvelopeRefused:
        raise Refused("The agent's new keys are not of a form known here.") from None
    return _base64(message.sign_key), seal_public


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("The agent's new keys are not of a form known here.") from None


def _revoke(db: Tx, one: Agent, why: str) -> None:
    values = {"state": AgentState.REVOKED.value, "revoked": db.now, "revoked_why": why}
    db.execute(update(tables.agents).where(tables.agents.c.id == one.id).values(values))


def _void_codes(db: Tx, school_id: str) -> None:
    codes = tables.join_codes
    unused = (codes.c.school_id == school_id, codes.c.used.is_(None))
    db.execute(update(codes).where(*unused).values(void=True))


def _why_not(scope: Scope, db: Tx, enrol: Enrol, row: Row[Any] | None) -> str:
    if row is None:
        _count_try(scope, db, enrol.urn)
        return NOT_KNOWN
    if row.used is not None:
        raise_alarm(scope, db, row.school_id, "join-twice", row.hash[:16])
        return USED
    if row.void:
        return WITHDRAWN
    if row.expires <= db.now:
        return EXPIRED
    if access.facts_on(scope, db, row.school_id, db.today).urn != enrol.urn:
        _count_try(scope, db, access.facts_on(scope, db, row.school_id, db.today).urn)
        return OTHER_SCHOOL
    return ""


def _count_try(scope: Scope, db: Tx, urn: str) -> None:
    """A wrong code counts against the open invitation of the school it names."""
    school = access.school_by_urn(scope, db, urn)
    if school is None:
        return
    codes = tables.join_codes
    mine = (codes.c.school_id == school.id, codes.c.used.is_(None), codes.c.void.is_(False))
    db.execute(update(codes).where(*mine).values(tries=codes.c.tries + 1))
    dead = db.execute(update(codes).where(*mine, codes.c.tries >= MAX_TRIES).values(void=True))
    if dead.rowcount:
        raise_alarm(scope, db, school.id, "join-tries", db.today.isoformat())


def _keys_of(enrol: Enrol, sign_public: bytes) -> bytes | None:
    """The agent's sealing key, when both keys are good and the signing key is the proven one."""
    try:
        seal_public = base64.b64decode(enrol.seal_key, validate=True)
        stated = base64.b64decode(enrol.sign_key, validate=True)
        seal.check_seal_public(seal_public)
    except (binascii.Error, ValueError, EnvelopeRefused):
        return None
    return seal_public if stated == sign_public else None


def _made_by(scope: Scope, db: Tx, school_id: str, sign_public: bytes) -> bool:
    known = agents_of(scope, db, school_id)
    return any(sign_public in keys_of(scope, db, one).values() for one in known)


def _add_agent(
    scope: Scope, db: Tx, school_id: str, enrol: Enrol, sign_public: bytes, seal_public: bytes
) -> None:
    if agents_of(scope, db, school_id, [AgentState.PENDING, AgentState.ACTIVE]):
        raise_alarm(scope, db, school_id, "second-agent", seal.key_id(sign_public))
    agent_id = db.new_id("agt")
    row = {
        "id": agent_id,
        "school_id": school_id,
        "urn": enrol.urn,
        "sign_key_id": seal.key_id(sign_public),
        "sign_public": sign_public,
        "seal_public": seal_public,
        "state": AgentState.PENDING.value,
        "words": seal.six_words(seal.keys_digest(sign_public, seal_public)),
        "host": enrol.host[:200],
        "created": db.now,
    }
    db.execute(insert(tables.agents), row)
    db.add_once(
        tables.feed_claims, {"school_id": school_id, "until": db.now, "fence": 0, "stuck": ""}
    )
    facts = {"mis": enrol.mis[:80], "agent_version": enrol.agent_version[:40]}
    db.add_once(tables.feed_states, {"school_id": school_id} | facts)
    access.audit(scope, db, "agent enrolled", "agent", agent_id)
