"""Pages of papers with a family: written on a case, signed party by party, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.cases import rules as case_rules
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Tx
from linkwork_hub.documents.models import as_data
from linkwork_hub.documents.render import render_blocks
from linkwork_hub.forms import form_paper, rules, store
from linkwork_hub.forms.kinds import FormKind, FormRules, read_forms
from linkwork_hub.forms.models import Content, Form, Said, Signature
from linkwork_hub.referrals.candidate_pages import log_names
from linkwork_hub.web import Context, found

SAID_WORDS = {Said.SIGNED: "Signed", Said.DECLINED: "Declined"}


def rules_of(ctx: Context) -> FormRules:
    """The profile's `[forms]` table."""
    return read_forms(ctx.profile.section("forms"), file="authority.toml")


def start(ctx: Context) -> Response:
    """The page on which a new paper of a case is written."""
    return _write(ctx, {})


def save(ctx: Context) -> Response:
    """Keep a new paper: its first version, to be signed."""
    kind = rules_of(ctx).kind(ctx.path["kind"])
    with ctx.db.write() as db:
        case = found(cases.case(ctx.scope, db, ctx.path["id"]))
        case_rules.must_be_open(case)
        said = rules.content(kind, ctx.form, db.today)
        if isinstance(said, Content):
            one = store.write(ctx.scope, db, case, kind.id, said, ctx.person.name)
            _on_case(ctx, db, case, kind, f"{one.number}, version 1, written", _behalf(said))
    if not isinstance(said, Content):
        return _write(ctx, said)
    return ctx.redirect(f"/forms/{one.id}", f"{kind.name} {one.number} is written, to be signed.")


def _write(ctx: Context, problems: Mapping[str, str]) -> Response:
    kind = rules_of(ctx).kind(ctx.path["kind"])
    with ctx.db.read() as db:
        case = found(cases.case(ctx.scope, db, ctx.path["id"]))
        case_rules.must_be_open(case)
        review = rules.default_review(kind, db.today)
    typed = dict(ctx.form) or {"review": review.isoformat() if review else ""}
    return _form_page(ctx, f"{kind.name}: {case.ref}", kind, typed, problems, f"/cases/{case.id}")


def change(ctx: Context) -> Response:
    """The page on which the next version of a paper is written, with what stands now."""
    return _change(ctx, {})


def save_change(ctx: Context) -> Response:
    """Keep the next version. Everybody is asked to sign that one anew."""
    with ctx.db.write() as db:
        one, case, kind = _known(ctx, db)
        case_rules.must_be_open(case)
        said = rules.content(kind, ctx.form, db.today)
        if isinstance(said, Content):
            one = store.write_again(ctx.scope, db, one.id, said, ctx.person.name)
            words = f"{one.number}, version {one.latest.number}, written"
            _on_case(ctx, db, case, kind, words, _behalf(said))
    if not isinstance(said, Content):
        return _change(ctx, said)
    return ctx.redirect(f"/forms/{one.id}", f"Version {one.latest.number} is written.")


def _change(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        one, case, kind = _known(ctx, db)
    _log(ctx, case)
    typed = dict(ctx.form) or _typed(kind, one.latest.content)
    title = f"{kind.name} {one.number}: the next version"
    return _form_page(ctx, title, kind, typed, problems, f"/forms/{one.id}")


def _form_page(
    ctx: Context,
    title: str,
    kind: FormKind,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    back: str,
) -> Response:
    return ctx.render(
        "forms/write.html",
        status=422 if problems else 200,
        title=title,
        kind=kind,
        form=typed,
        problems=problems,
        back=back,
    )


def read(ctx: Context) -> Response:
    """One paper: what it says, who signed, its versions."""
    return _show(ctx, {})


def _show(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        one, case, kind = _known(ctx, db)
        school = _school(ctx, db, case)
        today = db.today
    _log(ctx, case)
    parties = {party.id: party.name for party in kind.parties}
    return ctx.render(
        "forms/form.html",
        status=422 if problems else 200,
        title=f"{kind.name} {one.number}",
        one=one,
        case=case,
        kind=kind,
        blocks=[as_data(block) for block in form_paper.blocks(one, kind, one.latest, school)],
        signatories=[
            (str(place), f"{parties.get(who.party, who.party)}: {who.name}")
            for place, who in enumerate(one.latest.content.signatories)
        ],
        said=SAID_WORDS,
        overdue=one.overdue(today),
        today=today,
        form=ctx.form,
        problems=problems,
    )


def sign(ctx: Context) -> Response:
    """Keep that somebody signed, or declined to."""
    form = ctx.form
    with ctx.db.write() as db:
        one, case, kind = _known(ctx, db)
        problems = rules.signing_problems(one, form, db.today)
        if not problems:
            place, said = int(form["signatory"]), Said(form["said"])
            on, note = date.fromisoformat(form["on"]), form.get("note", "")
            store.sign(ctx.scope, db, one, Signature(place, said, on, note, ctx.person.name))
            party = one.latest.content.signatories[place].party
            who = next((each.name for each in kind.parties if each.id == party), party)
            words = f"{one.number}, version {one.latest.number}, {said.value} by: {who}"
            _on_case(ctx, db, case, kind, words, note, on)
    if problems:
        return _show(ctx, problems)
    return ctx.redirect(f"/forms/{one.id}", "It is recorded.")


def end(ctx: Context) -> Response:
    """End a paper with what came of it."""
    on, how = ctx.form.get("ended", ""), ctx.form.get("how", "")
    with ctx.db.write() as db:
        one, case, kind = _known(ctx, db)
        problems = rules.ending_problems(one, on, how, db.today)
        if not problems:
            day = date.fromisoformat(on)
            store.end(ctx.scope, db, one, day, how)
            _on_case(ctx, db, case, kind, f"{one.number} ended", how, day)
    if problems:
        return _show(ctx, problems)
    return ctx.redirect(f"/forms/{one.id}", f"{one.number} has ended.")


def as_pdf(ctx: Context) -> Response:
    """The latest version on paper, to be signed. It names the family."""
    with ctx.db.read() as db:
        one, case, kind = _known(ctx, db)
        school = _school(ctx, db, case)
        today = db.today
    _log(ctx, case)
    paper = form_paper.blocks(one, kind, one.latest, school)
    made = render_blocks(kind.name, ctx.profile.name, paper, on=today)
    headers = {"Content-Disposition": f'attachment; filename="{one.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _known(ctx: Context, db: Tx) -> tuple[Form, Case, FormKind]:
    one = found(store.form(ctx.scope, db, ctx.path["id"]))
    return one, found(cases.case(ctx.scope, db, one.case_id)), rules_of(ctx).kind(one.kind)


def _school(ctx: Context, db: Tx, case: Case) -> str:
    return access.school(ctx.scope, db, case.school_id).name if case.school_id else "No school"


def _behalf(said: Content) -> str:
    if said.consulted is None:
        return ""
    return f"On behalf of the school, in consultation with {said.consulted[0]}"


def _on_case(
    ctx: Context,
    db: Tx,
    case: Case,
    kind: FormKind,
    words: str,
    note: str,
    on: date | None = None,
) -> None:
    """Everything that happens to a paper is a line of the case's history, without a name."""
    work = cases.Work(f"form:{kind.id}", f"{kind.name} {words}", on or db.today, note)
    cases.record_work(ctx.scope, db, case, work, ctx.person.name)
    access.audit(ctx.scope, db, "wrote or signed a paper", "case", case.id, kind.id)


def _log(ctx: Context, case: Case) -> None:
    if case.candidate_id:
        log_names(ctx, [case.candidate_id], "in a paper of a case")


def _typed(kind: FormKind, said: Content) -> dict[str, Any]:
    """A version as the form that would write it."""
    typed = {f"text-{section.id}": said.texts.get(section.id, "") for section in kind.sections}
    for party in kind.parties:
        names = [one.name for one in said.signatories if one.party == party.id]
        typed[f"party-{party.id}"] = "\n".join(names)
    typed["review"] = said.review.isoformat() if said.review else ""
    if said.consulted:
        who, on = said.consulted
        typed |= {"behalf": "yes", "consulted": who, "consulted-on": on.isoformat()}
    return typed
