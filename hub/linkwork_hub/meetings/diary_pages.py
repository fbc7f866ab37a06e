"""One's own diary, the calendars one subscribes to, and how a school is visited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from starlette.responses import PlainTextResponse, Response

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person
from linkwork_hub.db import Role, Tx
from linkwork_hub.meetings import diary_store, mail_store, mailing
from linkwork_hub.meetings.diary_imports import CADENCES, HALVES, whole_days
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import VisitWishes
from linkwork_hub.meetings.pages import rules_of
from linkwork_hub.web import Call, Context

_AHEAD = timedelta(days=400)
_KINDS = {"leave": "Leave", "sickness": "Sickness", "other": "Something else"}


def diary(ctx: Context) -> Response:
    """When I am away, and the calendar I can subscribe to."""
    return _diary(ctx, {})


def add_absence(ctx: Context) -> Response:
    """Put an absence into one's own diary."""
    form, problems = ctx.form, {}
    first, last = _day(form.get("first", "")), _day(form.get("last") or form.get("first", ""))
    half, kind = form.get("half", "day"), form.get("kind", "")
    if first is None:
        problems["first"] = "Write the first day, such as 2026-03-12."
    if last is None or (first is not None and last < first):
        problems["last"] = "Write a last day that is not before the first."
    if kind not in diary_store.AWAY_KINDS:
        problems["kind"] = "Choose what it is."
    if half not in HALVES or (half != "day" and first != last):
        problems["half"] = "Half a day is of one day: leave the last day empty."
    if problems or first is None or last is None:
        return _diary(ctx, problems)
    with ctx.db.write() as db:
        busy = whole_days(first, last, half)
        diary_store.add_entry(ctx.scope, db, ctx.person.person_id, kind, busy)
        access.audit(ctx.scope, db, "changed a diary", "person", ctx.person.person_id)
    return ctx.redirect("/meetings/diary", "It is in your diary. See what cannot stand now.")


def drop_absence(ctx: Context) -> Response:
    """Take an absence out of one's own diary."""
    with ctx.db.write() as db:
        diary_store.drop_entry(ctx.scope, db, ctx.person.person_id, ctx.form.get("entry", ""))
        access.audit(ctx.scope, db, "changed a diary", "person", ctx.person.person_id)
    return ctx.redirect("/meetings/diary", "It is out of your diary.")


def make_feed(ctx: Context) -> Response:
    """Make a secret address to subscribe to; it is shown this once."""
    person_id, school_id = _whose(ctx)
    with ctx.db.write() as db:
        secret = mail_store.add_feed(
            ctx.scope, db, ctx.person.name, person_id=person_id, school_id=school_id
        )
        access.audit(ctx.scope, db, "made a calendar address", "person", ctx.person.person_id)
    return _diary(ctx, {}, made=f"{ctx.site.address}/calendar/{secret}.ics")


def drop_feed(ctx: Context) -> Response:
    """Close a secret address: it opens no more, wherever it was copied to."""
    person_id, school_id = _whose(ctx)
    with ctx.db.write() as db:
        mail_store.revoke(
            ctx.scope, db, ctx.form.get("feed", ""), person_id=person_id, school_id=school_id
        )
        access.audit(ctx.scope, db, "closed a calendar address", "person", ctx.person.person_id)
    return ctx.redirect("/meetings/diary", "That address opens no more.")


def feed(call: Call) -> Response:
    """The calendar a secret opens, for calendar programs: no cookie, no sign-in."""
    rules = read_rules(call.site.profile.section("meetings"), file="authority.toml")
    secret = call.request.path_params["secret"]
    with call.site.db.read() as db:
        data = mailing.calendar_of(db, rules, secret, call.site.address)
    if data is None:
        return PlainTextResponse("No such calendar.", status_code=404)
    return Response(data, media_type="text/calendar; charset=utf-8")


def visits(ctx: Context) -> Response:
    """How a school is visited: never-times, where, how often, who fills which part."""
    return _visits(ctx)


def set_visits(ctx: Context) -> Response:
    """Keep how a school is visited."""
    school_id, never = ctx.path["school_id"], set(ctx.lists.get("never", []))
    cadence = ctx.form.get("cadence", "")
    if not never <= set(SLOTS) or cadence not in ("", *CADENCES):
        raise WrongUse("Choose half days and how often from the lists.")
    kind = rules_of(ctx).link
    with ctx.db.write() as db:
        access.school(ctx.scope, db, school_id)
        parts = {
            part: ctx.form[f"part-{n}"]
            for n, part in enumerate((*kind.must, *kind.may))
            if ctx.form.get(f"part-{n}")
        }
        for part, person_id in parts.items():
            if person_id not in {person.id for person in _who_may_fill(ctx, db, school_id, part)}:
                whose = "the service" if part in rules_of(ctx).ours else "this school"
                raise WrongUse(f"{part}: choose somebody of {whose} from the list.")
        wishes = VisitWishes(
            frozenset(never),
            ctx.form.get("online") == "yes",
            ctx.form.get("room", "")[:80],
            cadence,
        )
        diary_store.set_wishes(ctx.scope, db, school_id, wishes)
        diary_store.set_parts(ctx.scope, db, school_id, parts)
        access.audit(ctx.scope, db, "changed how it is visited", "school", school_id)
    return ctx.redirect(f"/schools/{school_id}", "How the school is visited is kept.")


def _visits(ctx: Context) -> Response:
    school_id, kind = ctx.path["school_id"], rules_of(ctx).link
    with ctx.db.read() as db:
        school = access.school(ctx.scope, db, school_id)
        wishes = diary_store.wishes_of(ctx.scope, db, school_id)
        filled = diary_store.parts(ctx.scope, db).get(school_id, {})
        parts = [
            (f"part-{n}", part, filled.get(part, ""), _who_may_fill(ctx, db, school_id, part))
            for n, part in enumerate((*kind.must, *kind.may))
        ]
    return ctx.render(
        "meetings/visits.html",
        title=f"How {school.name} is visited",
        school=school,
        wishes=wishes,
        slots=[(slot, _slot_words(slot)) for slot in SLOTS],
        cadences=[
            ("", f"As the service plans it ({kind.cadence})"),
            ("half-term", "Once each half term"),
            ("term", "Once each term"),
            ("as-needed", "Only when somebody asks for it"),
        ],
        parts=[
            (ident, part, person, [("", "Not said"), *((one.id, one.name) for one in people)])
            for ident, part, person, people in parts
        ],
    )


def _who_may_fill(ctx: Context, db: Tx, school_id: str, part: str) -> list[Person]:
    """Officers for a part the service fills, else people of the school."""
    if part in rules_of(ctx).ours:
        return [one for one in access.people(ctx.scope, db, role=Role.OFFICER) if one.active]
    every = access.people(ctx.scope, db, role=Role.SCHOOL)
    return [one for one in every if one.active and school_id in one.schools]


def _slot_words(slot: str) -> str:
    names = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday"}
    day, _, half = slot.partition("-")
    return f"{names.get(day, 'Friday')} {'morning' if half == 'am' else 'afternoon'}"


def _diary(ctx: Context, problems: Mapping[str, str], made: str = "") -> Response:
    me, service = ctx.person.person_id, ctx.person.role is not Role.SCHOOL
    person_id, school_id = _whose(ctx)
    with ctx.db.read() as db:
        first = datetime.combine(db.today, datetime.min.time(), tzinfo=UTC)
        entries = diary_store.entries(ctx.scope, db, [me], first, first + _AHEAD)[me]
        feeds = mail_store.feeds(ctx.scope, db, person_id=person_id, school_id=school_id)
        sources = diary_store.sources(ctx.scope, db, me)
    return ctx.render(
        "meetings/my-diary.html",
        status=422 if problems else 200,
        title="My diary",
        entries=[one for one in entries if not one.source],
        read=sum(1 for one in entries if one.source),
        sources=sources,
        feeds=feeds,
        made=made,
        service=service,
        kinds=_KINDS,
        kind_items=[("", "Choose"), *_KINDS.items()],
        halves=[("day", "The whole day"), ("am", "The morning"), ("pm", "The afternoon")],
        form=ctx.form,
        problems=problems,
        whose="your school's" if school_id else "your",
    )


def _whose(ctx: Context) -> tuple[str | None, str | None]:
    """Whose calendar this person may subscribe to: a school's own people their school's."""
    schools = sorted(ctx.scope.schools or ())
    if ctx.person.role is Role.SCHOOL and schools:
        return None, schools[0]
    return ctx.person.person_id, None


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
