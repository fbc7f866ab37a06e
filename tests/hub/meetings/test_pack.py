"""The pack of a meeting: filled, frozen when the meeting was held, and named only for a while."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import docx
import pypdf
import pytest
from casework import SYSTEM, Casework, casework, notice, severe
from hub_under_test import HubUnderTest
from sqlalchemy import update

from linkwork.wire import Totals
from linkwork_hub.access import tables
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Role, metadata
from linkwork_hub.meetings import pack, pack_store, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Slot

MONDAY = date(2026, 3, 2)


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    made = casework(hub)
    with hub.db.write() as db:
        days = {"days": ["mon-am"]}
        db.execute(update(tables.people).where(tables.people.c.id == made.officer_id).values(days))
    return made


def planned(work: Casework, day: date = MONDAY) -> str:
    """The address of a meeting on this day."""
    with work.hub.db.write() as db:
        times = read_rules(work.hub.profile.section("meetings"), file="x").link.hours(Session.AM)
        slot = Slot(HalfDay(day, Session.AM), *times, "Free.")
        ident = store.plan(SYSTEM, db, work.school_id, work.officer_id, "link", slot, "O")
    return f"/meetings/{ident}"


def collected(work: Casework, present: int) -> None:
    sums = {
        "pupils": 200, "possible": 20_000, "present": present, "authorised": 900,
        "unauthorised": 600, "unmarked": 0, "persistent": 41, "severe": 3,
    }  # fmt: skip
    summary = work.school.summary(date(2026, 2, 27))
    work.arrive(summary.model_copy(update={"totals": Totals.model_validate(sums)}))


def test_each_severely_absent_pupil_stands_there_with_the_plan_there_is(work: Casework) -> None:
    work.tell(notice(), severe())
    meeting = planned(work)
    section = work.officer.get(f"{meeting}/pack").text.partition("a plan for each")[2]
    severe_list = section.partition("</table>")[0]
    assert "Pupil ZZZZ ZZZZ" in severe_list
    assert pack.NO_PLAN in severe_list
    # The other pupil is absent too, and not severely.
    assert "K3QX" not in severe_list


def test_a_pack_follows_what_arrives_until_its_record_is_agreed_and_then_stays(
    work: Casework,
) -> None:
    collected(work, 18_400)
    meeting = planned(work)
    assert "92.0 %" in work.officer.get(f"{meeting}/pack").text
    collected(work, 18_000)
    assert "90.0 %" in work.officer.get(f"{meeting}/pack").text
    form = {"section": "general", "text-general": "Registers."}
    work.officer.post(f"{meeting}/record", form)
    assert work.officer.post(f"{meeting}/record/agree", {"without": "yes"}).status_code == 303
    collected(work, 16_000)
    page = work.officer.get(f"{meeting}/pack").text
    assert "Frozen 2 March 2026" in page
    assert "90.0 %" in page
    assert "80.0 %" not in page
    # The next meeting's pack shows the new figures, with those of this one beside them.
    following = work.officer.get(f"{planned(work, MONDAY + timedelta(days=28))}/pack").text
    row = following.rpartition(">Whole school</th>")[2].partition("</tr>")[0]
    assert "80.0 %" in row
    assert "90.0 %" in row


def test_the_packs_of_a_day_are_frozen_once_and_name_nobody(work: Casework) -> None:
    work.accepted()
    meeting = planned(work)
    pathway = read_pathway(work.hub.profile.section("pathway"))
    with work.hub.db.write() as db:
        assert pack_store.freeze_of_day(SYSTEM, db, pathway, MONDAY) == 1
        assert pack_store.freeze_of_day(SYSTEM, db, pathway, MONDAY) == 0
        kept = pack_store.frozen(SYSTEM, db, meeting.removeprefix("/meetings/"))
        rows = str(db.all(metadata.tables["meeting_packs"].select()))
    assert kept is not None
    assert "Testina" not in str(kept[0])
    assert "RDG-" in str(kept[0])
    assert "RDG-" not in rows


def test_names_stand_in_it_from_ten_school_days_before_to_twenty_after(work: Casework) -> None:
    work.accepted()
    meeting = planned(work)
    page = work.officer.get(f"{meeting}/pack").text
    assert "Testina Example" in page
    far = planned(work, MONDAY + timedelta(days=77))
    page = work.officer.get(f"{far}/pack").text
    assert "Testina Example" not in page
    assert "short form of their pseudonym" in page
    pdf = work.officer.get(f"{meeting}/pack.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    text = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert "Testina" not in text
    assert "K3QX 7M2A" in text


def pdf_text(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    # A word may be broken at the end of a line.
    return "".join("".join(one.extract_text().split()) for one in pages).replace("-", "")


def word_texts(data: bytes) -> list[str]:
    """Every paragraph and cell of a Word file, as Word's own structure has them."""
    made = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return [one.text for one in made.paragraphs if one.text] + cells


def test_the_word_file_says_what_the_pdf_says_and_names_nobody_either(work: Casework) -> None:
    case = work.accepted()
    work.tell(severe())
    collected(work, 18_400)
    meeting = planned(work)
    answer = work.officer.get(f"{meeting}/pack.docx")
    assert answer.headers["content-type"].endswith("wordprocessingml.document")
    assert 'filename="pack-' in answer.headers["content-disposition"]
    texts = word_texts(answer.content)
    printed = pdf_text(work.officer.get(f"{meeting}/pack.pdf").content)
    assert {"92.0 %", case.ref, "Pupil ZZZZ ZZZZ", pack.NO_PLAN} <= set(texts)
    missing = [one for one in texts if "".join(one.split()).replace("-", "") not in printed]
    assert missing == []
    assert "Testina" not in " ".join(texts)
    # The control: the same pack on the page has the name.
    assert "Testina" in work.officer.get(f"{meeting}/pack").text


def test_a_word_file_has_headings_a_head_in_each_table_and_the_same_bytes_again(
    work: Casework,
) -> None:
    collected(work, 18_400)
    meeting = planned(work)
    data = work.officer.get(f"{meeting}/pack.docx").content
    assert work.officer.get(f"{meeting}/pack.docx").content == data
    made = docx.Document(io.BytesIO(data))
    styles = [one.style.name for one in made.paragraphs if one.style]
    assert styles.count("Title") == 1
    assert styles.count("Heading 1") == 5
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in made.tables)
    assert (made.core_properties.language, made.core_properties.created) == (
        "en-GB",
        datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_words_in_a_pack_stay_words_in_word(work: Casework) -> None:
    meeting = planned(work)
    nasty = "<w:p/>&amp; {{x}} \u0007 =cmd() \ud83d\ude00"
    form = {"what": nasty.encode("utf-16", "surrogatepass").decode("utf-16"), "who": "Lead"}
    assert work.officer.post(f"{meeting}/actions", form | {"due": "2026-04-20"}).status_code == 303
    data = work.officer.get(f"{meeting}/pack.docx").content
    assert "<w:p/>&amp; {{x}}  =cmd() \U0001f600" in word_texts(data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert b"<w:p/>&amp; {{x}}" not in file.read("word/document.xml")


def test_the_edges_of_the_days_with_names_are_exact() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(-60, 60) if n % 7 < 5]
    before = [one for one in days if one < MONDAY]
    after = [one for one in days if one > MONDAY]
    assert pack.names_readable(MONDAY, days, before[-10])
    assert not pack.names_readable(MONDAY, days, before[-11])
    assert pack.names_readable(MONDAY, days, after[19])
    assert not pack.names_readable(MONDAY, days, after[20])
    assert pack.names_readable(MONDAY, days, MONDAY)


def test_a_school_reads_its_own_pack_and_no_other(work: Casework) -> None:
    meeting = planned(work)
    mine = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert mine.get(f"{meeting}/pack").status_code == 200
    other = work.hub.sign_in(Role.SCHOOL, schools=(work.hub.add_school("900777", "Ash Park"),))
    assert other.get(f"{meeting}/pack").status_code == 404
    assert other.get(f"{meeting}/pack.pdf").status_code == 404
