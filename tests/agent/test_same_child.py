"""A pupil without a UPN gets one: the same child, told once, found under the new pseudonym."""

from __future__ import annotations

import os
import re
from datetime import date

from live_hub import LiveHub
from school_desk import SchoolDesk, number

from linkwork import seal, wire
from linkwork.register import Pupil
from linkwork_agent import answers, corrections, pupils
from linkwork_agent.store import changes, marks, registers
from linkwork_agent.store.registers import Known
from linkwork_hub.db import Scope
from linkwork_hub.referrals import store as referrals

SYSTEM = Scope.system()
ABSENT = "/*10 O*30"
EVIDENCE = answers.evidence(["letter 1=2026-02-02:A. Reed"], ["home visit=moved away"])


def known(school: SchoolDesk, mis_id: str = "P2") -> Known:
    """What the agent holds of a pupil."""
    with school.open() as store:
        (found,) = [each for each in registers.known_pupils(store.read) if each.mis_id == mis_id]
    return found


def links(school: SchoolDesk) -> list[wire.SameChild]:
    """The same-child messages ever put into the outbox."""
    with school.open() as store:
        rows = store.read.execute(
            "SELECT body FROM outbox WHERE kind = 'same-child' ORDER BY epoch, seq"
        ).fetchall()
    found = [wire.read_message(row["body"]) for row in rows]
    return [message for message in found if isinstance(message, wire.SameChild)]


def absent_without_upn(school: SchoolDesk, *release: str) -> SchoolDesk:
    """A school whose P2 is absent, has no UPN, and was told of."""
    school.stories["P2"] = ABSENT
    school.without_upn = {"P2"}
    school.joined(*release).run("collect")
    return school


def deliver(school: SchoolDesk, live: LiveHub) -> None:
    """Send everything and let the hub apply it."""
    assert school.run("deliver").exit_code == 0
    live.work()


def of_hub(live: LiveHub, school: SchoolDesk, pseudonym: str) -> int:
    """How many spells, candidates and names the hub holds of a pseudonym of this school."""
    return sum(
        live.count(
            f"SELECT count(*) FROM {table} WHERE school_id = :school AND pseudonym = :it",  # noqa: S608
            school=school.school_id,
            it=pseudonym,
        )
        for table in ("episodes", "candidates", "identities")
    )


def test_when_the_upn_arrives_the_hub_finds_everything_under_the_new_pseudonym(
    school: SchoolDesk, live: LiveHub
) -> None:
    absent_without_upn(school, "return")
    deliver(school, live)
    before = known(school)
    held = of_hub(live, school, before.pseudonym)
    assert held > 2
    school.without_upn = set()
    school.write()
    assert school.run("collect").exit_code == 0
    now = known(school)
    assert now.pupil_key == before.pupil_key
    assert now.pseudonym != before.pseudonym
    deliver(school, live)
    assert of_hub(live, school, before.pseudonym) == 0
    assert of_hub(live, school, now.pseudonym) == held
    with live.db.read() as db:
        [candidate] = [
            each
            for each in referrals.candidates(
                SYSTEM, db, referrals.Filter("all", school.school_id), limit=50
            )
            if each.pseudonym == now.pseudonym
        ]
        history = [event.what for event in referrals.events(SYSTEM, db, candidate.id)]
    assert "The pupil has a permanent number now: a new pseudonym" in history


def test_it_is_told_once_and_before_anything_under_the_new_pseudonym(
    school: SchoolDesk, live: LiveHub
) -> None:
    absent_without_upn(school)
    before = known(school)
    school.without_upn = set()
    school.write()
    school.run("collect")
    school.run("collect")
    now = known(school)
    assert [(each.was, each.now) for each in links(school)] == [(before.pseudonym, now.pseudonym)]
    with school.open() as store:
        rows = store.read.execute("SELECT kind, body FROM outbox ORDER BY epoch, seq").fetchall()
    first_new = next(n for n, row in enumerate(rows) if now.pseudonym.encode() in row["body"])
    assert rows[first_new]["kind"] == "same-child"
    assert before.pseudonym.encode() not in b"".join(r["body"] for r in rows[first_new + 1 :])


def test_a_pupil_nothing_was_told_of_is_not_told_of_now(school: SchoolDesk) -> None:
    school.without_upn = {"P1", "P2"}
    school.joined().run("collect")
    school.without_upn = set()
    school.write()
    school.run("collect")
    assert known(school, "P1").upn is not None
    assert links(school) == []


def test_a_request_under_the_old_pseudonym_is_answered_under_the_new(
    school: SchoolDesk, live: LiveHub
) -> None:
    absent_without_upn(school, "return")
    old = known(school).pseudonym
    asked = wire.RequestItem(
        request_id="req_1",
        asks="referral",
        pseudonym=old,
        trigger="severe-absence",
        message="Please refer",
        asked_by="E. Officer",
        asked_on=date(2026, 2, 27),
        evidence=("letter 1", "home visit"),
    )
    live.issue(school.school_id, asked, f"item-{school.urn}-req_1")
    school.run("instruct")
    school.without_upn = set()
    school.write()
    school.run("collect")
    answers.refer(school.place, "req_1", EVIDENCE, "We are worried.", "A. Reed")
    with school.open() as store:
        row = store.read.execute("SELECT body FROM outbox WHERE kind = 'referral'").fetchone()
    made = wire.read_message(row["body"])
    assert isinstance(made, wire.Referral)
    assert made.pseudonym == known(school).pseudonym != old
    assert links(school)[0].was == old


def test_what_waits_for_a_release_leaves_under_the_new_pseudonym(school: SchoolDesk) -> None:
    absent_without_upn(school)
    old = known(school).pseudonym
    school.without_upn = set()
    school.write()
    school.run("collect")
    with school.open() as store:
        [held] = registers.held(store.read)
    assert old not in held.notice
    assert known(school).pseudonym in held.notice


def test_a_temporary_or_wrong_upn_links_nobody(school: SchoolDesk) -> None:
    absent_without_upn(school)
    before = known(school)
    text = school.register.read_text(encoding="utf-8")
    for wrong in ("M80120000500A", "A801200005001"):
        school.register.write_text(re.sub(r"(?m)^P2,[^,]*,", f"P2,{wrong},", text), "utf-8")
        school.run("collect")
        assert known(school) == before
    assert links(school) == []


def test_marks_that_wait_for_a_person_follow_the_child_whose_record_was_made_anew(
    school: SchoolDesk,
) -> None:
    """The child is on the register twice for a while: under a key of before, and without a UPN."""
    school.stories |= {"P2": "/*40", "P3": "/*40"}
    school.without_upn = {"P3"}
    school.joined().run("collect")
    was, now = known(school, "P3"), known(school, "P2")
    school.stories["P3"] = "/*30 O*9 /"
    school.write()
    assert "waiting for a person" in school.run("collect").sentence
    # P2's record is gone, and P3 has its number: one child, whose marks still wait.
    number_of_p2 = school.register.read_text(encoding="utf-8").split("\nP2,")[1].split(",")[0]
    text = school.register.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^P2,.*\n", "", text)
    school.register.write_text(re.sub(r"(?m)^P3,,", f"P3,{number_of_p2},", text), "utf-8")
    outcome = school.run("collect")
    assert outcome.exit_code == 0, outcome.sentence
    with school.open() as store:
        waiting = changes.standing(store.read, changes.WAITING)
    assert waiting
    assert {mark.pupil_key for _, mark in waiting} == {now.pupil_key} != {was.pupil_key}
    with school.open() as store:
        words = corrections.decide(
            store, school.place.school, "accept", None, "B. Lamb", lambda: school.now
        )
    assert "18 changed marks accepted" in words
    assert school.run("collect").exit_code == 0
    with school.open() as store:
        assert changes.standing(store.read, changes.WAITING) == []
        kept = marks.load(store.read, None)
    line = dict(kept.register.marks(kept.keys.index(now.pupil_key)))
    assert list(line.values()).count("O") == 18


KEY = bytes(32)


def meet(*records: Pupil, before: tuple[Known, ...] = ()) -> dict[str, Known]:
    """Who these records are."""
    return pupils.meet(records, before, KEY, os.urandom)


def test_a_record_made_anew_is_joined_to_the_child_known_by_the_upn() -> None:
    """The child left under one id, came back under another without a UPN, and gets it again."""
    upn = number(2)
    first = meet(Pupil("old", upn=upn))["old"]
    again = meet(Pupil("new"), before=(first,))["new"]
    assert again.pseudonym not in (first.pseudonym, seal.pseudonym(KEY, upn))
    both = (first, again)
    met = meet(Pupil("new", upn=upn), before=both)
    [link] = pupils.same_children(both, met)
    assert (link.key_was, link.key_now) == (again.pupil_key, first.pupil_key)
    assert (link.was, link.now) == (again.pseudonym, first.pseudonym)


def test_an_id_that_went_to_another_child_links_nobody() -> None:
    first = meet(Pupil("7", upn=number(2)))["7"]
    met = meet(Pupil("7", upn=number(3)), before=(first,))
    assert pupils.same_children((first,), met) == ()
    assert met["7"].pupil_key != first.pupil_key


def test_a_key_of_before_leads_to_the_pupil_over_two_links(school: SchoolDesk) -> None:
    absent_without_upn(school)
    with school.open() as store, store.write() as tx:
        child = registers.known_pupils(tx)[0]
        for was in ("p_" + "a" * 26, "p_" + "b" * 26):
            registers.link(tx, child.pupil_key, child.pupil_key, was)
        assert registers.pupil_by_pseudonym(tx, "p_" + "a" * 26) == child
        assert registers.pupil_by_pseudonym(tx, "p_" + "c" * 26) is None
