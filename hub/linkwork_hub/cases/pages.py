"""Pages of cases: the list, one case, and everything that is done on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork.school_year import school_year
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, School
from linkwork_hub.cases import rules, store
from linkwork_hub.cases.basis import ground
from linkwork_hub.cases.grounds import basis_of
from linkwork_hub.cases.models import (
    Case,
    Entry,
    Gate,
    Ordered,
    Pathway,
    StepRule,
    read_pathway,
)
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals import words
from linkwork_hub.referrals.candidate_pages import CorrectionRow, correction_rows, log_names
from linkwork_hub.referrals.models import Candidate, CandidateState, Name, Wait
from linkwork_hub.referrals.words import short_pupil
from linkwork_hub.web import Context, found


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the page of one case shows. `next` holds each step with the gates still shut.

    `changed` are the marks that changed under the spells the case rests on, by the spell in words.
    `others` are the officers the case can be given to, `wait` how long its referral took.
    """

    case: Case
    school: School | None
    officer: Person | None
    others: tuple[Person, ...]
    candidate: Candidate | None
    name: Name | None
    step: StepRule
    next: tuple[tuple[StepRule, tuple[Gate, ...]], ...]
    entries: tuple[Entry, ...]
    overdue: bool
    today: date
    wait: Wait | None
    changed: tuple[tuple[str, tuple[CorrectionRow, ...]], ...]


def cases(ctx: Context) -> Response:
    """The cases, those due first at the top."""
    group = ctx.query.get("group", "open")
    mine = ctx.query.get("whose", "") == "mine"
    officer = ctx.person.person_id if mine else ""
    chosen = store.Filter(
        group if group in store.GROUPS else "open", ctx.query.get("school", ""), officer
    )
    pathway = read_pathway(ctx.profile.section("pathway"))
    with ctx.db.read() as db:
        paging = ctx.paging(store.count(ctx.scope, db, chosen))
        part = store.cases(ctx.scope, db, chosen, limit=paging.size, offset=paging.offset)
        counts = {
            key: store.count(ctx.scope, db, store.Filter(key, chosen.school_id, officer))
            for key in store.GROUPS
        }
        schools = access.schools(ctx.scope, db)
        people = {person.id: person.name for person in access.people(ctx.scope, db)}
        today = db.today
        ordered = ordered_of(ctx, db, pathway, chosen.school_id)
    keep = f"&school={chosen.school_id}" if chosen.school_id in {s.id for s in schools} else ""
    return ctx.render(
        "cases/cases.html",
        title="Cases",
        rows=[(case, pathway.step(case.step), rules.overdue(case, today)) for case in part],
        groups_list=[(key, label, counts[key]) for key, label in store.GROUPS.items()],
        chosen=chosen,
        keep=keep + ("&whose=mine" if mine else ""),
        whose="mine" if mine else "",
        paging=paging,
        schools=[("", "All schools"), *((s.id, s.name) for s in schools)],
        school_names={school.id: school.name for school in schools},
        people=people,
        short=short_pupil,
        ordered=ordered,
        ends=pathway.outcomes,
    )


def ordered_of(ctx: Context, db: Tx, pathway: Pathway, school_id: str) -> Ordered | None:
    """What became of the casework ordered in this school year; None where none is sold."""
    if not pathway.order_step:
        return None
    first = school_year(db.today)[0]
    return rules.ordered(pathway, store.ordered_since(ctx.scope, db, first, school_id))


def case(ctx: Context) -> Response:
    """One case."""
    return show_case(ctx)


def show_case(ctx: Context, problems: dict[str, str] | None = None) -> Response:
    """The page of one case; after a refused form with what was typed and what was wrong."""
    pathway = read_pathway(ctx.profile.section("pathway"))
    with ctx.db.read() as db:
        view = case_view(ctx.scope, db, pathway, ctx.path["id"])
    if view.name and view.candidate:
        log_names(ctx, [view.candidate.id], "on a case")
    pseudonym = view.case.pseudonym
    pupil = view.name.full if view.name else short_pupil(pseudonym) if pseudonym else ""
    return ctx.render(
        "cases/case.html",
        status=409 if problems else 200,
        title=f"Case {view.case.ref}",
        view=view,
        pupil=pupil,
        kinds=[(choice.id, choice.words) for choice in pathway.work],
        whys=list(dict.fromkeys(why for kind in pathway.work for why in kind.reasons)),
        with_why=[kind.words for kind in pathway.work if kind.reasons],
        outcomes=[("", "Choose one"), *((one.id, one.words) for one in pathway.outcomes)],
        others=[("", "Choose one"), *((who.id, who.name) for who in view.others)],
        door=rules.DOOR_WORDS[view.case.door],
        form=ctx.form,
        problems=problems or {},
        panels=ctx.panels("case", case=view.case),
    )


def case_view(scope: Scope, db: Tx, pathway: Pathway, case_id: str) -> CaseView:
    """What the page of one case shows. Raises NotAllowed when it is out of reach."""
    one = found(store.case(scope, db, case_id))
    step = pathway.step(one.step)
    done = store.work_done(scope, db, one.id, one.step_since)
    candidate = referrals.candidate(scope, db, one.candidate_id) if one.candidate_id else None
    name = None
    if one.school_id and one.pseudonym:
        name = referrals.name_of(scope, db, one.school_id, one.pseudonym)
    following = [pathway.step(to) for to in step.leads_to]
    return CaseView(
        case=one,
        school=access.school(scope, db, one.school_id) if one.school_id else None,
        officer=access.person(scope, db, one.officer_id) if one.officer_id else None,
        others=tuple(who for who in _officers(scope, db, one) if who.id != one.officer_id),
        candidate=candidate,
        name=name,
        step=step,
        next=tuple((rule, tuple(rules.closed_gates(rule, done))) for rule in following),
        entries=tuple(store.history(scope, db, one.id)),
        overdue=rules.overdue(one, db.today),
        today=db.today,
        wait=_wait(scope, db, one),
        changed=tuple(
            (words.reason(spell), correction_rows(spell))
            for spell in (referrals.episodes(scope, db, candidate.id) if candidate else ())
            if spell.corrections
        ),
    )


def record_work(ctx: Context) -> Response:
    """Keep work that was done."""

    def change(db: Tx, one: Case, pathway: Pathway) -> str:
        kinds = {choice.id: choice for choice in pathway.work}
        kind = kinds.get(ctx.form.get("kind", ""))
        if kind is None:
            raise Refused("Choose what was done.")
        on = day_of(ctx.form.get("on", ""))
        said = rules.work_in_words(kind, ctx.form.get("why", ""))
        work = store.Work(kind.id, said, on, ctx.form.get("note", ""))
        store.record_work(ctx.scope, db, one, work, ctx.person.name)
        return "The work is recorded."

    return change_case(ctx, "on", change)


def move(ctx: Context) -> Response:
    """Move a case to its next step."""

    def change(db: Tx, one: Case, pathway: Pathway) -> str:
        to = ctx.form.get("to", "")
        if not to:
            raise Refused("Choose the step the case moves to.")
        said = ctx.form.get("why", "")
        if any(step.id == to and step.rests_on_marks for step in pathway.steps):
            rests = ground(basis_of(ctx.scope, db, one), "legal step")
            said = f"{said} {rests}".strip()
        store.move(ctx.scope, db, pathway, one, to, ctx.person.name, said)
        return f"The case stands at “{pathway.step(to).name}”."

    return change_case(ctx, "to", change)


def give(ctx: Context) -> Response:
    """Give a case to another officer, with the reason."""

    def change(db: Tx, one: Case, _pathway: Pathway) -> str:
        known = {person.id: person for person in _officers(ctx.scope, db, one)}
        to = known.get(ctx.form.get("officer", ""))
        if to is None:
            raise Refused(
                "Choose an officer of this school. A manager names its schools for an officer "
                "under People."
            )
        store.give_to(ctx.scope, db, one, to, ctx.person.name, ctx.form.get("given", ""))
        return f"{to.name} has the case now."

    return change_case(ctx, "given", change)


def _wait(scope: Scope, db: Tx, one: Case) -> Wait | None:
    if one.referral_id is None:
        return None
    return referrals.waits(scope, db, one.referral_id).get(one.referral_id)


def _officers(scope: Scope, db: Tx, one: Case) -> list[Person]:
    # Whoever does not reach the school could not open the case that was given to them.
    return access.officers_at(scope, db, one.school_id) if one.school_id else []


def close(ctx: Context) -> Response:
    """Close a case with its outcome; the pupil leaves the list of those with a case."""

    def change(db: Tx, one: Case, pathway: Pathway) -> str:
        on = day_of(ctx.form.get("closed", ""))
        outcome, words = ctx.form.get("outcome", ""), ctx.form.get("words", "")
        store.close(ctx.scope, db, pathway, one, outcome, on, ctx.person.name, words)
        _release(ctx, db, one, f"Case {one.ref} closed")
        return f"Case {one.ref} is closed."

    return change_case(ctx, "outcome", change)


def void(ctx: Context) -> Response:
    """Make a case void, with the reason."""

    def change(db: Tx, one: Case, _pathway: Pathway) -> str:
        store.void(ctx.scope, db, one, ctx.person.name, ctx.form.get("reason", ""))
        _release(ctx, db, one, f"Case {one.ref} made void")
        return f"Case {one.ref} is void. It does not count."

    return change_case(ctx, "reason", change)


def _release(ctx: Context, db: Tx, one: Case, what: str) -> None:
    if one.candidate_id:
        referrals.set_state(ctx.scope, db, one.candidate_id, CandidateState.CLOSED)
        referrals.record(ctx.scope, db, one.candidate_id, what, ctx.person.name)


def change_case(ctx: Context, field: str, change: Callable[[Tx, Case, Pathway], str]) -> Response:
    """Do one thing to a case in one transaction; what a rule refuses stands beside its field."""
    pathway = read_pathway(ctx.profile.section("pathway"))
    try:
        with ctx.db.write() as db:
            one = found(store.case(ctx.scope, db, ctx.path["id"]))
            message = change(db, one, pathway)
    except Refused as refused:
        return show_case(ctx, {field: str(refused)})
    return ctx.redirect(f"/cases/{one.id}", message)


def day_of(text: str) -> date:
    """The day typed into a form. Raises Refused for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("Give the day as it is on the calendar, for example 2026-03-02.") from error


def is_casework(role: Role) -> bool:
    """Whether this role works on cases."""
    return role in {Role.OFFICER, Role.MANAGER}
