"""The programme of a term: which regular meetings are missing, and who comes at intervals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import pytest
from casework import add_terms, casework, notice
from hub_under_test import PASSWORD, Browser, FixedClock, HubUnderTest
from sqlalchemy import update

from linkwork.errors import WrongUse
from linkwork.wire import Completeness
from linkwork_hub.access import account_store, profile, tables
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts, Term
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.meetings import diary_store, store
from linkwork_hub.meetings.kinds import MeetingRules, read_rules
from linkwork_hub.meetings.models import Attendee, HalfDay, Session, Slot, VisitWishes
from linkwork_hub.meetings.programme import Stands
from linkwork_hub.meetings.standing import programme_of

SYSTEM = Scope.system()
#: The spring's break, which makes two halves of it.
BREAK = Term("", "Break", "half-term", date(2026, 2, 16), date(2026, 2, 20))
SUMMER_BREAK = (date(2026, 5, 25), date(2026, 5, 29))


@dataclass
class Service:
    """A hub of one authority with schools of one officer, on Monday 2 March 2026."""

    hub: HubUnderTest
    rules: MeetingRules
    officer_id: str
    officer_email: str
    schools: dict[str, str]

    def officer(self) -> Browser:
        """The officer's browser, signed in now: a test's clock ends every session."""
        return self.hub.sign_in_as(self.officer_email, PASSWORD)

    def meet(self, school: str, day: date) -> str:
        """A meeting that was planned for a day; its id."""
        with self.hub.db.write() as db:
            slot = Slot(HalfDay(day, Session.AM), *self.rules.link.hours(Session.AM), "Free.")
            kind = self.rules.link.id
            return store.plan(SYSTEM, db, self.schools[school], self.officer_id, kind, slot, "O")

    def hold(self, school: str, day: date, *came: str) -> str:
        """A meeting of a day up to now with its record agreed; `came` are the parts there."""
        ident, officer = self.meet(school, day), self.officer()
        kind = self.rules.link
        parts = (*kind.must, *kind.may)
        there = {f"came-{parts.index(part)}": "yes" for part in came}
        officer.post(f"/meetings/{ident}/there", there)
        part = kind.agenda[0].part
        officer.post(
            f"/meetings/{ident}/record", {"section": part, f"text-{part}": "Held.", "seen": ""}
        )
        agreed = officer.post(f"/meetings/{ident}/record/agree", {"without": "yes"})
        assert agreed.status_code == 303, agreed.text
        return ident

    def page(self, term: str = "", who: Browser | None = None) -> dict[str, list[str]]:
        """The rows of the page in words, by the heading they stand under."""
        answer = (who or self.officer()).get("/meetings/programme", params={"term": term})
        assert answer.status_code == 200
        found = {}
        for part in answer.text.split("<h2")[1:]:
            heading = re.sub(r"<[^>]+>", "", part.partition(">")[2].partition("</h2>")[0])
            rows = re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL)
            bare = [re.sub(r"<[^>]+>", " ", row) for row in rows if "<td" in row]
            found[heading] = [" ".join(row.split()) for row in bare]
        return found


@pytest.fixture
def service(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> Iterator[Callable[..., Service]]:
    """Makes the service of a profile that ships."""
    with ExitStack() as stack:

        def make(name: str, *schools: str) -> Service:
            chosen = profile.loads(profile.builtin_text(name), f"{name}.toml")
            hub = stack.enter_context(HubUnderTest.over(sqlite_database, clock, hub_keys, chosen))
            add_terms(hub.db)
            made = {
                each: hub.add_school(f"90000{number}", each) for number, each in enumerate(schools)
            }
            email = hub.add_person(Role.OFFICER)
            with hub.db.write() as db:
                person = access.person_by_email(SYSTEM, db, email)
                assert person is not None
                mine = tables.people.c.id == person.id
                db.execute(update(tables.people).where(mine).values(days=list(SLOTS)))
                for school in made.values():
                    access.set_link_officer(SYSTEM, db, school, person.id)
            rules = read_rules(chosen.section("meetings"), file=f"{name}.toml")
            return Service(hub, rules, person.id, email, made)

        yield make


@pytest.mark.serves("C38")
def test_each_half_term_officer_and_school_go_through_the_registers_and_find_the_pupils(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys
) -> None:
    cardiff = profile.loads(profile.builtin_text("cardiff"), "cardiff.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, cardiff) as hub:
        work = casework(hub)
        with hub.db.write() as db:
            access.add_term(SYSTEM, db, Term("", "Break", "half-term", *SUMMER_BREAK))
            mine = tables.people.c.id == work.officer_id
            db.execute(update(tables.people).where(mine).values(days=list(SLOTS)))
        manager = hub.sign_in(Role.MANAGER)
        assert manager.post("/meetings/term", {"term": "Summer 2026"}).status_code == 303
        with hub.db.read() as db:
            planned = store.meetings_between(SYSTEM, db, date(2026, 4, 1), date(2026, 7, 31))
        before, after = (one.half_day.day for one in planned)
        assert before < SUMMER_BREAK[0] <= SUMMER_BREAK[1] < after
        # The registers as last collected, with two days on which one is missing, and a pupil.
        gaps = Completeness(
            last_marked_day=date(2026, 2, 27),
            sessions_expected=420,
            sessions_marked=400,
            missing_days=(date(2026, 2, 24), date(2026, 2, 25)),
        )
        summary = work.school.summary().model_copy(update={"completeness": gaps})
        work.arrive(summary.model_copy(update={"notices": (notice(),)}))
        address = f"/meetings/{planned[0].meeting_id}"
        page = work.officer.get(address).text
        assert "Registers are missing on 2 days." in page
        assert "95.2 %" in page
        assert "K3QX 7M2A" in page
        assert "10 school days" in page.partition("K3QX 7M2A")[2]
        # It is a formal one: without the school's attendance officer its record asks.
        hub.clock.advance(days=(before - date(2026, 3, 2)).days)
        officer = hub.sign_in_as(work.officer_email, PASSWORD)
        text = {"section": "early", "text-early": "K3QX 7M2A: ring home.", "seen": ""}
        assert officer.post(f"{address}/record", text).status_code == 303
        asked = officer.post(f"{address}/record/agree", {})
        assert asked.status_code == 422
        assert "School Attendance Officer" in asked.text


@pytest.mark.serves("S43")
def test_a_meeting_about_what_keeps_a_pupil_away_is_planned_when_needed_and_the_officer_is_there(
    service: Callable[..., Service],
) -> None:
    made = service("southampton", "Ash Park")
    school = made.schools["Ash Park"]
    officer = made.officer()
    regular = officer.get(f"/meetings/plan/{school}").text
    assert "Targeting Support Meeting, 60 minutes" in regular
    assert "Early intervention and reducing barriers meeting</a>" in regular
    address = f"/meetings/plan/{school}?type=reducing-barriers"
    page = officer.get(address).text
    assert "Must be there: Attendance lead, Link officer." in page
    slot = re.search(r'value="(2026-\d\d-\d\d-[ap]m)"', page)
    assert slot is not None
    form = {"slot": slot[1], "type": "reducing-barriers"}
    answer = officer.post(f"/meetings/plan/{school}", form)
    assert answer.status_code == 303, answer.text
    where = str(answer.headers["location"])
    with made.hub.db.read() as db:
        one = store.meeting(SYSTEM, db, where.removeprefix("/meetings/"))
    assert one is not None
    assert (one.kind, one.officer_id) == ("reducing-barriers", made.officer_id)
    # On its day the officer was there, and what was found is written and agreed.
    made.hub.clock.advance(days=(one.half_day.day - date(2026, 3, 2)).days)
    officer = made.officer()
    there = {"came-0": "yes", "came-1": "yes", "name-1": "Olive Fenwick"}
    assert officer.post(f"{where}/there", there).status_code == 303
    text = {"section": "barriers", "text-barriers": "The bus comes late.", "seen": ""}
    assert officer.post(f"{where}/record", text).status_code == 303
    assert officer.post(f"{where}/record/agree", {}).status_code == 303
    with made.hub.db.read() as db:
        came = {each.part: each.present for each in store.attendance(SYSTEM, db, one.meeting_id)}
    assert came == {"Attendance lead": True, "Link officer": True, "Head teacher": False}
    # It stands beside the regular meetings of the term and counts as none of them.
    assert made.page()["Missing in Spring 2026"]


def test_a_school_plans_the_regular_meeting_and_nobody_one_that_is_no_kind(
    service: Callable[..., Service],
) -> None:
    made = service("southampton", "Ash Park")
    school = made.schools["Ash Park"]
    mine = made.hub.sign_in(Role.SCHOOL, schools=(school,))
    page = mine.get(f"/meetings/plan/{school}")
    assert page.status_code == 200
    assert "reducing barriers" not in page.text
    for who in (mine.get, made.officer().get):
        wanted = "reducing-barriers" if who == mine.get else "tea-party"
        refused = who(f"/meetings/plan/{school}?type={wanted}")
        assert refused.status_code == 400
        assert wanted in refused.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("southampton", "Targeting Support Meeting", marks=pytest.mark.serves("S12")),
        pytest.param("st-helens", "Termly one-to-one", marks=pytest.mark.serves("H21")),
    ],
)
def test_a_school_without_this_terms_meeting_is_shown_as_missing_until_it_has_one(
    service: Callable[..., Service], name: str, kind: str
) -> None:
    made = service(name, "Ash Park", "Beech Hill", "Cedar Way", "Dale End")
    made.hold("Ash Park", date(2026, 2, 4))
    made.meet("Beech Hill", date(2026, 3, 17))
    made.meet("Cedar Way", date(2026, 2, 3))
    page = made.officer().get("/meetings/programme").text
    assert f"{kind}: once a term, or as agreed with the school." in page
    assert "3 of 4 meetings to see to." not in page
    assert "2 of 4 meetings to see to." in page
    span = "5 January 2026 to 27 March 2026"
    day = "Tuesday 3 February 2026 , Cedar Way"
    missing = made.page()["Missing in Spring 2026"]
    assert missing == [
        f"Dale End Test Officer {span} None is planned Plan it with Dale End",
        f"Cedar Way Test Officer {span} Its day is over, no record is agreed {day}",
    ]
    assert [row.split(span)[0].strip() for row in made.page()["The whole programme"]] == [
        "Ash Park",
        "Beech Hill",
        "Cedar Way",
        "Dale End",
    ]
    # Who plans it from there has it off the list; a visit called off puts it back.
    place = f"/meetings/plan/{made.schools['Dale End']}"
    slot = re.search(r'value="(2026-\d\d-\d\d-[ap]m)"', made.officer().get(place).text)
    assert slot is not None
    planned = made.officer().post(place, {"slot": slot[1]}).headers["location"]
    assert not any("Dale End" in row for row in made.page()["Missing in Spring 2026"])
    made.officer().post(f"{planned}/cancel", {"why": "A school trip", "side": "school"})
    assert any("Dale End" in row for row in made.page()["Missing in Spring 2026"])
    # When the term is over it was missed, and the next one begins with nobody's meeting planned.
    made.hub.clock.advance(days=49)
    assert len(made.page()["Missing in Summer 2026"]) == 4
    after = made.page("Spring 2026")["Missing in Spring 2026"]
    assert f"Dale End Test Officer {span} None was held" in after


def test_a_school_finds_its_own_meetings_in_the_programme_and_no_other_schools(
    service: Callable[..., Service],
) -> None:
    made = service("st-helens", "Ash Park", "Beech Hill")
    school = made.hub.sign_in(Role.SCHOOL, schools=(made.schools["Beech Hill"],))
    rows = made.page(who=school)
    assert [row.split(" 5 ")[0] for row in rows["The whole programme"]] == ["Beech Hill"]
    assert "Ash Park" not in school.get("/meetings/programme").text
    assert "/meetings/programme" in school.get("/meetings").text


def test_a_term_nobody_knows_is_refused_with_those_there_are(
    service: Callable[..., Service],
) -> None:
    made = service("st-helens", "Ash Park")
    answer = made.officer().get("/meetings/programme?term=Spring+1990")
    assert answer.status_code == 422
    assert "Known: Autumn 2025, Spring 2026, Summer 2026." in answer.text


@pytest.mark.serves("C4")
def test_a_planned_term_is_a_programme_of_meetings_of_officer_and_school_in_each_half(
    service: Callable[..., Service],
) -> None:
    made = service("cardiff", "Ash Park", "Beech Hill")
    with made.hub.db.write() as db:
        summer_break = Term("", "Break", "half-term", date(2026, 5, 25), date(2026, 5, 29))
        access.add_term(SYSTEM, db, summer_break)
    before = made.page("Summer 2026")
    assert ["To come, none is planned" in row for row in before["The whole programme"]] == [
        True
    ] * 4
    assert made.officer().post("/meetings/term", {"term": "Summer 2026"}).status_code == 303
    rows = made.page("Summer 2026")["The whole programme"]
    halves = ("13 April 2026 to 24 May 2026", "30 May 2026 to 22 July 2026")
    assert len(rows) == 4
    for school in made.schools:
        for half in halves:
            (row,) = [row for row in rows if row.startswith(f"{school} {half} Planned ")]
            assert "2026" in row.removeprefix(f"{school} {half}")
    page = made.officer().get("/meetings/programme").text
    assert "Link meeting: once in each half term" in page
    assert "It needs: School Attendance Officer, Attendance lead, Link officer." in page
    assert "May come: Head teacher, Head of Year, Senior Lead for Attendance." in page


@pytest.mark.serves("C41")
def test_the_senior_leads_attendance_is_followed_by_the_interval_of_the_profile(
    service: Callable[..., Service],
) -> None:
    made = service("cardiff", "Ash Park", "Beech Hill")
    lead, always = "Senior Lead for Attendance", "School Attendance Officer"
    made.hold("Ash Park", date(2025, 11, 4), always, lead)
    made.hold("Ash Park", date(2026, 2, 3), always)
    spring = "5 January 2026 to 27 March 2026"
    head = "Who comes at intervals"
    assert made.page()[head][-2:] == [
        f"Ash Park {lead} {spring} Not there yet 4 November 2025",
        f"Beech Hill {lead} {spring} Not there yet no record says so",
    ]
    made.hold("Ash Park", date(2026, 3, 2), always, lead)
    assert f"Ash Park {lead} {spring} There 2 March 2026 2 March 2026" in made.page()[head]
    # A name on a plan is no presence: a meeting whose record is not agreed counts for nothing.
    ident = made.meet("Beech Hill", date(2026, 2, 24))
    came = (*made.rules.link.must, *made.rules.link.may).index(lead)
    made.officer().post(f"/meetings/{ident}/there", {f"came-{came}": "yes"})
    assert "Beech Hill" in made.page()[head][-1]
    assert "Not there yet" in made.page()[head][-1]
    made.hub.clock.advance(days=49)
    assert made.page("Spring 2026")[head][-1].startswith(f"Beech Hill {lead} {spring} Never there")


@pytest.fixture
def schools(database: Database) -> tuple[str, str]:
    """Two schools with the three terms of a year and a spring of two halves."""
    add_terms(database)
    with database.write() as db:
        access.add_term(SYSTEM, db, BREAK)
        one, other = (
            access.add_school(
                SYSTEM,
                db,
                SchoolFacts("", date(2020, 9, 1), urn, f"School {urn}", "LA", "primary"),
            )
            for urn in ("900001", "900002")
        )
    return one, other


def test_what_was_agreed_with_a_school_says_how_often_it_is_met(
    database: Database, meeting_rules: MeetingRules, schools: tuple[str, str]
) -> None:
    with database.write() as db:
        for school, cadence in zip(schools, ("term", "as-needed"), strict=True):
            diary_store.set_wishes(SYSTEM, db, school, VisitWishes(cadence=cadence))
    with database.read() as db:
        made = programme_of(SYSTEM, db, meeting_rules, "")
    assert [(one.school_id, one.stands) for one in made.due] == [(schools[0], Stands.LACKING)]
    assert made.unknown == ()


def test_each_half_of_a_term_is_judged_by_itself(
    database: Database, meeting_rules: MeetingRules, schools: tuple[str, str]
) -> None:
    with database.read() as db:
        made = programme_of(SYSTEM, db, meeting_rules, "spring 2026")
    assert [one.stands for one in made.due] == [Stands.MISSED, Stands.LACKING] * 2
    assert [one.stands for one in made.missing] == [Stands.MISSED] * 2 + [Stands.LACKING] * 2
    near = Scope(Role.OFFICER, "per_1", frozenset({schools[0]}))
    with database.read() as db:
        made = programme_of(near, db, meeting_rules, "")
    assert {one.school_id for one in made.due} == {schools[0]}


def test_presence_is_read_from_held_meetings_alone_and_within_reach(
    database: Database, meeting_rules: MeetingRules, schools: tuple[str, str]
) -> None:
    hours = meeting_rules.link.hours(Session.AM)
    with database.write() as db:
        olive = Person("", "olive@council.example", "Olive", Role.OFFICER, True)
        officer = account_store.add_person(SYSTEM, db, olive, password="")
        days = (date(2026, 2, 3), date(2026, 2, 4))
        for school, day in zip(schools, days, strict=True):
            slot = Slot(HalfDay(day, Session.AM), *hours, "Free.")
            ident = store.plan(SYSTEM, db, school, officer, "link", slot, "O")
            there = [
                Attendee("Head teacher", "Ann Dale", True),
                Attendee("Link officer", "", False),
            ]
            store.keep_attendance(SYSTEM, db, ident, there)
            if school == schools[0]:
                store.keep_note(SYSTEM, db, ident, {"general": "Held."}, "O")
    with database.read() as db:
        assert store.presence(SYSTEM, db, "link") == {schools[0]: {"Head teacher": [days[0]]}}
        assert store.presence(SYSTEM, db, "consultation") == {}
        far = Scope(Role.OFFICER, "per_1", frozenset({schools[1]}))
        assert store.presence(far, db, "link") == {}


def test_a_term_that_no_school_has_is_no_programme(
    database: Database, meeting_rules: MeetingRules
) -> None:
    with database.read() as db:
        made = programme_of(SYSTEM, db, meeting_rules, "")
        assert (made.name, made.due, made.names) == ("", (), ())
        with pytest.raises(WrongUse, match="No terms are known yet"):
            programme_of(SYSTEM, db, meeting_rules, "Spring")
