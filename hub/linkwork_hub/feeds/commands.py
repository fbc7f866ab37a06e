"""Commands about school feeds: who is heard, join strings, confirming, revoking."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.access.models import School
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds import standing, store
from linkwork_hub.feeds.models import Agent, AgentState
from linkwork_hub.feeds.policy import policy_item
from linkwork_hub.feeds.standing import Standing

_SYSTEM = Scope.system()
_ACTIVE = [AgentState.ACTIVE]
_COLUMNS = ("urn", "school", "agent", "as_of", "last_heard", "late", "problem")
_Urn = Annotated[str, typer.Argument(help="The school's URN.")]

feeds = typer.Typer(help="School feeds: join strings, confirming agents, who is late.")


@feeds.callback(invoke_without_command=True)
def list_feeds(
    ctx: typer.Context, fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE
) -> None:
    """Every school's feed, those with a problem first."""
    if ctx.invoked_subcommand is not None:
        return
    home: Home = ctx.obj
    with home.db.read() as db:
        found = standing.standings(_SYSTEM, db)
    show([_row(one) for one in found], _COLUMNS, fmt, "There is no school yet. Import schools.")


@feeds.command("join")
def join(ctx: typer.Context, urn: _Urn) -> None:
    """Make a join string for a school and print it, this once. An earlier unused one ends."""
    home: Home = ctx.obj
    keys = key_files.load_keys(home.settings.keys_path)
    with home.db.write() as db:
        made = store.invite(
            _SYSTEM,
            db,
            _school(db, urn).id,
            address=home.settings.post_address,
            root_fingerprint=keys.root_fingerprint,
        )
    typer.echo(made.text())


@feeds.command("confirm")
def confirm(
    ctx: typer.Context,
    urn: _Urn,
    yes: Annotated[bool, typer.Option("--yes", help="The words were compared already.")] = False,
) -> None:
    """Show the six words of a school's waiting agent and confirm it when they agree."""
    home: Home = ctx.obj
    keys = key_files.load_keys(home.settings.keys_path)
    policy = policy_item(home.profile, keys.work)
    with home.db.read() as db:
        school = _school(db, urn)
        waiting = _waiting(db, school)
    typer.echo(f"{school.name}: {waiting.words}")
    if not yes and not _asked("Does the school read the same six words?"):
        raise WrongUse("Nothing was confirmed. If the words differ, make a new join string.")
    with home.db.write() as db:
        store.confirm(_SYSTEM, db, waiting.id, keys.issuer, policy)
    typer.echo(f"The agent of {school.name} is confirmed and may send.")


@feeds.command("policy")
def send_policy(
    ctx: typer.Context,
    urn: Annotated[str, typer.Option(help="Just this school.")] = "",
) -> None:
    """Send the profile's policy to every school that has joined, to follow from its first day."""
    home: Home = ctx.obj
    keys = key_files.load_keys(home.settings.keys_path)
    policy = policy_item(home.profile, keys.work)
    with home.db.write() as db:
        chosen = [_school(db, urn)] if urn else access.schools(_SYSTEM, db)
        found = [one for one in chosen if store.agents_of(_SYSTEM, db, one.id, _ACTIVE)]
        for one in found:
            store.send_policy(_SYSTEM, db, one.id, keys.issuer, policy)
            access.audit(_SYSTEM, db, "policy sent", "school", one.id, policy.policy_name)
    schools = "1 school" if len(found) == 1 else f"{len(found)} schools"
    typer.echo(f"{policy.policy_name} goes to {schools} with the next call of each.")


@feeds.command("revoke")
def revoke(
    ctx: typer.Context,
    urn: _Urn,
    why: Annotated[str, typer.Option(help="The reason, which the school reads.")],
) -> None:
    """Revoke a school's agents and open join strings, effective on the next call."""
    home: Home = ctx.obj
    with home.db.write() as db:
        school = _school(db, urn)
        count = store.revoke(_SYSTEM, db, school.id, why)
    typer.echo(f"{school.name}: {count} {'agent' if count == 1 else 'agents'} revoked.")


def _row(one: Standing) -> dict[str, Any]:
    heard = one.feed.last_heartbeat
    return {
        "urn": one.feed.urn,
        "school": one.feed.name,
        "agent": one.feed.state.value if one.feed.state else None,
        "as_of": one.feed.as_of,
        "last_heard": heard.isoformat(timespec="seconds") if heard else None,
        "late": one.late.days if one.feed.state is AgentState.ACTIVE else None,
        "applied": one.feed.applied,
        "waiting": one.feed.waiting_here,
        "refused": one.feed.refused,
        "unread": one.feed.unread,
        "problem": one.problems[0] if one.problems else None,
        "problems": list(one.problems),
    }


def _school(db: Tx, urn: str) -> School:
    found = access.school_by_urn(_SYSTEM, db, urn)
    if found is None:
        raise WrongUse(f"No school has URN {urn}. Import schools first.")
    return found


def _waiting(db: Tx, school: School) -> Agent:
    found = store.agents_of(_SYSTEM, db, school.id, [AgentState.PENDING])
    if not found:
        raise WrongUse(
            f"No agent of {school.name} waits to be confirmed. Make a join string with: "
            f"linkwork-hub feeds join {school.urn}"
        )
    # The newest: an earlier one that was never confirmed has been given up by the school.
    return found[-1]


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        raise WrongUse("There is no terminal to ask. Compare the words, then use --yes.")
    return typer.confirm(question)
