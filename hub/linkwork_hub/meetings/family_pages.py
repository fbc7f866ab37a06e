"""The families of an Intervention Day: who is seen when, by which officer, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.words import clock, long_date
from linkwork_hub.meetings import company_store, family_store, slots, store
from linkwork_hub.meetings.kinds import Kind
from linkwork_hub.meetings.models import Beside, Meeting, Status
from linkwork_hub.meetings.pages import may_plan, rules_of, when
from linkwork_hub.meetings.work_models import FamilySlot
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.words import short_pupil
from linkwork_hub.web import Context, found

_MOST = 200


def page(ctx: Context) -> Response:
    """The families of this half-day and of the other half of the same day."""
    return _page(ctx, {})


def add(ctx: Context) -> Response:
    """Give a family a time."""
    chosen, family = ctx.form.get("time", ""), ctx.form.get("family", "")

    def do(db: Tx, one: Meeting, kind: Kind) -> str:
        if one.status is Status.CANCELLED:
            raise Refused("This day was called off.")
        known = family_store.slots(ctx.scope, db, [one.meeting_id])
        options = {
            _key(officer, starts): (officer, starts, ends)
            for officer, starts, ends in slots.free(
                one, kind.family_minutes, _officers(ctx.scope, db, one), known
            )
        }
        if chosen not in options:
            raise Refused("Choose one of the times that are free.")
        officer, starts, ends = options[chosen]
        who = families(ctx.scope, db, one.school_id).get(family)
        if who is None:
            raise Refused("Choose the family.")
        slots.check_family(known, who[0], starts)
        new = FamilySlot("", one.meeting_id, officer, starts, ends, who[0], who[1])
        ident = family_store.add(ctx.scope, db, one, new, ctx.person.name)
        access.audit(ctx.scope, db, "gave a family a time", "meeting", one.meeting_id, ident)
        return "The family has this time."

    return _changed(ctx, do, "family" if chosen and not family else "time")


def outcome(ctx: Context) -> Response:
    """Say what came of a family's time; on a case it is work, too. Or give the time back."""
    slot_id = ctx.form.get("slot", "")

    def do(db: Tx, one: Meeting, _kind: Kind) -> str:
        if ctx.form.get("drop"):
            family_store.drop(ctx.scope, db, one, slot_id)
            return "The time is free again."
        known = {each.id: each for each in rules_of(ctx).family_outcomes}
        said = known.get(ctx.form.get("outcome", ""))
        if said is None:
            raise Refused("Choose what came of it.")
        if db.today < one.half_day.day:
            raise Refused("The day has not come yet.")
        note = ctx.form.get("note", "")
        before = family_store.set_outcome(
            ctx.scope, db, one, slot_id, said.id, note, ctx.person.name
        )
        _on_the_case(ctx, db, one, before, said.name)
        access.audit(ctx.scope, db, "said what came of a time", "meeting", one.meeting_id, slot_id)
        return "It is kept."

    return _changed(ctx, do, f"outcome-{slot_id}")


def families(scope: Scope, db: Tx, school_id: str) -> dict[str, tuple[str, str | None, str]]:
    """Whom a time can be given: by key, pseudonym, case and words. Open cases first; no names."""
    found: dict[str, tuple[str, str | None, str]] = {}
    for case in cases.cases(scope, db, cases.Filter("open", school_id), limit=_MOST):
        if case.pseudonym:
            words = f"Case {case.ref}, {short_pupil(case.pseudonym)}"
            found[f"case:{case.id}"] = (case.pseudonym, case.id, words)
    have = {pseudonym for pseudonym, _case, _words in found.values()}
    for group in ("meeting", "consider"):
        chosen = referrals.Filter(group, school_id)
        for one in referrals.candidates(scope, db, chosen, limit=_MOST):
            if one.pseudonym not in have:
                year = f", year {one.year_group}" if one.year_group else ""
                words = f"{short_pupil(one.pseudonym)}{year}"
                found[f"pupil:{one.id}"] = (one.pseudonym, None, words)
    return found


def _on_the_case(ctx: Context, db: Tx, one: Meeting, slot: FamilySlot, words: str) -> None:
    """The first outcome of a family's time is work on its case, of the kind the profile names."""
    case = cases.case(ctx.scope, db, slot.case_id) if slot.case_id else None
    pathway = read_pathway(ctx.profile.section("pathway"))
    wanted = rules_of(ctx).kind(one.kind).family_work
    kind = next((work for work in pathway.work if work.id == wanted), None)
    if case is not None and case.open and kind is not None and not slot.outcome:
        said = f"{kind.words}, on an {rules_of(ctx).kind(one.kind).name}: {words}"
        work = cases.Work(kind.id, said, one.half_day.day)
        cases.record_work(ctx.scope, db, case, work, ctx.person.name)


def _officers(scope: Scope, db: Tx, one: Meeting) -> list[str]:
    beside = company_store.beside(scope, db, one.meeting_id, Beside.OFFICER)
    return [one.officer_id, *(each.officer_id for each in beside)]


def _key(officer: str, starts: time) -> str:
    return f"{starts.isoformat('minutes')} {officer}"


def _page(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
        kind = rules_of(ctx).kind(one.kind)
        school = access.school(ctx.scope, db, one.school_id)
        other = company_store.same_day(ctx.scope, db, one)
        listed = family_store.slots(ctx.scope, db, [one.meeting_id])
        people = {each.id: each.name for each in access.people(Scope.system(), db)}
        officers = _officers(ctx.scope, db, one)
        service = may_plan(ctx)
        whom = families(ctx.scope, db, one.school_id) if service else {}
        refs = {
            slot.case_id: case.ref
            for slot in listed
            if service and slot.case_id and (case := cases.case(ctx.scope, db, slot.case_id))
        }
        held = one.half_day.day <= db.today
    free = slots.free(one, kind.family_minutes, officers, listed)
    return ctx.render(
        "meetings/families.html",
        status=422 if problems else 200,
        title=f"Families: {kind.name}, {school.name}, {long_date(one.half_day.day)}",
        meeting=one,
        kind=kind,
        when=when(one),
        other=other,
        slots=listed,
        people=people,
        officers=[people[each] for each in officers if each in people],
        short=short_pupil,
        refs=refs,
        times=[
            ("", "Choose"),
            *((_key(o, s), f"{clock(s)} to {clock(e)}, {people.get(o, '')}") for o, s, e in free),
        ],
        families=[("", "Choose"), *((key, words) for key, (_, _, words) in whom.items())],
        outcomes=[
            ("", "Choose"),
            *((each.id, each.name) for each in rules_of(ctx).family_outcomes),
        ],
        outcome_words={each.id: each.name for each in rules_of(ctx).family_outcomes},
        may_plan=service and one.status is not Status.CANCELLED,
        held=held,
        clock=clock,
        form=ctx.form,
        problems=problems,
    )


def _changed(ctx: Context, do: Callable[[Tx, Meeting, Kind], str], field: str) -> Response:
    try:
        with ctx.db.write() as db:
            one = found(store.meeting(ctx.scope, db, ctx.path["id"]))
            said = do(db, one, rules_of(ctx).kind(one.kind))
    except Refused as error:
        return _page(ctx, {field: str(error)})
    return ctx.redirect(f"/meetings/{one.meeting_id}/families", said)
