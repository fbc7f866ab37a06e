"""The duty rota on a page: filled for a term in rotation, and changed day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.responses import Response

from linkwork_hub.access import duty_store
from linkwork_hub.access import store as access
from linkwork_hub.db import Role
from linkwork_hub.documents.words import long_date, weekday_date
from linkwork_hub.meetings import duty
from linkwork_hub.meetings.pages import rules_of
from linkwork_hub.meetings.work_models import DutyDay
from linkwork_hub.web import Context


def page(ctx: Context) -> Response:
    """The rota of a term, its gaps, and for a manager the forms that change it."""
    return _page(ctx, {})


def fill(ctx: Context) -> Response:
    """Fill the days of a term that have nobody, in rotation."""
    chosen, name = ctx.lists.get("officer", []), ctx.form.get("term", "")
    with ctx.db.read() as db:
        known = duty.term_rota(ctx.scope, db, rules_of(ctx), name).names
        able = {one.id for one in duty.officers(db)}
    if name not in known:
        return _page(ctx, {"term": "Choose the term."})
    if not chosen or not set(chosen) <= able:
        return _page(ctx, {"officer-1": "Choose at least one officer."})
    with ctx.db.write() as db:
        who = ctx.person.name
        filled, empty = duty.fill(ctx.scope, db, rules_of(ctx), name, chosen, who)
        access.audit(ctx.scope, db, "filled the duty rota", "term", name, str(filled))
    said = f"{filled} days are filled." + (f" {empty} have nobody still." if empty else "")
    return ctx.redirect(f"/meetings/duty?term={name}", said)


def set_day(ctx: Context) -> Response:
    """Put somebody on duty on one day, swap two days, or leave a day to nobody."""
    form, problems = ctx.form, {}
    day, other = _day(form.get("day", "")), _day(form.get("other", ""))
    if day is None:
        problems["day"] = "Write the day like 2026-03-31."
    if form.get("other") and (other is None or other == day):
        problems["other"] = "Write another day like 2026-04-01, or leave it empty."
    with ctx.db.read() as db:
        able = {one.id for one in duty.officers(db)}
        for field, one in (("day", day), ("other", other)):
            if one is not None and not duty.is_day_of_term(db, one):
                problems[field] = f"{long_date(one)} is no school day of any school."
    who = form.get("officer", "")
    if who and who not in able:
        problems["officer"] = "Choose an officer."
    if problems or day is None:
        return _page(ctx, problems)
    with ctx.db.write() as db:
        by = ctx.person.name
        if other is not None:
            mine, theirs = (duty_store.on_duty(ctx.scope, db, one) for one in (day, other))
            duty_store.set_duty(ctx.scope, db, day, theirs, by)
            duty_store.set_duty(ctx.scope, db, other, mine, by)
        else:
            duty_store.set_duty(ctx.scope, db, day, who or None, by)
        why = f"and {other.isoformat()} swapped" if other else ""
        access.audit(ctx.scope, db, "changed the duty rota", "day", day.isoformat(), why)
    return ctx.redirect("/meetings/duty", "The rota is changed.")


def _page(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        name = ctx.form.get("term") or ctx.query.get("term", "")
        made = duty.term_rota(ctx.scope, db, rules_of(ctx), name)
        people = duty.officers(db)
        names = {one.id: one.name for one in access.people(ctx.scope, db)}
        today = db.today
    return ctx.render(
        "meetings/duty.html",
        status=422 if problems else 200,
        title="Duty rota",
        rota=made,
        weeks=_weeks(made.days),
        gaps=[one for one in made.gaps if one.day >= today],
        people=people,
        names=names,
        options=[("", "Nobody"), *((one.id, one.name) for one in people)],
        today=today,
        over=lambda monday: monday + timedelta(days=6) < today,
        has_rota=rules_of(ctx).duty is not None,
        may_change=ctx.person.role is Role.MANAGER and rules_of(ctx).duty is not None,
        in_full=weekday_date,
        form=ctx.form,
        chosen=ctx.lists.get("officer", []),
        problems=problems,
    )


def _weeks(days: tuple[DutyDay, ...]) -> list[tuple[date, list[DutyDay | None]]]:
    """Each week by its Monday, with its five days; None for a day that is no school day."""
    weeks: dict[date, list[DutyDay | None]] = {}
    for one in days:
        monday = one.day - timedelta(days=one.day.weekday())
        weeks.setdefault(monday, [None] * 5)[one.day.weekday()] = one
    return sorted(weeks.items())


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
