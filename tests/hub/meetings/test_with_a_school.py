"""A meeting with a connected school: its messages fill the agenda, its agent gets the actions."""

from __future__ import annotations

import re
from datetime import date

import icalendar
import pytest
from casework import OTHER, PUPIL, Casework, casework, notice, severe
from hub_under_test import HubUnderTest
from sqlalchemy import update

from linkwork.wire import ActionItem, ActionProgress, Totals
from linkwork_hub.access import tables
from linkwork_hub.db import Role

SUMS = {
    "pupils": 200,
    "possible": 20_000,
    "present": 18_411,
    "authorised": 989,
    "unauthorised": 600,
    "unmarked": 0,
    "persistent": 41,
    "severe": 3,
}


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    """A connected school whose link officer works every day."""
    made = casework(hub)
    days = [f"{day}-{half}" for day in ("mon", "tue", "wed", "thu", "fri") for half in ("am", "pm")]
    with hub.db.write() as db:
        db.execute(
            update(tables.people).where(tables.people.c.id == made.officer_id).values(days=days)
        )
    return made


def plan(work: Casework) -> str:
    """Plan the first slot offered; the address of the meeting."""
    address = f"/meetings/plan/{work.school_id}"
    slot = re.search(r'value="(2026-\d\d-\d\d-[ap]m)"', work.officer.get(address).text)
    assert slot is not None
    answer = work.officer.post(address, {"slot": slot[1]})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def part(page: str, title: str, following: str) -> str:
    """The text of a page between two headings, its tags left out."""
    found = page.partition(f"{title}</h2>")[2].partition(f"{following}</h2>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def collected(work: Casework) -> None:
    """A collection with true totals arrives."""
    years = {"8": SUMS | {"pupils": 90}, "10": SUMS | {"pupils": 110, "persistent": 30}}
    totals = Totals.model_validate(SUMS | {"groups": {"year_group": years}})
    summary = work.school.summary(date(2026, 2, 27))
    work.arrive(summary.model_copy(update={"totals": totals}))


@pytest.mark.serves("C50")
def test_the_first_part_holds_the_schools_own_sums_by_year_group(work: Casework) -> None:
    collected(work)
    text = part(work.officer.get(plan(work)).text, "General Preventative", "Early Intervention")
    assert "As collected to 27 February 2026" in text
    assert "Whole school 200 92.0 % 4.9 % 3.0 % 41 3" in text
    assert text.index("Year 8 90") < text.index("Year 10 110")


@pytest.mark.serves("C51")
def test_the_second_part_holds_the_picked_pupils_first_and_then_those_to_consider(
    work: Casework,
) -> None:
    work.tell(notice(), severe())
    listed = work.officer.get("/pupils?group=all").text
    links = re.findall(r'href="(/pupils/can_[^"]+)"', listed)
    severe_link = next(link for link in links if "ZZZZ" in work.officer.get(link).text)
    answer = work.officer.post(f"{severe_link}/decide", {"choice": "meeting"})
    assert answer.status_code == 303, answer.text
    text = part(work.officer.get(plan(work)).text, "Early Intervention", "New Referrals")
    assert text.index("Pupil ZZZZ ZZZZ") < text.index("Picked for the meeting")
    assert text.index("Picked for the meeting") < text.index("Pupil K3QX 7M2A")


@pytest.mark.serves("C52")
def test_a_referral_of_the_school_stands_in_the_third_part(work: Casework) -> None:
    work.arrive(work.return_of(notice()))
    work.arrive(work.referral())
    text = part(work.officer.get(plan(work)).text, "New Referrals", "Reviewing Cases")
    assert "Testina Example R. Lamb 2 March 2026" in text


@pytest.mark.serves("C47")
@pytest.mark.serves("C53")
@pytest.mark.serves("R14")
def test_an_open_case_stands_in_the_fourth_part_and_the_school_reads_of_it_too(
    work: Casework,
) -> None:
    case = work.accepted()
    meeting = plan(work)
    text = part(work.officer.get(meeting).text, "Reviewing Cases", "Agreed actions")
    assert case.ref in text
    assert "Testina Example" in text
    school = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert case.ref in part(school.get(meeting).text, "Reviewing Cases", "Agreed actions")


def test_an_action_of_a_meeting_is_sealed_to_the_school_and_comes_back_done(
    work: Casework,
) -> None:
    work.tell(notice())
    meeting = plan(work)
    candidate = work.pupil().removeprefix("/pupils/")
    form = {
        "what": "Ring home on the first day",
        "who": "Attendance lead",
        "due": "2026-04-20",
        "pupil": candidate,
    }
    assert work.officer.post(f"{meeting}/actions", form).status_code == 303
    [item] = [item for item in work.downlink() if isinstance(item, ActionItem)]
    assert (item.what, item.who, item.due) == (form["what"], form["who"], date(2026, 4, 20))
    assert item.pseudonym == PUPIL
    assert item.meeting is not None
    assert item.meeting.startswith("Link meeting of ")
    work.keep_all()
    assert "At the school" in work.officer.get(meeting).text
    work.arrive(
        ActionProgress(
            action_id=item.action_id, state="done", on=date(2026, 3, 2), by="R. Lamb", note=""
        )
    )
    assert "Done" in part(work.officer.get(meeting).text, "Agreed actions", "Note of the meeting")


def test_the_invitation_says_nothing_of_the_pupils_on_the_agenda(work: Casework) -> None:
    work.accepted()
    work.tell(severe())
    meeting = plan(work)
    page, file = work.officer.get(meeting).text, work.officer.get(f"{meeting}.ics").content
    [event] = icalendar.Calendar.from_ical(file).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Link meeting, Fernhill Primary"
    unfolded = file.decode().replace("\r\n ", "").casefold()
    for secret in (
        "Testina",
        "T.E",
        "A999000000001",
        PUPIL,
        OTHER,
        "K3QX",
        "ZZZZ",
        "RDG-",
        "severe",
    ):
        assert secret.casefold() not in unfolded
    # The control: what is searched for does stand on the page.
    assert all(words in page for words in ("Testina", "ZZZZ", "RDG-"))
