"""Pages of actions: the list, one action's life, withdrawing it, and word of it by hand."""

from __future__ import annotations

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.actions import change_store, rules, store
from linkwork_hub.actions.agreeing import due_day
from linkwork_hub.actions.models import Action, ActionState
from linkwork_hub.db import Role
from linkwork_hub.referrals.words import short_pupil
from linkwork_hub.web import Context, found

_CAUSES = {"meeting": "/meetings/", "case": "/cases/", "candidate": "/pupils/"}
#: What an officer can say of an action that the school told them of, or that is their own.
_BY_HAND = (ActionState.IN_PROGRESS, ActionState.DONE, ActionState.DECLINED)


def actions(ctx: Context) -> Response:
    """What was agreed, those due first at the top."""
    group = ctx.query.get("group", "waiting")
    chosen = store.Filter(
        group if group in store.GROUPS else "waiting", ctx.query.get("school", "")
    )
    with ctx.db.read() as db:
        paging = ctx.paging(store.count(ctx.scope, db, chosen))
        part = store.actions(ctx.scope, db, chosen, limit=paging.size, offset=paging.offset)
        counts = {
            key: store.count(ctx.scope, db, store.Filter(key, chosen.school_id))
            for key in store.GROUPS
        }
        schools = access.schools(ctx.scope, db)
        today = db.today
    names = {school.id: school.name for school in schools}
    return ctx.render(
        "actions/actions.html",
        title="Actions",
        rows=[(one, rules.overdue(one.state, one.due, today)) for one in part],
        groups_list=[(key, label, counts[key]) for key, label in store.GROUPS.items()],
        chosen=chosen,
        keep=f"&school={chosen.school_id}" if chosen.school_id in names else "",
        paging=paging,
        names=names,
        schools=[("", "All schools"), *((s.id, s.name) for s in schools)],
        words=rules.WORDS,
        who=rules.who_words,
        short=short_pupil,
    )


def action(ctx: Context) -> Response:
    """One action: what became of it, and when."""
    return _show(ctx)


def _show(ctx: Context, problems: dict[str, str] | None = None) -> Response:
    with ctx.db.read() as db:
        one = found(store.action(ctx.scope, db, ctx.path["id"]))
        steps = store.steps(ctx.scope, db, one.id)
        post = change_store.carried_by_post(ctx.scope, db, one)
        school = access.school(ctx.scope, db, one.school_id)
        late = rules.overdue(one.state, one.due, db.today)
    by_hand = [(state.value, rules.WORDS[state]) for state in _BY_HAND if state is not one.state]
    return ctx.render(
        "actions/action.html",
        status=409 if problems else 200,
        title="Action",
        action=one,
        steps=steps,
        post=post,
        school=school,
        late=late,
        words=rules.WORDS,
        who=rules.who_words(one.who),
        cause=_cause(ctx, one),
        pupil=short_pupil(one.pseudonym) if one.pseudonym else "",
        may_change=ctx.person.role is not Role.SCHOOL and one.state is not ActionState.WITHDRAWN,
        unfinished=one.state not in rules.FINISHED,
        by_hand=[("", "Choose one"), *by_hand],
        form=ctx.form,
        problems=problems or {},
    )


def withdraw(ctx: Context) -> Response:
    """Withdraw an action and tell the school why."""
    try:
        with ctx.db.write() as db:
            one = found(store.action(ctx.scope, db, ctx.path["id"]))
            why = ctx.form.get("reason", "")
            change_store.withdraw(ctx.scope, db, ctx.keys.issuer, one.id, why, ctx.person.name)
    except Refused as refused:
        return _show(ctx, {"reason": str(refused)})
    return ctx.redirect(f"/actions/{one.id}", "The action is withdrawn. The school is told why.")


def say(ctx: Context) -> Response:
    """Keep word of an action that came by telephone, or of an officer's own."""
    said = ctx.form.get("state", "")
    if said not in {state.value for state in _BY_HAND}:
        return _show(ctx, {"state": "Choose what became of it."})
    if said == ActionState.DECLINED.value and not ctx.form.get("note", "").strip():
        return _show(ctx, {"note": "Write why it is declined."})
    with ctx.db.write() as db:
        one = found(store.action(ctx.scope, db, ctx.path["id"]))
        note = ctx.form.get("note", "")
        word = store.Word(ActionState(said), db.today, ctx.person.name, note)
        store.hear(ctx.scope, db, one.school_id, one.id, word)
    return ctx.redirect(f"/actions/{one.id}", "It is recorded.")


def carry(ctx: Context) -> Response:
    """Give an action a later day and tell the school."""
    try:
        with ctx.db.write() as db:
            one = found(store.action(ctx.scope, db, ctx.path["id"]))
            due, why = due_day(ctx.form.get("due", "")), ctx.form.get("why-carried", "")
            change_store.carry(ctx.scope, db, ctx.keys.issuer, one.id, due, why, ctx.person.name)
    except Refused as refused:
        return _show(ctx, {"due": str(refused)})
    return ctx.redirect(f"/actions/{one.id}", "The action has a later day. The school is told.")


def escalate(ctx: Context) -> Response:
    """Take an overdue action to somebody and tell the school to whom."""
    try:
        with ctx.db.write() as db:
            one = found(store.action(ctx.scope, db, ctx.path["id"]))
            to, why = ctx.form.get("to", ""), ctx.form.get("why-escalated", "")
            change_store.escalate(ctx.scope, db, ctx.keys.issuer, one.id, to, why, ctx.person.name)
    except Refused as refused:
        return _show(ctx, {"to": str(refused)})
    return ctx.redirect(f"/actions/{one.id}", "The action is escalated. The school is told.")


def _cause(ctx: Context, one: Action) -> str:
    """Where this action came from, as an address this person may open; else nothing."""
    allowed = ctx.person.role is not Role.SCHOOL or one.cause_kind == "meeting"
    start = _CAUSES.get(one.cause_kind) if allowed else None
    return f"{start}{one.cause_id}" if start else ""
