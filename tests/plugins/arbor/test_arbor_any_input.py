"""Whatever Arbor's objects hold, mapping gives typed marks and pupils or says what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from linkwork.errors import ShapeChanged
from linkwork_arbor import mapping

NAMES = (
    *("href", "student", "person", "attendanceMark", "attendanceRollCall", "recordDate", "code"),
    *("minutesLate", "isMorning", "isAfternoon", "upn", "entryDate", "startDate", "shortName"),
    *("academicLevel", "educationalInstitution", "dateOfBirth", "gender", "legalLastName", "date"),
)
HREFS = ("/rest-v2/a/1", "/rest-v2/a/2", "", "AM", "N", "2026-09-07", "2026-99-99")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(HREFS) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=6,
)
items = st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=8), max_size=4)


def given_or_changed(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ShapeChanged:
        return None


@settings(max_examples=200, deadline=None)
@given(items, items, items)
def test_any_objects_give_marks_and_pupils_or_a_named_change(
    one: list[dict[str, Any]], two: list[dict[str, Any]], three: list[dict[str, Any]]
) -> None:
    lookup = mapping.Lookup(mapping.codes(one), mapping.halves(two, three))
    for record in three:
        mark = given_or_changed(partial(mapping.mark, record, lookup))
        if mark is not None:
            assert isinstance(mark.day, date)
            assert mark.half in {"AM", "PM"}
            assert 1 <= len(mark.code) <= 3
    details = mapping.Details(
        persons=one, upns=two, enrolments=three, levels=one, level_memberships=two
    )
    for pupil in given_or_changed(partial(mapping.pupils, one, details)) or []:
        assert pupil.pupil_id
        assert pupil.surname is None or isinstance(pupil.surname, str)
