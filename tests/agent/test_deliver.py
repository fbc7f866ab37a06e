"""Outbox to hub: what marks a message as delivered, and what must not."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from live_hub import LiveHub
from on_the_way import BLOCK_PAGE, after, changing, flipped, instead
from school_desk import SchoolDesk

from linkwork import seal
from linkwork.errors import HubUnreachable
from linkwork_agent.deliver import deliver
from linkwork_agent.hub_client import HubClient
from linkwork_agent.store import base, outbox


@pytest.fixture
def ready(school: SchoolDesk) -> SchoolDesk:
    """A school with a summary and a nil return in its outbox."""
    school.joined("return").run("collect")
    assert school.status()["waiting"] == 2
    return school


def kept(school: SchoolDesk) -> bool:
    """Whether both messages still wait."""
    return bool(school.status()["waiting"] == 2)


def test_messages_leave_oldest_first_and_take_effect_at_the_hub(
    ready: SchoolDesk, live: LiveHub
) -> None:
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    live.work()
    assert live.count("SELECT count(*) FROM returns WHERE school_id = :s", s=ready.school_id) == 1
    assert ready.status()["last_receipt"] == ready.now.isoformat()
    assert [row["kind"] for row in ready.sent()[:2]] == ["return", "summary"]


def at_hub(live: LiveHub, school: SchoolDesk) -> int:
    """How many messages of the feed the hub holds."""
    stored = "SELECT count(*) FROM inbox WHERE school_id = :s AND stream = 'feed'"
    return live.count(stored, s=school.school_id)


def goes_again_once_in_effect(ready: SchoolDesk, live: LiveHub) -> None:
    """With nothing between any more both messages arrive, in order, and take effect once."""
    live.between = None
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    live.work()
    assert at_hub(live, ready) == 2
    for told in (
        "SELECT count(*) FROM returns WHERE school_id = :s",
        "SELECT count(*) FROM summaries WHERE school_id = :s",
    ):
        assert live.count(told, s=ready.school_id) == 1


#: What is on the way meets the sign of life a delivery begins with, or its first message.
MEETS = pytest.mark.parametrize("lets_through", [0, 1], ids=["sign-of-life", "message"])


@MEETS
def test_a_block_page_that_says_200_keeps_everything(
    ready: SchoolDesk, live: LiveHub, lets_through: int
) -> None:
    page = instead(200, BLOCK_PAGE, [(b"content-type", b"text/html")])
    live.between = after(lets_through, page)
    outcome = ready.run("deliver")
    assert outcome.exit_code == 1
    assert "A filter or sign-in page" in outcome.sentence
    assert outcome.sentence in ready.status()["problems"]
    assert kept(ready)
    goes_again_once_in_effect(ready, live)


@MEETS
@pytest.mark.parametrize("place", [0, 5, 30, 200, -1])
def test_an_answer_with_one_bit_changed_keeps_everything(
    ready: SchoolDesk, live: LiveHub, place: int, lets_through: int
) -> None:
    live.between = after(lets_through, flipped(place))
    assert ready.run("deliver").exit_code == 1
    assert kept(ready)
    assert ready.status()["last_receipt"] is None
    # The hub does hold the message whose receipt was spoilt.
    assert at_hub(live, ready) == lets_through
    goes_again_once_in_effect(ready, live)


@pytest.mark.parametrize(
    "other",
    [
        {"digest": "0" * 128},
        {"seq": 2},
        {"epoch": 2},
        {"message_id": "m_another"},
        {"stream": "control"},
        None,
    ],
    ids=["bytes", "number", "epoch", "message", "stream", "none-at-all"],
)
def test_a_rightly_signed_receipt_of_something_else_or_none_keeps_everything(
    ready: SchoolDesk, live: LiveHub, other: dict[str, object] | None
) -> None:
    """As a hub with a fault would sign it: what counts is that it names these bytes."""
    known = seal.lookup(live.keys.receiver.keyset, "receipt")

    def resigned(body: bytes) -> bytes:
        answer = seal.verify_answer(body, known)
        assert answer.stored is not None
        stored = answer.stored.model_copy(update=other) if other else None
        changed = answer.model_copy(update={"stored": stored})
        return seal.sign_answer(changed, live.keys.receiver.receipt)

    live.between = after(1, changing(resigned))
    outcome = ready.run("deliver")
    assert kept(ready)
    assert ready.status()["last_receipt"] is None
    if other:
        assert "names other bytes than message 1/1" in outcome.sentence
    goes_again_once_in_effect(ready, live)


def test_a_receipt_signed_by_another_key_keeps_everything(ready: SchoolDesk, live: LiveHub) -> None:
    known = seal.lookup(live.keys.receiver.keyset, "receipt")
    forger = seal.Signer(b"f" * 32)

    def forged(body: bytes) -> bytes:
        return seal.sign_answer(seal.verify_answer(body, known), forger)

    live.between = after(1, changing(forged))
    assert "not signed by a receipt key of this hub" in ready.run("deliver").sentence
    assert kept(ready)
    # Nor under the name of the hub's own key.
    own = bytes.fromhex(live.keys.receiver.receipt.key_id)
    live.between = after(1, changing(lambda body: body[:4] + own + forged(body)[20:]))
    assert "not signed by a receipt key of this hub" in ready.run("deliver").sentence
    assert kept(ready)
    goes_again_once_in_effect(ready, live)


def test_an_answer_played_again_for_another_message_keeps_it(
    ready: SchoolDesk, live: LiveHub
) -> None:
    answers: list[bytes] = []
    # The first is that of the sign of life, the second that of the first message.
    live.between = changing(lambda body: answers[1] if len(answers) > 2 else body, answers)
    outcome = ready.run("deliver")
    assert "belongs to another message" in outcome.sentence
    assert ready.status()["waiting"] == 1


def test_a_redirect_is_not_followed(ready: SchoolDesk, live: LiveHub) -> None:
    live.between = instead(302, b"", [(b"location", live.url.encode() + b"/healthz")])
    assert "HTTP 302" in ready.run("deliver").sentence
    assert kept(ready)


def test_an_endless_answer_is_cut_off(ready: SchoolDesk, live: LiveHub) -> None:
    live.between = instead(200, b"x" * (5 << 20))
    assert "larger than" in ready.run("deliver").sentence
    assert kept(ready)


def test_a_busy_hub_is_left_alone_for_as_long_as_it_asks(ready: SchoolDesk, live: LiveHub) -> None:
    live.between = instead(503, b"busy", [(b"retry-after", b"120")])
    assert "asks to wait 120 seconds" in ready.run("deliver").sentence
    live.between = None
    assert "asked to wait until" in ready.run("deliver").sentence
    assert kept(ready)
    ready.later(seconds=119)
    assert "asked to wait until" in ready.run("deliver").sentence
    # Up to a fifth longer than asked, so that not every school comes back in the same second.
    ready.later(seconds=26)
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"


def test_a_hub_that_is_away_keeps_everything_until_it_is_back(
    ready: SchoolDesk, live: LiveHub
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with ready.open() as store, store.write() as tx:
        base.put(tx, hub_url=away)
    outcome = ready.run("deliver")
    assert "cannot be reached" in outcome.sentence
    assert kept(ready)
    with ready.open() as store, store.write() as tx:
        base.put(tx, hub_url=live.url)
    ready.run("deliver")
    assert ready.status() | {"problems": []} == ready.status()


def test_a_hub_that_does_not_answer_in_time_keeps_everything(ready: SchoolDesk) -> None:
    import httpx

    with socket.create_server(("127.0.0.1", 0)) as silent, ready.open() as store:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            HubClient(url, timeout=httpx.Timeout(0.2)) as hub,
            pytest.raises(HubUnreachable, match="in time"),
        ):
            deliver(ready.desk(store), hub)
    assert kept(ready)


@pytest.mark.parametrize("applied", [False, True])
def test_a_message_whose_receipt_was_lost_is_sent_again_and_stored_once(
    ready: SchoolDesk, live: LiveHub, applied: bool
) -> None:
    live.between = after(1, changing(lambda _body: b""))
    assert ready.run("deliver").exit_code == 1
    # Committed at the hub, and the school knows nothing of it.
    assert (at_hub(live, ready), kept(ready)) == (1, True)
    if applied:
        live.work()
    goes_again_once_in_effect(ready, live)


def test_a_pending_school_sends_nothing_of_its_pupils(ready: SchoolDesk, live: LiveHub) -> None:
    # Enrolled once more, not confirmed again: the first agent's messages wait under new keys.
    ready.join("return")
    outcome = ready.run("deliver")
    assert outcome.sentence.startswith("sent 0, 2 waiting")
    assert "not confirmed" in outcome.sentence
    live.confirm(ready.school_id)
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"


def test_a_revoked_agent_stops_keeps_what_it_holds_and_says_why(
    ready: SchoolDesk, live: LiveHub
) -> None:
    live.revoke(ready.school_id)
    answers: list[bytes] = []
    live.between = changing(bytes, answers)
    outcome = ready.run("deliver")
    assert "the machine was stolen" in outcome.sentence
    assert "join with a new join string" in outcome.sentence
    # In one call, which held nothing of a pupil; and the next run makes none.
    assert (len(answers), at_hub(live, ready)) == (1, 0)
    ready.run("deliver")
    assert len(answers) <= 2
    assert at_hub(live, ready) == 0
    assert kept(ready)
    assert any("revoked" in line for line in ready.status()["problems"])
    assert ready.run("collect").exit_code == 1


def test_a_machine_put_back_in_time_starts_a_new_epoch_and_loses_nothing(
    ready: SchoolDesk, live: LiveHub
) -> None:
    store_file = ready.place.folder / "agent.db"
    earlier = store_file.read_bytes()
    ready.run("deliver")
    store_file.write_bytes(earlier)
    with ready.open() as store, store.write() as tx:
        # The same numbers again, with other content: what a restored snapshot comes to.
        tx.execute("DELETE FROM outbox")
        tx.execute("DELETE FROM runs")
        base.put(tx, next_seq=1, return_through=None)
    ready.run("collect")
    assert "conflict" in ready.run("deliver").sentence
    assert ready.run("deliver").sentence == "sent 2, 0 waiting"
    with ready.open() as store:
        assert outbox.next_place(store.read) == outbox.Place(2, 3)


def test_a_refused_message_is_shown_with_the_reason(ready: SchoolDesk, live: LiveHub) -> None:
    from linkwork_agent import agreed
    from linkwork_agent.store.inbox import Action, put_action

    with ready.open() as store:
        action = Action(
            "act_unknown", "ring home", "A. Reed", "2026-03-06", "2026-02-27", None, None, "open"
        )
        with store.write() as tx:
            put_action(tx, action)
    agreed.progress([ready.place], "act_unknown", "done", "A. Reed", "")
    ready.run("deliver")
    live.work()
    ready.run("instruct")
    assert ready.status()["refused"] == 1
    assert any("no such action" in line for line in ready.status()["problems"])


def test_receipts_older_than_thirty_days_by_the_hub_s_clock_make_room(
    ready: SchoolDesk, live: LiveHub
) -> None:
    ready.run("deliver")
    ready.later(days=3652)
    ready.run("deliver")
    with ready.open() as store:
        assert outbox.latest(store.read) != []
    live.clock.fixed = datetime.now(UTC) + timedelta(days=31)
    ready.run("instruct")
    ready.run("deliver")
    with ready.open() as store:
        assert outbox.latest(store.read) == []
    assert len(ready.sent()) >= 3
