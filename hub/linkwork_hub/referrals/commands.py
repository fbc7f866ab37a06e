"""The commands that print pupils to consider, and the record of returns."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, store, words
from linkwork_hub.referrals.models import Basis, Candidate

_SYSTEM = Scope.system()
_COLUMNS = ("id", "urn", "pupil", "trigger", "first", "last", "status", "reason")


class Route(StrEnum):
    """Who works on what a school told: the attendance officers, or health needs."""

    ATTENDANCE = "attendance"
    HEALTH_NEEDS = "health-needs"


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("candidates")(candidates)
    app.command("returns")(returns)


def candidates(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that are finished, too.")] = False,
    route: Annotated[Route, typer.Option(help="Whose list.")] = Route.ATTENDANCE,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Pupils to consider, by pseudonym, those that come first at the top."""
    home: Home = ctx.obj
    with home.db.read() as db:
        of = sickness_rows if route is Route.HEALTH_NEEDS else candidate_rows
        rows = of(db, every=every)
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


def sickness_rows(db: Tx, *, every: bool) -> list[dict[str, Any]]:
    """Sickness returns as data, with the same keys."""
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    group = "all" if every else "open"
    total = store.count_sickness(_SYSTEM, db, group)
    return [
        {
            "id": one.id,
            "urn": urns[one.school_id],
            "pupil": one.pseudonym,
            "trigger": "sickness",
            "first": one.first.isoformat(),
            "last": one.last.isoformat(),
            "status": "confirmed" if one.standing.value == "open" else one.standing.value,
            "reason": words.sick(one),
        }
        for one in store.sicknesses(_SYSTEM, db, group, limit=total)
    ]


_RECORD = ("urn", "first", "last", "outcome", "pupils", "released_by", "discharged", "receipt")


def returns(
    ctx: typer.Context,
    urn: Annotated[str, typer.Option("--urn", help="One school only.")] = "",
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """By interval and school, the return, the nil return, or that none was made."""
    home: Home = ctx.obj
    with home.db.read() as db:
        rows = [row for row in record_rows(db) if urn in ("", row["urn"])]
    show(rows, _RECORD, fmt, "No interval is over yet since a school was connected.")


def record_rows(db: Tx) -> list[dict[str, Any]]:
    """The records of returns as data: `outcome` is return, nil or not-made."""
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    return [
        {
            "id": one.id,
            "urn": urns[one.school_id],
            "first": one.duty.first.isoformat(),
            "last": one.duty.last.isoformat(),
            "version": one.version,
            "outcome": one.duty.outcome.value,
            "policy": one.duty.policy,
            "pupils": one.duty.pupils,
            "school_days": one.duty.school_days,
            "missing": [day.isoformat() for day in one.duty.missing],
            "returns": list(one.duty.returns),
            "released_by": one.duty.released_by or None,
            "discharged": one.duty.discharged.isoformat() if one.duty.discharged else None,
            "receipt": one.duty.receipt,
            "recorded": one.recorded.isoformat(),
            "superseded_by": one.superseded_by,
        }
        for one in store.duties(_SYSTEM, db)
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
