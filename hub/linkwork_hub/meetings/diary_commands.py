"""Commands about diaries: a calendar read, an absence, and meetings that cannot stand."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from linkwork.errors import WrongUse
from linkwork_hub.access import commands as access_commands
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.models import Person
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import calendars, diary_store, mailing, rearranging
from linkwork_hub.meetings.diary_imports import HALVES, plan_calendar, whole_days
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.mailing import invite
from linkwork_hub.meetings.rearranging import Rearranged

_SYSTEM = Scope.system()
_COLUMNS = ("urn", "what", "was_date", "was_officer", "date", "session", "officer", "reason")
_Email = Annotated[str, typer.Argument(help="Whose diary: the address they sign in with.")]


class AwayKind(StrEnum):
    """Why somebody is away."""

    LEAVE = "leave"
    SICKNESS = "sickness"
    OTHER = "other"


class Prefer(StrEnum):
    """What is tried first for a meeting that cannot stand."""

    COVER = "cover"
    NEW_DATE = "new-date"


def mount(meetings: typer.Typer) -> None:
    """Add these commands to `linkwork-hub meetings`."""
    meetings.command("away")(away)
    meetings.command("calendar")(calendar)
    meetings.command("subscribe")(subscribe)
    meetings.command("rearrange")(rearrange)
    meetings.command("reply")(reply)


def away(
    ctx: typer.Context,
    email: _Email,
    first: Annotated[str, typer.Option(help="The first day, such as 2026-03-12.")],
    last: Annotated[str, typer.Option(help="The last day; default: the first.")] = "",
    kind: Annotated[AwayKind, typer.Option(help="Why.")] = AwayKind.LEAVE,
    half: Annotated[str, typer.Option(help="day, am or pm.")] = "day",
) -> None:
    """Put leave, sickness or another absence into somebody's diary."""
    home: Home = ctx.obj
    begins = _day(first)
    ends = _day(last) if last else begins
    if ends < begins or half not in HALVES or (half != "day" and begins != ends):
        raise WrongUse("Give --last after --first, and --half am or pm for one day alone.")
    with home.db.write() as db:
        person = _person(db, email)
        busy = whole_days(begins, ends, half)
        added = diary_store.add_entry(_SYSTEM, db, person.id, kind.value, busy)
        access.audit(_SYSTEM, db, "changed a diary", "person", person.id)
    typer.echo(f"{person.name} is away." if added else "That is in the diary already.")
    typer.echo(f"See what cannot stand: linkwork-hub meetings rearrange --officer {email}")


def calendar(
    ctx: typer.Context,
    email: _Email,
    file: Annotated[Path, typer.Argument(help="An iCalendar file (.ics).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Read when somebody is busy from a calendar file; words in it are never kept."""

    def planner(scope: Scope, db: Tx, path: Path) -> Any:
        return plan_calendar(scope, db, _person(db, email), path)

    raise typer.Exit(access_commands.import_file(ctx.obj, planner, file, dry_run=dry_run))


def subscribe(
    ctx: typer.Context,
    email: _Email,
    address: Annotated[str, typer.Argument(help="The https address of a calendar.")],
) -> None:
    """Read somebody's calendar now, and again every night."""
    home: Home = ctx.obj
    with home.db.write() as db:
        person = _person(db, email)
        count = calendars.subscribe(_SYSTEM, db, person.id, address, calendars.fetch)
        access.audit(_SYSTEM, db, "subscribed to a calendar", "person", person.id)
    typer.echo(f"{person.name} is busy {count} times in what the calendar says now.")


def reply(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="An answer: a mail (.eml) or its .ics.")],
) -> None:
    """Read somebody's answer to an invitation."""
    home: Home = ctx.obj
    data = file.read_bytes() if file.is_file() else b""
    if not data:
        raise WrongUse(f"{file} is not there, or empty. Save the answer from the mailbox again.")
    with home.db.write() as db:
        kept = mailing.take_reply(_SYSTEM, db, mailing.calendar_part(data))
    typer.echo("The answer is kept." if kept else "A newer answer is known already.")


def rearrange(
    ctx: typer.Context,
    officer: Annotated[str, typer.Option(help="Only this officer's meetings, by email.")] = "",
    prefer: Annotated[Prefer, typer.Option(help="What is tried first.")] = Prefer.COVER,
    save: Annotated[bool, typer.Option("--save", help="Write it into the diaries.")] = False,
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Find cover or a new date for each planned meeting that cannot stand."""
    home: Home = ctx.obj
    kinds = read_rules(home.profile.section("meetings"), file="authority.toml")
    with home.db.write() if save else home.db.read() as db:
        person = _person(db, officer) if officer else None
        found = rearranging.propose(
            _SYSTEM,
            db,
            kinds,
            officer_id=person.id if person else None,
            prefer="cover" if prefer is Prefer.COVER else "new-date",
        )
        if save:
            rearranging.apply(_SYSTEM, db, found, "meetings rearrange")
            for one in found:
                invite(_SYSTEM, db, kinds, one.meeting.meeting_id)
        rows = [_row(db, one) for one in found]
    if fmt is Format.JSON:
        typer.echo(json.dumps({"changes": rows}, indent=2, ensure_ascii=False))
        return
    show(rows, _COLUMNS, fmt, "Every planned meeting can stand.")


def _row(db: Tx, one: Rearranged) -> dict[str, str]:
    before = access.person(_SYSTEM, db, one.meeting.officer_id)
    return {
        "urn": access.school(_SYSTEM, db, one.meeting.school_id).urn,
        "what": one.what,
        "was_officer": before.email if before else "",
        "was_date": one.meeting.half_day.day.isoformat(),
        "was_session": one.meeting.half_day.session.value,
        "officer": one.officer.email if one.officer else "",
        "date": one.slot.half_day.day.isoformat() if one.slot else "",
        "session": one.slot.half_day.session.value if one.slot else "",
        "reason": one.why,
    }


def _person(db: Tx, email: str) -> Person:
    person = access.person_by_email(_SYSTEM, db, email)
    if person is None:
        raise WrongUse(f"Nobody here has the address {email}. See: linkwork-hub user list")
    return person


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"{text!r} is not a date. Write it like 2026-03-12.") from error
