"""Commands about bills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkwork.errors import WrongUse
from linkwork_hub.access import commands as access_commands
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.output import Format, show
from linkwork_hub.billing import (
    issuing,
    ledger_store,
    order_store,
    papers,
    posting,
    rules,
    shapes,
    sheets,
    store,
)
from linkwork_hub.billing.customer_files import plan_customers
from linkwork_hub.billing.days import balance
from linkwork_hub.billing.ledger import Draft
from linkwork_hub.billing.models import Bill, ContractYear, NotBillable, Outcome
from linkwork_hub.billing.pages import DOCUMENT, TEMPLATE
from linkwork_hub.billing.tariff import Tariff, read_tariff
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.render import render_pdf
from linkwork_hub.documents.words import plain_number

_SYSTEM = Scope.system()
_BY = "command line"
_Year = Annotated[str, typer.Option(help="The contract year, such as 2025-26.")]
_Format = Annotated[Format, typer.Option("--format")]


class BillFormat(StrEnum):
    """How bills are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


billing = typer.Typer(no_args_is_help=True, help="What each school is charged.")


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(billing, name="billing")


@billing.callback()
def whole() -> None:
    """What each school is charged."""


def _tariff(home: Home) -> Tariff:
    tariff = read_tariff(home.profile.section("tariff"), file="authority.toml")
    if tariff is None:
        raise WrongUse("This profile has no tariff: add the table [tariff] to authority.toml.")
    return tariff


@billing.command("preview")
def preview(
    ctx: typer.Context,
    year: _Year,
    urn: Annotated[str, typer.Option(help="One school only.")] = "",
    fmt: Annotated[BillFormat, typer.Option("--format")] = BillFormat.TABLE,
    pdf: Annotated[
        Path | None, typer.Option(help="Also write each bill as PDF into this folder.")
    ] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Also write a workbook to this file.")] = None,
) -> None:
    """Every school's bill for a contract year, from what the hub holds now. Nothing is written."""
    home: Home = ctx.obj
    tariff = _tariff(home)
    chosen = rules.contract_year(tariff, year)
    rules.method_for(tariff, chosen)
    with home.db.read() as db:
        outcomes = _outcomes(db, tariff, chosen, urn)
        today = db.today
    _print(outcomes, fmt)
    if xlsx is not None:
        xlsx.write_bytes(sheets.workbook(outcomes))
    if pdf is not None:
        pdf.mkdir(parents=True, exist_ok=True)
        for outcome in outcomes:
            if isinstance(outcome, Bill):
                data = render_pdf(TEMPLATE, shapes.for_paper(outcome, home.profile.name), on=today)
                (pdf / f"bill-{outcome.facts.urn}-{chosen.label}.pdf").write_bytes(data)


@billing.command("issue")
def issue(
    ctx: typer.Context,
    year: _Year,
    up_to: Annotated[
        str, typer.Option(help="Issue what is due by this day; without it today.")
    ] = "",
    urn: Annotated[str, typer.Option(help="One school only.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    fmt: _Format = Format.TABLE,
) -> None:
    """Invoices, journals and credits for all that is due; repeating it changes nothing."""
    home: Home = ctx.obj
    tariff = _tariff(home)
    chosen = rules.contract_year(tariff, year)
    issuing.finance_of(tariff)
    numbers: list[str | None]
    with home.db.read() if dry_run else home.db.write() as db:
        day = _day(up_to) if up_to else db.today
        only = [_school(db, urn)] if urn else []
        if dry_run:
            plan, outcomes = issuing.plan_issue(
                _SYSTEM, db, tariff, chosen, up_to=day, schools=only
            )
            numbers = [None] * len(plan.drafts)
        else:
            made = issuing.issue(_SYSTEM, db, tariff, chosen, up_to=day, by=_BY, schools=only)
            plan, outcomes = made.plan, list(made.outcomes)
            numbers = [one.number for one in made.documents]
    for problem in plan.problems:
        typer.echo(problem, err=True)
    documents = list(zip(numbers, plan.drafts, strict=True))
    if fmt is Format.JSON:
        rows = [shapes.issued_json(one, documents) for one in outcomes]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _print_documents(documents, dry_run=dry_run)
    _warn(outcomes)


def _print_documents(documents: Sequence[tuple[str | None, Draft]], *, dry_run: bool) -> None:
    rows = [shapes.document_json(number, draft) for number, draft in documents]
    columns = ("number", "kind", "customer", "what", "due", "net_pence", "vat_pence")
    show(rows, columns, Format.TABLE, "Nothing is due that was not issued before.")
    if dry_run:
        typer.echo("Dry run, nothing was issued.")


@billing.command("customers")
def customers(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A UTF-8 CSV file of customers.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Import customers, and who pays for which school in which shares."""
    home: Home = ctx.obj
    planner = plan_customers(_tariff(home), _BY)
    raise typer.Exit(access_commands.import_file(home, planner, file, dry_run=dry_run))


@billing.command("journal")
def journal(
    ctx: typer.Context,
    year: _Year,
    since: Annotated[str, typer.Option(help="Only documents issued on this day or later.")] = "",
) -> None:
    """Every document's postings as CSV, in the columns of the finance system."""
    home: Home = ctx.obj
    tariff = _tariff(home)
    finance = issuing.finance_of(tariff)
    first = _day(since) if since else date.min
    with home.db.read() as db:
        documents = [
            one
            for one in reversed(ledger_store.every_document(_SYSTEM, db, year=year))
            if one.issued >= first
        ]
        charges = ledger_store.charges_of(_SYSTEM, db, [one.id for one in documents])
    rows = [
        row
        for document in documents
        for row in posting.postings(tariff, finance, document, charges[document.id])
    ]
    typer.echo(posting.as_rows(finance, rows), nl=False)


@billing.command("print")
def print_run(
    ctx: typer.Context,
    year: _Year,
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    since: Annotated[str, typer.Option(help="Only documents issued on this day or later.")] = "",
) -> None:
    """Every issued document of a year as one PDF, a print run."""
    home: Home = ctx.obj
    first = _day(since) if since else date.min
    with home.db.read() as db:
        every = ledger_store.every_document(_SYSTEM, db, year=year)
        documents = [one for one in reversed(every) if one.issued >= first]
        charges = ledger_store.charges_of(_SYSTEM, db, [one.id for one in documents])
        names = {school.id: school.name for school in access.schools(_SYSTEM, db)}
        today = db.today
    if not documents:
        raise WrongUse(f"No document of {year} was issued. See: linkwork-hub billing issue.")
    numbers = {one.id: one.number for one in every}
    data = papers.print_run(
        [
            papers.for_paper(one, charges[one.id], names, numbers.get(one.corrects or "", ""))
            for one in documents
        ],
        home.profile.name,
        home.profile.service,
    )
    out.write_bytes(render_pdf(DOCUMENT, data, on=today))
    typer.echo(f"{len(documents)} documents in {out}.")


@billing.command("forecast")
def forecast(ctx: typer.Context, year: _Year, fmt: _Format = Format.TABLE) -> None:
    """What the cases of a contract year will cost each school: certain, and at today's pace."""
    home: Home = ctx.obj
    tariff = _tariff(home)
    chosen = rules.contract_year(tariff, year)
    with home.db.read() as db:
        found = store.forecasts(_SYSTEM, db, tariff, chosen)
    rows = [shapes.forecast_json(one) for one in found]
    columns = ("urn", "name", "counted", "counted_pence", "expected", "expected_pence", "quieter")
    show(rows, columns, fmt, "No school is charged for cases.")


@billing.command("remaining")
def remaining(ctx: typer.Context, fmt: _Format = Format.TABLE) -> None:
    """What is left of every order, and until when it can be used."""
    home: Home = ctx.obj
    with home.db.read() as db:
        orders = [one for one in order_store.orders(_SYSTEM, db) if one.expires]
        histories = order_store.history(_SYSTEM, db, [one.id for one in orders])
        urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    rows = []
    for one in orders:
        now = balance(one, histories[one.id])
        rows.append(
            {
                "order": one.id,
                "urns": [urns[share.school_id] for share in one.shares],
                "what": one.name,
                "unit": one.unit,
                "bought": plain_number(now.bought),
                "delivered": plain_number(now.delivered),
                "lost": plain_number(now.lost),
                "forfeited": plain_number(now.forfeited),
                "left": plain_number(now.left),
                "expires": now.expires.isoformat() if now.expires else None,
            }
        )
    columns = ("urns", "what", "bought", "delivered", "lost", "forfeited", "left", "expires")
    show(rows, columns, fmt, "Nothing was bought that can lapse.")


def _print(outcomes: Sequence[Outcome], fmt: BillFormat) -> None:
    match fmt:
        case BillFormat.JSON:
            bills = [shapes.as_json(outcome) for outcome in outcomes]
            typer.echo(json.dumps(bills, indent=2, ensure_ascii=False))
        case BillFormat.CSV:
            typer.echo(shapes.as_csv(outcomes), nl=False)
        case BillFormat.TABLE:
            typer.echo(shapes.as_table(outcomes), nl=False)
    if fmt is not BillFormat.TABLE:
        _warn(outcomes)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"{text!r} is not a day. Write it like 2026-03-31.") from error


def _school(db: Tx, urn: str) -> str:
    school = access.school_by_urn(_SYSTEM, db, urn)
    if school is None:
        raise WrongUse(f"No school has URN {urn}. Import schools first.")
    return school.id


def _outcomes(db: Tx, tariff: Tariff, year: ContractYear, urn: str) -> list[Outcome]:
    if not urn:
        return store.bills(_SYSTEM, db, tariff, year)
    return [store.bill_of(_SYSTEM, db, tariff, _school(db, urn), year)]


def _warn(outcomes: Sequence[Outcome]) -> None:
    """What a person at a terminal should know although a program reads the output."""
    for outcome in outcomes:
        said = (
            (f"not billable: {outcome.problem}. {outcome.remedy}",)
            if isinstance(outcome, NotBillable)
            else outcome.warnings
        )
        for sentence in said:
            typer.echo(f"{outcome.facts.urn}: {sentence}", err=True)
