"""The pages of schools."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import rules, store
from linkwork_hub.access.models import SLOTS, School
from linkwork_hub.db import Role
from linkwork_hub.web import Context

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
}
HALVES = {"am": "morning", "pm": "afternoon"}


def slot_words(slot: str) -> str:
    """A half day in words: "tue-am" is Tuesday morning."""
    day, _, half = slot.partition("-")
    return f"{DAYS[day]} {HALVES[half]}"


def index(ctx: Context) -> Response:
    """Every school within reach, searched and in parts."""
    search = ctx.query.get("search", "")[:100]
    with ctx.db.read() as db:
        found = store.schools(ctx.scope, db, search=search)
        officers = {person.id: person.name for person in store.people(ctx.scope, db)}
    paging = ctx.paging(len(found))
    return ctx.render(
        "access/schools.html",
        title="Schools",
        schools=found[paging.offset : paging.offset + paging.size],
        officers=officers,
        search=search,
        paging=paging,
    )


def one(ctx: Context) -> Response:
    """One school: its dated facts, link officer, visits, calendar, and what others add."""
    return _show(ctx, {})


def _show(ctx: Context, problems: Mapping[str, str]) -> Response:
    school_id = ctx.path["school_id"]
    with ctx.db.read() as db:
        school = store.school(ctx.scope, db, school_id)
        ahead = store.school_days(ctx.scope, db, school_id, db.today, db.today + timedelta(365))
        values: dict[str, Any] = {
            "facts": list(reversed(store.all_facts(ctx.scope, db, school_id))),
            "officer": store.link_officer(ctx.scope, db, school_id),
            "preferred": store.preferences(ctx.scope, db, school_id),
            "terms": [t for t in store.terms(ctx.scope, db, school_id) if t.last >= db.today],
            "next_day": ahead[0] if ahead else None,
            "officers": _officers(ctx, school) if ctx.person.role == Role.MANAGER else [],
        }
    return ctx.render(
        "access/school.html",
        status=422 if problems else 200,
        title=school.name,
        form=ctx.form,
        problems=problems,
        school=school,
        slots=[(slot, slot_words(slot)) for slot in SLOTS],
        panels=ctx.panels("school", school=school),
        below=ctx.panels("school-below", school=school),
        may_set=ctx.person.role in (Role.OFFICER, Role.MANAGER, Role.SCHOOL),
        **values,
    )


def set_preferences(ctx: Context) -> Response:
    """Keep when a school likes to be visited."""
    school_id = ctx.path["school_id"]
    slots = ctx.lists.get("slot", [])
    if not set(slots) <= set(SLOTS):
        raise WrongUse("That is not a half day of a working week. Choose from the list.")
    with ctx.db.write() as db:
        store.school(ctx.scope, db, school_id)
        store.set_preferences(ctx.scope, db, school_id, slots)
        store.audit(ctx.scope, db, "changed visit preferences", "school", school_id)
    return ctx.redirect(f"/schools/{school_id}", "The preferred half days are kept.")


def set_link_officer(ctx: Context) -> Response:
    """Make someone a school's link officer; who takes it from another says why."""
    school_id, person_id = ctx.path["school_id"], ctx.form.get("officer", "")
    why = ctx.form.get("why", "").strip()
    try:
        with ctx.db.write() as db:
            school = store.school(ctx.scope, db, school_id)
            person = store.person(ctx.scope, db, person_id) if person_id else None
            if person_id and (person is None or person.role != Role.OFFICER or not person.active):
                raise WrongUse("The link officer must be an officer with a sign-in.")
            rules.check_new_link(school.link_officer, person_id, why)
            store.set_link_officer(ctx.scope, db, school_id, person.id if person else None)
            said = f"{person_id or 'nobody'}: {why}" if why else person_id
            store.audit(ctx.scope, db, "changed link officer", "school", school_id, why=said)
    except Refused as refused:
        return _show(ctx, {"why": str(refused)})
    who = f"{person.name} is" if person else "Nobody is"
    return ctx.redirect(f"/schools/{school_id}", f"{who} now the link officer of {school.name}.")


def _officers(ctx: Context, school: School) -> list[tuple[str, str]]:
    with ctx.db.read() as db:
        officers = store.people(ctx.scope, db, role=Role.OFFICER)
    active = [(p.id, p.name) for p in officers if p.active or p.id == school.link_officer]
    return [("", "Nobody"), *active]
