"""What arrives from schools, applied: collections, statutory returns, referrals.

Each handler runs in one transaction with the inbox row it came from. Applying the same message
a second time changes nothing.
"""

from __future__ import annotations

import hashlib

from linkwork.wire import Notice, Referral, Return, SicknessReturn, Summary
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds.models import ApplyContext
from linkwork_hub.referrals import discharge, health_rules, rules, store, words
from linkwork_hub.referrals.models import CandidateState, Episode, EpisodeState
from linkwork_hub.referrals.strategies import BY_REFERRAL


def on_summary(scope: Scope, db: Tx, ctx: ApplyContext, message: Summary) -> None:
    """Keep the spells a collection tells of, and offer their pupils to an officer."""
    digest = hashlib.sha256(message.to_bytes()).hexdigest()
    if not store.remember_summary(scope, db, ctx.school_id, digest, message):
        return
    for notice in message.notices:
        _apply(scope, db, ctx, notice)
    if not ctx.overtaken:
        for notice in message.standing:
            _bring_up_to_date(scope, db, ctx.school_id, notice)
    store.no_longer_due(scope, db, ctx.school_id)


def _bring_up_to_date(scope: Scope, db: Tx, school_id: str, notice: Notice) -> None:
    """The numbers of a spell as they are now: no news, so its pupil's history stays as it is."""
    known = store.episode(scope, db, school_id, notice.episode)
    if known is not None and known.state is not EpisodeState.WITHDRAWN:
        store.apply_notice(scope, db, school_id, known.candidate_id, notice)
        store.refresh(scope, db, known.candidate_id)


def on_return(scope: Scope, db: Tx, ctx: ApplyContext, message: Return) -> None:
    """Keep a statutory return, nil or not, with the names the law says it carries."""
    return_id = store.remember_return(scope, db, ctx.school_id, message)
    if return_id is None:
        return
    dates = words.span(message.first, message.last)
    for notice in message.notices:
        spell = _apply(scope, db, ctx, notice)
        if notice.sealed_identity is not None:
            identity = ctx.open_identity(notice.sealed_identity, notice.pseudonym)
            basis = (store.RETURN, return_id)
            store.keep_identity(
                scope, db, ctx.school_id, notice.pseudonym, identity, basis, message.last
            )
        named = store.Named(notice.episode, spell.candidate_id, words.reason(spell))
        store.add_to_return(scope, db, return_id, named)
        store.record(scope, db, spell.candidate_id, f"Named in the school's return for {dates}")
    store.no_longer_due(scope, db, ctx.school_id)
    discharge.record_again(scope, db, ctx.school_id, message.first, message.last)


def on_sickness(scope: Scope, db: Tx, ctx: ApplyContext, message: SicknessReturn) -> None:
    """Keep sickness returns for those who arrange education. No candidate comes of one."""
    for notice in message.notices:
        ident, news = store.keep_sickness(scope, db, ctx.school_id, message, notice)
        if notice.sealed_identity is not None:
            identity = ctx.open_identity(notice.sealed_identity, notice.pseudonym)
            basis = (store.SICKNESS, ident)
            pupil = notice.pseudonym
            store.keep_identity(scope, db, ctx.school_id, pupil, identity, basis, message.as_of)
        if news:
            what = f"{health_rules.HEALTH_EVENTS[notice.event]}: {words.reason(notice)}"
            store.record_sickness(scope, db, ident, what)


def on_referral(scope: Scope, db: Tx, ctx: ApplyContext, message: Referral) -> None:
    """Keep a referral with its evidence; an asked one answers its request."""
    if store.known_referral(scope, db, ctx.school_id, message.referral_id):
        return
    candidate_id = _candidate_for_referral(scope, db, ctx.school_id, message)
    request_id = None
    if message.door == "referral":
        asked = message.request_id
        request_id = store.answer_request(scope, db, ctx.school_id, candidate_id, asked)
    referral_id = store.keep_referral(scope, db, ctx.school_id, candidate_id, request_id, message)
    identity = ctx.open_identity(message.sealed_identity, message.pseudonym)
    basis = (store.REFERRAL, referral_id)
    store.keep_identity(scope, db, ctx.school_id, message.pseudonym, identity, basis, db.today)
    candidate = store.candidate(scope, db, candidate_id)
    if candidate is not None and candidate.state is not CandidateState.CASE:
        store.set_state(scope, db, candidate_id, CandidateState.REFERRED)
    store.record(scope, db, candidate_id, words.CAME[message.door], message.made_by)


def _apply(scope: Scope, db: Tx, ctx: ApplyContext, notice: Notice) -> Episode:
    """The spell after a notice; what is new of it stands in its candidate's history."""
    school_id = ctx.school_id
    known = store.episode(scope, db, school_id, notice.episode)
    if known is not None and ctx.overtaken:
        return known
    if known is not None:
        candidate_id = known.candidate_id
    else:
        candidate_id = _candidate_for_spell(scope, db, school_id, notice)
    spell = store.apply_notice(scope, db, school_id, candidate_id, notice)
    if known is not None and rules.says_nothing_new(known, spell):
        return spell
    store.refresh(scope, db, candidate_id)
    what = f"{rules.EVENT_WORDS[notice.event]}: {words.reason(spell)}"
    store.record(scope, db, candidate_id, what)
    return spell


def _candidate_for_spell(scope: Scope, db: Tx, school_id: str, notice: Notice) -> str:
    """The pupil's candidate that is not finished, or a new one."""
    latest = store.latest(scope, db, school_id, notice.pseudonym)
    if latest is not None and latest.state not in rules.FINISHED:
        return latest.id
    first = notice.first
    return store.start(scope, db, school_id, notice.pseudonym, notice.trigger, first, "")


def _candidate_for_referral(scope: Scope, db: Tx, school_id: str, told: Referral) -> str:
    """The pupil's latest candidate unless a case of it was closed, else a new one."""
    latest = store.latest(scope, db, school_id, told.pseudonym)
    if latest is not None and latest.state is not CandidateState.CLOSED:
        return latest.id
    today = db.today
    reason = f"{words.CAME[told.door]} on {words.day(today)}"
    return store.start(scope, db, school_id, told.pseudonym, BY_REFERRAL, today, reason)
