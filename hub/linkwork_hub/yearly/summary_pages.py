"""Summaries of a school's attendance and of what was done: issued, read, as PDF and Word."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Tx
from linkwork_hub.documents.models import as_data
from linkwork_hub.documents.render import render_blocks
from linkwork_hub.documents.word import MEDIA_TYPE, render_word
from linkwork_hub.meetings.pages import rules_of as meeting_rules_of
from linkwork_hub.web import Context, found
from linkwork_hub.yearly import gathering, store, stretches, summary_paper
from linkwork_hub.yearly.models import Stretch, Summary
from linkwork_hub.yearly.pages import as_file, may_write


def listed(ctx: Context) -> Response:
    """The summaries issued for a school, and for which days one can be issued."""
    return _listed(ctx, {})


def _listed(ctx: Context, problems: dict[str, str]) -> Response:
    school_id = ctx.path["school_id"]
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, school_id)
        made = store.summaries_of(ctx.scope, db, school_id)
        offered = _offered(ctx, db)
        today = db.today
    return ctx.render(
        "yearly/summaries.html",
        status=422 if problems else 200,
        title=f"Summaries: {school.name}",
        school=school,
        summaries=made,
        offered=[(_key(one), _words(one, today)) for one in offered],
        may_write=may_write(ctx),
        problems=problems,
        form=ctx.form,
    )


def _offered(ctx: Context, db: Tx) -> list[Stretch]:
    return stretches.stretches(access.terms(ctx.scope, db, ctx.path["school_id"]), db.today)


def _key(one: Stretch) -> str:
    return f"{one.part}.{one.first.isoformat()}"


def _words(one: Stretch, today: date) -> str:
    return f"{one.name}{', so far' if one.last > today else ''}"


def issue(ctx: Context) -> Response:
    """Issue a summary: numbered, and frozen as it is now."""
    school_id = ctx.path["school_id"]
    try:
        with ctx.db.write() as db:
            stretch = _chosen(ctx, db)
            body = gathering.body(
                ctx.scope,
                db,
                meeting_rules_of(ctx),
                read_pathway(ctx.profile.section("pathway")),
                school_id,
                stretch,
            )
            prefix, by = ctx.profile.prefix, ctx.person.name
            one = store.issue(ctx.scope, db, prefix, school_id, stretch, body, by)
            access.audit(ctx.scope, db, "issued a summary", "summary", one.number)
    except Refused as refused:
        return _listed(ctx, {"days": str(refused)})
    return ctx.redirect(f"/summaries/{one.id}", f"Summary {one.number} is issued.")


def _chosen(ctx: Context, db: Tx) -> Stretch:
    known = {_key(one): one for one in _offered(ctx, db)}
    chosen = ctx.form.get("days", "")
    if chosen not in known:
        raise Refused("Choose the term or the school year the summary is of.")
    return known[chosen]


def read(ctx: Context) -> Response:
    """One summary as it was issued."""
    one, contact = _one(ctx)
    return ctx.render(
        "yearly/summary.html",
        title=summary_paper.title(one),
        summary=one,
        blocks=[as_data(block) for block in summary_paper.blocks(one, contact)],
    )


def as_pdf(ctx: Context) -> Response:
    """The same as PDF."""
    one, contact = _one(ctx)
    paper = summary_paper.blocks(one, contact)
    made = render_blocks(summary_paper.title(one), ctx.profile.name, paper, on=one.issued)
    return as_file(made, f"{one.number}.pdf", "application/pdf")


def as_word(ctx: Context) -> Response:
    """The same as a Word file."""
    one, contact = _one(ctx)
    paper = summary_paper.blocks(one, contact)
    made = render_word(summary_paper.title(one), ctx.profile.name, paper, on=one.issued)
    return as_file(made, f"{one.number}.docx", MEDIA_TYPE)


def _one(ctx: Context) -> tuple[Summary, str]:
    """The summary, and whom to ask about it: the link officer of today, else the service."""
    with ctx.db.read() as db:
        one = found(store.summary(ctx.scope, db, ctx.path["id"]))
        officer = access.link_officer(ctx.scope, db, one.school_id)
    service = f"{ctx.profile.service}, {ctx.profile.name}"
    return one, f"{officer.name}, {officer.email}, {service}" if officer else service
