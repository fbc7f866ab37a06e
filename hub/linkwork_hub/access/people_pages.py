"""The pages on which a manager says who may sign in and what they reach."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.responses import Response

from linkwork.errors import Refused, WrongUse
from linkwork_hub.access import account_store, store
from linkwork_hub.access.accounts import Accounts
from linkwork_hub.access.models import Person, School
from linkwork_hub.db import Role, Tx
from linkwork_hub.web import EVERYONE, Context, Page, found, get, post

ROLES = {
    Role.OFFICER: "Education welfare officer",
    Role.MANAGER: "Service manager",
    Role.FINANCE: "Finance",
    Role.HUB_TEAM: "Hub team",
    Role.HEALTH_NEEDS: "Health needs",
    Role.SCHOOL: "School",
}
_WITH_SCHOOLS = (Role.OFFICER, Role.SCHOOL)
_MANAGER = frozenset({Role.MANAGER})


def routes(accounts: Accounts) -> list[Page]:
    """The routes of people and of one's own password, over these accounts."""
    return [
        get("/people", index, roles=_MANAGER),
        get("/people/new", new, roles=_MANAGER),
        post("/people/new", lambda ctx: add(ctx, accounts), roles=_MANAGER),
        get("/people/{person_id}", one, roles=_MANAGER),
        post("/people/{person_id}", change, roles=_MANAGER),
        get("/password", _password_form, roles=EVERYONE),
        post("/password", lambda ctx: set_password(ctx, accounts), roles=EVERYONE),
    ]


def index(ctx: Context) -> Response:
    """Everyone with a sign-in."""
    with ctx.db.read() as db:
        everyone = store.people(ctx.scope, db)
        linked = {p.id: len(_reach(ctx, db, p)) for p in everyone if p.role in _WITH_SCHOOLS}
    paging = ctx.paging(len(everyone))
    return ctx.render(
        "access/people.html",
        title="People",
        people=everyone[paging.offset : paging.offset + paging.size],
        linked=linked,
        roles=ROLES,
        paging=paging,
    )


def new(ctx: Context) -> Response:
    """The empty form."""
    return _form(ctx, Person("", "", "", Role.OFFICER, True))


def add(ctx: Context, accounts: Accounts) -> Response:
    """Let someone sign in from now on."""
    person = _from_form(ctx, Person("", ctx.form.get("email", ""), "", Role.OFFICER, True))
    problems = _problems(person)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", person.email):
        problems["email"] = "Enter an e-mail address, such as name@example.org"
    password = ctx.lists.get("password", [""])[-1]
    try:
        hashed = accounts.hash(password)
    except WrongUse as short:
        problems["password"] = str(short)
    if problems:
        return _form(ctx, person, problems)
    with ctx.db.write() as db:
        if store.person_by_email(ctx.scope, db, person.email):
            return _form(ctx, person, {"email": "Someone has this address already"})
        person_id = account_store.add_person(ctx.scope, db, person, password=hashed)
        store.audit(ctx.scope, db, "added person", "person", person_id, why=person.role.value)
    return ctx.redirect("/people", f"{person.name} may sign in now.")


def one(ctx: Context) -> Response:
    """One person's form."""
    with ctx.db.read() as db:
        person = found(store.person(ctx.scope, db, ctx.path["person_id"]))
    return _form(ctx, person)


def change(ctx: Context) -> Response:
    """Change a person's name, role, schools, or whether they may sign in."""
    with ctx.db.write() as db:
        was = found(store.person(ctx.scope, db, ctx.path["person_id"]))
        person = _from_form(ctx, replace(was, active=ctx.form.get("active") == "yes"))
        problems = _problems(person)
        if problems:
            return _form(ctx, person, problems)
        if was.id == ctx.person.person_id and (not person.active or person.role != was.role):
            raise Refused("You cannot take away your own access. Ask another manager to change it.")
        account_store.change_person(ctx.scope, db, person)
        why = person.role.value if person.active else "ended"
        store.audit(ctx.scope, db, "changed person", "person", person.id, why=why)
    return ctx.redirect("/people", f"The changes to {person.name} are kept.")


def set_password(ctx: Context, accounts: Accounts) -> Response:
    """Change one's own password; every session ends."""
    old, fresh = (ctx.lists.get(name, [""])[-1] for name in ("password", "fresh"))
    if not accounts.knows(ctx.db, ctx.person.email, old):
        return _password_form(ctx, {"password": "This is not your present password"})
    try:
        hashed = accounts.hash(fresh)
    except WrongUse as short:
        return _password_form(ctx, {"fresh": str(short)})
    with ctx.db.write() as db:
        account_store.set_password(ctx.scope, db, ctx.person.person_id, hashed)
        store.audit(ctx.scope, db, "changed own password", "person", ctx.person.person_id)
    return ctx.redirect("/sign-in")


def _password_form(ctx: Context, problems: dict[str, str] | None = None) -> Response:
    status = 400 if problems else 200
    return ctx.render(
        "access/password.html", status=status, title="Your password", problems=problems or {}
    )


def _reach(ctx: Context, db: Tx, person: Person) -> frozenset[str]:
    return person.schools | frozenset(store.linked_schools(ctx.scope, db, person.id))


def _from_form(ctx: Context, person: Person) -> Person:
    role = ctx.form.get("role", "")
    if role not in ROLES:
        raise WrongUse("That is not a role. Choose one from the list.")
    schools = frozenset(value for value in ctx.lists.get("school", []) if value)
    return replace(person, name=ctx.form.get("name", ""), role=Role(role), schools=schools)


def _problems(person: Person) -> dict[str, str]:
    problems = {}
    if not person.name:
        problems["name"] = "Enter the person's name"
    if person.role == Role.SCHOOL and not person.schools:
        problems["school"] = "Choose the school this person works at"
    return problems


def _form(ctx: Context, person: Person, problems: dict[str, str] | None = None) -> Response:
    with ctx.db.read() as db:
        known: list[School] = store.schools(ctx.scope, db)
    return ctx.render(
        "access/person.html",
        status=400 if problems else 200,
        title=person.name or "Add a person",
        who=person,
        roles=[(role.value, words) for role, words in ROLES.items()],
        schools=known,
        problems=problems or {},
    )
