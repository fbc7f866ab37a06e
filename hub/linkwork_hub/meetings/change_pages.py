"""What becomes of one planned meeting, on its page: moved, locked, not delivered, and tries."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.db import Tx
from linkwork_hub.meetings import change_store, planning, store
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.pages import rules_of, show, side_of
from linkwork_hub.web import Context, found


def move(ctx: Context) -> Response:
    """Give a meeting one of the slots offered now."""

    def do(db: Tx, one: Meeting) -> None:
        side = side_of(ctx)
        made = planning.offer_instead(ctx.scope, db, rules_of(ctx), one)
        for slot in made.slots:
            if made.officer is not None and planning.slot_key(slot) == ctx.form.get("slot"):
                change_store.move(
                    ctx.scope,
                    db,
                    one.meeting_id,
                    slot,
                    made.officer.person_id,
                    ctx.person.name,
                    ctx.form.get("why-moved", ""),
                    side,
                )
                return
        raise Refused("Choose one of the slots shown now.")

    return _changed(ctx, do, "moved a meeting", "slot", "The meeting is moved; everyone is told.")


def lock(ctx: Context) -> Response:
    """Lock a meeting, or unlock it."""
    locked = ctx.form.get("locked") == "yes"

    def do(db: Tx, one: Meeting) -> None:
        change_store.lock(ctx.scope, db, one.meeting_id, locked)

    said = "No plan will move this meeting." if locked else "A plan may move this meeting."
    return _changed(ctx, do, "locked a meeting" if locked else "unlocked a meeting", "why", said)


def attempt(ctx: Context) -> Response:
    """Record a try to reach the school about this visit."""

    def do(db: Tx, one: Meeting) -> None:
        change_store.add_attempt(
            ctx.scope,
            db,
            one.school_id,
            one.meeting_id,
            ctx.person.name,
            ctx.form.get("channel", ""),
            reached=ctx.form.get("reached") == "yes",
        )

    return _changed(ctx, do, "tried to reach a school", "channel", "The try is recorded.")


def not_delivered(ctx: Context) -> Response:
    """Say that the visit did not take place."""

    def do(db: Tx, one: Meeting) -> None:
        why = ctx.form.get("why-not", "")
        change_store.not_delivered(ctx.scope, db, one.meeting_id, ctx.person.name, why)

    said = "The visit is marked as not delivered."
    return _changed(ctx, do, "marked a visit not delivered", "why-not", said)


def _changed(
    ctx: Context, do: Callable[[Tx, Meeting], None], what: str, field: str, said: str
) -> Response:
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            do(db, one)
            after = found(store.meeting(ctx.scope, db, one.meeting_id))
            if after.sequence != one.sequence:
                invite(ctx.scope, db, rules_of(ctx), one.meeting_id)
            access.audit(ctx.scope, db, what, "meeting", one.meeting_id)
    except Refused as error:
        return show(ctx, {field: str(error)})
    return ctx.redirect(f"/meetings/{one.meeting_id}", said)
