"""The command that prints pupils to consider."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, store
from linkwork_hub.referrals.models import Basis, Candidate

_SYSTEM = Scope.system()
_COLUMNS = ("id", "urn", "pupil", "trigger", "first", "last", "status", "reason")


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("candidates")(candidates)


def candidates(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that are finished, too.")] = False,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Pupils to consider, by pseudonym, those that come first at the top."""
    home: Home = ctx.obj
    with home.db.read() as db:
        rows = candidate_rows(db, every=every)
    show(rows, _COLUMNS, fmt, "There is no pupil to consider.")


def candidate_rows(db: Tx, *, every: bool) -> list[dict[str, Any]]:
    """Candidates as data: `status` is confirmed, provisional or withdrawn."""
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    chosen = store.Filter("all")
    total = store.count(_SYSTEM, db, chosen)
    found = store.candidates(_SYSTEM, db, chosen, limit=total)
    return [
        _row(one, urns[one.school_id]) for one in found if every or one.state not in rules.FINISHED
    ]


def _row(one: Candidate, urn: str) -> dict[str, Any]:
    withdrawn = one.basis is Basis.WITHDRAWN
    return {
        "id": one.id,
        "urn": urn,
        "pupil": one.pseudonym,
        "trigger": one.trigger,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "status": Basis.WITHDRAWN.value if withdrawn else one.status,
        "reason": one.reason,
    }
