"""Whatever Arbor's objects hold, each row becomes a mark or is accounted for with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkwork.errors import ShapeChanged
from linkwork.register import Enrolment, Pupil
from linkwork_arbor.client import payload
from linkwork_arbor.mapping import demographics, guardians, institutions, marks, people
from linkwork_arbor.mapping.marks import Lookup, Sorter
from linkwork_arbor.mapping.people import Scope
from linkwork_arbor.mapping.values import reference

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 11)
LOOKUP = Lookup({"1": "/", "2": "O"}, {"1": "AM", "2": "PM", "3": ""})
NAMES = (
    *("href", "id", "student", "person", "attendanceMark", "attendanceRollCall", "recordDate"),
    *("minutesLate", "isMorning", "isAfternoon", "upn", "entryDate", "leavingDate", "startDate"),
    *("endDate", "shortName", "code", "academicLevel", "registrationForm", "gender", "date"),
    *("educationalInstitution", "dateOfBirth", "legalLastName", "isGoodSchoolDay", "urn"),
    *("enrolmentMode", "academicYearEnrolment", "exportCode", "senStatus", "eligibility"),
)
WORDS = (
    "/rest-v2/a/1",
    "1",
    "2",
    "3",
    "",
    "AM",
    "M",
    "N",
    "2026-09-07",
    "2026-99-99",
    "9999-12-31",
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=6,
)
item = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
items = st.lists(item, max_size=4)


def points(key: str) -> st.SearchStrategy[Any]:
    """A reference, usually a good one."""
    ids = st.sampled_from(["1", "2", "3", "9"])
    return st.fixed_dictionaries({key: ids}) | values


records = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "recordDate": st.sampled_from(["2026-09-07", "2026-09-30", "2026-02-30"]) | values,
            "attendanceRollCall": points("id"),
            "attendanceMark": points("id"),
            "student": points("id"),
            "minutesLate": st.none() | st.integers() | values,
        },
    ),
    max_size=12,
)


@settings(max_examples=300)
@given(records, st.sampled_from(["id", "href"]))
def test_rows_in_are_marks_out_and_rows_left_out_with_a_reason(
    rows: list[dict[str, Any]], key: str
) -> None:
    sorter = Sorter(LOOKUP, FIRST, LAST, key)
    found = sorter.page(rows)
    left_out = sorter.blank + sorter.outside + sorter.held + sum(sorter.rejected.values())
    assert len(rows) == sorter.rows == len(found) + left_out
    assert len(found) == sorter.marks
    for mark in found:
        assert FIRST <= mark.day <= LAST
        assert mark.half in {"AM", "PM"}
        assert mark.code in {"/", "O"}
        assert mark.pupil_id
        assert mark.minutes_late is None or 0 < mark.minutes_late < 1000


@settings(max_examples=100)
@given(records)
def test_both_interfaces_give_the_same_marks(rows: list[dict[str, Any]]) -> None:
    def as_rest(row: dict[str, Any]) -> dict[str, Any]:
        changed = dict(row)
        for name, value in row.items():
            if isinstance(value, dict) and set(value) == {"id"} and isinstance(value["id"], str):
                changed[name] = {"href": f"/rest-v2/things/{value['id']}"} if value["id"] else value
        return changed

    one = Sorter(LOOKUP, FIRST, LAST, "id").page(rows)
    assert Sorter(LOOKUP, FIRST, LAST, "href").page([as_rest(row) for row in rows]) == one


def given_or_changed(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ShapeChanged:
        return None


@settings(max_examples=200)
@given(st.lists(items, min_size=14, max_size=14), st.booleans())
def test_any_objects_give_pupils_or_a_named_change(
    lists: list[list[dict[str, Any]]], shared: bool
) -> None:
    names = (
        *("Student", "Person", "Gender", "UkDfe_UpnAssignment", "EducationalInstitutionEnrolment"),
        *("AcademicYearEnrolment", "EnrolmentMode", "EnrolmentModeAssignment", "AcademicLevel"),
        *("AcademicLevelMembership", "SenStatusAssignment", "SenStatus", "EligibilityRecord"),
        "Eligibility",
    )
    given_lists = dict(zip(names, lists, strict=True))
    scope = Scope(LAST, "1" if shared else None)
    roll = given_or_changed(lambda: people.roll(given_lists, scope, demographics.NAMES))
    if roll is None:
        return
    students = {at for at in map(reference, given_lists["Student"]) if at}
    ours = {pupil.pupil_id for pupil in roll.pupils}
    assert ours | roll.others | roll.held == students
    for pupil in roll.pupils:
        assert isinstance(pupil, Pupil)
        assert all(spell.mode in people.MODES for spell in pupil.enrolments)


@settings(max_examples=150)
@given(item, item, item, items)
def test_any_objects_give_contacts_or_a_named_change(
    relation: dict[str, Any], kind: dict[str, Any], person: dict[str, Any], more: list[Any]
) -> None:
    home = guardians.Household(person, more, more, more, {"1": person})
    triple = [(relation, kind, home)]
    found = given_or_changed(lambda: guardians.contacts("P1", home, triple, [], LAST))
    assert found is None or found.pupil_id == "P1"


def test_codes_and_halves_come_from_the_lists_that_hold_them() -> None:
    types: list[dict[str, Any]] = [
        {"id": "m", "isMorning": True, "isAfternoon": False},
        {"id": "both", "isMorning": True, "isAfternoon": True},
    ]
    calls = [
        {"id": "1", "attendanceRegisterType": {"id": "m"}, "code": "PM"},
        {"href": "/rest-v2/attendance-roll-calls/2", "attendanceRegisterType": {"href": "x/both"}},
        {"id": "3", "attendanceRegisterType": {"id": "both"}, "shortName": "pm"},
    ]
    assert marks.halves(calls, types) == {"1": "AM", "2": "", "3": "PM"}
    signs: list[dict[str, Any]] = [
        {"id": "1", "attendanceMark": " c1 ", "code": "LEAVE"},
        {"id": "2", "attendanceMark": None, "code": "N"},
        {"id": "3", "attendanceMark": None, "code": "PRESENT"},
    ]
    assert marks.codes(signs) == {"1": "C1", "2": "N"}


def spells(*modes: tuple[str, date | None, date | None]) -> dict[str, list[dict[str, Any]]]:
    """Pupil 7, on roll from 1 September 2025, whose modes are these."""
    student = {"student": {"id": "7"}}
    return {
        "Student": [{"id": "7"}],
        "EducationalInstitutionEnrolment": [student | {"entryDate": "2025-09-01"}],
        "AcademicYearEnrolment": [{"id": "y"} | student],
        "EnrolmentMode": [{"id": mode, "code": mode} for mode in "CMSGF"],
        "EnrolmentModeAssignment": [
            {
                "academicYearEnrolment": {"id": "y"},
                "enrolmentMode": {"id": mode},
                "startDate": first and first.isoformat(),
                "endDate": last and last.isoformat(),
            }
            for mode, first, last in modes
        ],
    }


def test_a_time_on_roll_is_cut_where_the_mode_of_enrolment_changes() -> None:
    day = date(2026, 1, 5)
    lists = spells(("M", day, date(2026, 3, 31)), ("S", date(2026, 4, 1), None))
    [pupil] = people.roll(lists, Scope(LAST)).pupils
    assert pupil.enrolments == (
        Enrolment(date(2025, 9, 1), day - timedelta(days=1), "C"),
        Enrolment(day, date(2026, 3, 31), "M"),
        Enrolment(date(2026, 4, 1), None, "S"),
    )


def test_a_pupil_who_came_back_has_both_times_on_roll() -> None:
    lists = spells()
    lists["EducationalInstitutionEnrolment"] = [
        {"student": {"id": "7"}, "entryDate": "2026-04-20", "leavingDate": None},
        {"student": {"id": "7"}, "entryDate": "2025-09-01", "leavingDate": "2026-01-30"},
    ]
    [pupil] = people.roll(lists, Scope(LAST)).pupils
    assert [(each.start, each.end) for each in pupil.enrolments] == [
        (date(2025, 9, 1), date(2026, 1, 30)),
        (date(2026, 4, 20), None),
    ]
    assert not pupil.on_roll(date(2026, 2, 15))


def test_the_open_upn_is_taken_and_a_temporary_one_said() -> None:
    def number(upn: str, start: str, end: str | None, temporary: bool | None) -> dict[str, Any]:
        days = {"startDatetime": start, "endDatetime": end, "isTemporary": temporary}
        return {"student": {"id": "7"}, "upn": upn} | days

    lists = spells()
    lists["UkDfe_UpnAssignment"] = [
        number("Y999001220001", "2025-09-01", None, False),
        number("A99900122000B", "2024-09-01", "2025-08-31", True),
    ]
    [pupil] = people.roll(lists, Scope(LAST)).pupils
    assert (pupil.upn, pupil.upn_temporary) == ("Y999001220001", False)
    lists["UkDfe_UpnAssignment"].reverse()
    assert people.roll(lists, Scope(LAST)).pupils[0].upn == "Y999001220001"


def test_one_upn_on_two_pupils_is_noticed() -> None:
    upn = {"upn": "Y999001220001"}
    lists: dict[str, list[dict[str, Any]]] = {
        "Student": [{"id": "7"}, {"id": "8"}],
        "UkDfe_UpnAssignment": [upn | {"student": {"id": at}} for at in ("7", "8")],
    }
    assert people.roll(lists, Scope(LAST)).doubled == 1


def test_the_instances_urn_is_found_among_several() -> None:
    schools: list[dict[str, Any]] = [
        {"id": "1", "urn": "100001"},
        {"id": "2", "urn": 100002},
        {"id": "3", "urn": None},
    ]
    assert institutions.own(schools, "100002") == ("2", 2)
    assert institutions.own([{"id": "3", "urn": None}], "100002") == (None, 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@settings(max_examples=200)
@given(json_values, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_json_decodes_to_what_it_says(value: Any, separators: tuple[str, str]) -> None:
    assert payload.decoded(json.dumps(value, separators=separators).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '[{"x":{"a":1,"a":2}}]',
        '{"a" :1,"a":2,"b":"\\":"}',
        '{"a":1,"\\u0061":2}',
        '{"a":1,\n"a"\n:2}',
    ],
)
def test_a_property_given_twice_is_never_the_last_one_in_silence(text: str) -> None:
    with pytest.raises(payload.NotJson, match="twice in one object"):
        payload.decoded(text.encode())


@settings(max_examples=200)
@given(st.binary(max_size=40))
def test_any_bytes_are_data_or_refused(body: bytes) -> None:
    try:
        payload.decoded(body)
    except payload.NotJson as problem:
        told = str(problem)
    else:
        told = ""
    assert len(told) < 100
