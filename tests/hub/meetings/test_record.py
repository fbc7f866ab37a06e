"""The record of a meeting: two people write at once, both sides confirm, both hold one copy."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from casework import SYSTEM, Casework, casework
from hub_under_test import Browser, HubUnderTest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from linkwork.errors import Refused
from linkwork.seal.record import record_digest, record_is_good
from linkwork.wire import LinkworkRecord, RecordConfirmed, RecordItem
from linkwork_hub.access import profile, tables
from linkwork_hub.db import Role, metadata
from linkwork_hub.meetings import record, record_store, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import Entry, HalfDay, Session, Slot

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
#: The box that is ticked when somebody was missing whom the meeting needs.
WITHOUT = {"without": "yes"}
CARDIFF = profile.loads(profile.builtin_text("cardiff"), "cardiff.toml")


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    return casework(hub)


@pytest.fixture
def meeting(work: Casework) -> str:
    """The address of a meeting that is held today."""
    with work.hub.db.write() as db:
        days = {"days": ["mon-am"]}
        db.execute(update(tables.people).where(tables.people.c.id == work.officer_id).values(days))
        times = read_rules(work.hub.profile.section("meetings"), file="x").link.hours(Session.AM)
        slot = Slot(HalfDay(date(2026, 3, 2), Session.AM), *times, "Free.")
        ident = store.plan(SYSTEM, db, work.school_id, work.officer_id, "link", slot, "O")
    return f"/meetings/{ident}"


def keep(who: Browser, meeting: str, section: str, text: str, seen: str = "") -> None:
    form = {"section": section, f"text-{section}": text, "seen": seen}
    answer = who.post(f"{meeting}/record", form)
    assert answer.status_code == 303, answer.text


def stands(work: Casework, meeting: str, section: str) -> list[str]:
    with work.hub.db.read() as db:
        found = record_store.entries(SYSTEM, db, meeting.removeprefix("/meetings/"))
    return [entry.text for entry in record.heads(found.get(section, []))]


def copies(work: Casework) -> list[RecordItem]:
    return [item for item in work.downlink() if isinstance(item, RecordItem)]


def test_two_people_who_save_different_parts_lose_nothing(work: Casework, meeting: str) -> None:
    other = work.hub.sign_in(Role.MANAGER)
    keep(work.officer, meeting, "general", "Registers close at nine.")
    keep(other, meeting, "early", "Breakfast club.")
    assert stands(work, meeting, "general") == ["Registers close at nine."]
    assert stands(work, meeting, "early") == ["Breakfast club."]


def test_two_texts_of_one_part_both_stand_until_somebody_who_read_both_makes_one(
    work: Casework, meeting: str
) -> None:
    other = work.hub.sign_in(Role.MANAGER)
    # Neither saw the other's: the second laptop had lost its line.
    keep(work.officer, meeting, "general", "Registers close at nine.")
    keep(other, meeting, "general", "Punctuality in year 4.")
    page = work.officer.get(f"{meeting}/record").text
    assert "Two texts stand here" in page
    assert "Registers close at nine.\n\nPunctuality in year 4.</textarea>" in page
    refused = work.officer.post(f"{meeting}/record/agree", WITHOUT)
    assert refused.status_code == 422
    assert "Make one of them first" in refused.text
    keep(work.officer, meeting, "general", "Registers; punctuality.", "1 2")
    assert stands(work, meeting, "general") == ["Registers; punctuality."]
    assert work.officer.post(f"{meeting}/record/agree", WITHOUT).status_code == 303


def test_a_form_sent_again_after_a_dropped_line_is_kept_once(work: Casework, meeting: str) -> None:
    for _ in range(3):
        keep(work.officer, meeting, "general", "Registers close at nine.")
    assert stands(work, meeting, "general") == ["Registers close at nine."]
    # A late copy of the first form does not bring back what was written over since.
    keep(work.officer, meeting, "general", "Registers close at ten.", "1")
    keep(work.officer, meeting, "general", "Registers close at nine.")
    assert stands(work, meeting, "general") == ["Registers close at ten."]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"section": "no-such-part"}, "none of this meeting"),
        ({"section": "general", "text-general": "x", "seen": "7"}, "of another record"),
        ({"section": "general", "text-general": "x", "seen": "one"}, "of another record"),
        ({"section": "general", "text-general": "x" * 20_001}, "longer than 20,000"),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused_and_keeps_nothing(
    work: Casework, meeting: str, form: dict[str, str], words: str
) -> None:
    answer = work.officer.post(f"{meeting}/record", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert stands(work, meeting, "general") == []


@pytest.mark.serves("C44")
@pytest.mark.serves("C57")
def test_both_sides_confirm_and_hold_one_signed_copy(work: Casework, meeting: str) -> None:
    keep(work.officer, meeting, "general", "Registers close at nine.")
    form = {"what": "Send the letter", "who": "Attendance lead", "due": "2026-04-20"}
    work.officer.post(f"{meeting}/actions", form | {"from": "record"})
    work.officer.post(f"{meeting}/there", {"came-1": "yes", "name-1": "Sam Hill"})
    assert work.officer.post(f"{meeting}/record/agree", WITHOUT).status_code == 303
    (copy,) = copies(work)
    body = copy.body.encode()
    made = LinkworkRecord.model_validate_json(body)
    assert [part.text for part in made.discussed] == ["Registers close at nine."]
    assert [(one.what, one.due) for one in made.agreed] == [("Send the letter", date(2026, 4, 20))]
    public = work.hub.keys.issuer.signer.public
    signature = base64.b64decode(copy.signature)
    assert record_is_good(public, signature, body)
    # The control: one changed word and it is nobody's.
    assert not record_is_good(public, signature, body.replace(b"nine", b"five"))
    school = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    page = school.get(f"{meeting}/record").text
    assert record_digest(body) in page
    assert "Not confirmed yet" in page
    wrong = school.post(f"{meeting}/record/confirm", {"digest": "0" * 64})
    assert "no such version" in wrong.text
    for _ in range(2):
        done = school.post(f"{meeting}/record/confirm", {"digest": record_digest(body)})
        assert done.status_code == 303
    assert "Confirmed by both" in work.officer.get(f"{meeting}/record").text
    again = copies(work)[-1]
    assert (again.body, again.signature) == (copy.body, copy.signature)
    assert again.confirmed_by


def test_a_school_may_confirm_from_its_own_computer_and_an_amendment_is_a_new_version(
    work: Casework, meeting: str
) -> None:
    keep(work.officer, meeting, "general", "Registers close at nine.")
    work.officer.post(f"{meeting}/record/agree", WITHOUT)
    (copy,) = copies(work)
    said = RecordConfirmed(
        urn=work.school.urn,
        record_id=copy.record_id,
        version=1,
        digest=record_digest(copy.body.encode()),
        on=date(2026, 3, 2),
        by="R. Lamb",
    )
    work.arrive(said)
    work.arrive(said)
    page = work.officer.get(f"{meeting}/record").text
    assert "Confirmed by both" in page
    assert "R. Lamb, on 2026-03-02" in page
    keep(work.officer, meeting, "general", "Registers close at ten.", "1")
    assert "differs from the agreed version" in work.officer.get(f"{meeting}/record").text
    work.officer.post(f"{meeting}/record/agree", WITHOUT)
    page = work.officer.get(f"{meeting}/record").text
    assert "Version 2" in page
    assert "Confirmed by both" not in page
    assert [item.version for item in copies(work)] == [1, 2]
    # The version before stands as it was signed.
    assert copies(work)[0].body == copy.body


def test_a_record_is_not_agreed_before_its_day_or_with_nothing_in_it(
    work: Casework, meeting: str
) -> None:
    assert "Nothing is written yet" in work.officer.post(f"{meeting}/record/agree", WITHOUT).text
    work.hub.clock.advance(days=-1)
    early = work.hub.sign_in(Role.MANAGER)
    keep(early, meeting, "general", "Prepared.")
    assert "not held yet" in early.post(f"{meeting}/record/agree", WITHOUT).text
    assert copies(work) == []


def test_what_is_written_is_sealed_in_the_database(work: Casework, meeting: str) -> None:
    keep(work.officer, meeting, "general", "Canary Pupilname was there")
    work.officer.post(f"{meeting}/record/agree", WITHOUT)
    names = ("record_entries", "meeting_notes", "record_confirmations", "downlink")
    with work.hub.db.read() as db:
        kept = "".join(str(row) for n in names for row in db.all(metadata.tables[n].select()))
    assert "Pupilname" not in kept
    assert meeting.removeprefix("/meetings/") in kept


@pytest.mark.serves("C111")
def test_a_record_without_one_of_the_schools_two_people_is_asked_about_and_says_so(
    work: Casework, meeting: str
) -> None:
    kind = read_rules(CARDIFF.section("meetings"), file="cardiff.toml").link
    assert {"School Attendance Officer", "Attendance lead"} <= set(kind.must)
    keep(work.officer, meeting, "general", "Registers close at nine.")
    page = work.officer.get(f"{meeting}/record").text
    assert "This meeting needs: School attendance officer, Attendance lead, Link officer." in page
    there = {"came-0": "yes", "name-0": "Ann Dale", "came-2": "yes", "name-2": "Olive Fenwick"}
    work.officer.post(f"{meeting}/there", there | {"name-1": "Sam Hill"})
    asked = work.officer.post(f"{meeting}/record/agree")
    assert asked.status_code == 422
    assert "although this meeting needs them: Attendance lead." in asked.text
    assert "It was held without: Attendance lead</label>" in asked.text
    assert copies(work) == []
    work.officer.post(f"{meeting}/record/agree", WITHOUT)
    school = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    page = school.get(f"{meeting}/record").text
    assert "School attendance officer: Ann Dale</li>" in page
    assert "Attendance lead: Sam Hill, not there</li>" in page
    # Both of the school are there after all: nothing is asked, and the next version says so.
    work.officer.post(f"{meeting}/there", there | {"came-1": "yes", "name-1": "Sam Hill"})
    assert "It was held without" not in work.officer.get(f"{meeting}/record").text
    assert work.officer.post(f"{meeting}/record/agree").status_code == 303
    made = LinkworkRecord.model_validate_json(copies(work)[-1].body)
    assert {one.part for one in made.there if one.present} == {
        "School attendance officer",
        "Attendance lead",
        "Link officer",
    }


def test_a_record_that_says_of_nobody_that_they_came_names_whom_the_meeting_needs(
    work: Casework, meeting: str
) -> None:
    keep(work.officer, meeting, "general", "Registers close at nine.")
    work.officer.post(f"{meeting}/record/agree", WITHOUT)
    made = LinkworkRecord.model_validate_json(copies(work)[-1].body)
    assert [(one.part, one.present) for one in made.there] == [
        ("School attendance officer", False),
        ("Attendance lead", False),
        ("Link officer", False),
    ]


@pytest.mark.serves("C45")
def test_advice_is_recorded_by_the_categories_of_the_profile() -> None:
    rules = read_rules(CARDIFF.section("meetings"), file="cardiff.toml")
    titles = [one.title for one in record.sections(rules, rules.link) if one.advice]
    assert titles == [
        "Attendance",
        "Access to education",
        "Welfare and safeguarding",
        "Exclusion",
        "Related matters",
    ]
    twice = dict(CARDIFF.section("meetings")) | {"advice": [{"id": "a", "name": "A"}] * 2}
    with pytest.raises(Exception, match="two categories of advice"):
        read_rules(twice, file="cardiff.toml")


#: What somebody types, and how many of the texts that stood an hour ago they had seen.
SAVES = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=3), st.integers(0, 4)), min_size=1, max_size=8
)


@given(saves=SAVES)
def test_no_text_is_ever_written_over_by_somebody_who_had_not_seen_it(
    saves: list[tuple[str, int]],
) -> None:
    entries: list[Entry] = []
    for text, stale in saves:
        then = entries[: max(len(entries) - stale, 0)]
        seen = [entry.number for entry in record.heads(then)]
        before = {entry.number: entry for entry in record.heads(entries)}
        over = record.written_over(entries, text, seen)
        if over is not None:
            entries.append(Entry(len(entries) + 1, over, text, "A", AT))
        after = {entry.number for entry in record.heads(entries)}
        assert set(before) - set(seen) <= after
        assert text in {entry.text for entry in entries}
    # Whoever has seen everything ends it with one text.
    everything = [entry.number for entry in record.heads(entries)]
    over = record.written_over(entries, "settled", everything)
    assert over is not None
    entries.append(Entry(len(entries) + 1, over, "settled", "A", AT))
    assert record.standing({"general": entries}) == {"general": "settled"}


def test_a_part_with_two_texts_is_not_agreed() -> None:
    entries = [Entry(1, (), "one", "A", AT), Entry(2, (), "two", "B", AT)]
    with pytest.raises(Refused, match="Two texts"):
        record.standing({"general": entries})
    settled = [*entries, replace(entries[0], number=3, over=(1, 2))]
    assert record.standing({"general": settled}) == {"general": "one"}
    assert re.fullmatch("one\n\ntwo", record.both(entries))
