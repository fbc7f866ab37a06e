"""Commands about meetings: a term's plan, and one meeting's invitation."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.models import School
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import diary_commands, duty, planning, store
from linkwork_hub.meetings.invitation import to_ics
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.mailing import invitation, invite
from linkwork_hub.meetings.models import Meeting, Placed
from linkwork_hub.meetings.planning import TermPlan
from linkwork_hub.meetings.programme import Due
from linkwork_hub.meetings.standing import programme_of

_SYSTEM = Scope.system()
_COLUMNS = ("date", "start", "end", "urn", "officer", "reason")
_DUTY_COLUMNS = ("day", "officer", "gap")
_DUE_COLUMNS = ("urn", "school", "first", "last", "stands", "day")

meetings = typer.Typer(no_args_is_help=True, help="Meetings with schools.")


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    diary_commands.mount(meetings)
    app.add_typer(meetings, name="meetings")


@meetings.command("plan")
def plan(
    ctx: typer.Context,
    term: Annotated[str, typer.Option(help="A term's name, and its year if need be.")],
    save: Annotated[bool, typer.Option("--save", help="Write the plan into the diary.")] = False,
    kind: Annotated[
        str, typer.Option("--type", help="A kind of meeting; default: the first.")
    ] = "",
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Plan the link meetings that a term still lacks; those that stand stay where they are."""
    home: Home = ctx.obj
    kinds = read_rules(home.profile.section("meetings"), file="authority.toml")
    with home.db.write() if save else home.db.read() as db:
        made = planning.plan_for_term(_SYSTEM, db, kinds, term, kind)
        if save:
            for ident in planning.save(_SYSTEM, db, made, "meetings plan"):
                invite(_SYSTEM, db, kinds, ident)
        shape = as_json(db, made)
    if fmt is Format.JSON:
        typer.echo(json.dumps(shape, indent=2, ensure_ascii=False))
        return
    show(shape["meetings"], _COLUMNS, fmt, "No meeting is needed, or none could be placed.")
    for left in shape["unplaced"]:
        typer.echo(f"Not placed: {left['urn']}: {left['reason']}", err=True)
    typer.echo(
        f"{len(made.plan.placed)} {'planned' if save else 'would be planned'}, "
        f"{len(made.kept)} stood already, {len(made.plan.unplaced)} could not be placed. "
        f"Cost {made.plan.cost}; no plan of these costs less than {made.plan.bound}.",
        err=True,
    )


@meetings.command("programme")
def programme(
    ctx: typer.Context,
    term: Annotated[
        str, typer.Option(help="A term's name with its year; default: the one that runs.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--type", help="A kind of meeting; default: the first.")
    ] = "",
    missing: Annotated[bool, typer.Option("--missing", help="Only what is missing.")] = False,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """How each school's regular meetings of a term stand, and which are missing."""
    home: Home = ctx.obj
    kinds = read_rules(home.profile.section("meetings"), file="authority.toml")
    with home.db.read() as db:
        made = programme_of(_SYSTEM, db, kinds, term, kind)
    rows = [_due(one, made.schools) for one in (made.missing if missing else made.due)]
    show(rows, _DUE_COLUMNS, fmt, "No meeting is missing." if missing else "No meeting is due.")
    for school in made.unknown:
        typer.echo(f"Not known: {school.urn}: no term {made.name!r}".rstrip(), err=True)
    typer.echo(f"{made.name}: {len(made.missing)} of {len(made.due)} missing.", err=True)


def _due(one: Due, schools: Mapping[str, School]) -> dict[str, str | None]:
    school = schools[one.school_id]
    return {
        "urn": school.urn,
        "school": school.name,
        "first": one.window.first.isoformat(),
        "last": one.window.last.isoformat(),
        "stands": one.stands.value,
        "day": one.meeting.half_day.day.isoformat() if one.meeting else None,
    }


@meetings.command("duty")
def duty_rota(
    ctx: typer.Context,
    term: Annotated[
        str, typer.Option(help="A term's name with its year; default: the one that runs.")
    ] = "",
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Only days to come on which nobody is there.")
    ] = False,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Who is on duty on each day of a term, and the days on which nobody is."""
    home: Home = ctx.obj
    kinds = read_rules(home.profile.section("meetings"), file="authority.toml")
    if kinds.duty is None:
        raise WrongUse(
            "The profile has no duty rota. "
            "Add [meetings.duty] with starts and ends to authority.toml."
        )
    with home.db.read() as db:
        made = duty.term_rota(_SYSTEM, db, kinds, term)
        today = db.today
        emails = {person.id: person.email for person in access.people(_SYSTEM, db)}
    if term and made.name != term:
        known = ", ".join(made.names) or "none yet; import terms"
        raise WrongUse(f"There is no term {term!r}. Known: {known}.")
    to_come = [one for one in made.gaps if one.day >= today]
    rows = [
        {
            "day": one.day.isoformat(),
            "officer": emails.get(one.officer_id or ""),
            "gap": one.gap or None,
        }
        for one in (to_come if gaps else made.days)
    ]
    show(rows, _DUTY_COLUMNS, fmt, "Somebody is there each day." if gaps else "No day of term.")
    left = sum(one.day >= today for one in made.days)
    typer.echo(f"{made.name}: nobody on {len(to_come)} of the {left} days to come.", err=True)


@meetings.command("ics")
def ics(
    ctx: typer.Context,
    meeting: Annotated[str, typer.Argument(help="The id of a meeting, from its address.")],
) -> None:
    """Print a meeting's invitation as iCalendar. It names no pupil."""
    home: Home = ctx.obj
    kinds = read_rules(home.profile.section("meetings"), file="authority.toml")
    with home.db.read() as db:
        found = store.meeting(_SYSTEM, db, meeting)
        if found is None:
            raise WrongUse(f"There is no meeting {meeting!r}. Its id stands in its page's address.")
        data = to_ics(invitation(db, kinds, found, home.settings.address))
    # Bytes, because the format asks for its own line ends on every system.
    sys.stdout.buffer.write(data)


def as_json(db: Tx, made: TermPlan) -> dict[str, Any]:
    """A term's plan as `meetings plan --format json` prints it.

    `meetings` holds those that stood before and those now placed, by date. `cost` counts what
    `[meetings.planning]` weighs, of the newly placed ones; `bound` is its proven lower limit.
    """
    urns = {school.id: school.urn for school in access.schools(_SYSTEM, db)}
    emails = {person.id: person.email for person in access.people(_SYSTEM, db)}
    rows = [_kept(one, urns, emails) for one in made.kept]
    rows += [_placed(one, made.kind.id) for one in made.plan.placed]
    return {
        "term": made.term,
        "meetings": sorted(rows, key=lambda row: (row["date"], row["start"], row["urn"])),
        "unplaced": _unplaced(made),
        "cost": made.plan.cost,
        "bound": made.plan.bound,
    }


def _placed(one: Placed, kind: str) -> dict[str, str]:
    half_day = one.slot.half_day
    return {
        "urn": one.need.school.urn,
        "officer": one.officer.email,
        "type": kind,
        "date": half_day.day.isoformat(),
        "session": half_day.session.value,
        "start": f"{one.slot.start:%H:%M}",
        "end": f"{one.slot.end:%H:%M}",
        "reason": one.slot.reason,
    }


def _kept(one: Meeting, urns: Mapping[str, str], emails: Mapping[str, str]) -> dict[str, str]:
    return {
        "urn": urns[one.school_id],
        "officer": emails.get(one.officer_id, ""),
        "type": one.kind,
        "date": one.half_day.day.isoformat(),
        "session": one.half_day.session.value,
        "start": f"{one.start:%H:%M}",
        "end": f"{one.end:%H:%M}",
        "reason": f"Stood already. {one.reason}",
    }


def _unplaced(made: TermPlan) -> list[dict[str, str]]:
    # A school that lacks an officer lacks one in both halves of a term: it is said once.
    found = {(left.need.school.urn, left.reason) for left in made.plan.unplaced}
    return [{"urn": urn, "reason": reason} for urn, reason in sorted(found)]
