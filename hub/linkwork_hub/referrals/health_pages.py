"""Pages of health needs: sickness returns, and what becomes of each. No officer's list has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import health_rules, rules, store, words
from linkwork_hub.referrals.models import (
    HealthRules,
    HealthState,
    HealthStep,
    Name,
    SicknessReturn,
    read_health_rules,
)
from linkwork_hub.web import Context, found

_DONE = {
    HealthStep.ACKNOWLEDGE: "The sickness return is acknowledged.",
    HealthStep.ARRANGE: "It is kept that education is arranged.",
    HealthStep.NO_ACTION: "No further action. The reason is kept.",
}


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One sickness return as a row; `due` is when it is to be acknowledged, while it is not."""

    one: SicknessReturn
    who: str
    name: Name | None
    school: School
    reason: str
    due: date | None


def health_needs(ctx: Context) -> Response:
    """The sickness returns, those that wait longest first."""
    listed = read_health_rules(ctx.profile.section("health_needs"))
    group, school_id = ctx.query.get("group", "open"), ctx.query.get("school", "")
    group = group if group in store.HEALTH_GROUPS else "open"
    with ctx.db.read() as db:
        counts = {
            key: store.count_sickness(ctx.scope, db, key, school_id) for key in store.HEALTH_GROUPS
        }
        paging = ctx.paging(counts[group])
        part = store.sicknesses(
            ctx.scope, db, group, school_id, limit=paging.size, offset=paging.offset
        )
        rows = _lines(ctx.scope, db, part, listed)
        schools = access.schools(ctx.scope, db)
    _log_names(ctx, rows, "in the list of health needs")
    return ctx.render(
        "referrals/health-needs.html",
        title="Health needs",
        team=listed.team,
        rows=rows,
        paging=paging,
        group=group,
        school_id=school_id,
        keep=f"&school={school_id}" if school_id in {school.id for school in schools} else "",
        groups_list=[(key, label, counts[key]) for key, (label, _) in store.HEALTH_GROUPS.items()],
        schools=[("", "All schools"), *((school.id, school.name) for school in schools)],
        state_words=health_rules.HEALTH_WORDS,
    )


def health_need(ctx: Context) -> Response:
    """One sickness return: who, what the school says, and what to do next."""
    return show_health_need(ctx)


def show_health_need(
    ctx: Context, *, choice: str = "", note: str = "", problem: str = ""
) -> Response:
    """The page of one; after a refused step with what was typed and what was wrong."""
    listed = read_health_rules(ctx.profile.section("health_needs"))
    with ctx.db.read() as db:
        one = found(store.sickness(ctx.scope, db, ctx.path["id"]))
        (row,) = _lines(ctx.scope, db, [one], listed)
        events = store.sickness_history(ctx.scope, db, one.id)
    _log_names(ctx, [row], "on the page of a sickness return")
    return ctx.render(
        "referrals/health-need.html",
        status=409 if problem else 200,
        title=row.who,
        row=row,
        team=listed.team,
        events=events,
        choice=choice,
        note=note,
        problems={("note" if choice else "choice"): problem} if problem else {},
        steps=_open_steps(one),
        hints=health_rules.HEALTH_HINTS,
        state_words=health_rules.HEALTH_WORDS,
    )


def health_step(ctx: Context) -> Response:
    """Keep a step with who took it."""
    choice, note = ctx.form.get("choice", ""), ctx.form.get("note", "")
    if choice not in set(HealthStep):
        return show_health_need(ctx, note=note, problem="Choose what to do.")
    step = HealthStep(choice)
    try:
        with ctx.db.write() as db:
            one = found(store.sickness(ctx.scope, db, ctx.path["id"]))
            state = health_rules.health_step(one.state, step, note)
            store.set_health_state(ctx.scope, db, one.id, state)
            said = health_rules.HEALTH_STEPS[step][1]
            store.record_sickness(ctx.scope, db, one.id, said, ctx.person.name, note)
            access.audit(ctx.scope, db, said.lower(), "sickness return", one.id)
    except Refused as refused:
        return show_health_need(ctx, choice=choice, note=note, problem=str(refused))
    return ctx.redirect(f"/health-needs/{one.id}", _DONE[step])


def _lines(
    scope: Scope, db: Tx, part: Sequence[SicknessReturn], listed: HealthRules
) -> list[HealthLine]:
    schools = {school.id: school for school in access.schools(scope, db)}
    names = store.names_of_the_sick(scope, db, ((one.school_id, one.pseudonym) for one in part))
    lines = []
    for one in part:
        name = names.get((one.school_id, one.pseudonym))
        who = name.full if name else words.short_pupil(one.pseudonym)
        due = _due(scope, db, one, listed.acknowledge_days)
        lines.append(HealthLine(one, who, name, schools[one.school_id], words.sick(one), due))
    return lines


def _due(scope: Scope, db: Tx, one: SicknessReturn, days: int) -> date | None:
    """The school day by which it is to be acknowledged; None when it was, or terms are unknown."""
    if one.state is not HealthState.RECEIVED:
        return None
    start = one.received.date()
    until = date.fromordinal(start.toordinal() + days * 3 + 70)
    return rules.due_in_school_days(
        start, days, access.school_days(scope, db, one.school_id, start, until)
    )


def _open_steps(one: SicknessReturn) -> list[tuple[str, str]]:
    return [
        (step.value, label)
        for step, (_, label, open_from) in health_rules.HEALTH_STEPS.items()
        if one.state in open_from
    ]


def _log_names(ctx: Context, rows: Iterable[HealthLine], where: str) -> None:
    """Write down whose names this person is shown, before the page shows them."""
    named = [row.one.id for row in rows if row.name is not None]
    if not named:
        return
    with ctx.db.write() as db:
        for ident in named:
            access.audit(ctx.scope, db, "saw the name", "sickness return", ident, where)
