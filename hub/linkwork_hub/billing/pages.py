"""The pages of bills: every school's, one school's with its causes, and the same as files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from starlette.responses import Response

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.billing import ledger_store, rules, shapes, sheets, store
from linkwork_hub.billing.cost_form import KIND_WORDS, read_cost
from linkwork_hub.billing.models import Bill, ContractYear, NotBillable
from linkwork_hub.billing.tariff import Tariff, read_tariff
from linkwork_hub.db import Role, Tx
from linkwork_hub.documents.render import render_pdf
from linkwork_hub.documents.words import plain_number
from linkwork_hub.web import Context, found

TEMPLATE = Path(__file__).parent / "templates" / "bill.typ"
DOCUMENT = Path(__file__).parent / "templates" / "document.typ"
_MAY_ADD = frozenset({Role.FINANCE, Role.MANAGER})


def index(ctx: Context) -> Response:
    """Every school's bill for one contract year, with the total."""
    tariff = tariff_of(ctx)
    if tariff is None:
        return ctx.render("billing/index.html", title="Billing", year=None)
    with ctx.db.read() as db:
        years = years_near(tariff, db.today)
        year = chosen_year(tariff, ctx.query.get("year", ""), db.today)
        outcomes = store.bills(ctx.scope, db, tariff, year)
    billed = [one for one in outcomes if isinstance(one, Bill)]
    paging = ctx.paging(len(billed))
    return ctx.render(
        "billing/index.html",
        title=f"Billing {year.label}",
        year=year,
        years=[(label, label) for label in years],
        tariff=tariff,
        bills=billed[paging.offset : paging.offset + paging.size],
        schools=len(billed),
        paging=paging,
        problems=[one for one in outcomes if isinstance(one, NotBillable)],
        total=sum(one.total_pence for one in billed),
        dated=all(part.due is not None for one in billed for part in one.instalments),
        later=[one for one in billed if rules.later_facts(one.facts, one.as_at)],
    )


def as_workbook(ctx: Context) -> Response:
    """Every school's bill as a workbook."""
    tariff = found(tariff_of(ctx))
    with ctx.db.read() as db:
        year = chosen_year(tariff, ctx.query.get("year", ""), db.today)
        data = sheets.workbook(store.bills(ctx.scope, db, tariff, year))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return file_answer(data, kind, f"bills-{year.label}.xlsx")


def as_csv(ctx: Context) -> Response:
    """Every line of every school's bill as CSV."""
    tariff = found(tariff_of(ctx))
    with ctx.db.read() as db:
        year = chosen_year(tariff, ctx.query.get("year", ""), db.today)
        text = shapes.as_csv(store.bills(ctx.scope, db, tariff, year))
    return file_answer(text.encode(), "text/csv; charset=utf-8", f"bills-{year.label}.csv")


def one(ctx: Context) -> Response:
    """One school's bill: each line opens to what it counts."""
    return _one(ctx, {}, {})


def as_pdf(ctx: Context) -> Response:
    """One school's bill as PDF, dated today."""
    tariff = found(tariff_of(ctx))
    year = rules.contract_year(tariff, ctx.path["year"])
    with ctx.db.read() as db:
        outcome = store.bill_of(ctx.scope, db, tariff, ctx.path["school_id"], year)
        today = db.today
    if isinstance(outcome, NotBillable):
        raise Refused(f"{outcome.facts.name} cannot be billed: {outcome.problem}. {outcome.remedy}")
    pdf = render_pdf(TEMPLATE, shapes.for_paper(outcome, ctx.profile.name), on=today)
    return file_answer(pdf, "application/pdf", f"bill-{outcome.facts.urn}-{year.label}.pdf")


def add_cost(ctx: Context) -> Response:
    """Add an additional cost to a school's bill."""
    tariff = found(tariff_of(ctx))
    year = rules.contract_year(tariff, ctx.path["year"])
    school_id = ctx.path["school_id"]
    try:
        cost = read_cost(ctx.form, year)
        with ctx.db.write() as db:
            added = store.add_cost(ctx.scope, db, school_id, cost, ctx.person.name)
            access.audit(ctx.scope, db, "added an additional cost", "charge", added)
    except Refused as error:
        return _one(ctx, {"what": str(error)}, ctx.form)
    return ctx.redirect(f"/billing/{school_id}/{year.label}", "The cost stands on the bill.")


def _one(ctx: Context, problems: Mapping[str, str], form: Mapping[str, str]) -> Response:
    tariff = found(tariff_of(ctx))
    year = rules.contract_year(tariff, ctx.path["year"])
    with ctx.db.read() as db:
        outcome = store.bill_of(ctx.scope, db, tariff, ctx.path["school_id"], year)
        years = years_near(tariff, db.today)
        issued = ledger_store.of_school(ctx.scope, db, ctx.path["school_id"], year.label)
    return ctx.render(
        "billing/bill.html",
        documents=issued,
        status=422 if problems else 200,
        title=f"{outcome.facts.name}, {year.label}",
        outcome=outcome,
        bill=outcome if isinstance(outcome, Bill) else None,
        year=year,
        years=years,
        tariff=tariff,
        due_words=shapes.due_words,
        plain=plain_number,
        may_add=ctx.person.role in _MAY_ADD,
        kinds=[(kind.value, KIND_WORDS[kind]) for kind in rules.ADDITIONAL],
        problems=problems,
        form=form,
    )


def current_year(ctx: Context, db: Tx) -> ContractYear | None:
    """The contract year of today, or None when the profile has no tariff for it."""
    tariff = tariff_of(ctx)
    if tariff is None:
        return None
    year = rules.contract_year_of(tariff, db.today)
    return year if tariff.method_on(year.period.first) else None


def tariff_of(ctx: Context) -> Tariff | None:
    """The authority's tariff; None when its profile has none."""
    return read_tariff(ctx.profile.section("tariff"), file="authority.toml")


def chosen_year(tariff: Tariff, label: str, today: date) -> ContractYear:
    """The year an address names, else today's. Raises WrongUse for a label that is none."""
    return rules.contract_year(tariff, label) if label else rules.contract_year_of(tariff, today)


def years_near(tariff: Tariff, today: date) -> list[str]:
    """The contract year before this one, this one and the next, where the tariff reaches them."""
    starts = rules.contract_year_of(tariff, today).period.first.year
    labels = [f"{year}-{(year + 1) % 100:02d}" for year in (starts - 1, starts, starts + 1)]
    return [
        label
        for label in labels
        if tariff.method_on(rules.contract_year(tariff, label).period.first)
    ]


def file_answer(body: bytes, kind: str, name: str) -> Response:
    """A file to save under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=kind, headers=headers)
