"""Pages of pupils to consider: the list, one pupil, and what an officer decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from linkwork.errors import Refused
from linkwork.wire import Mark
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, store, strip, words
from linkwork_hub.referrals.models import (
    Candidate,
    Decision,
    Episode,
    EpisodeState,
    Event,
    Name,
    Referral,
    Request,
    read_referral_rules,
)
from linkwork_hub.referrals.strategies import Suggestion, standing_triggers, suggested
from linkwork_hub.referrals.strategy_pages import catalogue
from linkwork_hub.web import Context, found


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list; `who` is the name where a basis holds it, else a pseudonym."""

    candidate: Candidate
    school: School
    who: str
    named: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the table of counted sessions; a half that was not counted says so."""

    day: date
    morning: str
    afternoon: str


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One mark that changed under a spell, in words: a code only where it may leave the school."""

    day: date
    half: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SpellView:
    """One spell of absence as its part of the page shows it."""

    spell: Episode
    reason: str
    bounds: str
    provisional: str
    age: str
    strip: Markup
    days: tuple[DayRow, ...]
    corrections: tuple[CorrectionRow, ...]


@dataclass(frozen=True, slots=True)
class PupilView:
    """Everything the page of one pupil shows."""

    candidate: Candidate
    school: School
    name: Name | None
    spells: tuple[SpellView, ...]
    events: tuple[Event, ...]
    requests: tuple[Request, ...]
    referrals: tuple[Referral, ...]
    others: tuple[Candidate, ...]


def lines(scope: Scope, db: Tx, candidates: Iterable[Candidate]) -> list[Line]:
    """Candidates as rows of a list, named where that is allowed."""
    listed = list(candidates)
    schools = {school.id: school for school in access.schools(scope, db)}
    names = store.names(scope, db, listed)
    return [
        Line(
            one,
            schools[one.school_id],
            names[one.id].full if one.id in names else words.short_pupil(one.pseudonym),
            one.id in names,
        )
        for one in listed
    ]


def log_names(ctx: Context, candidate_ids: Iterable[str], where: str) -> None:
    """Write down whose names this person is shown, before the page shows them."""
    ids = list(candidate_ids)
    if not ids:
        return
    with ctx.db.write() as db:
        for candidate_id in ids:
            access.audit(ctx.scope, db, "saw the name", "candidate", candidate_id, where)


def pupils(ctx: Context) -> Response:
    """The list, with its groups and filters."""
    group = ctx.query.get("group", "consider")
    chosen = store.Filter(
        group if group in store.GROUPS else "consider",
        ctx.query.get("school", ""),
        ctx.query.get("trigger", ""),
    )
    with ctx.db.read() as db:
        paging = ctx.paging(store.count(ctx.scope, db, chosen))
        part = store.candidates(ctx.scope, db, chosen, limit=paging.size, offset=paging.offset)
        rows = lines(ctx.scope, db, part)
        schools = access.schools(ctx.scope, db)
        triggers = store.triggers(ctx.scope, db)
        counts = store.counts(ctx.scope, db)
    log_names(ctx, (row.candidate.id for row in rows if row.named), "in the list of pupils")
    return ctx.render(
        "referrals/pupils.html",
        title="Pupils to consider",
        rows=rows,
        paging=paging,
        chosen=chosen,
        keep=_keep(chosen),
        groups_list=[(key, label, counts[key]) for key, (label, _, _) in store.GROUPS.items()],
        schools=[("", "All schools"), *((s.id, s.name) for s in schools)],
        triggers=[("", "All reasons"), *((t, words.trigger_name(t)) for t in triggers)],
        state_words=rules.STATE_WORDS,
        trigger_name=words.trigger_name,
        on_offer=bool(catalogue(ctx)),
    )


def _keep(chosen: store.Filter) -> str:
    """The filters of the list as the end of an address, for the links between its groups."""
    kept = {"school": chosen.school_id, "trigger": chosen.trigger}
    given = {key: value for key, value in kept.items() if value}
    return f"&{urlencode(given)}" if given else ""


def pupil(ctx: Context) -> Response:
    """One pupil: why they are here, mark by mark, and what can be decided."""
    return show_pupil(ctx)


def show_pupil(ctx: Context, *, choice: str = "", reason: str = "", problem: str = "") -> Response:
    """The page of one pupil; after a refused decision with what was typed and what was wrong."""
    with ctx.db.read() as db:
        view = pupil_view(ctx.scope, db, ctx.path["id"])
    who = view.name.full if view.name else words.short_pupil(view.candidate.pseudonym)
    if view.name:
        log_names(ctx, [view.candidate.id], "on the pupil's page")
    field = "reason" if choice else "choice"
    return ctx.render(
        "referrals/pupil.html",
        status=409 if problem else 200,
        title=who,
        view=view,
        who=who,
        choice=choice,
        reason=reason,
        problems={field: problem} if problem else {},
        decisions=_open_decisions(view.candidate),
        hints=rules.DECISION_HINTS,
        request_words=rules.REQUEST_WORDS,
        state_words=rules.STATE_WORDS,
        trigger_name=words.trigger_name,
        panels=ctx.panels("candidate", candidate=view.candidate),
        suggestions=_suggestions(ctx, view),
    )


def _suggestions(ctx: Context, view: PupilView) -> tuple[Suggestion, ...]:
    """What of the catalogue is suggested for a pupil whose matter is not finished."""
    if view.candidate.state in rules.FINISHED:
        return ()
    still = [one.spell.trigger for one in view.spells if one.spell.state is EpisodeState.OPEN]
    return suggested(catalogue(ctx), standing_triggers(view.candidate.trigger, still))


def pupil_view(scope: Scope, db: Tx, candidate_id: str) -> PupilView:
    """What the page of one pupil shows. Raises NotAllowed when it is out of reach."""
    one = found(store.candidate(scope, db, candidate_id))
    spells = store.episodes(scope, db, one.id)
    since = store.returned_from(scope, db, one.school_id)
    leading = rules.lead(spells, since) if spells else None
    ordered = sorted(spells, key=lambda spell: spell is not leading)
    return PupilView(
        candidate=one,
        school=access.school(scope, db, one.school_id),
        name=store.name_of(scope, db, one.school_id, one.pseudonym),
        spells=tuple(_spell_view(number, spell) for number, spell in enumerate(ordered, 1)),
        events=tuple(store.events(scope, db, one.id)),
        requests=tuple(store.requests_of(scope, db, one.id)),
        referrals=tuple(store.referrals_of(scope, db, one.id)),
        others=tuple(store.same_pupil(scope, db, one)),
    )


def decide(ctx: Context) -> Response:
    """Keep a decision and do what it says."""
    choice, reason = ctx.form.get("choice", ""), ctx.form.get("reason", "")
    if choice not in set(Decision):
        return show_pupil(ctx, reason=reason, problem="Choose what to do.")
    decision = Decision(choice)
    try:
        with ctx.db.write() as db:
            one = found(store.candidate(ctx.scope, db, ctx.path["id"]))
            state = rules.decide(one.state, decision, reason)
            if decision is not Decision.OPEN:
                store.set_state(ctx.scope, db, one.id, state)
                said = rules.DECISION_WORDS[decision]
                store.record(ctx.scope, db, one.id, said, ctx.person.name, reason)
                _ask(ctx, db, one, decision, reason)
    except Refused as refused:
        return show_pupil(ctx, choice=choice, reason=reason, problem=str(refused))
    if decision is Decision.OPEN:
        # A case is opened on a page of its own, above this domain, with what was typed here.
        return ctx.hand_on(f"/pupils/{one.id}/open")
    return ctx.redirect(f"/pupils/{one.id}", _DONE[decision])


_DONE = {
    Decision.ASK_REFERRAL: "The school is asked for a referral.",
    Decision.ASK_SCHOOL: "Your question is on its way to the school.",
    Decision.MEETING: "This pupil is on the agenda of the next link meeting.",
    Decision.NO_ACTION: "No further action. The pupil comes back if the absence doubles.",
}


def _ask(ctx: Context, db: Tx, one: Candidate, decision: Decision, message: str) -> None:
    asks = {Decision.ASK_REFERRAL: "referral", Decision.ASK_SCHOOL: "question"}.get(decision)
    if asks is not None:
        listed = read_referral_rules(ctx.profile.section("referral"))
        what = store.Ask(asks, message, ctx.person.name)
        store.ask(ctx.scope, db, ctx.keys.issuer, listed, one, what)


def _open_decisions(one: Candidate) -> list[tuple[str, str]]:
    """The decisions that can be taken now, in their order, with their words."""
    possible = []
    for decision in Decision:
        try:
            rules.decide(one.state, decision, "reason")
        except Refused:
            continue
        possible.append((decision.value, rules.DECISION_WORDS[decision]))
    return possible


def _spell_view(number: int, spell: Episode) -> SpellView:
    return SpellView(
        spell=spell,
        reason=words.reason(spell),
        bounds=words.bounds(spell),
        provisional=words.provisional_note(spell),
        age=words.age_note(spell.age),
        strip=strip.svg(spell.marks, f"spell-{number}"),
        days=_day_rows(spell.marks),
        corrections=correction_rows(spell),
    )


def correction_rows(spell: Episode) -> tuple[CorrectionRow, ...]:
    """The marks that changed under a spell."""
    return tuple(
        CorrectionRow(
            each.was.date, each.was.half, words.mark_words(each.was), words.mark_words(each.now)
        )
        for each in spell.corrections
    )


def _day_rows(marks: tuple[Mark, ...]) -> tuple[DayRow, ...]:
    said = {(mark.date, str(mark.half)): words.mark_words(mark) for mark in marks}
    return tuple(
        DayRow(
            day, said.get((day, "AM"), words.NOT_COUNTED), said.get((day, "PM"), words.NOT_COUNTED)
        )
        for day in sorted({mark.date for mark in marks})
    )
