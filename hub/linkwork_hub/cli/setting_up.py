"""`init`: making a hub's home."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from linkwork.errors import WrongUse
from linkwork_hub import settings
from linkwork_hub.access import commands as access
from linkwork_hub.access import profile
from linkwork_hub.access.home import Home, now
from linkwork_hub.cases.imports import plan_cases
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds.policy import sendable_policy
from linkwork_hub.meetings.diary_imports import plan_away, plan_visits

#: What plans the import of each kind of file.
PLANNERS: dict[str, access.Planner] = {
    **access.PLANNERS,
    "cases": plan_cases,
    "away": plan_away,
    "visits": plan_visits,
}


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init")(init)


def init(
    ctx: typer.Context,
    profile_name: Annotated[str, typer.Option("--profile", help="A profile's name or a file.")],
    address: Annotated[str, typer.Option(help="The web address people and schools use.")] = "",
    schools_address: Annotated[
        str, typer.Option(help="Where the schools' agents call, when that is a name of its own.")
    ] = "",
    database: Annotated[
        str, typer.Option(help="postgresql+psycopg://… ; without it SQLite in the home folder.")
    ] = "",
    root_elsewhere: Annotated[
        bool, typer.Option("--root-elsewhere", help="The root key was made on another computer.")
    ] = False,
) -> None:
    """Make a hub's home folder: settings, profile, keys, an empty database."""
    home: Home = ctx.obj
    if (home.path / settings.CONFIG).exists():
        raise WrongUse(
            f"{home.path} is a hub's home already; nothing was changed. To change settings edit "
            f"{settings.CONFIG} there; for another hub choose another folder with --home."
        )
    text = _profile_text(profile_name)
    authority = profile.loads(text, profile_name)
    sendable_policy(authority)
    home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.path.chmod(0o700)
    (home.path / settings.PROFILE).write_text(text, encoding="utf-8")
    folder = home.path / "keys"
    make = key_files.make_without_root if root_elsewhere else key_files.make_keys
    make(folder, authority.name, now(), secrets.token_bytes)
    settings.make_column_key(folder, secrets.token_bytes(32))
    # The settings come last: a home without them was not finished, and init can begin again.
    given = {"address": address, "schools_address": schools_address, "database": database}
    _write_settings(home.path / settings.CONFIG, given)
    home.upgrade()
    typer.echo(
        f"{home.path} is the home of {authority.name}, {authority.service}.\n"
        f"Keep {folder} safe and backed up: without it nothing here can be read.\n"
        f"Next, each with linkwork-hub --home {home.path}: import staff, schools and terms, "
        "user add, serve."
    )
    if root_elsewhere:
        typer.echo(f"Before serve: have {folder / key_files.REQUEST} signed, and adopt it.")


def _profile_text(name: str) -> str:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise WrongUse(f"{path} is missing. Profiles: {', '.join(profile.names())}.")
        return path.read_text(encoding="utf-8")
    return profile.builtin_text(name)


def _write_settings(path: Path, given: dict[str, str]) -> None:
    lines = ["# The settings of this hub. Times, prices and rules are in authority.toml."]
    for name, value in given.items():
        if value:
            lines.append(f"{name} = {json.dumps(value)}")
        else:
            lines.append(f'# {name} = "…"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
