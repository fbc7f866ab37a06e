"""A hub in one process, a browser for it, and a clock that stands: for tests of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx
from argon2 import PasswordHasher

from linkwork_hub import app
from linkwork_hub.access import account_store, store
from linkwork_hub.access.models import Person, SchoolFacts
from linkwork_hub.access.profile import Profile
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.feeds import keys as feeds_keys
from linkwork_hub.web import security

PASSWORD = "correct horse battery"
SYSTEM = Scope.system()
#: The cheapest cost argon2 knows: a test of pages is no test of guessing.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


#: Monday 2 March 2026, nine in the morning.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Move on by the parts of a timedelta: `advance(minutes=20)`."""
        self.now += timedelta(**by)


class Browser:
    """One person's browser: keeps cookies, puts the form token into what it posts."""

    def __init__(self, hub: HubUnderTest, raises: bool) -> None:
        self.hub = hub
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(
                app=hub.built.asgi, raise_app_exceptions=raises, client=("192.0.2.7", 4711)
            ),
            base_url=hub.built.site.address,
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page; redirects are not followed."""
        return self.hub.run(self.client, "GET", path, **options)

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, **options: Any
    ) -> httpx.Response:
        """Send a form with its token."""
        form = {"form_token": self.token()} | dict(data or {})
        return self.hub.run(self.client, "POST", path, data=form, **options)

    def token(self) -> str:
        """The token our own pages would put into a form of this browser."""
        secure, jar = self.hub.built.site.secure, self.client.cookies
        names = (security.SESSION, security.VISIT)
        held = [jar.get(security.cookie_name(name, secure)) for name in names]
        cookie = next((value for value in held if value), None)
        if cookie is None:
            self.get("/sign-in")
            cookie = jar[security.cookie_name(security.VISIT, secure)]
        return security.form_token(self.hub.db.box, cookie)


@dataclass
class HubUnderTest:
    """A whole hub in this process."""

    built: app.Built
    db: Database
    clock: FixedClock
    keys: feeds_keys.HubKeys
    profile: Profile
    runner: asyncio.Runner
    browsers: list[Browser] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def over(
        cls, db: Database, clock: FixedClock, keys: feeds_keys.HubKeys, chosen: Profile
    ) -> HubUnderTest:
        """A hub over this database."""
        built = app.build(db, chosen, address="http://hub.test", hasher=CHEAP, keys=keys)
        return cls(built, db, clock, keys, chosen, asyncio.Runner())

    def browser(self, *, raises: bool = True) -> Browser:
        """A browser in which nobody is signed in; `raises` shows a fault of ours as it is."""
        self.browsers.append(Browser(self, raises))
        return self.browsers[-1]

    def at(self, address: str) -> Browser:
        """A browser at the same hub reached under another address."""
        built = app.build(self.db, self.profile, address=address, hasher=CHEAP, keys=self.keys)
        self.browsers.append(Browser(replace(self, built=built), raises=True))
        return self.browsers[-1]

    def sign_in(self, role: Role, *, schools: tuple[str, ...] = ()) -> Browser:
        """A browser with a new person of this role signed in; `schools` are theirs by id."""
        return self.sign_in_as(self.add_person(role, schools=schools), PASSWORD)

    def sign_in_as(self, email: str, password: str) -> Browser:
        """A browser after one try to sign in."""
        browser = self.browser()
        browser.post("/sign-in", {"email": email, "password": password})
        return browser

    def add_person(self, role: Role, *, schools: tuple[str, ...] = ()) -> str:
        """A new person who may sign in with PASSWORD; their e-mail address."""
        email = f"{role.value}{next(self.numbers)}@example.test"
        name = f"Test {role.value.replace('-', ' ').title()}"
        person = Person("", email, name, role, True, frozenset(schools))
        with self.db.write() as db:
            account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))
        return email

    def add_school(
        self,
        urn: str = "900001",
        name: str = "Fernhill Primary",
        *,
        school_type: str = "LA",
        roll: int = 210,
    ) -> str:
        """A new school; its id."""
        facts = SchoolFacts(
            school_id="",
            from_day=date(2024, 9, 1),
            urn=urn,
            name=name,
            school_type=school_type,
            phase="primary",
            roll=roll,
            roll_date=date(2025, 1, 16),
        )
        with self.db.write() as db:
            return store.add_school(SYSTEM, db, facts)

    def run(
        self, client: httpx.AsyncClient, method: str, path: str, **options: Any
    ) -> httpx.Response:
        """One request, run to its end."""
        return self.runner.run(client.request(method, path, **options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for browser in self.browsers:
            self.runner.run(browser.client.aclose())
        self.runner.close()
