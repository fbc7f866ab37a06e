"""What every page shares: headers, form tokens, errors as pages."""

from __future__ import annotations

from hub_under_test import HubUnderTest

from linkwork_hub.db import Role


def test_a_signed_in_person_is_not_asked_to_sign_in_again(hub: HubUnderTest) -> None:
    browser = hub.sign_in(Role.MANAGER)
    answer = browser.get("/sign-in")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
