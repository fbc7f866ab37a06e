"""A hub with Southampton's profile: a school, its officer and a case, to hold meetings about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from hub_under_test import CHEAP, PASSWORD, Browser, HubUnderTest

from linkwork.wire import Identity
from linkwork_hub.access import account_store, profile
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, Term
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case, Door, NewCase, read_pathway
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.meetings import store as meetings
from linkwork_hub.referrals import store as referrals

SYSTEM = Scope.system()
PSEUDONYM = "p_k3qx7m2aaaaaaaaaaaaaaaaaaa"
CHILD = "Zebediah Canaryname"


def southampton() -> profile.Profile:
    """Southampton's profile as it comes with the hub."""
    return profile.loads(profile.builtin_text("southampton"), "southampton.toml")


@dataclass
class Service:
    """A hub, a school in term, its link officer and a manager signed in, and an open case."""

    hub: HubUnderTest
    school: str
    officer: Browser
    officer_id: str
    manager: Browser
    candidate: str
    case: Case

    def person(self, name: str, role: Role = Role.OFFICER, *schools: str) -> str:
        """One more person who signs in as `name@x.test`; officers work every day."""
        return add_person(self.hub.db, name, role, *schools)

    def sign_in(self, name: str) -> Browser:
        """A browser of somebody added with `person`."""
        return self.hub.sign_in_as(f"{name.lower().replace(' ', '.')}@x.test", PASSWORD)

    def asked(self, kind: str, **said: object) -> dict[str, object]:
        """What a form says to plan a meeting in company: about the case where it is of one."""
        of_case = kind in ("attendance-focused", "afm-review")
        return {"type": kind} | ({"case": self.case.id} if of_case else {}) | said

    def gather(self, kind: str, **said: object) -> list[str]:
        """The half-days that are offered for a meeting in company."""
        asked = self.asked(kind, then="when", **said)
        page = self.officer.get(f"/meetings/gather/{self.school}", params=asked)
        assert page.status_code == 200, page.text
        return re.findall(r'name="slot"[^>]*value="(2026-\d\d-\d\d-[ap]m)"', page.text)

    def company(self, kind: str) -> str:
        """The page on which a meeting in company is planned, before anything is chosen."""
        page = self.officer.get(f"/meetings/gather/{self.school}", params=self.asked(kind))
        assert page.status_code == 200, page.text
        return page.text

    def plan(self, kind: str, **said: object) -> str:
        """Plan the first half-day offered; the meeting's id."""
        said.setdefault("slot", self.gather(kind, **said)[:1])
        form = self.asked(kind, then="when", **said)
        answer = self.officer.post(f"/meetings/gather/{self.school}", form)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).removeprefix("/meetings/")

    def hold(self, meeting: str) -> date:
        """Move the clock to three in the afternoon of the meeting's day; both sign in again."""
        with self.hub.db.read() as db:
            one = meetings.meeting(SYSTEM, db, meeting)
        assert one is not None
        day = one.half_day.day
        self.hub.clock.now = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        self.officer, self.manager = self.sign_in("Olive Link"), self.sign_in("Mina Manager")
        return day


def service(hub: HubUnderTest) -> Service:
    """A whole service over a hub with Southampton's profile, on Monday 2 March 2026."""
    db = hub.db
    school = hub.add_school()
    officer_id = add_person(db, "Olive Link", Role.OFFICER)
    add_person(db, "Mina Manager", Role.MANAGER)
    with db.write() as tx:
        access.set_link_officer(SYSTEM, tx, school, officer_id)
        for name, first, last in (
            ("Spring 2026", date(2026, 1, 5), date(2026, 3, 27)),
            ("Summer 2026", date(2026, 4, 13), date(2026, 7, 21)),
        ):
            access.add_term(SYSTEM, tx, Term("", name, "term", first, last))
        candidate = referrals.start(
            SYSTEM, tx, school, PSEUDONYM, "penalty-window", date(2026, 2, 2), "12 sessions"
        )
        forename, surname = CHILD.split()
        identity = Identity(pupil_id="P1", upn="A123", surname=surname, forename=forename)
        basis = (referrals.RETURN, "ret_1")
        referrals.keep_identity(SYSTEM, tx, school, PSEUDONYM, identity, basis, date(2026, 2, 2))
        new = NewCase(Door.DIRECT, school, PSEUDONYM, candidate, officer_id, "A test")
        pathway = read_pathway(southampton().section("pathway"))
        case = cases.open_case(SYSTEM, tx, "SOU", pathway, new, "Olive Link")
    made = Service(hub, school, hub.browser(), officer_id, hub.browser(), candidate, case)
    made.officer, made.manager = made.sign_in("Olive Link"), made.sign_in("Mina Manager")
    return made


def add_person(database: Database, name: str, role: Role, *schools: str) -> str:
    """A person who may sign in with PASSWORD; their id."""
    email = f"{name.lower().replace(' ', '.')}@x.test"
    days = SLOTS if role is Role.OFFICER else ()
    person = Person("", email, name, role, True, frozenset(schools), days)
    with database.write() as db:
        return account_store.add_person(SYSTEM, db, person, password=CHEAP.hash(PASSWORD))
