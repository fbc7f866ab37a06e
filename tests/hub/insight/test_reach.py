"""Who reaches what: finance and the hub team never meet a pupil, on any page there is."""

from __future__ import annotations

import pytest
from casework import PUPIL, Casework, notice

from linkwork_hub.db import Role
from linkwork_hub.web import Page

#: What would give a pupil away: the name, the pseudonym, its short form, a record's address.
SECRETS = ("Testina", "Nowhere Lane", PUPIL, "K3QX 7M2A", "can_", "16 to 27 February")


@pytest.fixture
def busy(work: Casework) -> Casework:
    """A school with a returned, referred and accepted pupil, an action and a question."""
    case = work.accepted()
    due = {"what": "Ring home", "who": "school", "due": "2026-03-13"}
    assert work.officer.post(f"/cases/{case.id}/actions", due).status_code == 303
    work.tell(notice(episode="e5", pseudonym="p_" + "q" * 26))
    return work


def pages(busy: Casework) -> list[str]:
    """Every page for people there is, with the ids of real records in its address."""
    case = busy.case()
    known = {
        "/returns/{id}": busy.only("/returns", "/returns/ret_"),
        "/pupils/{id}": f"/pupils/{case.candidate_id}",
        "/pupils/{id}/open": f"/pupils/{case.candidate_id}/open",
        "/referrals/{id}": f"/referrals/{case.referral_id}",
        "/cases/{id}": f"/cases/{case.id}",
        "/actions/{id}": busy.only("/actions", "/actions/"),
        "/people/{id}": f"/people/{busy.officer_id}",
    }
    found = []
    for route in busy.hub.built.routes:
        if isinstance(route, Page) and route.verb == "GET":
            path = known.get(route.path, route.path)
            path = path.replace("{school_id}", busy.school_id).replace("{year}", "2025-26")
            found.append(path.replace("{id}", busy.school_id))
    return found


@pytest.mark.parametrize("role", [Role.FINANCE, Role.HUB_TEAM])
def test_a_role_without_casework_never_meets_a_pupil(busy: Casework, role: Role) -> None:
    browser = busy.hub.sign_in(role)
    opened = 0
    for path in pages(busy):
        answer = browser.get(path)
        opened += answer.status_code == 200
        for secret in SECRETS:
            assert secret not in answer.text, (path, secret)
    assert opened > 3


def test_the_search_for_pupils_finds_them_where_they_are(busy: Casework) -> None:
    seen = dict.fromkeys(SECRETS, False)
    for path in pages(busy):
        text = busy.officer.get(path).text
        for secret in SECRETS:
            seen[secret] = seen[secret] or secret in text
    assert [secret for secret, met in seen.items() if not met] == [PUPIL]


def test_the_audit_trail_calls_a_pupil_by_the_short_form_and_only_to_casework(
    busy: Casework,
) -> None:
    busy.officer.get(f"/pupils/{busy.case().candidate_id}")
    manager = busy.hub.sign_in(Role.MANAGER).get("/audit").text
    assert "Pupil K3QX 7M2A" in manager
    assert "can_" not in manager
    assert "Testina" not in manager
    team = busy.hub.sign_in(Role.HUB_TEAM).get("/audit").text
    assert "a pupil</td>" in team


def test_no_page_fails_for_any_role(busy: Casework) -> None:
    everywhere = pages(busy)
    for role in (Role.OFFICER, Role.MANAGER, Role.FINANCE, Role.HUB_TEAM, Role.SCHOOL):
        schools = (busy.school_id,) if role in {Role.OFFICER, Role.SCHOOL} else ()
        browser = busy.hub.sign_in(role, schools=schools)
        for path in everywhere:
            assert browser.get(path).status_code < 500, (role, path)


def test_a_stranger_is_sent_to_sign_in_from_every_page(busy: Casework) -> None:
    stranger = busy.hub.browser()
    for path in ("/", "/pupils", "/returns", "/referrals", "/cases", "/actions"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


def test_casework_is_changed_by_no_one_but_officers_and_managers(busy: Casework) -> None:
    case = busy.case()
    changes = (
        f"/pupils/{case.candidate_id}/decide",
        f"/pupils/{case.candidate_id}/open",
        f"/referrals/{case.referral_id}/accept",
        f"/referrals/{case.referral_id}/return",
        f"/cases/{case.id}/work",
        f"/cases/{case.id}/move",
        f"/cases/{case.id}/close",
        f"/cases/{case.id}/void",
        f"/cases/{case.id}/actions",
    )
    for role in (Role.FINANCE, Role.HUB_TEAM, Role.SCHOOL):
        schools = (busy.school_id,) if role is Role.SCHOOL else ()
        browser = busy.hub.sign_in(role, schools=schools)
        for path in changes:
            assert browser.post(path, {"reason": "x"}).status_code == 404, (role, path)
    assert busy.case() == case
