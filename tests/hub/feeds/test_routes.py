"""The feeds pages and the addresses agents call, over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest
from hub_under_test import CHEAP, Browser, FixedClock, HubUnderTest
from school_post import SYSTEM, SchoolPost

from linkwork import join, seal
from linkwork_hub import app
from linkwork_hub.access.profile import Profile
from linkwork_hub.db import Database, Role
from linkwork_hub.feeds import store
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import AgentState


@pytest.fixture
def hub(
    sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys, reading: Profile
) -> Iterator[HubUnderTest]:
    """A hub at an address that may stand in a join string."""
    built = app.build(
        sqlite_database, reading, address="http://127.0.0.1:8420", hasher=CHEAP, keys=hub_keys
    )
    with HubUnderTest(built, sqlite_database, clock, hub_keys, reading, asyncio.Runner()) as made:
        yield made


@pytest.fixture
def post(hub: HubUnderTest) -> SchoolPost:
    """A school of this hub, without an agent."""
    made = SchoolPost(hub.db, hub.keys)
    made.school_id = hub.add_school()
    return made


def send(hub: HubUnderTest, path: str, body: bytes) -> httpx.Response:
    client = hub.browser().client
    return hub.run(client, "POST", path, content=body)


def words_on(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_a_school_is_connected_from_the_pages(hub: HubUnderTest, post: SchoolPost) -> None:
    team = hub.sign_in(Role.HUB_TEAM)
    assert "Not connected" in team.get("/feeds").text
    path = f"/feeds/{post.school_id}"

    shown = team.post(f"{path}/join-string")
    found = re.search(r"LW1\.[0-9A-Z]+", shown.text)
    assert found is not None
    made = join.parse(found[0])
    assert made.text() not in team.get(path).text

    answer = send(hub, "/v1/enrol", post.enrolment(made.code))
    assert answer.status_code == 202
    post.work()
    waiting = team.get(path)
    assert seal.six_words(seal.keys_digest(post.signer.public, post.opener.public)) in waiting.text

    with hub.db.read() as db:
        (agent,) = store.agents_of(SYSTEM, db, post.school_id)
    untold = team.post(f"{path}/confirm", {"agent": agent.id})
    assert untold.status_code == 400
    assert "There is a problem" in untold.text
    done = team.post(f"{path}/confirm", {"agent": agent.id, "same": "yes"})
    assert done.status_code == 303

    body = post.sealed(post.summary())
    answer = send(hub, "/v1/post", body)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    known = seal.lookup(hub.keys.receiver.keyset, "receipt")
    assert seal.verify_answer(answer.content, known).contiguous_through == 1
    (policy,) = post.opened(seal.verify_answer(answer.content, known))
    assert policy.kind == "policy"
    assert "england-2024" in policy.policy_toml
    post.work()
    assert "27 February 2026" in words_on(team.get(path))
    assert "Connected" in words_on(team.get("/feeds"))


def test_revoking_asks_for_a_reason_and_works(hub: HubUnderTest, post: SchoolPost) -> None:
    post.enrol(post.invite().code)
    post.confirm()
    team = hub.sign_in(Role.HUB_TEAM)
    path = f"/feeds/{post.school_id}/revoke"
    assert "Write why" in team.post(path).text
    assert team.post(path, {"why": "the computer was stolen"}).status_code == 303
    assert "Revoked" in words_on(team.get("/feeds"))


def test_alarms_are_shown_until_someone_has_dealt_with_them(
    hub: HubUnderTest, post: SchoolPost
) -> None:
    post.enrol(post.invite().code)
    post.confirm()
    post.send(post.summary())
    post.post(post.sealed(post.summary(), seq=1))
    team = hub.sign_in(Role.HUB_TEAM)
    path = f"/feeds/{post.school_id}"
    assert "under one number" in team.get(path).text
    team.post(f"{path}/alarms")
    assert "under one number" not in team.get(path).text


def test_a_refused_message_is_shown_with_its_reason(hub: HubUnderTest, post: SchoolPost) -> None:
    post.enrol(post.invite().code)
    post.confirm()
    post.send(post.summary().model_copy(update={"urn": "900002"}))
    post.work()
    page = words_on(hub.sign_in(Role.HUB_TEAM).get(f"/feeds/{post.school_id}"))
    assert "1 message was refused" in page
    assert "another school" in page


def test_an_officer_sees_the_feeds_of_their_schools_and_changes_none(
    hub: HubUnderTest, post: SchoolPost
) -> None:
    other = hub.add_school("900002", "Otherton High")
    officer = hub.sign_in(Role.OFFICER, schools=(other,))
    listed = officer.get("/feeds").text
    assert "Otherton High" in listed
    assert "Fernhill" not in listed
    assert officer.get(f"/feeds/{post.school_id}").status_code == 404
    assert officer.get(f"/feeds/{other}").status_code == 200
    assert officer.post(f"/feeds/{other}/join-string").status_code == 404


def test_a_waiting_agent_of_another_school_cannot_be_confirmed_here(
    hub: HubUnderTest, post: SchoolPost
) -> None:
    post.enrol(post.invite().code)
    other = hub.add_school("900002", "Otherton High")
    with hub.db.read() as db:
        (agent,) = store.agents_of(SYSTEM, db, post.school_id)
    team = hub.sign_in(Role.HUB_TEAM)
    answer = team.post(f"/feeds/{other}/confirm", {"agent": agent.id, "same": "yes"})
    assert answer.status_code == 404
    with hub.db.read() as db:
        (agent,) = store.agents_of(SYSTEM, db, post.school_id)
    assert agent.state is AgentState.PENDING


def test_a_hub_without_schools_says_what_to_do_first(hub: HubUnderTest) -> None:
    assert "Import the list of schools" in hub.sign_in(Role.HUB_TEAM).get("/feeds").text


def test_the_keyset_is_public_and_bytes_too_many_are_cut_off_while_they_come(
    hub: HubUnderTest, post: SchoolPost
) -> None:
    browser: Browser = hub.browser()
    keyset = browser.get("/v1/keyset")
    assert keyset.content == hub.keys.receiver.keyset_bytes
    assert send(hub, "/v1/post", bytes(seal.MAX_ENVELOPE + 1)).status_code == 413
    assert send(hub, "/v1/enrol", bytes(17 * 1024)).status_code == 413
    assert browser.get("/v1/post").status_code == 405


def test_what_is_no_envelope_gets_one_plain_word(hub: HubUnderTest) -> None:
    answer = send(hub, "/v1/post", b"<script>Exampleton</script>")
    assert (answer.status_code, answer.text) == (400, "shape")
    assert answer.headers["content-type"].startswith("text/plain")
