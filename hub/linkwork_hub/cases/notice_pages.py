"""Penalty notices on the page of a case: whether one may be given, giving it, what became of it."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup
from starlette.responses import Response

from linkwork.errors import Refused
from linkwork.policy import Policy
from linkwork_hub.access import store as access
from linkwork_hub.access.rules import in_force
from linkwork_hub.cases import notices, store
from linkwork_hub.cases.basis import Basis
from linkwork_hub.cases.grounds import basis_of
from linkwork_hub.cases.models import Case, Door, Pathway
from linkwork_hub.cases.pages import change_case, day_of
from linkwork_hub.db import Tx
from linkwork_hub.feeds.policy import sendable_policy
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Name
from linkwork_hub.web import Context

ANOTHER = "another"


def panel(ctx: Context, *, case: Case) -> Markup | None:
    """On a case: the notices on record for the child, and which may be given today."""
    if case.pseudonym is None:
        return None
    if not ctx.profile.takes_legal_steps:
        return _asked_of_authority(ctx, case)
    policy = sendable_policy(ctx.profile)
    with ctx.db.read() as db:
        known = store.notices(ctx.scope, db, case.pseudonym)
        name, today = _name(ctx, db, case), db.today
        terms = access.terms(ctx.scope, db, case.school_id) if case.school_id else []
        basis = basis_of(ctx.scope, db, case)
    kept = in_force(terms, case.school_id)
    late = notices.prosecution(name.date_of_birth if name else None, kept, policy, today)
    if policy.penalty is None:
        return ctx.partial(
            "cases/notices.html", case=case, policy=policy.name, late=late, basis=basis
        )
    written = [*notices.parents(known), *(notices.contact_names(name.contacts) if name else ())]
    return ctx.partial(
        "cases/notices.html",
        case=case,
        penalty=policy.penalty,
        late=late,
        basis=basis,
        fell=notices.fallen_since(known, basis),
        counts_words=notices.counts_words,
        form=ctx.form,
        known=known,
        became=notices.BECAME,
        answers=notices.answers(known, today, policy.penalty),
        parents=[
            ("", "Choose one"),
            *((one, one) for one in dict.fromkeys(written)),
            (ANOTHER, "Another, written below"),
        ],
        open_ones=[
            (f"{one.ref}/{one.number}", f"{one.ref}, notice {one.number}, {one.parent}")
            for one in known
            if one.became is None
        ],
        today=today,
    )


def _asked_of_authority(ctx: Context, case: Case) -> Markup | None:
    """At a provider: what a school asked for that only its local authority can issue."""
    if case.door is not Door.PENALTY_NOTICE_REQUEST:
        return None
    with ctx.db.read() as db:
        basis = basis_of(ctx.scope, db, case)
    return ctx.partial("cases/asked-of-authority.html", basis=basis)


def give(ctx: Context) -> Response:
    """Record that a penalty notice was given, unless none may be."""

    def change(db: Tx, one: Case, _pathway: Pathway) -> str:
        policy, pseudonym = _policy(ctx), one.pseudonym
        if pseudonym is None:
            raise Refused("The case names no pupil: a penalty notice is for one child.")
        chosen = ctx.form.get("parent", "")
        parent = ctx.form.get("another", "") if chosen == ANOTHER else chosen
        parent, on = " ".join(parent.split()), day_of(ctx.form.get("given_on", ""))
        name = _name(ctx, db, one)
        basis = _chosen(ctx, basis_of(ctx.scope, db, one))
        answer = notices.may_be_given(
            one,
            parent,
            on,
            today=db.today,
            born=name.date_of_birth if name else None,
            basis=basis,
            policy=policy,
            known=store.notices(ctx.scope, db, pseudonym),
        )
        words = notices.said(answer.number, answer.terms)
        counts = None
        if on >= one.opened and basis.first and basis.last:
            counts = basis.first, basis.last, len(basis.counts)
            words = f"{words}; {notices.counts_words(counts)}"
        store.give_notice(ctx.scope, db, one, parent, on, words, ctx.person.name, counts)
        return "The penalty notice is on record."

    return change_case(ctx, "parent", change)


def became(ctx: Context) -> Response:
    """Record what became of a notice."""

    def change(db: Tx, one: Case, _pathway: Pathway) -> str:
        _policy(ctx)
        known = store.notices(ctx.scope, db, one.pseudonym or "")
        chosen = next((n for n in known if f"{n.ref}/{n.number}" == ctx.form.get("notice")), None)
        kind, on = ctx.form.get("became", ""), day_of(ctx.form.get("became_on", ""))
        notice = notices.may_become(chosen, kind, on, db.today)
        words = notices.BECAME[kind].lower()
        store.notice_became(ctx.scope, db, notice, kind, words, on, ctx.person.name)
        return "What became of the notice is on record."

    return change_case(ctx, "notice", change)


def _policy(ctx: Context) -> Policy:
    if not ctx.profile.takes_legal_steps:
        raise Refused("A provider takes no legal step: it sends a request to the authority.")
    return sendable_policy(ctx.profile)


def _name(ctx: Context, db: Tx, case: Case) -> Name | None:
    if case.school_id is None or case.pseudonym is None:
        return None
    return referrals.name_of(ctx.scope, db, case.school_id, case.pseudonym)


def _chosen(ctx: Context, basis: Basis) -> Basis:
    """What of it lies in the days the officer chose; all of it where none were."""
    first, last = ctx.form.get("counts_from", ""), ctx.form.get("counts_to", "")
    return basis.within(
        day_of(first) if first else date.min,
        day_of(last) if last else date.max,
    )
