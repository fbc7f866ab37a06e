"""The feeds pages, and the addresses agents call."""

from __future__ import annotations

import time

from starlette.responses import Response

from linkwork import seal
from linkwork.errors import NotAllowed
from linkwork_hub.db import Role
from linkwork_hub.feeds import standing, store
from linkwork_hub.feeds.answers import Reply
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.limits import Limits
from linkwork_hub.feeds.models import AgentState
from linkwork_hub.feeds.policy import policy_item
from linkwork_hub.feeds.receive import MAX_ENROLMENT, receive, receive_enrolment
from linkwork_hub.web import Call, Context, get, machine, post

_MEDIA = "application/octet-stream"
#: The calls of agents at this process.
_limits = Limits(time.monotonic)
#: Bodies held in memory at once, one of at most 1 MiB each; whoever comes then is sent away.
AT_ONCE = 64
_WATCH = {Role.HUB_TEAM, Role.MANAGER, Role.OFFICER}
_CHANGE = {Role.HUB_TEAM}


def _list(ctx: Context) -> Response:
    with ctx.db.read() as db:
        found = standing.standings(ctx.scope, db)
    paging = ctx.paging(len(found))
    shown = found[paging.offset : paging.offset + paging.size]
    troubled = sum(1 for one in found if one.problems)
    return ctx.render("feeds/list.html", feeds=shown, paging=paging, troubled=troubled)


def _detail(
    ctx: Context, join_string: str = "", problems: dict[str, str] | None = None
) -> Response:
    school_id = ctx.path["school_id"]
    with ctx.db.read() as db:
        judged = standing.judge(ctx.scope, db, store.feed(ctx.scope, db, school_id))
        agents = store.agents_of(ctx.scope, db, school_id)
        refused = store.refused(ctx.scope, db, school_id)
    return ctx.render(
        "feeds/detail.html",
        status=400 if problems else 200,
        feed=judged.feed,
        standing=judged,
        waiting=[one for one in agents if one.state is AgentState.PENDING],
        agents=agents,
        refused=refused,
        join_string=join_string,
        problems=problems or {},
        may_change=ctx.person.role in _CHANGE,
    )


def _invite(ctx: Context) -> Response:
    keys: HubKeys = ctx.keys
    with ctx.db.write() as db:
        made = store.invite(
            ctx.scope,
            db,
            ctx.path["school_id"],
            address=ctx.site.schools_address,
            root_fingerprint=keys.root_fingerprint,
        )
    # Shown on this answer and never again: only its hash is kept.
    return _detail(ctx, join_string=made.text())


def _confirm(ctx: Context) -> Response:
    keys: HubKeys = ctx.keys
    school_id, agent_id = ctx.path["school_id"], ctx.form.get("agent", "")
    if ctx.form.get("same") != "yes":
        words = "Compare the six words with the school by telephone, then tick the box"
        return _detail(ctx, problems={f"same-{agent_id}": words})
    with ctx.db.write() as db:
        mine = store.agents_of(ctx.scope, db, school_id, [AgentState.PENDING])
        if agent_id not in {one.id for one in mine}:
            raise NotAllowed("There is no such agent waiting at this school.")
        store.confirm(ctx.scope, db, agent_id, keys.issuer, policy_item(ctx.profile, keys.work))
    return ctx.redirect(f"/feeds/{school_id}", "The agent is confirmed and may send.")


def _revoke(ctx: Context) -> Response:
    school_id, why = ctx.path["school_id"], ctx.form.get("why", "")
    if not why:
        return _detail(ctx, problems={"why": "Write why: the school reads it"})
    with ctx.db.write() as db:
        store.revoke(ctx.scope, db, school_id, why)
    return ctx.redirect(f"/feeds/{school_id}", "The agent is revoked: its next call is refused.")


def _clear(ctx: Context) -> Response:
    school_id = ctx.path["school_id"]
    with ctx.db.write() as db:
        store.clear_alarms(ctx.scope, db, school_id)
    return ctx.redirect(f"/feeds/{school_id}", "The alarms are cleared.")


def _keyset(call: Call) -> Response:
    keys: HubKeys = call.site.keys
    return Response(keys.receiver.keyset_bytes, media_type=_MEDIA)


def _post(call: Call) -> Response:
    keys: HubKeys = call.site.keys
    site = call.site
    return _answer(
        receive(site.db, keys.receiver, call.body, limits=_limits, window=site.spread_seconds)
    )


def _enrol(call: Call) -> Response:
    keys: HubKeys = call.site.keys
    return _answer(receive_enrolment(call.site.db, keys.receiver, call.body))


def _answer(reply: Reply) -> Response:
    headers = {"Retry-After": str(reply.retry_after)} if reply.retry_after else None
    media = _MEDIA if reply.status in (200, 202, 409) else "text/plain"
    return Response(reply.body, reply.status, headers=headers, media_type=media)


pages = [
    get("/feeds", _list, roles=_WATCH),
    get("/feeds/{school_id}", _detail, roles=_WATCH),
    post("/feeds/{school_id}/join-string", _invite, roles=_CHANGE),
    post("/feeds/{school_id}/confirm", _confirm, roles=_CHANGE),
    post("/feeds/{school_id}/revoke", _revoke, roles=_CHANGE),
    post("/feeds/{school_id}/alarms", _clear, roles=_CHANGE),
]

api_routes = [
    machine("/v1/keyset", _keyset),
    machine("/v1/post", _post, method="POST", max_body=seal.MAX_ENVELOPE, at_once=AT_ONCE),
    machine("/v1/enrol", _enrol, method="POST", max_body=MAX_ENROLMENT, at_once=AT_ONCE),
]

#: One process serves both; a receiver on a host name of its own serves `api_routes` alone.
routes = [*pages, *api_routes]
