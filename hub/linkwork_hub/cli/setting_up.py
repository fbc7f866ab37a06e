"""`init` and `keys`: making a hub's home."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import typer

from linkwork import policy, wording
from linkwork.errors import BadInput, WrongUse
from linkwork_hub import settings
from linkwork_hub.access import commands as access
from linkwork_hub.access import profile
from linkwork_hub.access.home import Home, now
from linkwork_hub.access.output import Format, show
from linkwork_hub.billing.tariff import read_tariff
from linkwork_hub.cases.imports import plan_cases
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds.policy import sendable_policy
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.referrals.models import read_referral_rules

#: What plans the import of each kind of file.
PLANNERS: dict[str, access.Planner] = {**access.PLANNERS, "cases": plan_cases}


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init")(init)
    app.command("keys")(list_keys)


def init(
    ctx: typer.Context,
    profile_name: Annotated[str, typer.Option("--profile", help="A profile's name or a file.")],
    address: Annotated[str, typer.Option(help="The web address people and schools use.")] = "",
    database: Annotated[
        str, typer.Option(help="postgresql+psycopg://… ; without it SQLite in the home folder.")
    ] = "",
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
    key_files.make_keys(folder, authority.name, now(), secrets.token_bytes)
    settings.make_column_key(folder, secrets.token_bytes(32))
    # The settings come last: a home without them was not finished, and init can begin again.
    _write_settings(home.path / settings.CONFIG, address, database)
    home.upgrade()
    typer.echo(
        f"{home.path} is the home of {authority.name}, {authority.service}.\n"
        f"Keep {folder} safe and backed up: without it nothing here can be read.\n"
        "Next: linkwork-hub user add, import, serve."
    )


def list_keys(
    ctx: typer.Context, fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE
) -> None:
    """The hub's public keys: their purpose, id and age. Private keys are never shown."""
    home: Home = ctx.obj
    keyset = key_files.load_keys(home.settings.keys_path).receiver.keyset
    at = now()
    rows: list[dict[str, Any]] = [
        {
            "purpose": k.purpose,
            "key_id": k.key_id,
            "status": k.status,
            "since": f"{k.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "age": _days((at - k.not_before).days),
        }
        for k in keyset.keys
    ]
    show(rows, ("purpose", "key_id", "status", "since", "age"), fmt, "There are no keys.")


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def lint(path: Path) -> str:
    """A sentence about a sound profile. Raises BadInput or WrongUse naming what is not."""
    found = profile.load(path)
    chosen = sendable_policy(found)
    read_referral_rules(found.section("referral"))
    read_pathway(found.section("pathway"))
    read_rules(found.section("meetings"), file=path.name)
    tariff = read_tariff(found.section("tariff"), file=path.name)
    priced = f"tariff {tariff.name!r}" if tariff else "no tariff"
    return f"{path.name} is sound: {found.name}, {found.service}; {chosen.name}; {priced}."


def lint_policy(path: Path) -> list[str]:
    """What to say of a policy file that is sound: a sentence, then what to look at twice.

    Raises BadInput with every mistake, a line each, or WrongUse when there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        # Says what is wrong with it, or finds the name of a shipped policy.
        text = policy.load(path).text
    found = policy.lint(text, file=path.name)
    if found.policy is None:
        raise Mistakes(found.mistakes)
    count = wording.number(len(found.policy.enabled), "trigger")
    sound = f"{path.name} is sound: {found.policy.name}, {count} applied."
    return [sound, *(f"Look at this twice: {doubt}" for doubt in found.doubts)]


class Mistakes(BadInput):
    """Several mistakes in one file, a line each; the first stands for them all."""

    def __init__(self, found: Sequence[BadInput]) -> None:
        first = found[0]
        super().__init__(
            first.problem, remedy=first.remedy, file=first.file, row=first.row, column=first.column
        )
        self._all = "\n".join(str(each) for each in found)

    def __str__(self) -> str:
        return self._all


def _profile_text(name: str) -> str:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise WrongUse(f"{path} is missing. Profiles: {', '.join(profile.names())}.")
        return path.read_text(encoding="utf-8")
    return profile.builtin_text(name)


def _write_settings(path: Path, address: str, database: str) -> None:
    lines = ["# The settings of this hub. Times, prices and rules are in authority.toml."]
    for name, value in (("address", address), ("database", database)):
        if value:
            lines.append(f"{name} = {json.dumps(value)}")
        else:
            lines.append(f'# {name} = "…"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
