"""Commands about people, imports and the profile."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from argon2 import PasswordHasher

from linkwork.errors import WrongUse
from linkwork_hub.access import account_store, store
from linkwork_hub.access.accounts import hash_password
from linkwork_hub.access.home import Home
from linkwork_hub.access.import_plan import Plan
from linkwork_hub.access.import_schools import plan_schools
from linkwork_hub.access.imports import plan_staff, plan_terms
from linkwork_hub.access.models import Person
from linkwork_hub.access.output import Format, show
from linkwork_hub.db import Role, Scope, Tx

Planner = Callable[[Scope, Tx, Path], Plan]
PLANNERS: dict[str, Planner] = {
    "schools": plan_schools,
    "terms": plan_terms,
    "staff": plan_staff,
}
_SYSTEM = Scope.system()
_FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read it from standard input, do not ask.")
]

user = typer.Typer(no_args_is_help=True, help="People who may sign in.")


class PersonRole(StrEnum):
    """The roles a person can have."""

    OFFICER = "officer"
    MANAGER = "manager"
    FINANCE = "finance"
    HUB_TEAM = "hub-team"
    HEALTH_NEEDS = "health-needs"
    SCHOOL = "school"


@user.command("add")
def add_user(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name, as colleagues read it.")],
    role: Annotated[PersonRole, typer.Option(help="What they may do.")],
    school: Annotated[list[str] | None, typer.Option(help="URN; may be repeated.")] = None,
    password_stdin: _FromStdin = False,
) -> None:
    """Let someone sign in."""
    home: Home = ctx.obj
    hashed = hash_password(PasswordHasher(), _password(password_stdin))
    with home.db.write() as db:
        reach = frozenset(_school_id(db, urn) for urn in school or ())
        if role == PersonRole.SCHOOL and not reach:
            raise WrongUse("A person of a school needs one: give its number with --school URN.")
        person = Person("", email, name, Role(role.value), True, reach)
        person_id = account_store.add_person(_SYSTEM, db, person, password=hashed)
        store.audit(_SYSTEM, db, "added person", "person", person_id, why=role.value)
    typer.echo(f"{name} may sign in as {email.strip().lower()}.")


@user.command("list")
def list_users(
    ctx: typer.Context, fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE
) -> None:
    """Who may sign in, and as what."""
    home: Home = ctx.obj
    with home.db.read() as db:
        rows = [
            {"email": p.email, "name": p.name, "role": p.role.value, "active": p.active}
            for p in store.people(_SYSTEM, db)
        ]
    show(rows, ("email", "name", "role", "active"), fmt, "Nobody may sign in yet.")


@user.command("password")
def set_password(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="Whose password to set.")],
    password_stdin: _FromStdin = False,
) -> None:
    """Set a person's password; every session of theirs ends."""
    home: Home = ctx.obj
    hashed = hash_password(PasswordHasher(), _password(password_stdin))
    with home.db.write() as db:
        person = store.person_by_email(_SYSTEM, db, email)
        if person is None:
            raise WrongUse(f"Nobody signs in as {email}. See: linkwork-hub user list")
        account_store.set_password(_SYSTEM, db, person.id, hashed)
        store.audit(_SYSTEM, db, "set password", "person", person.id)
    typer.echo(f"The password of {person.name} is set.")


def import_file(home: Home, planner: Planner, path: Path, *, dry_run: bool) -> int:
    """Check a file against the database, say what it would do, and do it whole or not at all.

    The exit code: 3 when anything in it cannot be used, and then nothing was.
    """
    with home.db.write() as db:
        plan = planner(_SYSTEM, db, path)
        for problem in plan.problems:
            typer.echo(str(problem), err=True)
        if plan.problems:
            typer.echo(f"Nothing was imported: {_count(len(plan.problems), 'problem')}.", err=True)
            return 3
        for step in plan.steps:
            typer.echo(step.words)
        if dry_run:
            typer.echo(f"Dry run, nothing was changed: {_count(len(plan.steps), 'change')}.")
            return 0
        plan.apply(_SYSTEM, db)
        changes = _count(len(plan.steps), "change")
        store.audit(_SYSTEM, db, "imported", "file", path.name, why=changes)
    typer.echo(f"Imported {path.name}: {changes}.")
    return 0


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongUse("There is no terminal to ask for a password. Use --password-stdin.")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise WrongUse("The two passwords differ. Run the command again.")
    return first


def _school_id(db: Tx, urn: str) -> str:
    found = store.school_by_urn(_SYSTEM, db, urn)
    if found is None:
        raise WrongUse(f"No school has URN {urn}. Import schools first.")
    return found.id


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
