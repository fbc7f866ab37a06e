"""A week and a term as pictures, a term planned on one page, and what cannot stand rearranged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.responses import Response

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.documents.words import clock, long_date, weekday_date
from linkwork_hub.meetings import company_store, pictures, planning, rearranging, store
from linkwork_hub.meetings.diaries import read_diaries
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.models import HalfDay, Meeting, Session, Status, Window
from linkwork_hub.meetings.pages import STATUS_WORDS, may_plan, rules_of
from linkwork_hub.meetings.pictures import Block
from linkwork_hub.meetings.programme import told_apart
from linkwork_hub.web import Context

#: Nobody reads more rows in a picture; the table below has them all.
_MOST_ROWS = 40


def week(ctx: Context) -> Response:
    """One week of everyone within reach, as a picture and as a table."""
    with ctx.db.read() as db:
        monday = _monday(ctx.query.get("from", ""), db.today)
        friday = monday + timedelta(days=4)
        found = store.calendar(ctx.scope, db, monday, friday)
        beside = company_store.officers_between(ctx.scope, db, monday, friday)
        rows = _rows(ctx, db, [*found, *beside])
        away = _not_free(ctx, db, monday, friday, rows) if may_plan(ctx) else {}
        schools = {school.id: school.name for school in access.schools(ctx.scope, db)}
        people = _names(db)
    picture = pictures.week(monday, rows, _blocks([*found, *beside], schools), away)
    return ctx.render(
        "meetings/week.html",
        title=f"Week from {long_date(monday)}",
        picture=picture,
        found=found,
        schools=schools,
        people=people,
        week_before=monday - timedelta(days=7),
        week_after=monday + timedelta(days=7),
        in_full=weekday_date,
        clock=clock,
        status_words=STATUS_WORDS,
        kinds=rules_of(ctx),
    )


def term(ctx: Context) -> Response:
    """A term on one page: what stands, what a plan would add, what could not be placed."""
    return _term(ctx, {})


def save_term(ctx: Context) -> Response:
    """Write a term's plan into the diaries and put the invitations on their way."""
    name = ctx.form.get("term", "")
    try:
        with ctx.db.write() as db:
            made = planning.plan_for_term(ctx.scope, db, rules_of(ctx), name)
            idents = planning.save(ctx.scope, db, made, ctx.person.name)
            for ident in idents:
                invite(ctx.scope, db, rules_of(ctx), ident)
            access.audit(ctx.scope, db, "planned a term", "term", name, why=str(len(idents)))
    except (Refused, WrongUse) as error:
        return _term(ctx, {"term": str(error)})
    said = f"{len(idents)} meetings are in the diaries; their invitations are on the way."
    return ctx.redirect("/meetings", said)


def _term(ctx: Context, problems: Mapping[str, str]) -> Response:
    name = ctx.form.get("term") or ctx.query.get("term", "")
    made, picture, rows = None, "", []
    with ctx.db.read() as db:
        schools = {school.id: school.name for school in access.schools(ctx.scope, db)}
        people = _names(db)
        names = sorted(
            {
                (term.first, told_apart(term))
                for term in access.every_term(ctx.scope, db)
                if term.kind == "term" and term.last >= db.today
            }
        )
        if name and not problems:
            try:
                made = planning.plan_for_term(ctx.scope, db, rules_of(ctx), name)
            except WrongUse as error:
                problems = {"term": str(error)}
    if made is not None:
        blocks = [
            Block(p.officer.person_id, p.slot.half_day, p.need.school.name, Status.PLANNED)
            for p in made.plan.placed
        ] + _blocks(made.kept, schools)
        days = [block.half_day.day for block in blocks]
        who = sorted({block.row for block in blocks}, key=lambda one: people.get(one, ""))
        rows = [(one, people.get(one, "Nobody")) for one in who]
        days += [p.need.window.first for p in made.plan.placed]
        days += [p.need.window.last for p in made.plan.placed]
        if days:
            picture = pictures.term(min(days), max(days), rows[:_MOST_ROWS], blocks)
    return ctx.render(
        "meetings/term.html",
        status=422 if problems else 200,
        title="Plan a term",
        made=made,
        picture=picture,
        names=[(words, words) for words in dict.fromkeys(words for _, words in names)],
        name=name,
        unplaced=sorted({(u.need.school.name, u.reason) for u in made.plan.unplaced})
        if made
        else [],
        schools=schools,
        people=people,
        in_full=weekday_date,
        clock=clock,
        problems=problems,
    )


def arrange(ctx: Context) -> Response:
    """What cannot stand, and what was found for each."""
    return _arrange(ctx, "")


def save_arranged(ctx: Context) -> Response:
    """Write what was found into the diaries."""
    prefer = _prefer(ctx.form.get("prefer", ""))
    try:
        with ctx.db.write() as db:
            rules = rules_of(ctx)
            found = rearranging.propose(ctx.scope, db, rules, prefer=prefer)
            done = rearranging.apply(ctx.scope, db, found, ctx.person.name)
            for one in found:
                if one.slot is not None:
                    invite(ctx.scope, db, rules, one.meeting.meeting_id)
    except Refused as error:
        return _arrange(ctx, str(error))
    said = f"{done} {'meeting' if done == 1 else 'meetings'} changed; everyone is told by mail."
    return ctx.redirect("/meetings", said)


def _arrange(ctx: Context, problem: str) -> Response:
    prefer = _prefer(ctx.query.get("prefer", "") or ctx.form.get("prefer", ""))
    with ctx.db.read() as db:
        found = rearranging.propose(ctx.scope, db, rules_of(ctx), prefer=prefer)
        schools = {school.id: school.name for school in access.schools(ctx.scope, db)}
        people = _names(db)
    return ctx.render(
        "meetings/arrange.html",
        status=422 if problem else 200,
        title="Meetings that cannot stand",
        found=found,
        schools=schools,
        people=people,
        prefer=prefer,
        in_full=weekday_date,
        problems={"save": problem} if problem else {},
    )


def _prefer(words: str) -> rearranging.Prefer:
    return "new-date" if words == "new-date" else "cover"


def _monday(words: str, today: date) -> date:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        day = today
    # The first and last years a date can hold have no week before or after them.
    day = day if 1900 < day.year < 2200 else today
    return day - timedelta(days=day.weekday())


def _rows(ctx: Context, db: Tx, found: list[Meeting]) -> list[tuple[str, str]]:
    """The officers of these meetings; for the service every officer with schools in reach."""
    people, wanted = _names(db), {one.officer_id for one in found}
    if may_plan(ctx):
        for school in access.schools(ctx.scope, db):
            if school.link_officer:
                wanted.add(school.link_officer)
    rows = sorted(((one, people.get(one, "Nobody")) for one in wanted), key=lambda row: row[1])
    return rows[:_MOST_ROWS]


def _not_free(
    ctx: Context, db: Tx, monday: date, friday: date, rows: list[tuple[str, str]]
) -> dict[str, frozenset[HalfDay]]:
    """When each is away or does not work: only that, never why."""
    rules = rules_of(ctx)
    diaries = read_diaries(ctx.scope, db, rules, rules.link, Window(monday, friday))
    found = {}
    for ident, _ in rows:
        officer = diaries.officer(ident)
        works = officer.works if officer else frozenset()
        off = {
            HalfDay(monday + timedelta(days=n), session)
            for n in range(5)
            for session in Session
            if HalfDay(monday + timedelta(days=n), session).code not in works
        }
        found[ident] = diaries.away(ident) | off
    return found


def _blocks(found: list[Meeting] | tuple[Meeting, ...], schools: Mapping[str, str]) -> list[Block]:
    return [
        Block(one.officer_id, one.half_day, schools.get(one.school_id, ""), one.status)
        for one in found
        if one.status is not Status.CANCELLED
    ]


def _names(db: Tx) -> dict[str, str]:
    """The names of those who work for the service; never a parent or a pupil."""
    every = access.people(Scope.system(), db)
    return {one.id: one.name for one in every if one.role is not Role.SCHOOL}
