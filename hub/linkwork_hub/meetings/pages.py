"""The diary, one meeting with its agenda, and its invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, School
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.documents.words import clock, long_date, weekday_date
from linkwork_hub.meetings import change_store, mail_store, planning, store
from linkwork_hub.meetings.agenda import Agenda, agenda
from linkwork_hub.meetings.company import company_of
from linkwork_hub.meetings.invitation import to_ics
from linkwork_hub.meetings.kinds import Kind, MeetingRules, read_rules
from linkwork_hub.meetings.mailing import invitation
from linkwork_hub.meetings.models import (
    Attendee,
    HalfDay,
    Meeting,
    Note,
    Session,
    Side,
    Status,
)
from linkwork_hub.referrals.candidate_pages import log_names
from linkwork_hub.web import Context, found

STATUS_WORDS = {
    Status.PLANNED: "Planned",
    Status.HELD: "Held",
    Status.CANCELLED: "Cancelled",
    Status.NOT_DELIVERED: "Not delivered",
}
_PLANS = frozenset({Role.OFFICER, Role.MANAGER})
_LACKING = 50
#: When an action is due while no next meeting is planned.
_UNLESS_PLANNED = timedelta(weeks=4)


@dataclass(frozen=True)
class MeetingView:
    """Everything the page of one meeting shows."""

    meeting: Meeting
    kind: Kind
    school: School
    officer: Person | None
    agenda: Agenda
    notes: tuple[Note, ...]
    attendance: tuple[Attendee, ...]
    cancelled: tuple[str, str] | None
    due: date
    due_why: str


def rules_of(ctx: Context) -> MeetingRules:
    """The profile's kinds of meeting."""
    return read_rules(ctx.profile.section("meetings"), file="authority.toml")


def may_plan(ctx: Context) -> bool:
    """Whether this person plans and notes meetings."""
    return ctx.person.role in _PLANS


def diary(ctx: Context) -> Response:
    """Meetings to come, the schools that lack one, and the last ones held."""
    kinds = rules_of(ctx)
    mine = ctx.query.get("whose", "") == "mine" and may_plan(ctx)
    officer_id = ctx.person.person_id if mine else ""
    with ctx.db.read() as db:
        paging = ctx.paging(store.count_from(ctx.scope, db, db.today, officer_id=officer_id))
        coming = store.meetings_from(
            ctx.scope, db, db.today, officer_id=officer_id, limit=paging.size, offset=paging.offset
        )
        past = store.meetings_before(ctx.scope, db, db.today, limit=10)
        schools = {school.id: school for school in access.schools(ctx.scope, db)}
        people = {person.id: person.name for person in access.people(ctx.scope, db)}
        met = store.schools_with_meeting(ctx.scope, db, db.today)
    wanted = [
        school
        for school in schools.values()
        if school.id not in met and (not mine or school.link_officer == officer_id)
    ]
    return ctx.render(
        "meetings/diary.html",
        title="Meetings",
        coming=coming,
        past=past,
        paging=paging,
        lacking=wanted[:_LACKING] if may_plan(ctx) else [],
        lacking_count=len(wanted) if may_plan(ctx) else 0,
        schools=schools,
        people=people,
        kinds=kinds,
        whose="mine" if mine else "",
        may_plan=may_plan(ctx),
        status_words=STATUS_WORDS,
        clock=clock,
        in_full=weekday_date,
    )


def meeting(ctx: Context) -> Response:
    """One meeting: its agenda from live data, its note and its actions."""
    return show(ctx, {})


def show(ctx: Context, problems: Mapping[str, str]) -> Response:
    """The page of one meeting; after a refused form with what was typed and what was wrong."""
    with ctx.db.read() as db:
        view = view_of(ctx, db, ctx.path["id"])
        became = _became(ctx, db, view.meeting)
        became |= company_of(ctx.scope, db, rules_of(ctx), view.kind, view.meeting)
        became["today"] = db.today
    # School staff know their own pupils; what an officer or manager is shown is logged.
    if view.agenda.named and may_plan(ctx):
        log_names(ctx, view.agenda.named, "on the agenda of a meeting")
    kind = view.kind
    return ctx.render(
        "meetings/meeting.html",
        status=422 if problems else 200,
        title=f"{kind.name}, {view.school.name}, {long_date(view.meeting.half_day.day)}",
        view=view,
        meeting=view.meeting,
        agenda=view.agenda,
        latest=view.notes[0] if view.notes else None,
        came={one.part: one for one in view.attendance},
        parties=[(part, part) for part in (*kind.must, *kind.may)],
        pupils=[
            ("", "No single pupil"),
            *((line.candidate.id, line.who) for line in view.agenda.pupils),
        ],
        may_plan=may_plan(ctx),
        status_words=STATUS_WORDS,
        when=when(view.meeting),
        form=ctx.form,
        problems=problems,
        **became,
    )


def _became(ctx: Context, db: Tx, one: Meeting) -> dict[str, Any]:
    """What became of a meeting, who was told and what they answered; and where it could move."""
    kinds, people = rules_of(ctx), access.people(Scope.system(), db)
    short = timedelta(hours=kinds.short_notice_hours)
    movable = may_plan(ctx) and one.status is Status.PLANNED and not one.locked
    instead = planning.offer_instead(ctx.scope, db, kinds, one) if movable else None
    return {
        "changes": [
            (change, notice_words(change.notice, short))
            for change in change_store.changes(ctx.scope, db, one.meeting_id)
        ],
        "replies": mail_store.replies(ctx.scope, db, one.meeting_id),
        "letters": mail_store.letters(ctx.scope, db, one.meeting_id),
        "attempts": change_store.attempts(ctx.scope, db, one.school_id, one.meeting_id),
        "names": {person.id: person.name for person in people if person.role is not Role.SCHOOL},
        "instead": instead is not None and bool(instead.slots),
        "instead_options": [
            ("", "Choose"),
            *(
                (planning.slot_key(slot), slot_words(slot.half_day))
                for slot in (instead.slots if instead else ())
            ),
        ],
        "why_not_instead": instead.why_none if instead else "",
        "channels": [(one, one.capitalize()) for one in change_store.CHANNELS],
        "past": one.half_day.day <= db.today,
        "slot_words": slot_words,
    }


def slot_words(half_day: HalfDay) -> str:
    """`Thursday 12 March 2026, morning`."""
    half = "morning" if half_day.session is Session.AM else "afternoon"
    return f"{weekday_date(half_day.day)}, {half}"


def side_of(ctx: Context) -> Side:
    """Who caused what a form tells; the service unless it says the school."""
    return Side.SCHOOL if ctx.form.get("side") == Side.SCHOOL.value else Side.SERVICE


def notice_words(notice: timedelta, short: timedelta) -> str:
    """How long before its start something was said, and whether that is short notice."""
    if notice < timedelta():
        return "after it had begun"
    hours = int(notice.total_seconds() // 3600)
    long = f"{hours // 24} days before" if hours >= 48 else f"{hours} hours before"
    return f"{long}, at short notice" if notice < short else long


def view_of(ctx: Context, db: Tx, meeting_id: str) -> MeetingView:
    """What the page of one meeting shows. Raises NotAllowed when it is out of reach."""
    scope = ctx.scope
    one = found(store.meeting(scope, db, meeting_id))
    before = store.last_of_school(scope, db, one.school_id, one.half_day.day)
    due, due_why = default_due(scope, db, one)
    return MeetingView(
        meeting=one,
        kind=rules_of(ctx).kind(one.kind),
        school=access.school(scope, db, one.school_id),
        officer=access.person(scope, db, one.officer_id),
        agenda=agenda(
            scope,
            db,
            read_pathway(ctx.profile.section("pathway")),
            one.school_id,
            before.half_day.day if before else None,
        ),
        notes=tuple(store.notes(scope, db, one.meeting_id)),
        attendance=tuple(store.attendance(scope, db, one.meeting_id)),
        cancelled=store.why_cancelled(scope, db, one.meeting_id),
        due=due,
        due_why=due_why,
    )


def default_due(scope: Scope, db: Tx, one: Meeting) -> tuple[date, str]:
    """When an action of this meeting is due unless somebody says otherwise, and why then."""
    after = max(one.half_day.day, db.today)
    following = store.next_of_school(scope, db, one.school_id, after)
    if following is not None:
        day = following.half_day.day
        due = access.next_school_day(scope, db, one.school_id, day)
        after_it = "" if due == day else "first school day after the "
        return due, f"The {after_it}day of the next meeting."
    due = access.next_school_day(scope, db, one.school_id, after + _UNLESS_PLANNED)
    return due, "A school day four weeks on or soon after: no next meeting is planned yet."


def when(one: Meeting) -> str:
    """`Thursday 12 March 2026, 9:30am to 10:30am`."""
    return f"{weekday_date(one.half_day.day)}, {clock(one.start)} to {clock(one.end)}"


def ics(ctx: Context) -> Response:
    """The invitation, as a file any calendar opens."""
    with ctx.db.read() as db:
        one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
        data = to_ics(invitation(db, rules_of(ctx), one, ctx.site.address))
    name = f"meeting-{one.half_day.day.isoformat()}.ics"
    return Response(
        data,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
