"""What a person at the school answers: referrals and actions."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import pseudonyms, wire
from linkwork.errors import Refused, WrongUse
from linkwork.seal import identity_context, open_identity
from linkwork_agent import agreed, answers, show
from linkwork_agent.store import registers
from linkwork_hub.referrals import words

EVIDENCE = answers.evidence(["letter 1=2026-02-02:A. Reed"], ["home visit=moved away"])


def ask(
    school: SchoolDesk,
    live: LiveHub,
    request_id: str = "req_1",
    asks: Literal["referral", "question"] = "referral",
) -> str:
    """The authority asks for a referral of P2, or a question about P2; its pseudonym."""
    with school.open() as store:
        (known,) = [k for k in registers.known_pupils(store.read) if k.mis_id == "P2"]
    item = wire.RequestItem(
        request_id=request_id,
        asks=asks,
        pseudonym=known.pseudonym,
        trigger="severe-absence",
        message="Please refer" if asks == "referral" else "Is he ill?",
        asked_by="E. Officer",
        asked_on=date(2026, 2, 27),
        evidence=("letter 1", "home visit") if asks == "referral" else (),
    )
    live.issue(school.school_id, item, f"item-{school.urn}-{request_id}")
    school.run("instruct")
    return known.pseudonym


@pytest.fixture
def asked(school: SchoolDesk, live: LiveHub) -> SchoolDesk:
    """A school that was asked to refer P2."""
    school.stories["P2"] = "/*10 O*25 /*5"
    school.joined("return").run("collect")
    ask(school, live)
    return school


def referrals(school: SchoolDesk) -> list[wire.Referral]:
    """The referrals in the outbox."""
    with school.open() as store:
        rows = store.read.execute("SELECT body FROM outbox WHERE kind = 'referral'").fetchall()
    found = [wire.read_message(row["body"]) for row in rows]
    return [message for message in found if isinstance(message, wire.Referral)]


def test_a_request_names_the_pupil_as_the_school_knows_it(asked: SchoolDesk) -> None:
    (row,) = show.request_rows(asked.place.config, asked.place.school)
    assert (row["id"], row["mis_id"], row["state"]) == ("req_1", "P2", "open")
    assert row["evidence"] == ["letter 1", "home visit"]
    assert (row["asks"], row["message"]) == ("referral", "Please refer")


def test_a_question_is_shown_as_one_with_the_pupil_as_it_is_said_by_telephone(
    asked: SchoolDesk, live: LiveHub
) -> None:
    pseudonym = ask(asked, live, "req_2", "question")
    (row,) = [
        each
        for each in show.request_rows(asked.place.config, asked.place.school)
        if each["id"] == "req_2"
    ]
    assert (row["asks"], row["message"], row["mis_id"]) == ("question", "Is he ill?", "P2")
    # The hub's own words for the pupil.
    assert f"Pupil {row['short']}" == words.short_pupil(pseudonym)


def test_a_question_is_answered_by_telephone_and_never_becomes_a_referral(
    asked: SchoolDesk, live: LiveHub
) -> None:
    short = pseudonyms.short(ask(asked, live, "req_2", "question"))
    said = f"is a question.*answer E. Officer by telephone, who knows the pupil as {short}"
    for given in ((), EVIDENCE):
        with pytest.raises(WrongUse, match=said):
            answers.refer(asked.place, "req_2", given, "absent", "A. Head")
    assert referrals(asked) == []
    # The control: the referral that was asked for beside it is made.
    answers.refer(asked.place, "req_1", EVIDENCE, "absent", "A. Head")
    assert len(referrals(asked)) == 1


def test_a_referral_carries_evidence_marks_and_the_sealed_identity(
    asked: SchoolDesk, live: LiveHub
) -> None:
    answers.refer(asked.place, "req_1", EVIDENCE, "absent since January", "A. Head")
    (referral,) = referrals(asked)
    assert [item.item for item in referral.evidence] == ["letter 1", "home visit"]
    assert len(referral.extract) == 80
    assert {mark.code for mark in referral.extract} == {None, "O"}
    (opener,) = live.keys.work.identities.values()
    context = identity_context(asked.urn, referral.pseudonym)
    who = open_identity(referral.sealed_identity, opener, context)
    assert (who.pupil_id, who.surname) == ("P2", "Thornapple2")
    asked.run("deliver")
    live.work()
    sql = "SELECT count(*) FROM referrals WHERE school_id = :s"
    assert live.count(sql, s=asked.school_id) == 1
    (row,) = [row for row in asked.sent() if row["kind"] == "referral"]
    assert row["named"] == ["Quill2 Thornapple2"]


def test_a_referral_that_lacks_evidence_is_not_made_and_names_the_gap(asked: SchoolDesk) -> None:
    half = answers.evidence(["letter 1=2026-02-02:A. Reed"], [])
    with pytest.raises(WrongUse, match="lacks: home visit"):
        answers.refer(asked.place, "req_1", half, "absent", "A. Head")
    assert referrals(asked) == []


def test_a_request_is_answered_once(asked: SchoolDesk) -> None:
    answers.refer(asked.place, "req_1", EVIDENCE, "absent", "A. Head")
    with pytest.raises(Refused, match="was answered"):
        answers.refer(asked.place, "req_1", EVIDENCE, "absent", "A. Head")
    assert len(referrals(asked)) == 1


def test_an_unknown_request_is_named(asked: SchoolDesk) -> None:
    with pytest.raises(WrongUse, match="No request req_9"):
        answers.refer(asked.place, "req_9", EVIDENCE, "absent", "A. Head")


@pytest.mark.parametrize("text", ["letter", "letter=2026-02-30:A", "=2026-02-02:A", "x=2026-02-02"])
def test_evidence_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(WrongUse, match="item=YYYY-MM-DD:by"):
        answers.evidence([text], [])


def test_an_action_is_seen_when_it_is_listed_and_done_when_a_person_says_so(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.joined("return")
    item = wire.ActionItem(
        action_id=f"act_{school.urn}",
        what="Ring home",
        who="A. Reed",
        due=date(2026, 3, 6),
        agreed_on=date(2026, 2, 27),
    )
    live.issue(school.school_id, item, f"item-{school.urn}")
    school.run("instruct")
    agreed.seen(school.place)
    agreed.seen(school.place)
    with pytest.raises(WrongUse, match="Say why"):
        agreed.progress([school.place], item.action_id, "declined", "A. Reed", " ")
    shown = answers.evidence(["call=2026-03-02:A. Reed"], [])
    agreed.progress([school.place], item.action_id, "done", "A. Reed", "rang twice", shown)
    with school.open() as store:
        rows = store.read.execute("SELECT body FROM outbox ORDER BY seq").fetchall()
    said = [wire.read_message(row["body"]) for row in rows]
    assert [each.state for each in said if isinstance(each, wire.ActionProgress)] == [
        "seen",
        "done",
    ]
    assert [each.number for each in said if isinstance(each, wire.ActionProgress)] == [1, 2]
    assert isinstance(said[-1], wire.ActionProgress)
    assert said[-1].evidence == shown
    with pytest.raises(Refused, match="done already"):
        agreed.progress([school.place], item.action_id, "declined", "", "No time")


def test_an_unknown_action_is_named(school: SchoolDesk) -> None:
    with pytest.raises(WrongUse, match="No action act_9"):
        agreed.progress([school.place], "act_9", "done", "", "")
