"""The command that prints cases: by reference and dates, never by pupil."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.output import Format, show
from linkwork_hub.cases import store
from linkwork_hub.cases.imports import plan_cases
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Wait

_SYSTEM = Scope.system()
_COLUMNS = (
    "ref",
    "urn",
    "opened",
    "closed",
    "door",
    "step",
    "due",
    "officer",
    "void",
    "days_to_referral",
)
#: What `import` can read of this domain.
PLANNERS = {"cases": plan_cases}


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("cases")(cases)


def cases(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Closed and void ones, too.")] = False,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Open cases, those due first at the top."""
    home: Home = ctx.obj
    with home.db.read() as db:
        rows = case_rows(db, every=every)
    show(rows, _COLUMNS, fmt, "There is no open case.")


def case_rows(db: Tx, *, every: bool) -> list[dict[str, Any]]:
    """Cases as data; a date that is not there is null."""
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    people = {person.id: person.name for person in access.people(_SYSTEM, db)}
    chosen = store.Filter("all" if every else "open")
    found = store.cases(_SYSTEM, db, chosen, limit=store.count(_SYSTEM, db, chosen))
    waits = referrals.waits(_SYSTEM, db)
    return [_row(one, urns, people) | _wait(waits.get(one.referral_id or "")) for one in found]


def _wait(wait: Wait | None) -> dict[str, Any]:
    return {
        "first_told": wait.told.isoformat() if wait else None,
        "referred": wait.referred.isoformat() if wait else None,
        "days_to_referral": wait.days if wait else None,
    }


def _row(one: Case, urns: dict[str, str], people: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "ref": one.ref,
        "urn": urns.get(one.school_id or ""),
        "opened": one.opened.isoformat(),
        "closed": one.closed.isoformat() if one.closed else None,
        "door": one.door.value,
        "step": one.step or None,
        "due": one.due.isoformat() if one.due else None,
        "officer": people.get(one.officer_id or ""),
        "void": one.void,
    }
