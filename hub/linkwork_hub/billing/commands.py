"""Commands about bills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.billing import rules, shapes, store
from linkwork_hub.billing.models import Bill, ContractYear, NotBillable, Outcome
from linkwork_hub.billing.pages import TEMPLATE
from linkwork_hub.billing.tariff import Tariff, read_tariff
from linkwork_hub.db import Scope, Tx
from linkwork_hub.documents.render import render_pdf

_SYSTEM = Scope.system()


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


@billing.command("preview")
def preview(
    ctx: typer.Context,
    year: Annotated[str, typer.Option(help="The contract year, such as 2025-26.")],
    urn: Annotated[str, typer.Option(help="One school only.")] = "",
    fmt: Annotated[BillFormat, typer.Option("--format")] = BillFormat.TABLE,
    pdf: Annotated[
        Path | None, typer.Option(help="Also write each bill as PDF into this folder.")
    ] = None,
) -> None:
    """Every school's bill for a contract year, from what the hub holds now. Nothing is written."""
    home: Home = ctx.obj
    tariff = read_tariff(home.profile.section("tariff"), file="authority.toml")
    if tariff is None:
        raise WrongUse("This profile has no tariff: add the table [tariff] to authority.toml.")
    chosen = rules.contract_year(tariff, year)
    rules.method_for(tariff, chosen)
    with home.db.read() as db:
        outcomes = _outcomes(db, tariff, chosen, urn)
        today = db.today
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
    if pdf is not None:
        pdf.mkdir(parents=True, exist_ok=True)
        for outcome in outcomes:
            if isinstance(outcome, Bill):
                data = render_pdf(TEMPLATE, shapes.for_paper(outcome, home.profile.name), on=today)
                (pdf / f"bill-{outcome.facts.urn}-{chosen.label}.pdf").write_bytes(data)


def _outcomes(db: Tx, tariff: Tariff, year: ContractYear, urn: str) -> list[Outcome]:
    if not urn:
        return store.bills(_SYSTEM, db, tariff, year)
    school = access.school_by_urn(_SYSTEM, db, urn)
    if school is None:
        raise WrongUse(f"No school has URN {urn}. Import schools first.")
    return [store.bill_of(_SYSTEM, db, tariff, school.id, year)]


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
