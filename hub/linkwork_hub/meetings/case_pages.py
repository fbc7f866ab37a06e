"""What a meeting about a case has on its page: its chair, and the caution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.db import Tx
from linkwork_hub.meetings import (
    caution_store,
    chairing,
    company_store,
    gathering,
    mail_store,
    store,
)
from linkwork_hub.meetings.kinds import CHAIR, Kind
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.models import Meeting, Slot, Status
from linkwork_hub.meetings.pages import rules_of, show
from linkwork_hub.meetings.work_models import CautionGiven
from linkwork_hub.web import Context, found

_HERE = ZoneInfo("Europe/London")


def set_chair(ctx: Context) -> Response:
    """Give the chair to somebody who may chair; whoever had it is told that they have not."""

    def do(db: Tx, one: Meeting, kind: Kind) -> None:
        if one.status is not Status.PLANNED:
            raise Refused("Only a planned meeting is given another chair.")
        chair_id = ctx.form.get("chair", "")
        reached = {who.id for who in gathering.who_reaches(ctx.scope, db, one.school_id)}
        chair_id = chair_id if chair_id in reached else ""
        slot = Slot(one.half_day, one.start, one.end, one.reason)
        rules = rules_of(ctx)
        gathering.check_chair(ctx.scope, db, rules, kind, chair_id, one.officer_id, [slot])
        before = company_store.chair_of(ctx.scope, db, one.meeting_id, CHAIR)
        if before is not None and before.officer_id == chair_id:
            raise Refused("They chair it already.")
        if before is not None:
            company_store.take_out(ctx.scope, db, before.meeting_id)
            person = access.person(ctx.scope, db, before.officer_id)
            to = [person.email] if person else []
            gone = mail_store.WITHDRAWAL
            mail_store.queue(ctx.scope, db, one.meeting_id, to, gone, one.sequence)
        company_store.add_officer(ctx.scope, db, one, chair_id, CHAIR, ctx.person.name)
        invite(ctx.scope, db, rules, one.meeting_id)
        access.audit(ctx.scope, db, "named the chair", "meeting", one.meeting_id)

    return _changed(ctx, do, "chair", "chair", "The chair is named, and invited.")


def caution(ctx: Context) -> Response:
    """Record a caution, or why none was given. The name of whoever was cautioned is sealed."""
    with ctx.db.write() as db:
        one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
        faults = _faults(ctx, db, one)
        if not faults:
            said = _said(ctx, one)
            caution_store.keep(ctx.scope, db, one, said, ctx.person.name)
            what = "recorded a caution" if said.given else "recorded that no caution was given"
            access.audit(ctx.scope, db, what, "meeting", one.meeting_id)
    if faults:
        return show(ctx, faults)
    said_so = "It stands in the record of this meeting."
    return ctx.redirect(f"/meetings/{one.meeting_id}#caution", said_so)


def _faults(ctx: Context, db: Tx, one: Meeting) -> dict[str, str]:
    rules, form = rules_of(ctx), ctx.form
    if not rules.kind(one.kind).caution or one.status is Status.CANCELLED:
        return {"given": "No caution belongs to this meeting."}
    words = rules.caution_on(one.half_day.day)
    said = _said(ctx, one)
    faults = chairing.caution_faults(said, words, one.half_day.day, db.today, db.now)
    if "given" not in faults and form.get("given", "") not in ("yes", "no"):
        return {"given": "Say whether the caution was given."}
    if said.given and "given" not in faults and form.get("understood", "") not in ("yes", "no"):
        faults["understood"] = "Say whether they said that they understood it."
    return faults


def _said(ctx: Context, one: Meeting) -> CautionGiven:
    form, words = ctx.form, rules_of(ctx).caution_on(one.half_day.day)
    given = form.get("given") == "yes"
    try:
        clock = time.fromisoformat(form.get("caution-at", ""))
    except ValueError:
        clock = None
    at = datetime.combine(one.half_day.day, clock, tzinfo=_HERE) if clock else None
    return CautionGiven(
        given=given,
        given_by=form.get("given-by", "") if given else "",
        version=words.version if words else "",
        subject=form.get("subject", "") if given else "",
        given_at=at if given else None,
        understood=given and form.get("understood") == "yes",
        interpreter=form.get("interpreter", "") if given else "",
        why_not="" if given else form.get("why-no-caution", ""),
    )


def _changed(
    ctx: Context, do: Callable[[Tx, Meeting, Kind], None], place: str, field: str, said: str
) -> Response:
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            do(db, one, rules_of(ctx).kind(one.kind))
    except Refused as error:
        return show(ctx, {field: str(error)})
    return ctx.redirect(f"/meetings/{one.meeting_id}#{place}", said)
