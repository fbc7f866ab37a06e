"""The Attendance Focused Meeting: who may chair it, the caution, its officer, its review."""

from __future__ import annotations

from datetime import date

import pytest
from southampton import CHILD, SYSTEM, Service
from sqlalchemy import select

from linkwork.errors import BadInput, Refused
from linkwork.wire import LinkworkRecord
from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role
from linkwork_hub.meetings import (
    company_store,
    diary_store,
    mail_store,
    rearranging,
    record_store,
    store,
)
from linkwork_hub.meetings.diary_imports import whole_days
from linkwork_hub.meetings.kinds import CHAIR, read_rules
from linkwork_hub.meetings.models import Beside, Slot
from linkwork_hub.meetings.work_tables import meeting_cautions

PARENT = "Philomena Canaryname"
AFM = "attendance-focused"
CAUTION = {
    "given": "yes",
    "subject": PARENT,
    "given-by": "Mina Manager",
    "caution-at": "09:35",
    "understood": "yes",
    "interpreter": "Polish, J. Nowak",
}


def manager_id(served: Service) -> str:
    return ident_of(served, "Mina Manager")


def ident_of(served: Service, name: str) -> str:
    with served.hub.db.read() as db:
        return {one.name: one.id for one in access.people(SYSTEM, db)}[name]


def agree(served: Service, meeting: str, **form: str) -> tuple[int, str]:
    answer = served.officer.post(f"/meetings/{meeting}/record/agree", form)
    return answer.status_code, answer.text


def write(served: Service, meeting: str, section: str, text: str) -> None:
    form = {"section": section, f"text-{section}": text, "seen": ""}
    assert served.officer.post(f"/meetings/{meeting}/record", form).status_code == 303


def all_there(served: Service, meeting: str) -> None:
    names = {"name-0": "Mina Manager", "came-0": "yes", "name-1": "Olive Link", "came-1": "yes"}
    assert served.officer.post(f"/meetings/{meeting}/there", names).status_code == 303


def test_the_chair_is_offered_by_role_or_by_a_mark_that_holds(served: Service) -> None:
    experienced = served.person("Edda Experienced", Role.OFFICER, served.school)
    served.person("Nils New", Role.OFFICER, served.school)
    page = served.company(AFM)
    chairs = page.split('id="chair"')[1].split("</select>")[0]
    assert "Mina Manager" in chairs
    assert "Edda" not in chairs
    assert "Nils" not in chairs
    assert "Olive" not in chairs
    marked = {"person": experienced, "mark": "experienced", "first": "2026-03-01"}
    assert served.manager.post("/meetings/chairs", marked).status_code == 303
    chairs = served.company(AFM).split('id="chair"')[1]
    assert "Edda Experienced" in chairs.split("</select>")[0]
    assert "Nils New" not in chairs.split("</select>")[0]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("Nils New", "may not chair this meeting. It is chaired by a service manager, or somebody"),
        ("Olive Link", "is the allocated officer of this meeting. Somebody else chairs it."),
    ],
)
def test_whoever_may_not_chair_is_refused_also_by_a_form_of_their_own(
    served: Service, who: str, said: str
) -> None:
    served.person("Nils New", Role.OFFICER, served.school)
    olive = {"person": served.officer_id, "mark": "experienced", "first": "2026-03-01"}
    assert served.manager.post("/meetings/chairs", olive).status_code == 303
    slot = served.gather(AFM, chair=manager_id(served))[0]
    form = served.asked(AFM, then="when", slot=slot, chair=ident_of(served, who))
    answer = served.officer.post(f"/meetings/gather/{served.school}", form)
    assert answer.status_code == 422
    assert said in answer.text
    with served.hub.db.read() as db:
        assert company_store.of_case(SYSTEM, db, served.case.id) == []


def test_a_mark_that_ended_before_the_meeting_no_longer_lets_anybody_chair(
    served: Service,
) -> None:
    chair = served.person("Edda Experienced", Role.OFFICER, served.school)
    marked = {"person": chair, "mark": "experienced", "first": "2026-03-01"}
    assert served.manager.post("/meetings/chairs", marked).status_code == 303
    meeting = served.plan(AFM, chair=chair)
    page = served.manager.get("/meetings/chairs").text
    mark = page.split('name="id" value="')[1].split('"')[0]
    assert served.manager.post("/meetings/chairs/end", {"id": mark}).status_code == 303
    served.hold(meeting)
    write(served, meeting, "account", "What was said")
    all_there(served, meeting)
    assert served.officer.post(f"/meetings/{meeting}/caution", CAUTION).status_code == 303
    status, text = agree(served, meeting)
    assert status == 422
    assert "Edda Experienced may not chair this meeting." in text


@pytest.mark.serves("S16", "S17")
def test_a_focused_meeting_is_held_under_caution_by_a_chair_who_may_beside_its_officer(
    served: Service,
) -> None:
    meeting = served.plan(AFM, chair=manager_id(served))
    with served.hub.db.read() as db:
        one = store.meeting(SYSTEM, db, meeting)
        chair = company_store.chair_of(SYSTEM, db, meeting, CHAIR)
        told = {to for to, *_ in mail_store.letters(SYSTEM, db, meeting)}
    assert one is not None
    assert one.officer_id == served.officer_id
    assert chair is not None
    assert chair.officer_id == manager_id(served)
    assert chair.half_day == one.half_day
    assert {"olive.link@x.test", "mina.manager@x.test"} <= told
    page = served.officer.get(f"/meetings/{meeting}").text
    assert f"Case {served.case.ref}" in page
    assert "Not recorded yet" in page
    early = served.officer.post(f"/meetings/{meeting}/caution", CAUTION)
    assert early.status_code == 422
    assert "A caution is recorded from its day on." in early.text

    day = served.hold(meeting)
    write(served, meeting, "account", "The parents and the school gave their accounts.")
    all_there(served, meeting)
    status, text = agree(served, meeting)
    assert status == 422
    assert "Record the caution first, or why none was given" in text
    assert served.officer.post(f"/meetings/{meeting}/caution", CAUTION).status_code == 303
    page = served.officer.get(f"/meetings/{meeting}").text
    for said in (PARENT, "by Mina Manager", "09:35", "Polish, J. Nowak", "Version C 10.5"):
        assert said in page, said
    assert "You do not have to say anything." in page
    assert agree(served, meeting)[0] == 303
    with served.hub.db.read() as db:
        (agreed,) = record_store.agreed(SYSTEM, db, meeting)
        done = cases.work_done(SYSTEM, db, served.case.id, served.case.step_since)
    there = {one.part: one.name for one in LinkworkRecord.model_validate_json(agreed.body).there}
    assert (there["Chair"], there["Allocated officer"]) == ("Mina Manager", "Olive Link")
    assert "afm-held" in done, "the meeting counts as work on its case, and opens the next step"
    panel = served.officer.get(f"/cases/{served.case.id}").text
    assert "Meetings about this case" in panel
    assert "held, cautioned" in panel
    assert day >= date(2026, 3, 2)


def test_who_was_cautioned_stands_in_no_column_mail_calendar_or_record(served: Service) -> None:
    meeting = served.plan(AFM, chair=manager_id(served))
    school = served.person("Sam School", Role.SCHOOL, served.school)
    assert school
    served.hold(meeting)
    write(served, meeting, "account", "The accounts")
    all_there(served, meeting)
    assert served.officer.post(f"/meetings/{meeting}/caution", CAUTION).status_code == 303
    assert agree(served, meeting)[0] == 303
    sam = served.sign_in("Sam School")
    seen = [
        sam.get(f"/meetings/{meeting}").text,
        sam.get(f"/meetings/{meeting}/record").text,
        served.officer.get(f"/meetings/{meeting}.ics").text,
        served.officer.get("/meetings").text,
        served.officer.get(f"/cases/{served.case.id}").text,
    ]
    for text in seen:
        assert "Philomena" not in text
    assert "Nowak" not in seen[0]
    assert served.case.ref not in seen[0]
    with served.hub.db.read() as db:
        row = db.first(select(meeting_cautions))
        raw = str(db.conn.exec_driver_sql("SELECT * FROM meeting_cautions").first())
        bodies = [each.body for each in record_store.agreed(SYSTEM, db, meeting)]
    assert row is not None
    assert row.given
    assert "Philomena" not in raw
    assert "Nowak" not in raw
    assert all("Philomena" not in body for body in bodies)
    assert CHILD.split()[0] not in seen[2]


def test_a_meeting_to_which_no_parent_came_says_why_there_was_no_caution(served: Service) -> None:
    meeting = served.plan(AFM, chair=manager_id(served))
    served.hold(meeting)
    address = f"/meetings/{meeting}/caution"
    answer = served.officer.post(address, {"given": "no"})
    assert "Write why no caution was given" in answer.text
    for missing, said in (
        ({"given": ""}, "Say whether the caution was given."),
        ({"subject": ""}, "Write who was cautioned."),
        ({"caution-at": "late"}, "Write the time at which the caution was given"),
        ({"caution-at": "16:30"}, "The caution cannot be given later than now."),
        ({"understood": ""}, "Say whether they said that they understood it."),
    ):
        answer = served.officer.post(address, CAUTION | missing)
        assert answer.status_code == 422
        assert said in answer.text, missing
    none = {"given": "no", "why-no-caution": "Neither parent came."}
    assert served.officer.post(address, none).status_code == 303
    page = served.officer.get(f"/meetings/{meeting}").text
    assert "Neither parent came." in page
    assert "No caution was given" in page


def test_another_chair_is_named_and_the_first_is_free_again(served: Service) -> None:
    other = served.person("Mara Second", Role.MANAGER)
    meeting = served.plan(AFM, chair=manager_id(served))
    answer = served.officer.post(f"/meetings/{meeting}/chair", {"chair": other})
    assert answer.status_code == 303
    with served.hub.db.read() as db:
        chair = company_store.chair_of(SYSTEM, db, meeting, CHAIR)
        one = store.meeting(SYSTEM, db, meeting)
        assert one is not None
        day = one.half_day.day
        taken = store.taken(SYSTEM, db, day, day, officer_ids=[other, manager_id(served)])
        letters = {(to, what) for to, what, *_ in mail_store.letters(SYSTEM, db, meeting)}
    assert chair is not None
    assert chair.officer_id == other
    assert taken[other]
    assert not taken[manager_id(served)]
    assert ("mina.manager@x.test", "withdrawal") in letters
    assert ("mara.second@x.test", "invitation") in letters


def test_a_chair_is_never_asked_to_be_in_two_places(served: Service) -> None:
    chair = manager_id(served)
    first = served.gather(AFM, chair=chair)
    served.plan(AFM, chair=chair, slot=first[0])
    ash = served.hub.add_school("900002", "Ash Park")
    other = served.person("Otto Other")
    assert first[0] not in served.gather(AFM, chair=chair)
    with served.hub.db.write() as db:
        (one,) = company_store.of_case(SYSTEM, db, served.case.id)
        slot = Slot(one.half_day, one.start, one.end, "The same half-day at another school")
        elsewhere = store.plan(SYSTEM, db, ash, other, AFM, slot, "Otto Other")
        beside = store.meeting(SYSTEM, db, elsewhere)
        assert beside is not None
        with pytest.raises(Refused, match="taken"):
            company_store.add_officer(SYSTEM, db, beside, chair, CHAIR, "Otto Other")


def test_a_meeting_that_moves_takes_its_chair_along(served: Service) -> None:
    meeting = served.plan(AFM, chair=manager_id(served))
    page = served.officer.get(f"/meetings/{meeting}").text
    slot = page.split('id="slot"')[1].split('value="2026')[1].split('"')[0]
    moved = {"slot": f"2026{slot}", "why-moved": "The family asked", "side": "service"}
    assert served.officer.post(f"/meetings/{meeting}/move", moved).status_code == 303
    with served.hub.db.read() as db:
        one = store.meeting(SYSTEM, db, meeting)
        (chair,) = company_store.beside(SYSTEM, db, meeting, Beside.OFFICER)
    assert one is not None
    assert chair.half_day == one.half_day
    assert one.half_day.day.isoformat() in f"2026{slot}"
    gone = {"why": "Settled", "side": "service"}
    assert served.officer.post(f"/meetings/{meeting}/cancel", gone).status_code == 303
    with served.hub.db.read() as db:
        assert company_store.beside(SYSTEM, db, meeting, Beside.OFFICER) == []
        told = {(to, seq) for to, _, seq, *_ in mail_store.letters(SYSTEM, db, meeting)}
    assert ("mina.manager@x.test", 2) in told, "the chair's calendar is told as well"


def test_an_officer_who_falls_ill_leaves_it_to_a_person_and_holds_nothing_else_up(
    served: Service,
) -> None:
    cover = served.person("Cora Cover", Role.OFFICER, served.school)
    meeting = served.plan(AFM, chair=manager_id(served))
    page = served.officer.get(f"/meetings/plan/{served.school}").text
    slot = page.split('name="slot"')[1].split('value="')[1].split('"')[0]
    assert served.officer.post(f"/meetings/plan/{served.school}", {"slot": slot}).status_code == 303
    with served.hub.db.write() as db:
        ill = whole_days(date(2026, 3, 3), date(2026, 3, 27))
        diary_store.add_entry(SYSTEM, db, served.officer_id, "sickness", ill)
        rules = read_rules(served.hub.profile.section("meetings"), file="southampton.toml")
        proposed = rearranging.propose(SYSTEM, db, rules)
        by_id = {one.meeting.meeting_id: one for one in proposed}
        assert by_id[meeting].slot is None
        assert "Olive Link is away. It is held with others" in by_id[meeting].why
        assert rearranging.apply(SYSTEM, db, proposed, "Mina Manager") == 1
        (other,) = [one for one in proposed if one.meeting.meeting_id != meeting]
        moved = store.meeting(SYSTEM, db, other.meeting.meeting_id)
    assert moved is not None
    assert moved.officer_id == cover, "the regular meeting is covered all the same"


@pytest.mark.serves("S18")
def test_a_review_ends_in_an_action_plan(served: Service) -> None:
    meeting = served.plan("afm-review")
    served.hold(meeting)
    write(served, meeting, "since", "Attendance is better on Mondays.")
    there = {"name-0": "Olive Link", "came-0": "yes"}
    assert served.officer.post(f"/meetings/{meeting}/there", there).status_code == 303
    status, text = agree(served, meeting)
    assert status == 422
    assert "ends in an action plan. Agree at least one action" in text
    action = {"what": "Breakfast club", "who": "Attendance lead", "due": "2026-04-20"}
    assert served.officer.post(f"/meetings/{meeting}/actions", action).status_code == 303
    assert agree(served, meeting)[0] == 303
    with served.hub.db.read() as db:
        (agreed,) = record_store.agreed(SYSTEM, db, meeting)
    assert "Breakfast club" in agreed.body
    assert (
        "Attendance Focused Meeting review" in served.officer.get(f"/cases/{served.case.id}").text
    )


@pytest.mark.serves("S50")
def test_a_discussion_before_statute_ends_in_a_plan_and_recommendations(served: Service) -> None:
    page = served.officer.get(f"/meetings/plan/{served.school}?type=pre-statutory").text
    slot = page.split('name="slot"')[1].split('value="')[1].split('"')[0]
    form = {"type": "pre-statutory", "slot": slot}
    answer = served.officer.post(f"/meetings/plan/{served.school}", form)
    meeting = str(answer.headers["location"]).removeprefix("/meetings/")
    served.hold(meeting)
    write(served, meeting, "issues", "Mornings after the weekend.")
    status, text = agree(served, meeting, without="yes")
    assert status == 422
    assert "Pre-statutory discussion ends in: Recommendations. Write that first." in text
    write(served, meeting, "recommendations", "A later bus, and a first lesson they like.")
    status, text = agree(served, meeting, without="yes")
    assert status == 422
    assert "ends in an action plan" in text
    action = {"what": "Ask about the bus", "who": "Attendance lead", "due": "2026-04-20"}
    assert served.officer.post(f"/meetings/{meeting}/actions", action).status_code == 303
    assert agree(served, meeting, without="yes")[0] == 303
    with served.hub.db.read() as db:
        (agreed,) = record_store.agreed(SYSTEM, db, meeting)
        done = cases.work_done(SYSTEM, db, served.case.id, served.case.step_since)
    assert "A later bus" in agreed.body
    assert "Ask about the bus" in agreed.body
    assert "afm-held" not in done


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chair": ["superhero"]}, "chair 'superhero' is neither a role"),
        ({"must": ["Allocated officer"]}, "a meeting with a chair has 'Chair' in `must`"),
        ({"ends_with": ["nowhere"]}, "ends_with: 'nowhere' is no part of the agenda"),
        ({"about": "school"}, "work and caution are of a case"),
    ],
)
def test_a_profile_that_asks_for_the_impossible_is_refused_with_the_place(
    served: Service, change: dict[str, object], said: str
) -> None:
    raw = dict(served.hub.profile.section("meetings"))
    raw["types"] = [{**kind, **change} if kind["id"] == AFM else kind for kind in raw["types"]]
    with pytest.raises(BadInput) as refused:
        read_rules(raw, file="southampton.toml")
    assert said in str(refused.value)


def test_only_a_manager_says_who_may_chair(served: Service) -> None:
    assert served.officer.get("/meetings/chairs").status_code == 404
    page = served.manager.get("/meetings/chairs")
    assert "Nobody has a mark yet." in page.text
    answer = served.manager.post("/meetings/chairs", {"person": "", "mark": "", "first": "x"})
    assert answer.status_code == 422
    for said in ("Choose the officer.", "Choose the mark.", "Write the first day"):
        assert said in answer.text
