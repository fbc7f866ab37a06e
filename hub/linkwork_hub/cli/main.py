"""Every command of the hub in one program, and how errors are said."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError, ProgrammingError

from linkwork.errors import LinkworkError
from linkwork_hub.access import commands as access
from linkwork_hub.access.home import Home
from linkwork_hub.cli.ceremonies import keys
from linkwork_hub.cli.late import LateGroup
from linkwork_hub.feeds.commands import feeds
from linkwork_hub.web import log

app = typer.Typer(
    name="linkwork-hub",
    cls=LateGroup,
    help="The authority's side of Linkwork.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
profile = typer.Typer(no_args_is_help=True, help="The authority's profile.")
policy = typer.Typer(no_args_is_help=True, help="Rule packs of triggers.")
app.add_typer(access.user, name="user")
app.add_typer(profile, name="profile")
app.add_typer(policy, name="policy")
app.add_typer(feeds, name="feeds")
app.add_typer(keys, name="keys")


class Imported(StrEnum):
    """What can be imported from a file."""

    SCHOOLS = "schools"
    TERMS = "terms"
    STAFF = "staff"
    CASES = "cases"
    AWAY = "away"
    VISITS = "visits"


@app.callback()
def everywhere(
    ctx: typer.Context,
    home: Annotated[
        Path, typer.Option(envvar="LINKWORK_HOME", help="The hub's home folder.")
    ] = Path("linkwork-hub"),
) -> None:
    """Open the home folder for the command that follows."""
    ctx.obj = Home(home.absolute())


@app.command("import")
def import_file(
    ctx: typer.Context,
    kind: Annotated[Imported, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="A UTF-8 CSV file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Import a file: checked first, then whole or not at all."""
    from linkwork_hub.cli.setting_up import PLANNERS

    planner = PLANNERS[kind.value]
    raise typer.Exit(access.import_file(ctx.obj, planner, file, dry_run=dry_run))


@profile.command("lint")
def lint(file: Annotated[Path, typer.Argument(help="A profile, such as authority.toml.")]) -> None:
    """Say whether a profile is sound, and where it is not."""
    from linkwork_hub.cli import linting

    typer.echo("\n".join(linting.lint_profile(file)))


@policy.command("lint")
def lint_policy(file: Annotated[Path, typer.Argument(help="A policy file.")]) -> None:
    """Say whether a policy is sound, and where it is not."""
    from linkwork_hub.cli import linting

    typer.echo("\n".join(linting.lint_policy(file)))


def main() -> None:
    """Run one command; an error raised on purpose is one sentence and its exit code."""
    # What this program makes is for its own account alone.
    os.umask(0o077)
    log.configure("text")
    try:
        app()
    except LinkworkError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).partition("\n")[0]
        print(
            f"The database could not be used: {reason}. If the hub was just updated, start it "
            "once with: linkwork-hub serve",
            file=sys.stderr,
        )
        sys.exit(1)
