"""The pages of what was issued: the ledger, a document, a statement, next year's forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from starlette.responses import Response

from linkwork.errors import LinkworkError, Refused
from linkwork_hub.access import store as access
from linkwork_hub.billing import issuing, ledger_store, papers, rules, store
from linkwork_hub.billing.demands import vat_pence
from linkwork_hub.billing.ledger import DocumentKind, Plan
from linkwork_hub.billing.pages import (
    DOCUMENT,
    chosen_year,
    file_answer,
    tariff_of,
    years_near,
)
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.documents.render import render_pdf
from linkwork_hub.web import Context, found

_MONEY = frozenset({Role.FINANCE, Role.MANAGER})


def index(ctx: Context) -> Response:
    """Every document of a contract year, each payer's sum, and what would be issued now."""
    return _index(ctx, {})


def issue(ctx: Context) -> Response:
    """Issue what is due by today."""
    tariff = found(tariff_of(ctx))
    try:
        with ctx.db.write() as db:
            year = chosen_year(tariff, ctx.form.get("year", ""), db.today)
            made = issuing.issue(ctx.scope, db, tariff, year, up_to=db.today, by=ctx.person.name)
    except LinkworkError as error:
        return _index(ctx, {"issue": str(error)})
    count = len(made.documents)
    said = "1 document was issued." if count == 1 else f"{count} documents were issued."
    return ctx.redirect(f"/billing/ledger?year={year.label}", said)


def _index(ctx: Context, problems: Mapping[str, str]) -> Response:
    tariff = found(tariff_of(ctx))
    # Working out what is due takes every school's bill: only when it is asked for.
    asked = bool(problems) or ctx.query.get("due", "") == "now"
    with ctx.db.read() as db:
        label = ctx.form.get("year", "") or ctx.query.get("year", "")
        year = chosen_year(tariff, label, db.today)
        payer = ctx.query.get("payer", "") or None
        documents = ledger_store.every_document(ctx.scope, db, year=year.label, payer=payer)
        plan = Plan(())
        if asked:
            plan, _outcomes = issuing.plan_issue(ctx.scope, db, tariff, year, up_to=db.today)
        open_disputes = ledger_store.disputed(ctx.scope, db)
        years = years_near(tariff, db.today)
        today = db.today
    paging = ctx.paging(len(documents))
    return ctx.render(
        "billing/ledger.html",
        status=422 if problems else 200,
        title=f"Ledger {year.label}",
        year=year,
        years=[(one, one) for one in years],
        payer=documents[0].customer.name if payer and documents else "",
        documents=documents[paging.offset : paging.offset + paging.size],
        paging=paging,
        count=len(documents),
        net=sum(one.net_pence for one in documents),
        total=sum(one.total_pence for one in documents),
        asked=asked,
        drafts=[(draft, draft.net_pence + vat_pence(draft.charges)) for draft in plan.drafts],
        blocked=list(plan.problems),
        accounts=tariff.finance is not None,
        disputed=open_disputes,
        titles=papers.TITLES,
        today=today,
        problems=problems,
    )


def statements(ctx: Context) -> Response:
    """What each customer was asked in a contract year, less what was given back."""
    tariff = found(tariff_of(ctx))
    with ctx.db.read() as db:
        year = chosen_year(tariff, ctx.query.get("year", ""), db.today)
        documents = ledger_store.every_document(ctx.scope, db, year=year.label)
    asked: dict[str, int] = {}
    names: dict[str, str] = {}
    for one in documents:
        asked[one.customer.ref] = asked.get(one.customer.ref, 0) + one.total_pence
        names.setdefault(one.customer.ref, one.customer.name)
    rows = sorted((names[ref].casefold(), ref, pence) for ref, pence in asked.items())
    paging = ctx.paging(len(rows))
    return ctx.render(
        "billing/statements.html",
        title=f"Statements {year.label}",
        year=year,
        rows=rows[paging.offset : paging.offset + paging.size],
        names=names,
        paging=paging,
    )


def one(ctx: Context) -> Response:
    """One document: every line opens to what it counts."""
    return _one(ctx, {})


def _one(ctx: Context, problems: Mapping[str, str]) -> Response:
    with ctx.db.read() as db:
        document, charges = ledger_store.document(ctx.scope, db, ctx.path["id"])
        events = ledger_store.events(ctx.scope, db, document.id)
        related = [
            other
            for other in ledger_store.every_document(ctx.scope, db, payer=document.customer.ref)
            if other.corrects == document.id or other.id == document.corrects
        ]
        names = _names(ctx.scope, db)
        open_dispute = document.id in ledger_store.disputed(ctx.scope, db)
    return ctx.render(
        "billing/document.html",
        status=422 if problems else 200,
        title=f"{papers.TITLES[document.kind]} {document.number}",
        document=document,
        lines=papers.lines(charges, names),
        events=events,
        related=related,
        titles=papers.TITLES,
        disputed=open_dispute,
        may_act=ctx.person.role in _MONEY,
        credit=document.kind is DocumentKind.CREDIT,
        problems=problems,
        form=ctx.form,
    )


def as_pdf(ctx: Context) -> Response:
    """One document as PDF, dated as it was issued."""
    with ctx.db.read() as db:
        document, charges = ledger_store.document(ctx.scope, db, ctx.path["id"])
        names = _names(ctx.scope, db)
        corrected = ""
        if document.corrects:
            corrected = ledger_store.document(ctx.scope, db, document.corrects)[0].number
    paper = papers.for_paper(document, charges, names, corrected)
    data = papers.print_run([paper], ctx.profile.name, ctx.profile.service)
    pdf = render_pdf(DOCUMENT, data, on=document.issued)
    return file_answer(pdf, "application/pdf", f"{document.number}.pdf")


def dispute(ctx: Context) -> Response:
    """Log that the customer does not agree."""
    return _act(ctx, "note", "The dispute is logged.", issuing.dispute)


def settle(ctx: Context) -> Response:
    """Log that a dispute is settled and the document stands."""
    return _act(ctx, "settled", "The dispute is settled.", issuing.settle)


def _act(
    ctx: Context, field: str, said: str, act: Callable[[Scope, Tx, str, str, str], None]
) -> Response:
    ident = ctx.path["id"]
    try:
        with ctx.db.write() as db:
            act(ctx.scope, db, ident, ctx.form.get(field, ""), ctx.person.name)
    except Refused as error:
        return _one(ctx, {field: str(error)})
    return ctx.redirect(f"/billing/documents/{ident}", said)


def reissue(ctx: Context) -> Response:
    """Credit a document in full and ask again by what is known now."""
    tariff, ident = found(tariff_of(ctx)), ctx.path["id"]
    try:
        with ctx.db.write() as db:
            made = issuing.reissue(
                ctx.scope, db, tariff, ident, ctx.form.get("reason", ""), ctx.person.name
            )
    except Refused as error:
        return _one(ctx, {"reason": str(error)})
    numbers = ", ".join(one.number for one in made)
    return ctx.redirect(f"/billing/documents/{ident}", f"Issued: {numbers}.")


def forecast(ctx: Context) -> Response:
    """What next year's cases cost each school: certain, and at today's pace."""
    tariff = found(tariff_of(ctx))
    with ctx.db.read() as db:
        here = rules.contract_year_of(tariff, db.today)
        after = rules.contract_year_of(tariff, here.period.last + timedelta(days=1))
        year = chosen_year(tariff, ctx.query.get("year", "") or after.label, db.today)
        rows = store.forecasts(ctx.scope, db, tariff, year)
        years = years_near(tariff, db.today)
    paging = ctx.paging(len(rows))
    return ctx.render(
        "billing/forecast.html",
        title=f"Forecast of cases {year.label}",
        year=year,
        years=[(label, label) for label in years],
        rows=rows[paging.offset : paging.offset + paging.size],
        paging=paging,
        first=rows[0] if rows else None,
        counted=sum(row.counted_pence for row in rows),
        expected=sum(row.expected_pence for row in rows),
    )


def _names(scope: Scope, db: Tx) -> dict[str, str]:
    return {school.id: school.name for school in access.schools(scope, db)}
