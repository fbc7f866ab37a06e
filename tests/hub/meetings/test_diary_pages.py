"""The pages of diaries and plans: entered, shown, saved, arranged, and refused with the field."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import icalendar
import pytest
from hub_under_test import SYSTEM, Browser, FixedClock, HubUnderTest

from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Term
from linkwork_hub.db import Role
from linkwork_hub.meetings import change_store, diary_store, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import Meeting, Status


class World:
    """Two schools, two officers who work every day, spring and summer, and somebody of a school."""

    def __init__(self, hub: HubUnderTest) -> None:
        self.hub = hub
        self.schools = [hub.add_school(), hub.add_school("900002", "Oak Lane")]
        self.officer = hub.sign_in(Role.OFFICER, schools=tuple(self.schools))
        self.manager = hub.sign_in(Role.MANAGER)
        hub.add_person(Role.OFFICER, schools=())
        self.school = hub.sign_in(Role.SCHOOL, schools=(self.schools[0],))
        with hub.db.write() as db:
            found = access.people(SYSTEM, db, role=Role.OFFICER)
            self.officers = sorted(found, key=lambda one: one.email)
            for person in self.officers:
                account_store.change_person(SYSTEM, db, replace(person, days=SLOTS))
            for school in self.schools:
                access.set_link_officer(SYSTEM, db, school, self.officers[0].id)
            spring = ("Spring", date(2026, 1, 5), date(2026, 3, 27))
            for name, first, last in (spring, ("Summer", date(2026, 4, 13), date(2026, 7, 21))):
                access.add_term(SYSTEM, db, Term("", name, "term", first, last))

    def meetings(self) -> list[Meeting]:
        with self.hub.db.read() as db:
            return store.calendar(SYSTEM, db, date(2026, 1, 1), date(2026, 8, 1))


@pytest.fixture
def world(hub: HubUnderTest) -> World:
    return World(hub)


def go(browser: Browser, path: str, **form: str) -> str:
    """Send a form that must be taken; the page it leads to."""
    answer = browser.post(path, form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_term_is_shown_with_its_picture_saved_once_and_invited(world: World) -> None:
    page = world.manager.get("/meetings/term?term=Spring+2026").text
    assert "2 meetings to plan" in page
    assert ">Spring 2026</option>" in page
    assert '<svg class="lw-strip' in page
    assert "School day" in page or "A school day" in page
    go(world.manager, "/meetings/term", term="Spring 2026")
    assert len(world.meetings()) == 2
    assert (
        "0 meetings to plan, 2 stood already"
        in world.manager.get("/meetings/term?term=Spring+2026").text
    )
    one = world.meetings()[0]
    told = world.manager.get(f"/meetings/{one.meeting_id}").text
    assert "Invitation, version 1" in told
    week = world.manager.get(f"/meetings/week?from={one.half_day.day}").text
    assert f'href="/meetings/{one.meeting_id}"' in week
    assert "<rect" in week
    unknown = world.manager.get("/meetings/term?term=Nothing")
    assert unknown.status_code == 422
    assert "no term" in unknown.text


@pytest.mark.serves("S35")
def test_an_officer_reports_sick_on_a_page_and_the_meeting_is_covered_the_same_day(
    world: World,
) -> None:
    go(world.manager, "/meetings/term", term="Spring 2026")
    day = world.meetings()[0].half_day.day
    go(world.officer, "/meetings/diary", first=str(day), half="day", kind="sickness")
    page = world.manager.get("/meetings/rearrange").text
    assert "Covered" in page
    assert "sick" not in page.lower()
    go(world.manager, "/meetings/rearrange", prefer="cover")
    after = [one for one in world.meetings() if one.half_day.day == day]
    assert {one.officer_id for one in after} == {world.officers[1].id}
    shown = world.manager.get(f"/meetings/{after[0].meeting_id}").text
    assert "Covered by the service" in shown
    assert "is away" in shown
    assert "Every planned meeting can stand." in world.manager.get("/meetings/rearrange").text


def test_a_wrong_absence_names_its_field_and_a_right_one_can_be_taken_out(world: World) -> None:
    for form, words in (
        ({"first": "soon", "kind": "leave"}, "Write the first day"),
        ({"first": "2026-04-02", "last": "2026-04-01", "kind": "leave"}, "not before the first"),
        ({"first": "2026-04-02", "kind": "holiday"}, "Choose what it is"),
        (
            {"first": "2026-04-02", "last": "2026-04-03", "half": "am", "kind": "leave"},
            "Half a day is of one day",
        ),
    ):
        answer = world.officer.post("/meetings/diary", form)
        assert answer.status_code == 422
        assert words in answer.text
    go(world.officer, "/meetings/diary", first="2026-04-02", kind="leave", half="am")
    page = world.officer.get("/meetings/diary").text
    found = re.search(r'name="entry" value="(ent_[^"]+)"', page)
    assert found is not None
    # Somebody else cannot take it out.
    go(world.manager, "/meetings/diary/drop", entry=found[1])
    assert found[1] in world.officer.get("/meetings/diary").text
    go(world.officer, "/meetings/diary/drop", entry=found[1])
    assert "Nothing is in your diary." in world.officer.get("/meetings/diary").text


def test_a_school_chooses_one_of_three_slots_itself(world: World) -> None:
    path = f"/meetings/plan/{world.schools[0]}"
    slots = re.findall(r'value="(2026-\d\d-\d\d-[ap]m)"', world.school.get(path).text)
    assert len(slots) == 3
    where = go(world.school, path, slot=slots[1])
    assert world.school.get(where).status_code == 200
    [one] = world.meetings()
    assert f"{one.half_day.day}-{one.half_day.session}" == slots[1]
    assert world.school.get(f"/meetings/plan/{world.schools[1]}").status_code == 404


def test_a_school_says_how_it_is_visited_and_plans_mind_it(world: World) -> None:
    path = f"/meetings/visits/{world.schools[0]}"
    never = [code for code in SLOTS if code != "thu-pm"]
    form = {"never": never, "online": "yes", "room": "", "cadence": "term"}
    assert world.school.post(path, form).status_code == 303
    go(world.manager, "/meetings/term", term="Spring 2026")
    [mine] = [one for one in world.meetings() if one.school_id == world.schools[0]]
    assert (mine.half_day.code, mine.online) == ("thu-pm", True)
    assert world.school.post(path, {"never": ["sun-am"]}).status_code == 400
    assert world.school.post(path, {"part-0": world.officers[0].id}).status_code == 400


def test_the_part_of_the_link_officer_is_filled_by_an_officer_and_the_others_at_the_school(
    world: World,
) -> None:
    path = f"/meetings/visits/{world.schools[0]}"
    page = world.manager.get(path).text

    def offered(part: str) -> set[str]:
        """The ids a picker offers for a part."""
        label = page.partition(f">{part}</label>")[2] or page.partition(part)[2]
        return set(re.findall(r'value="(per_[^"]+)"', label.partition("</select>")[0]))

    officers = {one.id for one in world.officers}
    assert offered("Link officer") == officers
    assert offered("Attendance lead")
    assert not offered("Attendance lead") & officers
    office = offered("Attendance lead").pop()
    kind = read_rules(world.hub.profile.section("meetings"), file="x").link
    place = (*kind.must, *kind.may).index("Link officer")
    refused = world.manager.post(path, {f"part-{place}": office})
    assert refused.status_code == 400
    assert "Link officer: choose somebody of the service" in refused.text
    who = world.officers[1].id
    assert world.manager.post(path, {f"part-{place}": who}).status_code == 303
    with world.hub.db.read() as db:
        assert diary_store.parts(SYSTEM, db)[world.schools[0]] == {"Link officer": who}


def test_a_calendar_address_opens_without_a_sign_in_until_it_is_closed(world: World) -> None:
    go(world.manager, "/meetings/term", term="Spring 2026")
    page = world.school.post("/meetings/diary/feed").text
    found = re.search(r"http://hub\.test(/calendar/[0-9a-f]{48}\.ics)", page)
    assert found is not None
    nobody = world.hub.browser()
    events = icalendar.Calendar.from_ical(nobody.get(found[1]).content).walk("VEVENT")
    mine = [one for one in world.meetings() if one.school_id == world.schools[0]]
    assert {str(one["UID"]) for one in events} == {f"{one.meeting_id}@linkwork" for one in mine}
    listed = world.school.get("/meetings/diary").text
    assert found[1] not in listed
    feed = re.search(r'name="feed" value="(feed_[^"]+)"', listed)
    assert feed is not None
    go(world.school, "/meetings/diary/revoke", feed=feed[1])
    assert nobody.get(found[1]).status_code == 404


@pytest.mark.serves("S70")
def test_a_visit_is_moved_locked_and_marked_not_delivered_after_a_try(
    world: World, clock: FixedClock
) -> None:
    go(world.manager, "/meetings/term", term="Spring 2026")
    one = world.meetings()[0]
    page = f"/meetings/{one.meeting_id}"
    slots = re.findall(r'<option value="(2026-\d\d-\d\d-[ap]m)"', world.officer.get(page).text)
    go(world.officer, f"{page}/move", slot=slots[0], **{"why-moved": "The school asked"})
    go(world.officer, f"{page}/lock", locked="yes")
    assert "This meeting is locked" in world.officer.get(page).text
    refused = world.officer.post(f"{page}/move", {"slot": slots[1]})
    assert refused.status_code == 422
    early = world.officer.post(f"{page}/not-delivered", {"why-not": "Nobody came"})
    assert early.status_code == 422
    [moved] = [m for m in world.meetings() if m.meeting_id == one.meeting_id]
    clock.advance(days=(moved.half_day.day - date(2026, 3, 2)).days, minutes=1)
    again = world.hub.sign_in(Role.OFFICER, schools=tuple(world.schools))
    assert "Record first how you tried" in again.post(f"{page}/not-delivered").text
    go(again, f"{page}/tried", channel="telephone", reached="no")
    go(again, f"{page}/not-delivered", **{"why-not": "Nobody came"})
    shown = again.get(page).text
    assert "Not delivered" in shown
    with world.hub.db.read() as db:
        [lost] = change_store.lost(SYSTEM, db, date(2026, 1, 1), date(2026, 8, 1))
        assert (lost.status, lost.attempts, lost.reached) == (Status.NOT_DELIVERED, 1, False)
        assert diary_store.wishes(SYSTEM, db) == {}


@pytest.mark.serves("S71")
def test_a_visit_the_school_calls_off_late_says_so_on_its_page(
    world: World, clock: FixedClock
) -> None:
    go(world.manager, "/meetings/term", term="Spring 2026")
    one = world.meetings()[0]
    clock.advance(days=(one.half_day.day - date(2026, 3, 2)).days - 1)
    again = world.hub.sign_in(Role.OFFICER, schools=tuple(world.schools))
    page = f"/meetings/{one.meeting_id}"
    go(again, f"{page}/cancel", side="school", why="A trip")
    shown = again.get(page).text
    assert "Cancelled by the school, 2" in shown
    assert "at short notice" in shown
    assert "Withdraw the invitation" in shown


@pytest.mark.serves("C39")
@pytest.mark.serves("R9")
def test_each_school_is_met_as_often_as_was_agreed_with_it_and_the_meeting_says_what_for(
    world: World,
) -> None:
    with world.hub.db.write() as db:
        off = (date(2026, 5, 25), date(2026, 5, 29))
        access.add_term(SYSTEM, db, Term("", "Half term", "half-term", *off))
    form = {"online": "no", "room": "Library", "cadence": "term"}
    go(world.manager, f"/meetings/visits/{world.schools[0]}", **form)
    go(world.manager, "/meetings/term", term="Summer 2026")
    counts = dict.fromkeys(world.schools, 0)
    for one in world.meetings():
        counts[one.school_id] += 1
    assert counts == {world.schools[0]: 1, world.schools[1]: 2}
    shown = world.manager.get(f"/meetings/{world.meetings()[0].meeting_id}").text
    assert "Discuss referrals, review cases, plan what helps" in shown
    assert "The note is taken by: Link officer" in shown
