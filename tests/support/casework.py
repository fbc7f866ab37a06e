"""A connected school with absence to tell of, and officers to tell it to: for tests of the hub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from hub_under_test import PASSWORD, Browser, HubUnderTest
from school_post import SchoolPost

from linkwork import seal
from linkwork.wire import (
    Address,
    ContactOnReturn,
    DownlinkItem,
    Evidence,
    Identity,
    Mark,
    Notice,
    Referral,
    Return,
    SicknessReturn,
)
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Term
from linkwork_hub.actions.apply import on_progress
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.feeds.models import Handlers
from linkwork_hub.meetings.apply import on_meeting_list, on_record_confirmed, on_same_child
from linkwork_hub.referrals.apply import on_referral, on_return, on_sickness, on_summary
from linkwork_hub.referrals.discharge import record_due

SYSTEM = Scope.system()
#: What the hub does with each kind of message.
HANDLERS: Handlers = {
    "summary": on_summary,
    "return": on_return,
    "sickness-return": on_sickness,
    "referral": on_referral,
    "action-progress": on_progress,
    "record-confirmed": on_record_confirmed,
    "meeting-list": on_meeting_list,
    "same-child": on_same_child,
}
PUPIL = "p_" + "k3qx7m2abcdefghijklmnopqrs"
OTHER = "p_" + "z" * 26
ILL = "p_" + "h" * 26
#: Monday to Friday of two weeks, the last the Friday before the tests' Monday, 2 March 2026.
TEN_DAYS = tuple(
    date(2026, 2, 16) + timedelta(days=week * 7 + day) for week in range(2) for day in range(5)
)
EVIDENCE = (
    Evidence(item="parents-contacted", done=date(2026, 2, 18), by="R. Lamb"),
    Evidence(item="letter-sent", done=date(2026, 2, 20)),
    Evidence(item="meeting-held", done=date(2026, 2, 25), by="R. Lamb"),
    Evidence(item="support-offered", done=date(2026, 2, 26), note="breakfast club offered"),
    Evidence(item="parents-told", done=date(2026, 2, 27)),
)


def marks(days: Iterable[date] = TEN_DAYS, code: str | None = "O", counts: str = "") -> Any:
    """Both sessions of each day as counted marks."""
    return tuple(
        Mark(date=day, half=half, code=code, counts_as=counts)
        for day in days
        for half in ("AM", "PM")
    )


def notice(**changes: Any) -> Notice:
    """Ten school days in a row without leave, still absent; keywords replace fields."""
    fields: dict[str, Any] = {
        "episode": "e1",
        "event": "opened",
        "pseudonym": PUPIL,
        "trigger": "continuous-unauthorised",
        "statutory": True,
        "status": "confirmed",
        "age": "compulsory",
        "value": 10,
        "threshold": 10,
        "unit": "school days",
        "possible": 120,
        "first": TEN_DAYS[0],
        "last": TEN_DAYS[-1],
        "at_least": 10,
        "at_most": 10,
        "year_group": "8",
        "why": marks(),
    }
    return Notice.model_validate(fields | changes)


def severe(**changes: Any) -> Notice:
    """Severe absence of another pupil."""
    fields: dict[str, Any] = {
        "episode": "e2",
        "pseudonym": OTHER,
        "trigger": "severe-absence",
        "statutory": False,
        "value": 66,
        "threshold": 60,
        "unit": "sessions",
        "first": date(2025, 9, 8),
        "at_least": 66,
        "at_most": 68,
        "why": marks(code=None, counts="authorised"),
    }
    return notice(**fields | changes)


def ill(**changes: Any) -> Notice:
    """Fifteen days of sickness of a third pupil."""
    fields: dict[str, Any] = {
        "episode": "e7",
        "pseudonym": ILL,
        "trigger": "sickness",
        "value": 30,
        "threshold": 30,
        "unit": "sessions",
        "at_least": 30,
        "at_most": 30,
        "why": marks(code=None, counts="authorised"),
    }
    return notice(**fields | changes)


def identity(forename: str = "Testina", surname: str = "Example") -> Identity:
    """Who a pupil is; plainly nobody."""
    home = Address(lines=("1 Nowhere Lane",), postcode="ZZ1 1ZZ")
    parent = ContactOnReturn(
        name="Parent Example",
        relationship="mother",
        parental_responsibility=True,
        lives_with=True,
        phones=("01632 960001",),
    )
    return Identity(
        pupil_id="77",
        upn="A999000000001",
        surname=surname,
        forename=forename,
        date_of_birth=date(2013, 5, 4),
        address=home,
        contacts=(parent,),
    )


@dataclass
class Telling:
    """One school with a confirmed agent, and what it tells the hub."""

    school: SchoolPost
    sent: int = field(default=0, kw_only=True)

    @property
    def school_id(self) -> str:
        """The school's id."""
        return self.school.school_id

    def tell(self, *notices: Notice, day: date = TEN_DAYS[-1]) -> None:
        """A collection arrives with these notices, and is applied."""
        message = self.school.summary(day).model_copy(update={"notices": notices})
        self.school.send(message)
        self.school.work(HANDLERS)

    def sealed(self, pseudonym: str, who: Identity | None = None) -> str:
        """An identity sealed to the hub for this school and pseudonym."""
        context = seal.identity_context(self.school.urn, pseudonym)
        return seal.seal_identity(who or identity(), self.school.hub_public("identity"), context)

    def return_of(self, *notices: Notice, day: date = TEN_DAYS[-1]) -> Return:
        """A return of one day naming the pupils of these notices; without any it is nil."""
        self.sent += 1
        named = tuple(
            one.model_copy(update={"sealed_identity": self.sealed(one.pseudonym)})
            for one in notices
        )
        return Return(
            return_id=f"r{self.sent}",
            urn=self.school.urn,
            first=day,
            last=day,
            policy="england-2024",
            released_by="Head Example",
            notices=named,
        )

    def sickness_return(self, *notices: Notice, day: date = TEN_DAYS[-1]) -> SicknessReturn:
        """Sickness returns; whoever falls under one is named when it begins."""
        self.sent += 1
        named = tuple(
            one.model_copy(update={"sealed_identity": self.sealed(one.pseudonym)})
            if one.event == "opened"
            else one
            for one in notices
        )
        return SicknessReturn(
            return_id=f"s{self.sent}",
            urn=self.school.urn,
            as_of=day,
            policy="england-2024",
            released_by="Head Example",
            notices=named,
        )

    def referral(
        self,
        request_id: str | None = None,
        evidence: Sequence[Evidence] = EVIDENCE,
        pseudonym: str = PUPIL,
    ) -> Referral:
        """A referral of the school."""
        self.sent += 1
        return Referral(
            referral_id=f"f{self.sent}",
            request_id=request_id,
            urn=self.school.urn,
            pseudonym=pseudonym,
            made_by="R. Lamb",
            reason="We cannot reach the family.",
            evidence=tuple(evidence),
            sealed_identity=self.sealed(pseudonym),
        )

    def arrive(self, message: Any) -> None:
        """A message arrives and is applied."""
        self.school.send(message)
        self.school.work(HANDLERS)

    def downlink(self) -> list[DownlinkItem]:
        """What is on its way to the school, as its agent opens it."""
        return self.school.opened(self.school.send(self.school.heartbeat()))

    def keep_all(self) -> None:
        """The school's agent says that it keeps everything sent to it."""
        answer = self.school.send(self.school.heartbeat())
        self.school.acknowledge(item.id for item in answer.downlink)
        self.school.work(HANDLERS)


@dataclass
class Casework(Telling):
    """The school, the hub's pages, and the school's link officer in a browser."""

    hub: HubUnderTest
    officer: Browser
    officer_id: str
    officer_email: str

    def later(self, days: int) -> None:
        """Some days on: the clock moves and the officer signs in again."""
        self.hub.clock.advance(days=days)
        self.officer = self.hub.browser()
        who = {"email": self.officer_email, "password": PASSWORD}
        assert self.officer.post("/sign-in", who).status_code == 303

    def only(self, page: str, start: str) -> str:
        """The one link on a page of the officer's that begins so."""
        text = self.officer.get(page).text
        links = {part.split('"')[0] for part in text.split('href="')[1:]}
        (link,) = {one for one in links if one.startswith(start) and "?" not in one}
        return link

    def pupil(self) -> str:
        """The address of the one pupil in the officer's list."""
        return self.only("/pupils?group=all", "/pupils/")

    def case(self, **filters: str) -> Case:
        """The one case there is."""
        with self.hub.db.read() as db:
            (found,) = cases.cases(SYSTEM, db, cases.Filter("all", **filters), limit=50)
        return found

    def accepted(self) -> Case:
        """A pupil returned, referred and accepted: their case."""
        self.arrive(self.return_of(notice()))
        self.arrive(self.referral())
        referral = self.only("/referrals", "/referrals/")
        assert self.officer.post(f"{referral}/accept").status_code == 303
        return self.case()


def record_returns(db: Database, interval: Literal["week", "month"] = "month") -> int:
    """What the nightly job does: a record of every interval that is over; how many were made."""
    with db.write() as tx:
        return record_due(SYSTEM, tx, interval=interval, policy="england-2024")


def add_terms(db: Database) -> None:
    """The three terms of the school year 2025-26, for every school."""
    terms = (
        ("Autumn 2025", date(2025, 9, 1), date(2025, 12, 19)),
        ("Spring 2026", date(2026, 1, 5), date(2026, 3, 27)),
        ("Summer 2026", date(2026, 4, 13), date(2026, 7, 22)),
    )
    with db.write() as tx:
        for name, first, last in terms:
            access.add_term(SYSTEM, tx, Term("", name, "term", first, last))


def casework(hub: HubUnderTest) -> Casework:
    """A hub with terms, a connected school and its link officer."""
    add_terms(hub.db)
    school = SchoolPost(hub.db, hub.keys).joined()
    officer = hub.sign_in(Role.OFFICER, schools=(school.school_id,))
    with hub.db.write() as db:
        (person,) = access.people(SYSTEM, db, role=Role.OFFICER)
        access.set_link_officer(SYSTEM, db, school.school_id, person.id)
    made = Casework(school, hub, officer, person.id, person.email)
    made.keep_all()
    return made
