"""What meetings add to pages below them and to the home page."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import caution_store, company_store, duty, query_store, store
from linkwork_hub.meetings.gather_pages import in_company
from linkwork_hub.meetings.pages import STATUS_WORDS, rules_of, when
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.store import Filter
from linkwork_hub.web import Context

#: Beyond so many pupils a list of schools is no longer read to its end.
_MANY = 500
_MEETS = frozenset({Role.OFFICER, Role.MANAGER, Role.SCHOOL})


def school(ctx: Context, *, school: School, **_: Any) -> Markup | None:
    """On a school's page: its next meeting, or the way to plan one."""
    if ctx.person.role not in _MEETS or not ctx.scope.reaches(school.id):
        return None
    with ctx.db.read() as db:
        yesterday = db.today - timedelta(days=1)
        coming = store.next_of_school(ctx.scope, db, school.id, yesterday)
    return ctx.partial(
        "meetings/school-panel.html",
        coming=coming,
        when=when(coming) if coming else "",
        school_id=school.id,
        may_plan=ctx.person.role in _MEETS,
        is_service=ctx.person.role is not Role.SCHOOL,
        gathers=any(in_company(kind) for kind in rules_of(ctx).types),
        groups=rules_of(ctx).group_work,
    )


def home(ctx: Context, **_: Any) -> Markup | None:
    """On the home page: the next meetings of an officer or a school, or of everyone."""
    if ctx.person.role not in _MEETS:
        return None
    officer = ctx.person.person_id if ctx.person.role is Role.OFFICER else ""
    with ctx.db.read() as db:
        coming = store.meetings_from(ctx.scope, db, db.today, officer_id=officer, limit=5)
        schools = {school.id: school.name for school in access.schools(ctx.scope, db)}
    return ctx.partial(
        "meetings/home-panel.html",
        coming=[(one, when(one), schools.get(one.school_id, "")) for one in coming],
    )


def case(ctx: Context, *, case: Case, **_: Any) -> Markup | None:
    """On a case's page: the meetings about it, and the kinds that can be planned."""
    rules = rules_of(ctx)
    kinds = [kind for kind in rules.types if kind.about == "case"]
    if ctx.person.role is Role.SCHOOL or not (kinds and case.school_id):
        return None
    with ctx.db.read() as db:
        held = [
            (
                one,
                rules.kind(one.kind).name,
                when(one),
                STATUS_WORDS[one.status],
                _cautioned(ctx, db, one.meeting_id),
            )
            for one in company_store.of_case(ctx.scope, db, case.id)
        ]
    return ctx.partial(
        "meetings/case-panel.html", held=held, kinds=kinds if case.open else [], case=case
    )


def _cautioned(ctx: Context, db: Tx, meeting_id: str) -> str:
    said = caution_store.cautions(ctx.scope, db, meeting_id)
    if any(one.given for one in said):
        return "cautioned"
    return "no caution was given" if said else ""


def duty_today(ctx: Context, **_: Any) -> Markup | None:
    """On the home page: who is on duty today, and for them what nobody else has."""
    rules, me = rules_of(ctx), ctx.person.person_id
    if ctx.person.role not in _MEETS or rules.duty is None:
        return None
    with ctx.db.read() as db:
        today = duty.today(ctx.scope, db, rules)
        people = {one.id: one for one in access.people(Scope.system(), db)}
        mine = today is not None and today.officer_id == me and ctx.person.role is Role.OFFICER
        unowned = duty.unowned_schools(ctx.scope, db, rules) if mine else []
        absent = {one.link_officer for one, _why in unowned if one.link_officer}
        # Nobody's id is "": with it, what has no owner is asked for even when nobody is absent.
        waiting = query_store.waiting_for(ctx.scope, db, me, {"", *absent} if mine else ())
        waiting = [] if ctx.person.role is Role.SCHOOL else waiting
        near = Scope(ctx.scope.role, me, frozenset(school.id for school, _why in unowned))
        listed = referrals.candidates(near, db, Filter(), limit=_MANY) if unowned else []
        counted = Counter(one.school_id for one in listed)
    return ctx.partial(
        "meetings/duty-panel.html",
        today=today,
        who=people.get(today.officer_id or "") if today else None,
        mine=mine,
        waiting=waiting,
        pupils=[(school, why, counted[school.id]) for school, why in unowned if counted[school.id]],
        without=len(unowned),
        is_school=ctx.person.role is Role.SCHOOL,
    )
