"""Pages of referrals: what was asked for, what schools referred, and returning one."""

from __future__ import annotations

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.referrals import request_pages, rules, store, words
from linkwork_hub.referrals.candidate_pages import log_names
from linkwork_hub.referrals.models import (
    CandidateState,
    EvidenceGiven,
    EvidenceRule,
    Referral,
    ReferralRules,
    ReferralState,
    read_referral_rules,
)
from linkwork_hub.web import Context, found

_KIND = {
    "referral": "Referral of",
    "penalty-notice-request": "Penalty notice asked for:",
}
_GROUPS = {
    "received": "Received, to decide",
    "asked": "Asked for",
    "accepted": "Accepted",
    "returned": "Returned to the school",
}


def referrals(ctx: Context) -> Response:
    """Referrals in one state, or what schools were asked and have not answered."""
    group = ctx.query.get("group", "received")
    group = group if group in _GROUPS else "received"
    state = None if group == "asked" else ReferralState(group)
    with ctx.db.read() as db:
        counts = {
            key: store.count_waiting(ctx.scope, db)
            if key == "asked"
            else store.count_referrals(ctx.scope, db, ReferralState(key))
            for key in _GROUPS
        }
        paging = ctx.paging(counts[group])
        size, offset = paging.size, paging.offset
        waiting = [] if state else store.waiting(ctx.scope, db, limit=size, offset=offset)
        received = store.referrals(ctx.scope, db, state, limit=size, offset=offset) if state else []
        asked = request_pages.asked_lines(ctx.scope, db, waiting)
        said = request_pages.who_they_are(ctx.scope, db, received)
        names = {school.id: school.name for school in access.schools(ctx.scope, db)}
    named = {one.request.candidate_id for one in asked if one.named}
    named |= {one.candidate_id for one in received if said[one.id][1]}
    log_names(ctx, sorted(named), "in the list of referrals")
    return ctx.render(
        "referrals/referrals.html",
        title="Referrals",
        group=group,
        request_words=rules.REQUEST_WORDS,
        referral_words=rules.REFERRAL_WORDS,
        groups_list=[(key, label, counts[key]) for key, label in _GROUPS.items()],
        asked=asked,
        received=received,
        said=said,
        names=names,
        paging=paging,
    )


def referral(ctx: Context) -> Response:
    """One referral: who, why, the evidence against the profile's list, and what it lacks."""
    return show_referral(ctx)


def show_referral(ctx: Context, *, reason: str = "", problem: str = "") -> Response:
    """The page of one referral; after a refused step with what was typed and what was wrong."""
    listed = read_referral_rules(ctx.profile.section("referral"))
    with ctx.db.read() as db:
        made = found(store.referral(ctx.scope, db, ctx.path["id"]))
        candidate = found(store.candidate(ctx.scope, db, made.candidate_id))
        name = store.name_of(ctx.scope, db, made.school_id, made.pseudonym)
        school = access.school(ctx.scope, db, made.school_id)
    if name:
        log_names(ctx, [candidate.id], "on a referral")
    return ctx.render(
        "referrals/referral.html",
        status=409 if problem else 200,
        title=f"{_KIND[made.door]} {name.full if name else words.short_pupil(made.pseudonym)}",
        made=made,
        counted=words.counted(made.counted) if made.counted else "",
        takes_legal_steps=ctx.profile.takes_legal_steps,
        candidate=candidate,
        name=name,
        school=school,
        evidence=_against(listed, made.evidence) if made.door == "referral" else _given(made),
        referral_words=rules.REFERRAL_WORDS,
        gaps=rules.gaps(listed.evidence, made.evidence) if made.door == "referral" else [],
        reason=reason,
        problems={"reason": problem} if problem else {},
        panels=ctx.panels("referral", referral=made),
    )


def give_back(ctx: Context) -> Response:
    """Return a referral to the school with a reason, which reaches it as a new request."""
    reason = ctx.form.get("reason", "")
    listed = read_referral_rules(ctx.profile.section("referral"))
    if not reason:
        return show_referral(ctx, problem="Write what the school should add or change.")
    with ctx.db.write() as db:
        made = found(store.referral(ctx.scope, db, ctx.path["id"]))
        candidate = found(store.candidate(ctx.scope, db, made.candidate_id))
        if made.state is not ReferralState.RECEIVED:
            raise Refused("This referral was decided already. Open it to see what was decided.")
        who = ctx.person.name
        store.settle_referral(ctx.scope, db, made.id, ReferralState.RETURNED, who, reason)
        asked = CandidateState.REFERRAL_ASKED
        if made.door != "referral":
            asked = CandidateState.SCHOOL_ASKED
        store.set_state(ctx.scope, db, candidate.id, asked)
        store.record(ctx.scope, db, candidate.id, "Referral returned to the school", who, reason)
        # A request for a notice comes back as words: the school asks again by its own command.
        asks = "referral" if made.door == "referral" else "question"
        again = store.Ask(asks, f"Returned: {reason}", who)
        store.ask(ctx.scope, db, ctx.keys.issuer, listed, candidate, again)
    return ctx.redirect(f"/referrals/{made.id}", "The referral is returned to the school.")


def _given(made: Referral) -> list[tuple[EvidenceRule, EvidenceGiven | None, str]]:
    """What was sent with a request for a notice, for which no list of evidence is asked."""
    return [
        (EvidenceRule(id=one.item, words=one.item, required=False), one, "")
        for one in made.evidence
    ]


def _against(
    listed: ReferralRules, given: tuple[EvidenceGiven, ...]
) -> list[tuple[EvidenceRule, EvidenceGiven | None, str]]:
    """Every item of the profile's list with what was sent for it, then what was sent besides.

    The last of each is whether it is complete.
    """
    by_item = {one.item: one for one in given}
    known = [(rule, by_item.get(rule.id)) for rule in listed.evidence]
    named = {rule.id for rule in listed.evidence}
    extra = [
        (EvidenceRule(id=one.item, words=one.item, required=False), one)
        for one in given
        if one.item not in named
    ]
    return [(rule, one, rules.complete(rule, one)) for rule, one in [*known, *extra]]
