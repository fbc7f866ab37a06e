"""Only what a server's schema has is asked; what is missing or closed is named, or REST is used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from demo.fakes.arbor import FakeArbor
from linkwork.errors import CredentialsRefused, PermissionMissing, ShapeChanged
from linkwork.plugin import Mis
from linkwork.sample import SampleSchool
from linkwork.testing import read
from linkwork_arbor.entities import ENTITIES, Entity

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
Opening = Callable[..., Mis]
RECORD = "AttendanceRollCallRecord"


def queries(arbor: FakeArbor) -> list[str]:
    return [one.body.decode() for one in arbor.asked if one.target == "/graphql/query"]


def test_the_schema_is_asked_once_and_pages_count_from_0(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    read(open_arbor(), FIRST, LAST)
    assert sum("__schema" in query for query in queries(arbor)) == 1
    pages = [query for query in queries(arbor) if RECORD in query and "__schema" not in query]
    assert "page_num: 0" in pages[0]
    assert "page_size: 1000" in pages[0]
    assert "page_num: 1" in pages[1]
    assert all(one.target == "/graphql/query" for one in arbor.asked)


def test_no_free_text_and_no_contact_is_ever_asked_in_bulk() -> None:
    asked = {field for entity in ENTITIES.values() for field in entity.fields}
    assert not [field for field in asked if "note" in field.lower()]
    assert not {"Guardian", "TelephoneNumber", "EmailAddress", "PostalAddress"} & set(ENTITIES)


def test_a_property_the_server_lacks_is_not_asked_and_is_named(
    arbor: FakeArbor, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    arbor.absent |= {f"{RECORD}.minutesLate", "Person.gender"}
    register = read(open_arbor(api="graphql"), FIRST, LAST)
    assert [p.upn for p in register.pupils] == [p.upn for p in arbor_school.register.pupils]
    assert {pupil.sex for pupil in register.pupils} == {None}
    assert "not given by this Arbor: Person.gender" in register.warnings
    assert not any("minutesLate{" in query or "minutesLate}" in query for query in queries(arbor))
    named = [check.seen for check in open_arbor().check() if not check.ok]
    assert named == [
        f"can be read without {RECORD}.minutesLate",
        "can be read without Person.gender",
    ]


def test_a_filter_the_server_lacks_is_not_asked_and_the_days_are_sorted_out_here(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.absent.add(f"{RECORD}.recordDate_after")
    register = read(open_arbor(api="graphql"), FIRST, LAST)
    assert {session.date for session in register.sessions} <= {
        date(2026, 9, day) for day in range(7, 19)
    }
    assert any("cannot be asked for some days only" in warning for warning in register.warnings)


@pytest.mark.parametrize("field", ["Student.person", "Person.dateOfBirth", f"{RECORD}.minutesLate"])
def test_a_closed_property_that_can_be_done_without_is_named_and_the_rest_is_read(
    field: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.closed_fields.add(field)
    register = read(open_arbor(api="graphql"), FIRST, LAST)
    assert len(register.pupils) == 60
    check = {check.name: check for check in open_arbor().check()}[field.partition(".")[0]]
    if field != "Student.person":
        assert field in check.seen
        assert "Allow the application to read it in Arbor" in check.remedy


@pytest.mark.parametrize(
    ("closed", "named"),
    [
        (f"{RECORD}.attendanceMark", f"{RECORD}.attendanceMark"),
        ("AttendanceMark.attendanceMark", "AttendanceMark.attendanceMark"),
    ],
)
def test_a_closed_property_there_is_no_register_without_is_named_exactly(
    closed: str, named: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.closed_fields.add(closed)
    with pytest.raises(PermissionMissing) as refused:
        read(open_arbor(), FIRST, LAST)
    assert refused.value.field == named
    assert "Allow the application to read it in Arbor" in str(refused.value)


def test_a_closed_list_is_named_whole(api: str, arbor: FakeArbor, open_arbor: Opening) -> None:
    arbor.closed_lists.add("UkDfe_UpnAssignment")
    register = read(open_arbor(api=api), FIRST, LAST)
    assert {pupil.upn for pupil in register.pupils} == {None}
    [warning] = register.warnings
    assert "no permission to read" in warning
    assert "pn" in warning


@pytest.mark.parametrize("absent", [RECORD, "AttendanceMark.attendanceMark"])
def test_where_graphql_does_not_suffice_rest_is_used_and_said(
    absent: str, arbor: FakeArbor, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    arbor.absent.add(absent)
    register = read(open_arbor(api="auto"), FIRST, LAST)
    assert register.pupils == arbor_school.register.pupils
    assert register.warnings == (f"read over REST: Arbor's GraphQL has no {absent}",)
    assert open_arbor(api="auto").check()[0].seen == f"REST: Arbor's GraphQL has no {absent}"
    with pytest.raises(ShapeChanged, match=absent):
        read(open_arbor(api="graphql"), FIRST, LAST)


@pytest.mark.parametrize("fault", [404, "empty-object", 403])
def test_where_there_is_no_graphql_rest_is_used(
    fault: str | int, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["schema"] = fault
    register = read(open_arbor(api="auto"), FIRST, LAST)
    assert len(register.pupils) == 60
    assert register.warnings[0].startswith("read over REST: ")


def test_a_refused_token_is_no_reason_for_the_other_interface(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    with pytest.raises(CredentialsRefused):
        read(open_arbor(api="auto", token="another"), FIRST, LAST)
    assert len(arbor.asked) == 1


def test_check_names_what_is_closed_and_reads_no_mark_in_bulk(
    api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["Person"] = 403
    checks = {check.name: check for check in open_arbor(api=api).check()}
    assert not checks["Person"].ok
    assert "Allow the application" in checks["Person"].remedy
    assert checks["Student"].ok
    assert checks["pupils"].seen == "60 in Arbor, left ones too"
    assert checks["school"].seen == "URN 999001"
    about_records = [
        one
        for one in arbor.asked
        if b"{ AttendanceRollCallRecord(" in one.body or "roll-call-records" in one.target
    ]
    assert len(about_records) == 1
    [one] = about_records
    assert b"page_size: 1," in one.body or "page-size=1&" in one.target


def test_paths_and_roots_are_those_of_the_published_library() -> None:
    known = {
        RECORD: ("attendance-roll-call-records", "attendanceRollCallRecords"),
        "UkDfe_UpnAssignment": ("uk-dfe_upn-assignments", "ukDfe_UpnAssignments"),
        "SenStatus": ("sen-statuses", "senStatuses"),
        "Eligibility": ("eligibilities", "eligibilities"),
    }
    made = {name: (ENTITIES[name].path, ENTITIES[name].root) for name in known}
    assert made == known
    ways = {"Branch": "branches", "Holiday": "holidays", "Staff": "staffs"}
    assert {name: Entity(name, {}, frozenset()).path for name in ways} == ways
