"""Intervention Days: a morning, an afternoon or both, several officers, a time for each family."""

from __future__ import annotations

from datetime import time

import pytest
from southampton import CHILD, SYSTEM, Service

from linkwork.errors import Refused
from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role
from linkwork_hub.meetings import company_store, family_store, slots, store
from linkwork_hub.meetings.models import Beside, Meeting
from linkwork_hub.meetings.work_models import FamilySlot

DAY = "intervention-day"


def get(served: Service, meeting: str) -> Meeting:
    with served.hub.db.read() as db:
        one = store.meeting(SYSTEM, db, meeting)
    assert one is not None
    return one


def other_half(served: Service, meeting: str) -> str:
    with served.hub.db.read() as db:
        other = company_store.same_day(SYSTEM, db, get(served, meeting))
    assert other is not None
    return other.meeting_id


def free_times(served: Service, meeting: str) -> list[str]:
    page = served.officer.get(f"/meetings/{meeting}/families").text
    times = page.split('id="time"')[1].split("</select>")[0]
    return [part.split('"')[0] for part in times.split('value="')[1:] if part[0] != '"']


def give(served: Service, meeting: str, when: str, family: str) -> tuple[int, str]:
    form = {"time": when, "family": family}
    answer = served.officer.post(f"/meetings/{meeting}/families", form)
    return answer.status_code, answer.text


@pytest.mark.serves("S49")
def test_a_day_of_two_officers_and_both_halves_has_a_list_of_families_and_what_came_of_each(
    served: Service,
) -> None:
    second = served.person("Otis Second", Role.OFFICER, served.school)
    offered = served.gather(DAY, officer=second)
    morning, afternoon = offered[0], offered[0].replace("-am", "-pm")
    assert (morning[-2:], afternoon in offered) == ("am", True)
    meeting = served.plan(DAY, officer=second, slot=[morning, afternoon])
    page = served.officer.get(f"/meetings/{meeting}").text
    assert "Otis Second" in page
    assert "0 families with a time" in page
    after = other_half(served, meeting)
    assert get(served, after).start == time(12, 45)
    with served.hub.db.read() as db:
        for half in (meeting, after):
            (beside,) = company_store.beside(SYSTEM, db, half, Beside.OFFICER)
            assert beside.officer_id == second
    times = free_times(served, meeting)
    assert len(times) == 12, "six half-hours with each of two officers"
    case = f"case:{served.case.id}"
    assert give(served, meeting, times[0], case)[0] == 303
    assert give(served, after, free_times(served, after)[3], case)[0] == 303
    assert times[0] not in free_times(served, meeting)
    clash = next(one for one in times[1:] if one[:5] == times[0][:5])
    status, text = give(served, meeting, clash, case)
    assert status == 422
    assert "This family is with another officer at that time." in text

    served.hold(meeting)
    page = served.officer.get(f"/meetings/{meeting}/families").text
    assert f"Case {served.case.ref}" in page
    slot = page.split('name="slot" value="')[1].split('"')[0]
    said = {"slot": slot, "outcome": "plan-agreed", "note": "A phone call each Monday"}
    assert served.officer.post(f"/meetings/{meeting}/families/outcome", said).status_code == 303
    page = served.officer.get(f"/meetings/{meeting}/families").text
    assert "Came: an action plan is agreed" in page
    assert "A phone call each Monday" in page
    with served.hub.db.read() as db:
        history = [entry.what for entry in cases.history(SYSTEM, db, served.case.id)]
        raw = str(db.conn.exec_driver_sql("SELECT * FROM family_slots").fetchall())
    assert any("Intervention Day: Came: an action plan is agreed" in what for what in history)
    assert "Monday" not in raw


def test_a_morning_alone_with_one_officer_is_an_intervention_day_too(served: Service) -> None:
    meeting = served.plan(DAY)
    with served.hub.db.read() as db:
        assert company_store.same_day(SYSTEM, db, get(served, meeting)) is None
        assert company_store.beside(SYSTEM, db, meeting, Beside.OFFICER) == []
    assert len(free_times(served, meeting)) == 6


def test_half_days_of_two_days_are_refused(served: Service) -> None:
    offered = served.gather(DAY)
    form = served.asked(DAY, then="when", slot=[offered[0], offered[2]])
    answer = served.officer.post(f"/meetings/gather/{served.school}", form)
    assert answer.status_code == 422
    assert "Choose the morning, the afternoon or both of one day." in answer.text


def test_no_name_stands_on_the_list_in_the_calendar_or_for_the_school(served: Service) -> None:
    meeting = served.plan(DAY)
    assert give(served, meeting, free_times(served, meeting)[0], f"case:{served.case.id}")[0] == 303
    served.person("Sam School", Role.SCHOOL, served.school)
    sam = served.sign_in("Sam School")
    seen = sam.get(f"/meetings/{meeting}/families").text
    assert "Pupil K3QX 7M2A" in seen
    assert served.case.ref not in seen, "a case may be unknown to the school"
    texts = (
        seen,
        served.officer.get(f"/meetings/{meeting}/families").text,
        served.officer.get(f"/meetings/{meeting}.ics").text,
    )
    for text in texts:
        assert CHILD.split()[0] not in text
    assert "Pupil" not in texts[2]


def test_a_time_is_given_back_until_something_came_of_it(served: Service) -> None:
    meeting = served.plan(DAY)
    first = free_times(served, meeting)[0]
    assert give(served, meeting, first, f"case:{served.case.id}")[0] == 303
    address = f"/meetings/{meeting}/families/outcome"
    with served.hub.db.read() as db:
        (slot,) = family_store.slots(SYSTEM, db, [meeting])
    early = served.officer.post(address, {"slot": slot.slot_id, "outcome": "advice"})
    assert "The day has not come yet." in early.text
    drop = {"slot": slot.slot_id, "drop": "yes"}
    assert served.officer.post(address, drop).status_code == 303
    assert first in free_times(served, meeting)
    gone = served.officer.post(address, drop)
    assert "That time is none of this day any more." in gone.text


def test_what_is_missing_in_the_form_is_said(served: Service) -> None:
    meeting = served.plan(DAY)
    status, text = give(served, meeting, "", "")
    assert (status, "Choose one of the times that are free." in text) == (422, True)
    status, text = give(served, meeting, free_times(served, meeting)[0], "")
    assert (status, "Choose the family." in text) == (422, True)


def test_an_officer_is_at_one_school_in_a_half_day_whichever_way_round(served: Service) -> None:
    second = served.person("Otis Second", Role.OFFICER, served.school)
    offered = served.gather(DAY, officer=second)
    ash = served.hub.add_school("900002", "Ash Park")
    with served.hub.db.write() as db:
        access.set_link_officer(SYSTEM, db, ash, second)
    served.plan(DAY, officer=second, slot=offered[:1])
    page = served.sign_in("Otis Second").get(f"/meetings/plan/{ash}").text
    assert f'value="{offered[0]}"' not in page
    assert 'value="2026' in page
    assert "Intervention Day" in served.sign_in("Otis Second").get("/meetings?whose=mine").text


def test_times_are_whole_and_follow_one_another(served: Service) -> None:
    one = get(served, served.plan(DAY))
    assert slots.times(one, 50) == [
        (time(9), time(9, 50)),
        (time(9, 50), time(10, 40)),
        (time(10, 40), time(11, 30)),
    ]
    taken = FamilySlot("f", one.meeting_id, "per_a", time(9), time(9, 50), "p_1")
    free = slots.free(one, 50, ["per_a", "per_b"], [taken])
    assert [(who, at.isoformat("minutes")) for who, at, _ in free[:3]] == [
        ("per_b", "09:00"),
        ("per_a", "09:50"),
        ("per_b", "09:50"),
    ]
    with pytest.raises(Refused):
        slots.check_family([taken], "p_1", time(9))
    slots.check_family([taken], "p_2", time(9))
