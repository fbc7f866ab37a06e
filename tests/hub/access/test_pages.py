"""The pages of schools, people and one's own password."""

from __future__ import annotations

import pytest
from hub_under_test import CHEAP, PASSWORD, HubUnderTest

from linkwork_hub.access import store
from linkwork_hub.db import Role, Scope

SYSTEM = Scope.system()


def test_an_officer_finds_only_their_own_schools(hub: HubUnderTest) -> None:
    mine, other = hub.add_school("900001", "Fernhill Primary"), hub.add_school("900002", "Oakmere")
    officer = hub.sign_in(Role.OFFICER, schools=(mine,))
    page = officer.get("/schools").text
    assert "Fernhill Primary" in page
    assert "Oakmere" not in page
    assert officer.get(f"/schools/{mine}").status_code == 200
    assert officer.get(f"/schools/{other}").status_code == 404


def test_a_school_list_is_searched_by_name_and_urn_and_shown_in_parts(hub: HubUnderTest) -> None:
    for number in range(60):
        hub.add_school(f"90{number:04d}", f"Test School {number:02d}")
    manager = hub.sign_in(Role.MANAGER)
    first = manager.get("/schools").text
    assert "1 to 50 of 60 schools" in first
    assert "Test School 55" not in first
    assert "Test School 55" in manager.get("/schools?page=2").text
    by_urn = manager.get("/schools?search=900031").text
    assert "Test School 31" in by_urn
    assert "Test School 32" not in by_urn


def test_a_list_without_rows_says_in_words_what_to_do(hub: HubUnderTest) -> None:
    manager = hub.sign_in(Role.MANAGER)
    assert "linkwork-hub import schools FILE" in manager.get("/schools").text


def test_a_manager_links_an_officer_and_the_officer_reaches_the_school(hub: HubUnderTest) -> None:
    school = hub.add_school()
    officer = hub.sign_in(Role.OFFICER)
    assert officer.get(f"/schools/{school}").status_code == 404
    manager = hub.sign_in(Role.MANAGER)
    with hub.db.read() as db:
        person = store.people(SYSTEM, db, role=Role.OFFICER)[0]
    answer = manager.post(f"/schools/{school}/link-officer", {"officer": person.id})
    assert answer.status_code == 303
    assert f"{person.name} is now the link officer" in manager.get(f"/schools/{school}").text
    assert officer.get(f"/schools/{school}").status_code == 200


@pytest.mark.serves("S36")
def test_a_school_reads_who_its_link_officer_is_and_how_to_write_to_them(hub: HubUnderTest) -> None:
    school, other = hub.add_school(), hub.add_school("900002", "Oakmere")
    email = hub.add_person(Role.OFFICER)
    office = hub.sign_in(Role.SCHOOL, schools=(school,))
    before = office.get(f"/schools/{school}").text
    assert "Link officer</dt>" in before
    assert email not in before
    with hub.db.write() as db:
        person = store.person_by_email(SYSTEM, db, email)
        assert person is not None
        store.set_link_officer(SYSTEM, db, school, person.id)
    page = office.get(f"/schools/{school}").text
    assert f"{person.name}<br>" in page
    assert f'href="mailto:{email}"' in page
    elsewhere = hub.sign_in(Role.SCHOOL, schools=(other,))
    assert elsewhere.get(f"/schools/{school}").status_code == 404
    assert email not in elsewhere.get(f"/schools/{other}").text


@pytest.mark.serves("S34")
def test_a_school_gets_another_link_officer_only_with_a_reason_that_is_kept(
    hub: HubUnderTest,
) -> None:
    school = hub.add_school()
    first, second = (hub.add_person(Role.OFFICER) for _ in range(2))
    with hub.db.read() as db:
        before, after = (store.person_by_email(SYSTEM, db, email) for email in (first, second))
    assert before is not None
    assert after is not None
    manager, place = hub.sign_in(Role.MANAGER), f"/schools/{school}/link-officer"
    assert manager.post(place, {"officer": before.id}).status_code == 303
    for form in ({"officer": after.id, "why": " "}, {"officer": ""}):
        refused = manager.post(place, form)
        assert refused.status_code == 422
        assert "Write why the school changes its link officer" in refused.text
    with hub.db.read() as db:
        assert store.link_officer(SYSTEM, db, school) == before
    # The same one again changes nothing, so it asks for nothing.
    assert manager.post(place, {"officer": before.id}).status_code == 303
    assert manager.post(place, {"officer": after.id, "why": "Workload"}).status_code == 303
    assert f"mailto:{second}" in manager.get(f"/schools/{school}").text
    assert f"{after.id}: Workload" in manager.get("/audit").text


def test_a_message_is_shown_once(hub: HubUnderTest) -> None:
    school = hub.add_school()
    manager = hub.sign_in(Role.MANAGER)
    manager.post(f"/schools/{school}/preferences", {"slot": ["tue-am", "thu-pm"]})
    assert "half days are kept" in manager.get(f"/schools/{school}").text
    assert "half days are kept" not in manager.get(f"/schools/{school}").text
    with hub.db.read() as db:
        assert store.preferences(SYSTEM, db, school) == {"tue-am", "thu-pm"}


def test_a_new_person_signs_in_and_an_ended_one_is_out_at_once(hub: HubUnderTest) -> None:
    school = hub.add_school()
    manager = hub.sign_in(Role.MANAGER)
    form = {"name": "Perpetua Quill", "email": "Quill@example.test", "role": "school"}
    form |= {"school": school, "password": PASSWORD}
    assert manager.post("/people/new", form).status_code == 303
    quill = hub.browser()
    quill.post("/sign-in", {"email": "quill@example.test", "password": PASSWORD})
    assert quill.get(f"/schools/{school}").status_code == 200
    with hub.db.read() as db:
        person = store.person_by_email(SYSTEM, db, "quill@example.test")
    assert person is not None
    ended = {"name": person.name, "role": "school", "school": school}
    assert manager.post(f"/people/{person.id}", ended).status_code == 303
    assert quill.get(f"/schools/{school}").status_code == 303
    quill.post("/sign-in", {"email": "quill@example.test", "password": PASSWORD})
    assert quill.get(f"/schools/{school}").status_code == 303


def test_a_form_with_mistakes_names_each_beside_its_field(hub: HubUnderTest) -> None:
    manager = hub.sign_in(Role.MANAGER)
    answer = manager.post("/people/new", {"role": "school", "password": "short"})
    assert answer.status_code == 400
    for words in (
        "There is a problem",
        "Enter an e-mail address",
        "Enter the person&#39;s name",
        "Use at least 12 characters",
        "Choose the school this person works at",
    ):
        assert words in answer.text


def test_a_manager_cannot_take_away_their_own_access(hub: HubUnderTest) -> None:
    manager = hub.sign_in(Role.MANAGER)
    with hub.db.read() as db:
        me = store.people(SYSTEM, db, role=Role.MANAGER)[0]
    answer = manager.post(f"/people/{me.id}", {"name": me.name, "role": "manager"})
    assert answer.status_code == 409
    assert manager.get("/people").status_code == 200


def test_a_changed_password_ends_every_session_and_the_old_one_is_dead(hub: HubUnderTest) -> None:
    browser = hub.sign_in(Role.FINANCE)
    wrong = browser.post("/password", {"password": "not it", "fresh": "a new long password"})
    assert "This is not your present password" in wrong.text
    right = browser.post("/password", {"password": PASSWORD, "fresh": "a new long password"})
    assert right.headers["location"] == "/sign-in"
    assert browser.get("/schools").status_code == 303
    with hub.db.read() as db:
        person = store.people(SYSTEM, db, role=Role.FINANCE)[0]
    assert hub.sign_in_as(person.email, PASSWORD).get("/schools").status_code == 303
    assert hub.sign_in_as(person.email, "a new long password").get("/schools").status_code == 200


def test_the_audit_trail_shows_who_did_what(hub: HubUnderTest) -> None:
    school = hub.add_school()
    manager = hub.sign_in(Role.MANAGER)
    manager.post(f"/schools/{school}/preferences", {"slot": "mon-am"})
    page = manager.get("/audit").text
    assert "changed visit preferences" in page
    assert school not in page, "the school is called by its name"
    assert "Test Manager" in page
    assert CHEAP.hash(PASSWORD)[:20] not in page
