"""The diary and a meeting in the browser: planned, filled, noted, agreed, cancelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import icalendar
import pytest
from hub_under_test import Browser, HubUnderTest
from sqlalchemy import update

from linkwork.wire import Identity
from linkwork_hub.access import store as access
from linkwork_hub.access import tables
from linkwork_hub.access.models import Term
from linkwork_hub.actions import store as actions
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Door, NewCase, read_pathway
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import store
from linkwork_hub.meetings.models import HalfDay, Session, Slot
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import CandidateState

SYSTEM = Scope.system()
CANARY = "Zebediah Canaryname"
PSEUDONYM = "p_k3qx7m2aaaaaaaaaaaaaaaaaaa"


@dataclass
class World:
    """A school in term with a link officer who works Tuesdays and Thursdays."""

    hub: HubUnderTest
    school: str
    officer: Browser
    officer_id: str
    candidate: str


@pytest.fixture
def world(hub: HubUnderTest) -> World:
    school = hub.add_school()
    officer = hub.sign_in(Role.OFFICER, schools=(school,))
    with hub.db.write() as db:
        person = access.people(SYSTEM, db, role=Role.OFFICER)[0]
        access.set_link_officer(SYSTEM, db, school, person.id)
        set_days(db, person.id, ["tue-am", "tue-pm", "thu-am"])
        access.set_preferences(SYSTEM, db, school, ["tue-pm", "thu-am", "fri-am"])
        for name, kind, first, last in (
            ("Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27)),
            ("INSET", "inset", date(2026, 3, 10), date(2026, 3, 10)),
            ("Summer 2026", "term", date(2026, 4, 13), date(2026, 7, 21)),
        ):
            access.add_term(SYSTEM, db, Term("", name, kind, first, last))
        candidate = add_candidate(db, school)
    return World(hub, school, officer, person.id, candidate)


def set_days(db: Tx, person_id: str, days: list[str]) -> None:
    db.execute(update(tables.people).where(tables.people.c.id == person_id).values(days=days))


def add_candidate(db: Tx, school: str) -> str:
    candidate = referrals.start(
        SYSTEM, db, school, PSEUDONYM, "penalty-window", date(2026, 2, 2), "12 sessions missed"
    )
    forename, surname = CANARY.split()
    identity = Identity(pupil_id="P1", upn="A123", surname=surname, forename=forename)
    basis = (referrals.RETURN, "ret_1")
    referrals.keep_identity(SYSTEM, db, school, PSEUDONYM, identity, basis, date(2026, 2, 2))
    referrals.set_state(SYSTEM, db, candidate, CandidateState.MEETING)
    return candidate


def plan(world: World) -> str:
    """Plan the first offered slot through the pages; the meeting's id."""
    offered = world.officer.get(f"/meetings/plan/{world.school}")
    slot = re.search(r'value="(2026-\d\d-\d\d-[ap]m)"', offered.text)
    assert slot is not None, offered.text
    answer = world.officer.post(f"/meetings/plan/{world.school}", {"slot": slot[1]})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removeprefix("/meetings/")


def test_an_empty_diary_says_so_and_offers_to_plan(world: World) -> None:
    page = world.officer.get("/meetings")
    assert page.status_code == 200
    assert "No meeting is planned." in page.text
    assert f'href="/meetings/plan/{world.school}"' in page.text
    assert "&lt;" not in page.text


def test_three_slots_are_offered_inside_every_diary(world: World) -> None:
    page = world.officer.get(f"/meetings/plan/{world.school}")
    slots = re.findall(r'value="(2026-\d\d-\d\d-[ap]m)"', page.text)
    # Not before five days ahead, and not on the INSET day, Tuesday 10 March.
    assert slots == ["2026-03-12-am", "2026-03-17-pm", "2026-03-19-am"]
    assert page.text.count("free in both diaries") == 1, "what was weighed stands there once"
    for own in (
        "The earliest of them.",
        "5 days after the earliest.",
        "7 days after the earliest.",
    ):
        assert page.text.count(own) == 1, own
    assert "The school asked for Tuesday afternoon, Thursday morning" in page.text


def test_a_chosen_slot_is_in_the_diary_on_the_school_page_and_at_home(world: World) -> None:
    ident = plan(world)
    diary = world.officer.get("/meetings").text
    assert "Thursday 12 March 2026" in diary
    assert "Every school has its next meeting." in diary
    assert f"/meetings/{ident}" in world.officer.get(f"/schools/{world.school}").text


def test_a_slot_taken_meanwhile_is_refused_and_the_rest_is_offered(world: World) -> None:
    other = world.hub.add_school("900002", "Ash Park")
    with world.hub.db.write() as db:
        access.set_link_officer(SYSTEM, db, other, world.officer_id)
    plan(world)
    answer = world.officer.post(f"/meetings/plan/{other}", {"slot": "2026-03-12-am"})
    assert answer.status_code == 422
    assert "not free any more" in answer.text
    assert 'value="2026-03-17-am"' in answer.text


def test_choosing_nothing_says_what_to_do(world: World) -> None:
    answer = world.officer.post(f"/meetings/plan/{world.school}", {})
    assert answer.status_code == 422
    assert "Choose one of the slots." in answer.text


def test_a_school_that_cannot_be_planned_says_why(hub: HubUnderTest) -> None:
    school = hub.add_school()
    manager = hub.sign_in(Role.MANAGER)
    page = manager.get(f"/meetings/plan/{school}")
    assert "import schools with link_officer" in page.text


@pytest.mark.serves("C50")
@pytest.mark.serves("C51")
@pytest.mark.serves("C52")
@pytest.mark.serves("C53")
def test_the_agenda_has_four_parts_filled_from_what_the_hub_holds(world: World) -> None:
    with world.hub.db.write() as db:
        pathway = read_pathway(world.hub.profile.section("pathway"))
        new = NewCase(
            Door.DIRECT, world.school, PSEUDONYM, world.candidate, None, "Asked by the school"
        )
        case = cases.open_case(SYSTEM, db, "RDG", pathway, new, "Olive")
    page = world.officer.get(f"/meetings/{plan(world)}").text
    titles = ["General Preventative", "Early Intervention", "New Referrals", "Reviewing Cases"]
    places = [page.index(f". {title}</h2>") for title in titles]
    assert places == sorted(places)
    assert "Nothing has been collected from this school yet" in page[places[0] : places[1]]
    assert "Picked for the meeting" in page[places[1] : places[2]]
    assert "12 sessions missed" in page[places[1] : places[2]]
    assert "No referral waits" in page[places[2] : places[3]]
    assert case.ref in page[places[3] :]
    assert "&lt;" not in page


def test_an_officer_sees_the_name_and_seeing_it_is_logged(world: World) -> None:
    page = world.officer.get(f"/meetings/{plan(world)}").text
    assert CANARY in page
    with world.hub.db.read() as db:
        entries = access.audit_entries(SYSTEM, db, kind="candidate", record_id=world.candidate)
    assert [entry.why for entry in entries] == ["on the agenda of a meeting"]


def test_finance_and_the_hub_team_have_no_such_page(world: World) -> None:
    ident = plan(world)
    for role in (Role.FINANCE, Role.HUB_TEAM):
        browser = world.hub.sign_in(role)
        for path in ("/meetings", f"/meetings/{ident}", f"/meetings/{ident}.ics"):
            answer = browser.get(path)
            assert answer.status_code == 404
            assert CANARY not in answer.text


def test_another_school_has_no_such_meeting(world: World) -> None:
    ident = plan(world)
    other = world.hub.add_school("900002", "Ash Park")
    browser = world.hub.sign_in(Role.SCHOOL, schools=(other,))
    assert browser.get(f"/meetings/{ident}").status_code == 404
    assert "Fernhill" not in browser.get("/meetings").text


def test_the_school_reads_its_meeting_and_cannot_write_in_it(world: World) -> None:
    ident = plan(world)
    browser = world.hub.sign_in(Role.SCHOOL, schools=(world.school,))
    page = browser.get(f"/meetings/{ident}")
    assert page.status_code == 200
    assert "Record an action" not in page.text
    assert browser.post(f"/meetings/{ident}/record", {"section": "general"}).status_code == 404


@pytest.mark.serves("C42")
def test_an_agreed_action_says_who_does_what_by_when_and_goes_to_the_school(world: World) -> None:
    ident = plan(world)
    answer = world.officer.post(
        f"/meetings/{ident}/actions",
        {
            "what": "Ring home on the first day",
            "who": "Attendance lead",
            "due": "2026-04-20",
            "pupil": world.candidate,
        },
    )
    assert answer.status_code == 303, answer.text
    with world.hub.db.read() as db:
        [action] = actions.actions_of_cause(SYSTEM, db, "meeting", ident)
    assert (action.what, action.who, action.due) == (
        "Ring home on the first day",
        "Attendance lead",
        date(2026, 4, 20),
    )
    assert (action.pseudonym, action.school_id) == (PSEUDONYM, world.school)
    page = world.officer.get(f"/meetings/{ident}").text
    assert "Ring home on the first day" in page
    assert "0 days" in page


def test_no_action_is_proposed_for_a_holiday_or_a_closure(world: World) -> None:
    ident = plan(world)
    with world.hub.db.write() as db:
        one = store.meeting(SYSTEM, db, ident)
        assert one is not None
        four_weeks_on = one.half_day.day + timedelta(days=28)
        easter = access.next_school_day(SYSTEM, db, world.school, four_weeks_on)
    assert (four_weeks_on, easter) == (date(2026, 4, 9), date(2026, 4, 13))
    assert 'value="2026-04-13"' in world.officer.get(f"/meetings/{ident}").text
    with world.hub.db.write() as db:
        access.add_term(SYSTEM, db, Term("", "Flood", "closure", easter, easter))
    assert 'value="2026-04-14"' in world.officer.get(f"/meetings/{ident}").text


@pytest.mark.serves("C43")
def test_an_action_is_due_at_the_next_meeting_and_a_late_one_is_carried_and_counted(
    world: World,
) -> None:
    ident = plan(world)
    assert (
        "A school day four weeks on or soon after: no next meeting is planned yet."
        in world.officer.get(f"/meetings/{ident}").text
    )
    with world.hub.db.write() as db:
        first = store.meeting(SYSTEM, db, ident)
        assert first is not None
        slot = Slot(HalfDay(date(2026, 4, 28), Session.PM), first.start, first.end, "Free.")
        following = store.plan(SYSTEM, db, world.school, world.officer_id, "link", slot, "O")
    page = world.officer.get(f"/meetings/{ident}").text
    assert 'value="2026-04-28"' in page
    world.officer.post(
        f"/meetings/{ident}/actions",
        {"what": "Send the letter", "who": "Attendance lead", "due": "2026-04-28"},
    )
    world.hub.clock.advance(days=60)
    later = world.hub.sign_in(Role.MANAGER).get(f"/meetings/{following}").text
    assert "Send the letter" in later
    assert "1 action past the agreed day" in later


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"what": ""}, "Write what was agreed"),
        ({"due": "soon"}, "Write the due date like 2026-03-31."),
        ({"due": "2026-02-01"}, "before the day it was agreed"),
        ({"pupil": "can_of_another_school"}, "Choose a pupil of this school"),
    ],
)
def test_an_action_that_lacks_something_is_refused_with_what_was_typed(
    world: World, change: dict[str, str], words: str
) -> None:
    form = {"what": "Ring home", "who": "Attendance lead", "due": "2026-04-20", "pupil": ""}
    answer = world.officer.post(f"/meetings/{plan(world)}/actions", form | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert (form | change)["what"] in answer.text


def test_a_pupil_of_another_school_cannot_be_put_into_an_action(world: World) -> None:
    other = world.hub.add_school("900002", "Ash Park")
    with world.hub.db.write() as db:
        stranger = referrals.start(
            SYSTEM, db, other, "p_other", "penalty-window", date(2026, 2, 2), "Reason"
        )
    manager = world.hub.sign_in(Role.MANAGER)
    answer = manager.post(
        f"/meetings/{plan(world)}/actions",
        {"what": "Ring", "who": "Attendance lead", "due": "2026-04-20", "pupil": stranger},
    )
    assert answer.status_code == 422
    assert "Choose a pupil of this school" in answer.text


@pytest.mark.serves("C56")
def test_a_note_and_who_came_are_kept_and_shared_with_the_school(world: World) -> None:
    ident = plan(world)
    world.hub.clock.advance(days=30)
    manager = world.hub.sign_in(Role.MANAGER)
    manager.post(f"/meetings/{ident}/there", {"came-1": "yes", "name-1": "Sam Hill"})
    for seen, words in (("", "Punctuality in year 4"), ("1", "Punctuality in year 4 and 5")):
        form = {"section": "general", "text-general": words, "seen": seen}
        assert manager.post(f"/meetings/{ident}/record", form).status_code == 303
        assert (
            manager.post(f"/meetings/{ident}/record/agree", {"without": "yes"}).status_code == 303
        )
    assert 'value="Sam Hill"' in manager.get(f"/meetings/{ident}/record").text
    school = world.hub.sign_in(Role.SCHOOL, schools=(world.school,))
    shared = school.get(f"/meetings/{ident}").text
    assert "version 2" in shared
    assert "Punctuality in year 4 and 5" in shared
    assert "Earlier versions of the record" in shared
    assert "Attendance lead: Sam Hill" in school.get(f"/meetings/{ident}/record").text


def test_the_invitation_names_school_and_time_and_no_pupil(world: World) -> None:
    ident = plan(world)
    form = {"section": "early", "text-early": f"We spoke of {CANARY}"}
    world.officer.post(f"/meetings/{ident}/record", form)
    school = world.hub.sign_in(Role.SCHOOL, schools=(world.school,))
    answer = school.get(f"/meetings/{ident}.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    [event] = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Link meeting, Fernhill Primary"
    text = answer.content.decode().replace("\r\n ", "")
    for secret in (*CANARY.split(), PSEUDONYM, "A123", "12 sessions", "Z.C"):
        assert secret not in text
    # The control: the page itself does hold the name, so the search above can find one.
    assert CANARY in world.officer.get(f"/meetings/{ident}").text


def test_a_cancelled_meeting_says_by_whom_and_why_and_frees_the_slot(world: World) -> None:
    ident = plan(world)
    refused = world.officer.post(f"/meetings/{ident}/cancel", {"why": ""})
    assert refused.status_code == 422
    assert "Write why" in refused.text
    world.officer.post(f"/meetings/{ident}/cancel", {"why": "Closed by snow"})
    page = world.officer.get(f"/meetings/{ident}").text
    assert "Cancelled by Test Officer: Closed by snow" in page
    assert b"METHOD:CANCEL" in world.officer.get(f"/meetings/{ident}.ics").content
    assert plan(world) != ident
