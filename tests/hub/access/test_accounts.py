"""Signing in: delays, sessions that end, ids that are never kept and never handed in."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from hub_under_test import CHEAP, PASSWORD, SYSTEM, FixedClock, HubUnderTest
from sqlalchemy import select

from linkwork.errors import WrongUse
from linkwork_hub import app
from linkwork_hub.access import account_store, rules, tables
from linkwork_hub.access.accounts import Accounts, SignInRefused
from linkwork_hub.access.models import Person
from linkwork_hub.access.profile import Profile
from linkwork_hub.db import Database, Role
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.web import security


@pytest.fixture
def accounts(database: Database) -> Accounts:
    made = Accounts(CHEAP)
    person = Person("", "Quill@Example.test", "P. Quill", Role.MANAGER, True)
    with database.write() as db:
        account_store.add_person(SYSTEM, db, person, password=made.hash(PASSWORD))
    return made


def test_the_right_password_opens_a_session(database: Database, accounts: Accounts) -> None:
    secret = accounts.sign_in(database, " quill@example.TEST ", PASSWORD, "192.0.2.7")
    found = accounts.find(database, secret)
    assert found is not None
    assert found.name == "P. Quill"
    assert len(secret) == 64


def test_only_a_digest_of_the_session_id_is_kept(database: Database, accounts: Accounts) -> None:
    secret = accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    with database.read() as db:
        kept = str(db.all(select(tables.sessions)))
    assert secret not in kept


def test_wrong_passwords_make_this_address_wait_longer_and_longer(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    def fail(address: str = "192.0.2.7") -> str:
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(database, "quill@example.test", "wrong", address)
        return str(refused.value)

    for _ in range(3):
        assert "not right" in fail()
    assert "Wait 1 second" in fail()
    clock.advance(seconds=1)
    assert "not right" in fail()
    assert "Wait 2 seconds" in fail()
    # Even the right password waits, or the delay would tell when a guess was right.
    with pytest.raises(SignInRefused, match="Wait 2 seconds"):
        accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    assert "not right" in fail(address="192.0.2.8")
    clock.advance(seconds=2)
    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    assert "not right" in fail()


def test_tries_from_many_addresses_shut_the_account_a_little_and_not_where_its_owner_works(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    def fail(address: str) -> str:
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(database, "quill@example.test", "wrong", address)
        return str(refused.value)

    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    for number in range(10):
        assert "not right" in fail(f"198.51.100.{number}")
    assert "Wait 1 second" in fail("198.51.100.10")
    # Where its owner signed in before, the account is open all the same, and forgives the others.
    with database.write() as db:
        before = db.all(select(tables.sign_in_failures))
    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    assert "not right" in fail("198.51.100.10")
    assert len(before) == 1 + 1 + 1 + 10
    # However long it goes on, an address never seen before waits a minute and no more.
    for number in range(20, 60):
        fail(f"198.51.100.{number}")
        clock.advance(minutes=1)
    fail("198.51.100.99")
    assert "Wait 60 seconds" in fail("203.0.113.5")
    clock.advance(minutes=1)
    accounts.sign_in(database, "quill@example.test", PASSWORD, "203.0.113.5")


def test_the_address_an_owner_signed_in_from_is_known_for_as_long_as_sessions_are_kept(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    clock.advance(days=30)
    with database.write() as db:
        account_store.forget_before(
            SYSTEM, db, db.now - timedelta(days=90), db.now - timedelta(days=1)
        )
    for number in range(11):
        with pytest.raises(SignInRefused):
            accounts.sign_in(database, "quill@example.test", "wrong", f"198.51.100.{number}")
    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")


class Watched(PasswordHasher):
    """The real hasher, which counts how often, and how often at once, it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.lock, self.asked, self.now, self.most = threading.Lock(), 0, 0, 0

    def verify(self, hashed: str | bytes, password: str | bytes) -> Literal[True]:
        with self.lock:
            self.asked, self.now = self.asked + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            # As long as a check takes at its real cost.
            time.sleep(0.05)
            return super().verify(hashed, password)
        finally:
            with self.lock:
                self.now -= 1


def test_sixty_wrong_passwords_at_one_moment_are_three_tries_and_two_checks_at_a_time(
    database: Database, clock: FixedClock, hub_keys: HubKeys, reading: Profile
) -> None:
    watched = Watched()
    built = app.build(database, reading, address="http://hub.test", hasher=watched, keys=hub_keys)

    with HubUnderTest.over(database, clock, hub_keys, reading) as made:
        hub = replace(made, built=built)
        email = hub.add_person(Role.MANAGER)
        browser = hub.browser()
        form = {"form_token": browser.token(), "email": email, "password": "wrong"}

        async def storm() -> list[httpx.Response]:
            calls = (browser.client.post("/sign-in", data=form) for _ in range(60))
            return await asyncio.gather(*calls)

        answers = hub.runner.run(storm())
        assert watched.asked == rules.FREE_TRIES
        assert watched.most <= 2
        assert {answer.status_code for answer in answers} <= {403, 503}
        busy = [answer for answer in answers if answer.status_code == 503]
        assert all(int(answer.headers["retry-after"]) > 0 for answer in busy)
        wrong = [answer for answer in answers if "password is not right" in answer.text]
        assert len(wrong) == rules.FREE_TRIES
        # The storm over, its owner waits a second and is let in.
        clock.advance(seconds=1)
        right = browser.post("/sign-in", {"email": email, "password": PASSWORD})
        assert right.status_code == 303


def test_people_who_sign_in_at_one_moment_are_checked_two_at_a_time_and_all_let_in(
    database: Database, clock: FixedClock, hub_keys: HubKeys, reading: Profile
) -> None:
    watched = Watched()
    built = app.build(database, reading, address="http://hub.test", hasher=watched, keys=hub_keys)
    with HubUnderTest.over(database, clock, hub_keys, reading) as made:
        hub = replace(made, built=built)
        emails = [hub.add_person(Role.OFFICER) for _ in range(10)]
        browser = hub.browser()
        form = {"form_token": browser.token(), "password": PASSWORD}

        async def morning() -> list[httpx.Response]:
            calls = (browser.client.post("/sign-in", data=form | {"email": e}) for e in emails)
            return await asyncio.gather(*calls)

        assert [answer.status_code for answer in hub.runner.run(morning())] == [303] * 10
        assert watched.asked == 10
        assert watched.most <= 2


def test_an_unknown_address_is_refused_in_the_same_words(
    database: Database, accounts: Accounts
) -> None:
    sentences = set()
    for email in ("quill@example.test", "nobody@example.test"):
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(database, email, "wrong", "192.0.2.9")
        sentences.add(str(refused.value))
    assert len(sentences) == 1


def test_a_person_without_a_password_cannot_sign_in(database: Database, accounts: Accounts) -> None:
    person = Person("", "new@example.test", "New Person", Role.OFFICER, True)
    with database.write() as db:
        account_store.add_person(SYSTEM, db, person, password="")
    with pytest.raises(SignInRefused):
        accounts.sign_in(database, "new@example.test", "", "192.0.2.7")


def test_a_session_ends_after_twenty_idle_minutes_and_not_while_used(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    secret = accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    for _ in range(5):
        clock.advance(minutes=19)
        assert accounts.find(database, secret) is not None
    clock.advance(minutes=20)
    assert accounts.find(database, secret) is None


def test_a_session_ends_after_ten_hours_however_busy(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    secret = accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    for _ in range(39):
        clock.advance(minutes=15)
        assert accounts.find(database, secret) is not None
    clock.advance(minutes=15)
    assert accounts.find(database, secret) is None


def test_a_changed_role_ends_every_session_of_the_person(
    database: Database, accounts: Accounts
) -> None:
    secret = accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    found = accounts.find(database, secret)
    assert found is not None
    changed = Person(found.person_id, found.email, found.name, Role.FINANCE, True)
    with database.write() as db:
        account_store.change_person(SYSTEM, db, changed)
    assert accounts.find(database, secret) is None


def test_two_people_cannot_have_one_address(database: Database, accounts: Accounts) -> None:
    again = Person("", "QUILL@example.test", "Another", Role.OFFICER, True)
    with pytest.raises(WrongUse, match="has a sign-in already"), database.write() as db:
        account_store.add_person(SYSTEM, db, again, password="")


def test_old_sessions_and_tries_are_forgotten(
    database: Database, accounts: Accounts, clock: FixedClock
) -> None:
    accounts.sign_in(database, "quill@example.test", PASSWORD, "192.0.2.7")
    with pytest.raises(SignInRefused):
        accounts.sign_in(database, "quill@example.test", "wrong", "192.0.2.8")
    clock.advance(days=91)
    with database.write() as db:
        account_store.forget_before(SYSTEM, db, db.now, db.now)
        assert db.all(select(tables.sessions)) == []
        assert db.all(select(tables.sign_in_failures)) == []


def test_an_id_brought_along_is_not_the_id_after_signing_in(hub: HubUnderTest) -> None:
    email = hub.add_person(Role.MANAGER)
    browser = hub.browser()
    planted = "f" * 64
    browser.client.cookies.set(security.SESSION, planted, domain="hub.test")
    page = browser.get("/sign-in").text
    token = page.split('name="form_token" value="')[1].split('"')[0]
    form = {"email": email, "password": PASSWORD, "form_token": token}
    answer = browser.post("/sign-in", form)
    assert answer.status_code == 303
    held = [c.value for c in browser.client.cookies.jar if c.name == security.SESSION]
    assert planted not in answer.headers["set-cookie"]
    fresh = next(value for value in held if value != planted)
    assert hub.built.site.visitors.find(hub.db, planted) is None
    assert hub.built.site.visitors.find(hub.db, str(fresh)) is not None


def test_signing_in_again_ends_the_session_before(hub: HubUnderTest) -> None:
    browser = hub.sign_in(Role.MANAGER)
    before = browser.client.cookies[security.SESSION]
    email = hub.add_person(Role.FINANCE)
    browser.post("/sign-in", {"email": email, "password": PASSWORD})
    assert browser.client.cookies[security.SESSION] != before
    assert hub.built.site.visitors.find(hub.db, before) is None


def test_signing_out_ends_the_session_on_the_server(hub: HubUnderTest) -> None:
    browser = hub.sign_in(Role.MANAGER)
    secret = browser.client.cookies[security.SESSION]
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert hub.built.site.visitors.find(hub.db, secret) is None
