"""The pack of a meeting: on a page with names where they may stand, in files without any."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Tx
from linkwork_hub.documents.render import render_blocks
from linkwork_hub.documents.word import MEDIA_TYPE, render_word
from linkwork_hub.documents.words import long_date
from linkwork_hub.meetings import list_store, pack, pack_paper, pack_store, store, telling
from linkwork_hub.meetings.models import Meeting
from linkwork_hub.meetings.pages import may_plan, rules_of, when
from linkwork_hub.meetings.pictures import bars
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.candidate_pages import log_names
from linkwork_hub.web import Context, found


def page(ctx: Context) -> Response:
    """The pack, with names from ten school days before the meeting to twenty after."""
    with ctx.db.read() as db:
        one, data = _data(ctx, db)
        first, last = telling.names_window(ctx.scope, db, one)
        names = _names(ctx, db, one, data["body"])
    if names and may_plan(ctx):
        _log(ctx, one, data["body"], names)
    rows = data["rows"]
    return ctx.render(
        "meetings/pack.html",
        meeting=one,
        names=names,
        names_from=first,
        names_through=last,
        picture=bars([(row["name"], pack.per_mille(row["attendance"])) for row in rows]),
        may_plan=may_plan(ctx),
        parse=date.fromisoformat,
        **data,
    )


def as_pdf(ctx: Context) -> Response:
    """The pack as PDF. A file may lie anywhere, so it names no pupil."""
    one, data, today = _paper(ctx)
    made = render_blocks(data["title"], ctx.profile.name, pack_paper.blocks(data), on=today)
    return _file(one, data, "pdf", made, "application/pdf")


def as_word(ctx: Context) -> Response:
    """The same as a Word file, to write into. It names no pupil either."""
    one, data, today = _paper(ctx)
    made = render_word(data["title"], ctx.profile.name, pack_paper.blocks(data), on=today)
    return _file(one, data, "docx", made, MEDIA_TYPE)


def _paper(ctx: Context) -> tuple[Meeting, dict[str, Any], date]:
    with ctx.db.read() as db:
        return *_data(ctx, db), db.today


def _file(
    one: Meeting, data: Mapping[str, Any], ending: str, made: bytes, media_type: str
) -> Response:
    name = f"pack-{data['urn']}-{one.half_day.day.isoformat()}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, media_type=media_type, headers=headers)


def _data(ctx: Context, db: Tx) -> tuple[Meeting, dict[str, Any]]:
    one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
    kind, school = rules_of(ctx).kind(one.kind), access.school(ctx.scope, db, one.school_id)
    pathway = read_pathway(ctx.profile.section("pathway"))
    body, frozen = pack_store.body(ctx.scope, db, pathway, one)
    return one, {
        "title": f"Pack: {kind.name}, {school.name}, {long_date(one.half_day.day)}",
        "when": when(one),
        "urn": school.urn,
        "body": body,
        "frozen": frozen,
        "rows": pack.compared(body, pack_store.before(ctx.scope, db, one)),
        "parts": [
            {"title": part.title, "about": part.about, "fill": part.fill} for part in kind.agenda
        ],
    }


def _names(ctx: Context, db: Tx, one: Meeting, body: Mapping[str, Any]) -> dict[str, str]:
    """Names by candidate id and by pseudonym, on the days on which they may stand there."""
    if not telling.names_stand(ctx.scope, db, one):
        return {}
    known = [referrals.candidate(ctx.scope, db, ident) for ident in sorted(pack.people(body))]
    found_names = referrals.names(ctx.scope, db, [each for each in known if each is not None])
    listed = list_store.names(ctx.scope, db, one.meeting_id)
    return listed | {ident: name.full for ident, name in found_names.items()}


def _log(ctx: Context, one: Meeting, body: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Write down whose names this person is shown, before the page shows them."""
    log_names(ctx, sorted(pack.people(body) & set(names)), "in the pack of a meeting")
    listed = pack.listed_count(body)
    if listed:
        with ctx.db.write() as db:
            why = f"pupils: {listed}"
            access.audit(ctx.scope, db, "saw the list of names", "meeting", one.meeting_id, why)
