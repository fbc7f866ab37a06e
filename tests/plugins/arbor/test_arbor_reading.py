"""Arbor's roll-call records become the same register over both interfaces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import linkwork_arbor.plugin
from demo.fakes.arbor import TOKEN, USER, FakeArbor
from demo.fakes.arbor.model import Ref
from linkwork.errors import EmptyRegister, NotTheSource, PartialData, ShapeChanged, WrongUse
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.sample import SampleSchool
from linkwork.testing import Expected, MisContract, open_mis, read
from linkwork_arbor.options import Options

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
WHOLE = date(2026, 9, 1), date(2026, 10, 9)
Opening = Callable[..., Mis]
RECORD = "AttendanceRollCallRecord"


class _Contract(MisContract):
    plugin = linkwork_arbor.plugin
    api = ""
    expected = Expected(
        date(2026, 9, 7),
        date(2026, 9, 11),
        pupils=60,
        marks={("P00001", date(2026, 9, 12), "AM"): None},
    )

    @pytest.fixture(autouse=True)
    def _a_server(self, open_arbor: Opening) -> None:
        self.opening = open_arbor

    def open(self) -> Mis:
        return self.opening(api=self.api)


class TestArborContractOverGraphQl(_Contract):
    api = "graphql"


class TestArborContractOverRest(_Contract):
    api = "rest"


def marks_of(register: Register, first: date, last: date) -> dict[tuple[str, object], str]:
    return {
        (pupil.pupil_id, session): code
        for place, pupil in enumerate(register.pupils)
        for session, code in register.marks(place)
        if code and first <= session.date <= last
    }


@pytest.mark.parametrize("first_page", [0, 1])
@pytest.mark.parametrize(("asked", "cap"), [(500, 5000), (500, 77), (13, 500)])
def test_every_mark_arrives_however_the_server_counts_and_caps_its_pages(
    first_page: int,
    asked: int,
    cap: int,
    api: str,
    arbor: FakeArbor,
    arbor_school: SampleSchool,
    open_arbor: Opening,
) -> None:
    arbor.first_page, arbor.cap = first_page, cap
    first, last = (FIRST, FIRST) if asked == 13 else (FIRST, LAST)
    register = read(open_arbor(page_size=asked, api=api), first, last)
    assert marks_of(register, first, last) == marks_of(arbor_school.register, first, last)
    assert arbor.most_at_once == 1


def test_pupils_minutes_late_and_school_days_arrive(
    api: str, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    register = read(open_arbor(api=api), *WHOLE)
    known = arbor_school.register
    assert register.pupils == known.pupils
    assert register.warnings == ()
    assert register.urn == arbor_school.urn
    late = {(known.sessions[s], p): m for (s, p), m in known.minutes_late.items()}
    assert {(register.sessions[s], p): m for (s, p), m in register.minutes_late.items()} == late
    held = {session.date for _, session in marks_of(known, *WHOLE)}  # type: ignore[attr-defined]
    assert register.calendar is not None
    assert register.calendar <= held


def test_demographics_arrive_only_when_the_policy_needs_them(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    student = Ref("Student", "P00001")
    arbor.tables["SenStatus"] = [{"id": "1", "code": "K", "exportCode": "K"}]
    arbor.tables["SenStatusAssignment"] = [
        {"id": "1", "student": student, "senStatus": Ref("SenStatus", "1")}
    ]
    arbor.tables["EligibilityRecord"] = [
        {"id": "1", "person": Ref("Person", "P00002"), "eligibility": Ref("Eligibility", "1")}
    ]
    arbor.tables["UkDfe_InCareStatusAssignment"] = [{"id": "1", "student": student}]
    plain = read(open_arbor(), FIRST, LAST).pupils[0]
    assert (plain.sen, plain.fsm, plain.looked_after) == (None, None, None)
    asked = b"".join(one.body for one in arbor.asked)
    assert b"Sen" not in asked.partition(b"{ AttendanceMark")[2]
    named = ["sen", "fsm", "looked_after", "pupil_premium"]
    one, two, *_ = read(open_arbor(demographics=named), FIRST, LAST).pupils
    assert (one.sen, one.fsm, one.looked_after) == ("K", False, True)
    assert (two.sen, two.fsm, two.looked_after) == ("N", True, False)
    # An empty list is what Arbor shows to whoever may not read it: it proves nothing of anybody.
    assert one.pupil_premium is None


def test_a_list_of_addresses_is_followed_to_each_object(
    arbor: FakeArbor, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    arbor.faults["Student"] = arbor.faults["AttendanceMark"] = "links"
    register = read(open_arbor(api="rest"), FIRST, LAST)
    assert register.pupils == arbor_school.register.pupils
    assert sum("/students/" in one.target for one in arbor.asked) == 60


@pytest.mark.parametrize("entity", ["Student", RECORD])
def test_a_server_that_ignores_paging_is_never_a_short_register(
    entity: str, api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults[entity] = "repeat"
    with pytest.raises(PartialData, match="gave a page again"):
        read(open_arbor(api=api, page_size=30), FIRST, LAST)


def test_another_schools_arbor_is_refused(api: str, open_arbor: Opening) -> None:
    with pytest.raises(NotTheSource, match="of URN 999001, not of 999777"):
        read(open_arbor(api=api, urn="999777"), FIRST, LAST)


def test_an_arbor_that_does_not_say_whose_it_is_is_read_with_a_word_about_it(
    api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.closed_lists.add("EducationalInstitution")
    register = read(open_arbor(api=api), FIRST, LAST)
    assert register.urn is None
    assert any("was not verified" in warning for warning in register.warnings)


def two_schools(arbor: FakeArbor) -> None:
    arbor.tables["EducationalInstitution"].append({"id": "2", "urn": "999002"})


def test_of_a_shared_arbor_only_the_configured_year_groups_are_read(
    api: str, arbor: FakeArbor, open_arbor: Opening, arbor_school: SampleSchool
) -> None:
    two_schools(arbor)
    register = read(open_arbor(api=api, year_groups=["Reception", "Year 1"]), FIRST, LAST)
    ours = [p for p in arbor_school.register.pupils if p.year_group in {"R", "1"}]
    assert list(register.pupils) == ours
    assert register.warnings == ()


def test_a_pupil_whose_school_cannot_be_told_is_held_and_said(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    two_schools(arbor)
    del arbor.tables["AcademicLevelMembership"][0]
    register = read(open_arbor(year_groups="R,1"), FIRST, LAST)
    assert "P00001" not in {pupil.pupil_id for pupil in register.pupils}
    assert any(w.startswith("partial: 1 pupil held") for w in register.warnings)


def test_a_shared_arbor_without_year_groups_is_never_read_as_one_school(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    two_schools(arbor)
    with pytest.raises(WrongUse, match=r"serves 2 schools.*year_groups"):
        read(open_arbor(), FIRST, LAST)


def test_a_mark_without_its_sign_is_not_guessed(
    api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    for row in arbor.tables["AttendanceMark"]:
        row["attendanceMark"] = None
    with pytest.raises(ShapeChanged, match="an attendance mark"):
        read(open_arbor(api=api), FIRST, LAST)


def test_records_of_pupils_no_longer_listed_are_kept_and_said(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    del arbor.tables["Student"][0]
    register = read(open_arbor(), FIRST, LAST)
    assert register.pupils[-1].pupil_id == "P00001"
    assert "1 pupil with marks is not in" in register.warnings[0]


def test_no_records_is_an_error(api: str, open_arbor: Opening) -> None:
    with pytest.raises(EmptyRegister):
        read(open_arbor(api=api), date(2030, 1, 1), date(2030, 1, 8))


def test_a_calendar_that_the_marks_speak_against_is_not_used(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    for row in arbor.tables["AcademicCalendarDate"]:
        if row["startDate"] == date(2026, 9, 9):
            row["isGoodSchoolDay"] = False
    register = read(open_arbor(), FIRST, LAST)
    assert register.calendar is None
    assert any("1 day with marks not in Arbor's calendar" in w for w in register.warnings)


def test_a_mark_that_arbor_counts_otherwise_than_the_law_is_named(
    api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    for row in arbor.tables["AttendanceMark"]:
        if row["attendanceMark"] == "O":
            row["isStatisticalUnauthorizedAbsent"] = False
            row["isStatisticalAuthorizedAbsent"] = True
    said = "the mark O counts as unauthorised by law, and in Arbor as authorised"
    assert any(said in w for w in read(open_arbor(api=api), FIRST, LAST).warnings)
    assert any(said in check.seen for check in open_arbor(api=api).check())


def test_records_that_cannot_be_used_are_left_out_by_number_and_reason(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    usual = arbor.records.page(0, 1, FIRST.isoformat())[0]
    arbor.records.others += [
        usual | {"id": "x1", "student": None},
        usual | {"id": "x2", "attendanceRollCall": Ref("AttendanceRollCall", "9")},
    ]
    arbor.tables["AttendanceRollCall"].append({"id": "9", "shortName": "Boarding", "code": "B"})
    words = " | ".join(read(open_arbor(), FIRST, LAST).warnings)
    assert "partial: 1 roll-call record left out, without a pupil: 1" in words
    assert "1 record of roll calls that are neither AM nor PM left out: Boarding" in words


def test_too_many_records_that_cannot_be_used_stop_the_read(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    usual = arbor.records.page(0, 1, FIRST.isoformat())[0]
    arbor.records.others += [usual | {"id": f"x{n}", "student": None} for n in range(40)]
    with pytest.raises(ShapeChanged, match=r"40 of 1,\d+ .*without a pupil: 40"):
        read(open_arbor(), FIRST, LAST)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"subdomain": "evil.example/x"}, "subdomain"),
        ({"subdomain": "school.uk.arbor.sc"}, "subdomain"),
        ({"base_url": "https://evil.example"}, "base_url"),
        ({"base_url": "http://127.0.0.1.evil.example:80"}, "base_url"),
        ({"base_url": "http://user@127.0.0.1:80"}, "base_url"),
        ({"password": "typed into the configuration", "subdomain": "quillbury"}, "password"),
        ({"subdomain": ""}, "subdomain"),
        ({"subdomain": "quillbury", "page_size": 0}, "page_size"),
        ({"subdomain": "quillbury", "api": "soap"}, "api must be one of"),
        ({"subdomain": "quillbury", "timeout": "nan"}, "timeout"),
        ({"subdomain": "quillbury", "patience": 1e9}, "patience"),
        ({"subdomain": "quillbury", "user_agent": " "}, "user_agent"),
        ({"subdomain": "quillbury", "user_agent": "a\r\nX: b"}, "user_agent"),
        ({"subdomain": "quillbury", "proxy": "http://me:secret@proxy:1"}, "without a name"),
        ({"subdomain": "quillbury", "demographics": ["religion"]}, "religion"),
        ({"subdomain": "quillbury", "year_groups": []}, "year_groups"),
    ],
)
def test_no_setting_can_send_the_token_elsewhere_or_hold_it(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(WrongUse, match=words):
        open_mis(linkwork_arbor.plugin, secrets={"username": "a", "password": "b"}, **options)


def test_the_address_is_made_from_the_subdomain_alone() -> None:
    both = {"username": USER, "password": TOKEN}
    options = Options.of({"subdomain": "Quillbury"}, both)
    assert options.base_url == "https://quillbury.uk.arbor.sc"
    assert TOKEN not in repr(options)
    with pytest.raises(WrongUse, match="needs the secret password"):
        Options.of({"subdomain": "quillbury"}, {"username": "a"})
