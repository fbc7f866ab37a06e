"""Programmes of group work: begun with a measure, held in sessions, closed with an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import group_store, groups
from linkwork_hub.meetings.family_pages import families
from linkwork_hub.meetings.kinds import Measure, MeetingRules
from linkwork_hub.meetings.pages import may_plan, rules_of
from linkwork_hub.meetings.work_models import GroupProgramme, GroupPupil
from linkwork_hub.referrals.words import short_pupil
from linkwork_hub.web import Context, found


def index(ctx: Context) -> Response:
    """The programmes within reach, perhaps of one school."""
    rules, school_id = rules_of(ctx), ctx.query.get("school", "")
    with ctx.db.read() as db:
        schools = {one.id: one.name for one in access.schools(ctx.scope, db)}
        chosen = school_id if school_id in schools else ""
        paging = ctx.paging(group_store.count(ctx.scope, db, chosen), 20)
        listed = group_store.programmes(
            ctx.scope, db, school_id=chosen, limit=paging.size, offset=paging.offset
        )
    return ctx.render(
        "meetings/groups.html",
        title="Group work",
        rows=[
            (one, _name(rules, one.kind), groups.outcome(_measure(rules, one), one.pupils))
            for one in listed
        ],
        paging=paging,
        schools=schools,
        chosen=chosen,
        may_plan=may_plan(ctx),
        offered=bool(rules.group_work),
    )


def new(ctx: Context) -> Response:
    """The form to begin a programme at a school."""
    return _new(ctx, {})


def begin(ctx: Context) -> Response:
    """Begin a programme with its pupils and its measure."""
    form, rules, problems = ctx.form, rules_of(ctx), {}
    first, last = _day(form.get("first", "")), _day(form.get("last", ""))
    if form.get("kind", "") not in {one.id for one in rules.group_work}:
        problems["kind"] = "Choose what kind of group work."
    if form.get("measure", "") not in {one.id for one in rules.measures}:
        problems["measure"] = "Choose what it is measured by."
    if first is None:
        problems["first"] = "Write the first day like 2026-03-31."
    if last is None or (first is not None and last < first):
        problems["last"] = "Write a last day that is not before the first."
    with ctx.db.read() as db:
        school_id = access.school(ctx.scope, db, ctx.path["school_id"]).id
        whom = families(ctx.scope, db, school_id)
    pupils = [whom[key][0] for key in ctx.lists.get("pupil", []) if key in whom]
    if not pupils:
        problems["pupil-1"] = "Choose the pupils who take part."
    if problems or first is None or last is None:
        return _new(ctx, problems)
    with ctx.db.write() as db:
        school = access.school(ctx.scope, db, school_id)
        made = GroupProgramme(
            "",
            school_id,
            school.link_officer or ctx.person.person_id,
            form["kind"],
            form["measure"],
            first,
            last,
            form.get("about", ""),
            pupils=tuple(GroupPupil(each) for each in dict.fromkeys(pupils)),
        )
        ident = group_store.begin(ctx.scope, db, made, ctx.person.name)
        access.audit(ctx.scope, db, "began group work", "group work", ident)
    return ctx.redirect(f"/groups/{ident}", "The programme is begun. Write the measure before it.")


def one(ctx: Context) -> Response:
    """One programme."""
    return _one(ctx, {})


def measures(ctx: Context) -> Response:
    """Keep the measure of each pupil."""

    def do(db: Tx, programme: GroupProgramme, measure: Measure) -> str:
        group_store.set_measures(
            ctx.scope,
            db,
            programme.programme_id,
            [
                GroupPupil(
                    each.pseudonym,
                    groups.figure(ctx.form.get(f"before-{number}", ""), measure),
                    groups.figure(ctx.form.get(f"after-{number}", ""), measure),
                )
                for number, each in enumerate(programme.pupils)
            ],
        )
        return "The measure is kept."

    return _changed(ctx, do, "before-0")


def session(ctx: Context) -> Response:
    """Keep a session that was held."""

    def do(db: Tx, programme: GroupProgramme, _measure: Measure) -> str:
        day, came = _day(ctx.form.get("day", "")), ctx.form.get("came", "")
        if day is None or day > db.today or day < programme.first:
            raise Refused("Write the day of the session, from the first day on and not ahead.")
        if not came.isdigit() or int(came) > len(programme.pupils):
            raise Refused(f"Write how many came, from 0 to {len(programme.pupils)}.")
        who = ctx.person.name
        group_store.keep_session(ctx.scope, db, programme.programme_id, day, int(came), who)
        return "The session is kept."

    return _changed(ctx, do, "came" if _day(ctx.form.get("day", "")) else "day")


def close(ctx: Context) -> Response:
    """Close a programme with what came of it."""

    def do(db: Tx, programme: GroupProgramme, _measure: Measure) -> str:
        words = ctx.form.get("outcome", "")
        groups.check_closing(programme, words)
        group_store.close(ctx.scope, db, programme.programme_id, words)
        access.audit(ctx.scope, db, "closed group work", "group work", programme.programme_id)
        return "The programme is closed with its outcome."

    return _changed(ctx, do, "outcome")


def _new(ctx: Context, problems: Mapping[str, str]) -> Response:
    rules = rules_of(ctx)
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, ctx.path["school_id"])
        whom = families(ctx.scope, db, school.id)
        today = db.today
    return ctx.render(
        "meetings/group-new.html",
        status=422 if problems else 200,
        title=f"Begin group work, {school.name}",
        school=school,
        kinds=[("", "Choose"), *((each.id, each.name) for each in rules.group_work)],
        measures=[("", "Choose"), *((each.id, each.name) for each in rules.measures)],
        pupils=[(key, words) for key, (_, _, words) in whom.items()],
        chosen=ctx.lists.get("pupil", []),
        today=today,
        form=ctx.form,
        problems=problems,
    )


def _one(ctx: Context, problems: Mapping[str, str]) -> Response:
    rules = rules_of(ctx)
    with ctx.db.read() as db:
        programme = found(group_store.programme(ctx.scope, db, ctx.path["id"]))
        school = access.school(ctx.scope, db, programme.school_id)
        officer = access.person(Scope.system(), db, programme.officer_id)
    measure = _measure(rules, programme)
    came = groups.outcome(measure, programme.pupils)
    return ctx.render(
        "meetings/group.html",
        status=422 if problems else 200,
        title=f"{_name(rules, programme.kind)}, {school.name}",
        programme=programme,
        school=school,
        officer=officer,
        measure=measure,
        came=came,
        mean_before=groups.in_words(came.before, measure.unit),
        mean_after=groups.in_words(came.after, measure.unit),
        pupils=list(enumerate(programme.pupils)),
        short=short_pupil,
        may_change=may_plan(ctx) and programme.closed is None,
        is_school=ctx.person.role is Role.SCHOOL,
        form=ctx.form,
        problems=problems,
    )


def _changed(
    ctx: Context, do: Callable[[Tx, GroupProgramme, Measure], str], field: str
) -> Response:
    try:
        with ctx.db.write() as db:
            programme = found(group_store.programme(ctx.scope, db, ctx.path["id"]))
            said = do(db, programme, _measure(rules_of(ctx), programme))
    except Refused as error:
        return _one(ctx, {field: str(error)})
    return ctx.redirect(f"/groups/{programme.programme_id}", said)


def _measure(rules: MeetingRules, programme: GroupProgramme) -> Measure:
    known = {each.id: each for each in rules.measures}
    # A measure the profile has no more still has its figures.
    gone = Measure(id="gone", name=programme.measure, unit="units", better="higher")
    return known.get(programme.measure, gone)


def _name(rules: MeetingRules, kind: str) -> str:
    return next((each.name for each in rules.group_work if each.id == kind), kind)


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
