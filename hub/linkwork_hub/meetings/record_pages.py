"""What is done with a meeting: planned, noted, an action agreed, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import NewAction
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.words import clock, long_date, weekday_date
from linkwork_hub.meetings import change_store, planning, store
from linkwork_hub.meetings.gather_pages import in_company
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.pages import may_plan, rules_of, show, side_of, when
from linkwork_hub.referrals import store as referrals
from linkwork_hub.web import Context, found


def offer(ctx: Context) -> Response:
    """Up to three clash-free slots for a school's next meeting, of the kind that is asked for."""
    return _offer(ctx, {})


def choose(ctx: Context) -> Response:
    """Plan the chosen slot."""
    chosen = ctx.form.get("slot", "")
    if not chosen:
        return _offer(ctx, {"slot": "Choose one of the slots."})
    try:
        with ctx.db.write() as db:
            ident = planning.choose(
                ctx.scope,
                db,
                rules_of(ctx),
                ctx.path["school_id"],
                chosen,
                ctx.person.name,
                _kind(ctx),
            )
            invite(ctx.scope, db, rules_of(ctx), ident)
            access.audit(ctx.scope, db, "planned a meeting", "meeting", ident)
    except Refused as error:
        return _offer(ctx, {"slot": str(error)})
    return ctx.redirect(f"/meetings/{ident}", "The meeting is in both diaries.")


def _kind(ctx: Context) -> Kind:
    """The kind asked for, the regular one by itself; a school plans no other.

    Raises WrongUse for a kind nobody has, or that is not for this person to plan.
    """
    kinds, wanted = rules_of(ctx), ctx.form.get("type", "") or ctx.query.get("type", "")
    known = {kind.id: kind for kind in (kinds.types if may_plan(ctx) else (kinds.link,))}
    if wanted and wanted not in known:
        raise WrongUse(
            f"No kind of meeting {wanted!r} is to be planned here. Choose from the page."
        )
    return known[wanted] if wanted else kinds.link


def _offer(ctx: Context, problems: Mapping[str, str]) -> Response:
    kind = _kind(ctx)
    if in_company(kind):
        return ctx.redirect(f"/meetings/gather/{ctx.path['school_id']}?type={kind.id}")
    with ctx.db.read() as db:
        made = planning.offer(ctx.scope, db, rules_of(ctx), ctx.path["school_id"], kind)
    return ctx.render(
        "meetings/offer.html",
        status=422 if problems else 200,
        title=f"Plan the next meeting with {made.school.name}",
        offer=made,
        kind=kind,
        others=[each for each in rules_of(ctx).types if each != kind] if may_plan(ctx) else [],
        in_company=in_company,
        slots=[
            (
                planning.slot_key(slot),
                f"{weekday_date(slot.half_day.day)}, {clock(slot.start)} to {clock(slot.end)}",
                slot.own,
            )
            for slot in made.slots
        ],
        weighed=made.slots[0].shared if made.slots else "",
        problems=problems,
    )


def agree_action(ctx: Context) -> Response:
    """Record an agreed action; it goes to the school's own computer."""
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            new = _new_action(ctx.scope, db, one, rules_of(ctx).kind(one.kind).name, ctx.form)
            ident = actions.agree(ctx.scope, db, ctx.keys.issuer, new, ctx.person.name)
            access.audit(ctx.scope, db, "agreed an action", "action", ident)
    except Refused as error:
        return show(ctx, {"what": str(error)})
    said = "The action is agreed and on its way to the school."
    page = "/record" if ctx.form.get("from") == "record" else ""
    return ctx.redirect(f"/meetings/{one.meeting_id}{page}#actions", said)


def cancel(ctx: Context) -> Response:
    """Cancel a planned meeting."""
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            why = ctx.form.get("why", "")
            change_store.cancel(ctx.scope, db, one.meeting_id, ctx.person.name, why, side_of(ctx))
            invite(ctx.scope, db, rules_of(ctx), one.meeting_id)
            access.audit(ctx.scope, db, "cancelled a meeting", "meeting", one.meeting_id)
    except Refused as error:
        return show(ctx, {"why": str(error)})
    said = f"The meeting on {when(one)} is cancelled; its invitation is withdrawn."
    return ctx.redirect(f"/meetings/{one.meeting_id}", said)


def _new_action(
    scope: Scope, db: Tx, one: Meeting, kind_name: str, form: Mapping[str, str]
) -> NewAction:
    try:
        due = date.fromisoformat(form.get("due", ""))
    except ValueError as error:
        raise Refused("Write the due date like 2026-03-31.") from error
    return NewAction(
        what=form.get("what", ""),
        who=form.get("who", ""),
        due=due,
        school_id=one.school_id,
        cause=("meeting", one.meeting_id),
        agreed_on=db.today,
        pseudonym=_pseudonym(scope, db, one, form.get("pupil", "")),
        meeting=f"{kind_name} of {long_date(one.half_day.day)}",
    )


def _pseudonym(scope: Scope, db: Tx, one: Meeting, candidate_id: str) -> str | None:
    if not candidate_id:
        return None
    candidate = referrals.candidate(scope, db, candidate_id)
    # A form could name a pupil of another school; that school would then read of this one.
    if candidate is None or candidate.school_id != one.school_id:
        raise Refused("Choose a pupil of this school, or none.")
    return candidate.pseudonym
