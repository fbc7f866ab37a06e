"""Opening a case: by accepting a referral, or directly from a pupil to consider."""

from __future__ import annotations

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.cases import store
from linkwork_hub.cases.models import Case, Door, NewCase, read_pathway
from linkwork_hub.db import Role, Tx, day_of
from linkwork_hub.referrals import rules as referral_rules
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals import words
from linkwork_hub.referrals.models import (
    Candidate,
    CandidateState,
    Decision,
    Referral,
    ReferralState,
    read_referral_rules,
)
from linkwork_hub.web import Context, found

_DOORS = {"referral": Door.REFERRAL, "penalty-notice-request": Door.PENALTY_NOTICE_REQUEST}


def accept(ctx: Context) -> Response:
    """Accept a referral: its case opens, allocated to the school's link officer."""
    listed = read_referral_rules(ctx.profile.section("referral"))
    with ctx.db.write() as db:
        made = found(referrals.referral(ctx.scope, db, ctx.path["id"]))
        if made.state is not ReferralState.RECEIVED:
            raise Refused("This referral was decided already. Open it to see what was decided.")
        candidate = found(referrals.candidate(ctx.scope, db, made.candidate_id))
        running = store.case_of_candidate(ctx.scope, db, candidate.id)
        door = _DOORS[made.door]
        if door is not Door.REFERRAL and running is not None and running.open:
            return _join(ctx, db, running, made)
        wanted = listed.evidence if door is Door.REFERRAL else ()
        missing = referral_rules.gaps(wanted, made.evidence)
        lacking = "; ".join(f"{gap.words}: {gap.lacks}" for gap in missing)
        why = f"Accepted without complete evidence. {lacking}" if missing else ""
        opened = _open(ctx, db, candidate, door, why, made)
        name = ctx.person.name
        referrals.settle_referral(ctx.scope, db, made.id, ReferralState.ACCEPTED, name)
    return ctx.redirect(f"/cases/{opened.id}", f"Case {opened.ref} is open.")


def _join(ctx: Context, db: Tx, running: Case, made: Referral) -> Response:
    """A notice asked for while a case of the pupil is open belongs to that case."""
    who = ctx.person.name
    referrals.settle_referral(ctx.scope, db, made.id, ReferralState.ACCEPTED, who)
    referrals.set_state(ctx.scope, db, made.candidate_id, CandidateState.CASE)
    what = f"The school asked for a penalty notice: {words.counted(made.counted)}"
    work = store.Work("notice-asked", what, db.today, made.reason)
    store.record_work(ctx.scope, db, running, work, who)
    return ctx.redirect(f"/cases/{running.id}", f"It stands on case {running.ref}.")


def ask_why(ctx: Context) -> Response:
    """The page that asks for the reason before a case is opened directly."""
    return _ask_why(ctx)


def open_directly(ctx: Context) -> Response:
    """Open a case without a referral, for a reason that is kept."""
    reason = ctx.form.get("reason", "")
    if "choice" in ctx.form:
        # It comes from the pupil's page: the reason was typed, the case is not yet confirmed.
        return _ask_why(ctx, reason=reason)
    if not reason:
        return _ask_why(ctx, problem="Write why you open a case without a referral.")
    with ctx.db.write() as db:
        candidate = found(referrals.candidate(ctx.scope, db, ctx.path["id"]))
        referral_rules.decide(candidate.state, Decision.OPEN, reason)
        door = Door.ORDER if ctx.form.get("way", "") == "order" else Door.DIRECT
        opened = _open(ctx, db, candidate, door, reason)
    return ctx.redirect(f"/cases/{opened.id}", f"Case {opened.ref} is open.")


def _open(
    ctx: Context, db: Tx, candidate: Candidate, door: Door, why: str, made: Referral | None = None
) -> Case:
    running = store.case_of_candidate(ctx.scope, db, candidate.id)
    if running is not None and running.open:
        raise Refused(f"Case {running.ref} is open for this pupil already. Record it there.")
    officer = access.link_officer(ctx.scope, db, candidate.school_id)
    # Without a link officer the case belongs to the officer who opens it, never to nobody.
    mine = ctx.person.person_id if ctx.person.role is Role.OFFICER else None
    new = NewCase(
        door=door,
        school_id=candidate.school_id,
        pseudonym=candidate.pseudonym,
        candidate_id=candidate.id,
        officer_id=officer.id if officer else mine,
        why=why,
        referral_id=made.id if made else None,
        referred=day_of(made.received) if made else None,
    )
    pathway = read_pathway(ctx.profile.section("pathway"))
    opened = store.open_case(ctx.scope, db, ctx.profile.prefix, pathway, new, ctx.person.name)
    referrals.set_state(ctx.scope, db, candidate.id, CandidateState.CASE)
    what = f"Case {opened.ref} opened"
    referrals.record(ctx.scope, db, candidate.id, what, ctx.person.name, why)
    return opened


def _ask_why(ctx: Context, *, reason: str = "", problem: str = "") -> Response:
    pathway = read_pathway(ctx.profile.section("pathway"))
    with ctx.db.read() as db:
        candidate = found(referrals.candidate(ctx.scope, db, ctx.path["id"]))
        referral_rules.decide(candidate.state, Decision.OPEN, "")
        school = access.school(ctx.scope, db, candidate.school_id)
        officer = access.link_officer(ctx.scope, db, candidate.school_id)
    return ctx.render(
        "cases/open.html",
        status=409 if problem else 200,
        title="Open a case directly",
        candidate=candidate,
        school=school,
        officer=officer,
        step=pathway.step(pathway.first_step),
        bought=pathway.step(pathway.order_step) if pathway.order_step else None,
        way=ctx.form.get("way", ""),
        short=words.short_pupil(candidate.pseudonym),
        reason=reason,
        problems={"reason": problem} if problem else {},
    )
