"""Planning a meeting in company on two steps of one page: with whom, then when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import staff_store
from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Tx
from linkwork_hub.documents.words import clock, weekday_date
from linkwork_hub.meetings import chairing, gathering
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.pages import rules_of
from linkwork_hub.meetings.planning import slot_key
from linkwork_hub.meetings.work_models import Company
from linkwork_hub.web import Context, found


def in_company(kind: Kind) -> bool:
    """Whether a kind is planned here: with a chair, with several, or about a case."""
    return bool(kind.chair or kind.several or kind.family_minutes or kind.about == "case")


def choose(ctx: Context) -> Response:
    """With whom; and once that is said, the half-days that are free for all of them."""
    said = ctx.request.query_params
    if "type" not in said:
        return _kinds(ctx)
    return _page(ctx, {name: said.getlist(name) for name in said}, {})


def _kinds(ctx: Context) -> Response:
    """The kinds a school can have in company, where none was asked for."""
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, ctx.path["school_id"])
    return ctx.render(
        "meetings/gather-kinds.html",
        title=f"Meetings in company, {school.name}",
        school=school,
        kinds=[kind for kind in rules_of(ctx).types if in_company(kind)],
    )


def plan(ctx: Context) -> Response:
    """Plan the chosen half-days in company."""
    slots = ctx.lists.get("slot", [])
    if "type" not in ctx.lists:
        return _kinds(ctx)
    if not slots:
        return _page(ctx, ctx.lists, {"slot": "Choose when it is held."})
    try:
        with ctx.db.write() as db:
            kind, company, _case = _asked(ctx, db, ctx.lists)
            idents = gathering.plan(
                ctx.scope,
                db,
                rules_of(ctx),
                ctx.path["school_id"],
                kind,
                company,
                slots,
                ctx.person.name,
            )
            for ident in idents:
                invite(ctx.scope, db, rules_of(ctx), ident)
                access.audit(ctx.scope, db, "planned a meeting", "meeting", ident)
    except Refused as error:
        return _page(ctx, ctx.lists, {"slot": str(error)})
    return ctx.redirect(f"/meetings/{idents[0]}", "It is in the diaries of all of them.")


def _asked(
    ctx: Context, db: Tx, said: Mapping[str, Sequence[str]]
) -> tuple[Kind, Company, Case | None]:
    """What is planned, with whom, about which case. Raises WrongUse or NotAllowed."""
    school_id, wanted = access.school(ctx.scope, db, ctx.path["school_id"]).id, _last(said, "type")
    kind = next((one for one in rules_of(ctx).types if one.id == wanted), None)
    if kind is None or not in_company(kind):
        raise WrongUse("No such kind of meeting is planned with others. Choose from the page.")
    case = None
    if kind.about == "case":
        case = found(cases.case(ctx.scope, db, _last(said, "case")))
        if case.school_id != school_id or not case.open:
            raise WrongUse("Plan it from the page of an open case of this school.")
    able = {one.id for one in gathering.who_reaches(ctx.scope, db, school_id)}
    known = {one.id for one in access.schools(ctx.scope, db)} - {school_id}
    officer_id = case.officer_id if case else None
    company = Company(
        officer_id=officer_id,
        chair_id=next((one for one in said.get("chair", ()) if one in able), ""),
        officers=tuple(dict.fromkeys(one for one in said.get("officer", ()) if one in able)),
        schools=tuple(dict.fromkeys(one for one in said.get("school", ()) if one in known)),
        case_id=case.id if case else "",
    )
    return kind, company, case


def _last(said: Mapping[str, Sequence[str]], name: str) -> str:
    values = said.get(name) or [""]
    return values[-1]


def _page(ctx: Context, said: Mapping[str, Sequence[str]], problems: Mapping[str, str]) -> Response:
    problems, rules = dict(problems), rules_of(ctx)
    with ctx.db.read() as db:
        kind, company, case = _asked(ctx, db, said)
        school = access.school(ctx.scope, db, ctx.path["school_id"])
        officer_id = company.officer_id or school.link_officer
        people = [
            one for one in gathering.who_reaches(ctx.scope, db, school.id) if one.id != officer_id
        ]
        marks = staff_store.marks_on(ctx.scope, db, db.today)
        able = chairing.chairs(kind, people, marks, officer_id or "")
        chosen = "then" in said
        if chosen and kind.chair and not company.chair_id and not problems:
            problems["chair"] = "Choose who chairs."
        if chosen and kind.several == "schools" and not company.schools and not problems:
            problems["school-1"] = "Choose which other schools come."
        made = None
        if chosen and not ({"chair", "school-1"} & set(problems)):
            made = gathering.offer(ctx.scope, db, rules, school.id, kind, company)
        officer = access.person(ctx.scope, db, officer_id) if officer_id else None
        schools = [one for one in access.schools(ctx.scope, db) if one.id != school.id]
    return ctx.render(
        "meetings/gather.html",
        status=422 if problems else 200,
        title=f"Plan: {kind.name}, {school.name}",
        kind=kind,
        school=school,
        case=case,
        company=company,
        officer=officer,
        chairs=[("", "Choose"), *((one.id, one.name) for one in able)] if kind.chair else [],
        who_chairs=chairing.who_may(rules, kind),
        people=[one for one in people if one.role.value == "officer"],
        schools=schools,
        made=made,
        slots=_slots(made),
        problems=problems,
    )


def _slots(made: gathering.Together | None) -> list[dict[str, Any]]:
    return [
        {
            "value": slot_key(slot),
            "text": f"{weekday_date(slot.half_day.day)}, {clock(slot.start)} to {clock(slot.end)}",
            "hint": {"text": slot.own} if slot.own else None,
        }
        for slot in (made.slots if made else ())
    ]
