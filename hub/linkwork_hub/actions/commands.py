"""The command that prints agreed actions."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.output import Format, show
from linkwork_hub.actions import rules, store
from linkwork_hub.db import Scope, Tx

_SYSTEM = Scope.system()
_COLUMNS = ("id", "what", "who", "due", "state", "urn")


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("actions")(actions)


def actions(
    ctx: typer.Context,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Agreed actions, those due first at the top."""
    home: Home = ctx.obj
    with home.db.read() as db:
        rows = action_rows(db)
    show(rows, _COLUMNS, fmt, "Nothing is agreed yet.")


def action_rows(db: Tx) -> list[dict[str, Any]]:
    """Actions as data: id, what, who, due, state, urn, and what became of it."""
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    return [
        {
            "id": one.id,
            "what": one.what,
            "who": one.who,
            "due": one.due.isoformat(),
            "state": one.state.value,
            "urn": urns[one.school_id],
            "overdue": rules.overdue(one.state, one.due, db.today),
            "carried": one.carried,
            "escalated_to": one.escalated_to,
            "changed": one.changed.isoformat(),
        }
        for one in store.actions(_SYSTEM, db, store.Filter("all"))
    ]
