"""Forms: only from our own pages, in this browser, and no larger than a form is."""

from __future__ import annotations

import pytest
from hub_under_test import PASSWORD, Browser, HubUnderTest

from linkwork_hub.db import Role
from linkwork_hub.web import own_path, security

FORM = {"email": "nobody@example.test", "password": PASSWORD}


def sign_in_status(browser: Browser, **headers: str) -> int:
    """What a form to sign in answers with these headers: 403 without a look at the password."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = browser.post("/sign-in", FORM, headers=sent)
    return 0 if "not right" in answer.text else answer.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://hub.test", "sec_fetch_site": "same-origin"},
        {"origin": "http://hub.test"},
        {"origin": "null", "sec_fetch_site": "same-origin"},
        {"origin": "null"},
        {"sec_fetch_site": "none"},
    ],
)
def test_a_form_of_our_own_is_taken(hub: HubUnderTest, headers: dict[str, str]) -> None:
    assert sign_in_status(hub.browser(), **headers) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://hub.test.elsewhere.example"},
        {"origin": "http://hub.test:81"},
        {"origin": "null", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(hub: HubUnderTest, headers: dict[str, str]) -> None:
    browser = hub.browser()
    browser.token()
    assert sign_in_status(browser, **headers) == 403


def test_a_form_without_its_token_or_with_another_browsers_is_refused(hub: HubUnderTest) -> None:
    school = hub.add_school()
    manager, other = hub.sign_in(Role.MANAGER), hub.sign_in(Role.MANAGER)
    for token in ("", "0" * 64, other.token()):
        answer = manager.post(f"/schools/{school}/preferences", {"form_token": token})
        assert answer.status_code == 403
        assert "nothing was changed" in answer.text
    assert manager.post(f"/schools/{school}/preferences", {}).status_code == 303


def test_a_token_from_before_signing_in_is_worth_nothing_after(hub: HubUnderTest) -> None:
    browser = hub.browser()
    before = browser.token()
    browser.post("/sign-in", {"email": hub.add_person(Role.MANAGER), "password": PASSWORD})
    assert browser.post("/sign-out", {"form_token": before}).status_code == 403


def test_a_form_is_refused_when_it_is_huge_odd_or_unreadable(hub: HubUnderTest) -> None:
    browser = hub.browser()
    large = browser.post("/sign-in", {"email": "x" * 300_000})
    assert large.status_code == 413
    plain = {"content-type": "text/plain"}
    odd = hub.run(browser.client, "POST", "/sign-in", content=b"a=b", headers=plain)
    assert odd.status_code == 415
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"a=\xff", b"&".join([b"a=1"] * 3_000)):
        answer = hub.run(browser.client, "POST", "/sign-in", content=content, headers=kind)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/schools", "/schools"),
        ("/", "/"),
        ("/schools?page=2", "/schools?page=2"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("schools", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(hub: HubUnderTest, asked: str, given: str) -> None:
    assert own_path(asked) == given
    browser = hub.browser()
    form = {"email": hub.add_person(Role.MANAGER), "password": PASSWORD, "next": asked}
    assert browser.post("/sign-in", form).headers["location"] == given


def test_over_https_cookies_belong_to_this_host_alone(hub: HubUnderTest) -> None:
    secure = hub.at("https://hub.test")
    answer = secure.get("/sign-in")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{security.VISIT}=")
    email = hub.add_person(Role.MANAGER)
    cookie = secure.post("/sign-in", {"email": email, "password": PASSWORD}).headers["set-cookie"]
    assert f"__Host-{security.SESSION}=" in cookie
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "domain" not in cookie.lower()
