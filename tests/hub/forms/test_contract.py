"""An attendance contract: what all agree to, signed by every party, in versions."""

from __future__ import annotations

from datetime import date

import pytest
from casework import Casework
from papers import CONTRACT, contract, sign, words
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from linkwork.errors import BadInput
from linkwork_hub.access import profile
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Role, metadata
from linkwork_hub.forms.kinds import read_forms


@pytest.mark.serves("C49")
def test_a_contract_has_expectations_actions_responsibilities_and_every_party_signs(
    work: Casework, case: Case
) -> None:
    assert "Write: Attendance contract" in work.officer.get(f"/cases/{case.id}").text
    page = contract(work, case.id)
    shown = words(work.officer.get(page).text)
    for said in (
        "Expectations Every day until Easter.",
        "Actions Testina: at the gate at 8.40. School: breakfast club.",
        "Responsibilities The parents ring before nine.",
        "To be reviewed on 13 April 2026.",
        "5 signatures missing",
    ):
        assert said in shown
    assert work.officer.get(f"{page}/paper.pdf").content.startswith(b"%PDF")
    for place in range(4):
        sign(work, page, place)
    assert "1 signature missing" in words(work.officer.get(page).text)
    sign(work, page, 4)
    shown = words(work.officer.get(page).text)
    assert "Signed by all" in shown
    for line in (
        "Pupil Testina Example Signed 2 March 2026",
        "Parent or carer Parent Example Signed 2 March 2026",
        "Parent or carer Other Parent Signed 2 March 2026",
        "School H. Teacher Signed 2 March 2026",
        "education welfare officer O. Officer Signed 2 March 2026",
    ):
        assert line in shown
    panel = words(work.officer.get(f"/cases/{case.id}").text)
    assert f"{case.ref}-P1" in panel
    assert "Signed by all 13 April 2026" in panel


def test_a_party_may_decline_with_a_reason_and_sign_later(work: Casework, case: Case) -> None:
    page = contract(work, case.id)
    form = {"version": "1", "signatory": "1", "said": "declined", "on": "2026-03-02"}
    refused = work.officer.post(f"{page}/sign", form)
    assert refused.status_code == 422
    assert "Write why it is declined" in refused.text
    sign(work, page, 1, said="declined", note="Wants the bus paid first")
    shown = words(work.officer.get(page).text)
    assert "Parent Example Declined 2 March 2026" in shown
    assert "Wants the bus paid first" in shown
    sign(work, page, 1)
    assert "Parent Example Signed 2 March 2026" in words(work.officer.get(page).text)


def test_a_later_version_asks_everybody_anew_and_the_signed_one_stays_as_it_was(
    work: Casework, case: Case
) -> None:
    page = contract(work, case.id)
    for place in range(5):
        sign(work, page, place)
    start = work.officer.get(f"{page}/next").text
    assert "Every day until Easter.</textarea>" in start
    again = CONTRACT | {"text-expectations": "Every day until the summer."}
    assert work.officer.post(f"{page}/next", again).status_code == 303
    shown = words(work.officer.get(page).text)
    assert "version 2" in shown
    assert "5 signatures missing" in shown
    assert "Versions before it Version 1" in shown
    assert "Testina Example: Signed 2 March 2026" in shown
    # A form of the version before is not kept for this one.
    form = {"version": "1", "signatory": "0", "said": "signed", "on": "2026-03-02"}
    stale = work.officer.post(f"{page}/sign", form)
    assert stale.status_code == 422
    assert "Another version was written meanwhile" in stale.text
    for table in ("form_versions", "form_signatures"):
        changed = update(metadata.tables[table]).values(form_id="frm_other")
        with pytest.raises(DatabaseError, match="only ever added to"), work.hub.db.write() as db:
            db.execute(changed)


def test_a_review_that_was_not_held_is_flagged_until_the_paper_ends(
    work: Casework, case: Case
) -> None:
    page = contract(work, case.id)
    work.later(42)
    assert work.hub.clock.now.date() == date(2026, 4, 13)
    assert "Review overdue" not in work.officer.get(page).text
    work.later(1)
    assert "Review overdue" in work.officer.get(page).text
    assert "Review overdue" in work.officer.get(f"/cases/{case.id}").text
    empty = work.officer.post(f"{page}/end", {"ended": "2026-04-14", "how": ""})
    assert empty.status_code == 422
    assert "Write what came of it" in empty.text
    kept = {"ended": "2026-04-14", "how": "Kept: 96 % since."}
    assert work.officer.post(f"{page}/end", kept).status_code == 303
    assert "Review overdue" not in work.officer.get(f"/cases/{case.id}").text
    assert "Ended on 14 April 2026: Kept: 96 % since." in words(work.officer.get(page).text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text-expectations": ""}, "Expectations: write what it says"),
        ({"text-actions": "x" * 20_001}, "keep it to 20,000 characters"),
        ({"party-parent": " \n "}, "Parent or carer: write who signs"),
        ({"party-pupil": ""}, "Pupil: write who signs"),
        ({"review": "2026-03-02"}, "later than today"),
        ({"review": ""}, "later than today"),
    ],
)
def test_a_contract_that_lacks_something_is_refused_with_its_place_and_what_was_typed(
    work: Casework, case: Case, change: dict[str, str], said: str
) -> None:
    refused = work.officer.post(f"/cases/{case.id}/forms/attendance-contract", CONTRACT | change)
    assert refused.status_code == 422
    assert said in refused.text
    (field,) = change
    assert f'href="#{field}"' in refused.text
    assert "The parents ring before nine." in refused.text
    assert "-P1" not in work.officer.get(f"/cases/{case.id}").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signatory": "7"}, "Choose who it is"),
        ({"said": "perhaps"}, "Choose what they said"),
        ({"on": "2026-03-01"}, "not before this version was written"),
        ({"on": "2026-03-03"}, "not after today"),
    ],
)
def test_a_signature_that_cannot_be_is_refused(
    work: Casework, case: Case, change: dict[str, str], said: str
) -> None:
    page = contract(work, case.id)
    form = {"version": "1", "signatory": "0", "said": "signed", "on": "2026-03-02"}
    refused = work.officer.post(f"{page}/sign", form | change)
    assert refused.status_code == 422
    assert said in refused.text
    assert "5 signatures missing" in work.officer.get(page).text


def test_what_happens_to_a_paper_stands_in_the_cases_history_without_a_name(
    work: Casework, case: Case
) -> None:
    page = contract(work, case.id)
    sign(work, page, 1)
    events = metadata.tables["case_events"]
    with work.hub.db.read() as db:
        kept = [row.what for row in db.all(select(events.c.what))]
    assert f"Attendance contract {case.ref}-P1, version 1, signed by: Parent or carer" in kept
    assert not any("Example" in what or "Testina" in what for what in kept)


def test_names_and_words_of_a_paper_are_sealed_in_the_database(work: Casework, case: Case) -> None:
    contract(work, case.id)
    with work.hub.db.read() as db:
        rows = db.conn.exec_driver_sql("SELECT * FROM form_versions").all()
    assert rows
    assert not any(b"Testina" in repr(row).encode() or "Easter" in repr(row) for row in rows)


def test_a_school_and_an_officer_of_another_one_see_no_paper(work: Casework, case: Case) -> None:
    page = contract(work, case.id)
    other = work.hub.add_school("900777", "Elsewhere School")
    for role, school in ((Role.SCHOOL, work.school_id), (Role.OFFICER, other)):
        assert work.hub.sign_in(role, schools=(school,)).get(page).status_code == 404


def test_nothing_is_written_on_a_closed_case(work: Casework, case: Case) -> None:
    done = {"outcome": "improved", "closed": "2026-03-02"}
    assert work.officer.post(f"/cases/{case.id}/close", done).status_code == 303
    answer = work.officer.post(f"/cases/{case.id}/forms/attendance-contract", CONTRACT)
    assert answer.status_code == 409
    assert "closed" in answer.text
    assert work.officer.get(f"/cases/{case.id}/forms/no-such").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parties": []}, "forms.kinds[0].parties"),
        ({"review_weeks": 0}, "forms.kinds[0].review_weeks"),
        ({"section": []}, "forms.kinds[0].section"),
        ({"sections": [{"id": "a", "title": "A"}] * 2}, "two sections have one id"),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_place(
    change: dict[str, object], said: str
) -> None:
    kind = {
        "id": "paper",
        "name": "Paper",
        "sections": [{"id": "a", "title": "A"}],
        "parties": [{"id": "b", "name": "B"}],
    }
    with pytest.raises(BadInput) as caught:
        read_forms({"kinds": [kind | change]}, file="authority.toml")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", profile.names())
def test_the_profiles_that_come_with_the_hub_have_sound_papers(name: str) -> None:
    said = profile.loads(profile.builtin_text(name), name).section("forms")
    read = read_forms(said, file=name)
    assert [kind.id for kind in read.kinds] == [kind["id"] for kind in said.get("kinds", [])]
