"""The Wonde plugin keeps every promise a plugin makes, on the kit's tests and its own few."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fake_wonde import SCHOOL, TOKEN, FakeWonde, Row
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

import linkwork_wonde.plugin
from linkwork.errors import (
    EmptyRegister,
    LinkworkError,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    WrongUse,
)
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import (
    Answer,
    Expected,
    HttpContract,
    MisContract,
    Request,
    open_mis,
    read,
    serving,
)
from linkwork_wonde import mapping
from linkwork_wonde.client import Client

FIRST, LAST = date(2026, 9, 7), date(2026, 10, 9)
EXPECTED = Expected(FIRST, LAST, pupils=60)


@pytest.fixture(scope="module")
def school() -> SampleSchool:
    return make_school(5, phase="primary", pupils=60, first=FIRST, last=LAST)


def opened(address: str, **options: Any) -> Mis:
    """The plugin on a server of this machine, with little patience."""
    settings: dict[str, Any] = {"school": SCHOOL, "address": address, "seconds": 2} | options
    return open_mis(linkwork_wonde.plugin, secrets={"token": TOKEN}, **settings)


def through(fake: FakeWonde) -> Register:
    with serving(fake.answer) as address:
        return read(opened(address), FIRST, LAST)


class TestWonde(MisContract):
    plugin = linkwork_wonde.plugin
    expected = EXPECTED

    @pytest.fixture(autouse=True)
    def _a_server(self, school: SampleSchool) -> Iterator[None]:
        with ExitStack() as stack:
            self.address = stack.enter_context(serving(FakeWonde.of(school.register).answer))
            yield

    def open(self) -> Mis:
        return opened(self.address)


class TestWondeServer(HttpContract):
    expected = EXPECTED

    @pytest.fixture(autouse=True)
    def _a_server(self, school: SampleSchool) -> None:
        self.fake = replace(FakeWonde.of(school.register), per_page=2000)

    def open_at(self, address: str) -> Mis:
        return opened(address)

    def answer(self, request: Request) -> Answer:
        return self.fake.answer(request)


def test_a_made_up_school_comes_back_as_it_was(school: SampleSchool) -> None:
    """Its leavers too, who stand on lists of their own, and over many pages."""
    fake = replace(FakeWonde.of(school.register), per_page=50)
    register = through(fake)
    known = {pupil.pupil_id: replace(pupil, form=None) for pupil in school.register.pupils}
    assert {pupil.pupil_id: pupil for pupil in register.pupils} == known
    for pupil_id in known:
        place, there = register.pupil_index(pupil_id), school.register.pupil_index(pupil_id)
        marks = {session: code for session, code in register.marks(place) if code}
        assert marks == {session: code for session, code in school.register.marks(there) if code}
    assert len(fake.asked) > 20


def test_leavers_marks_are_read(school: SampleSchool) -> None:
    """Control: without their own lists they would be lost."""
    gone = school.register.pupils[3]
    left = replace(gone, enrolments=(replace(gone.enrolments[0], end=date(2026, 9, 30)),))
    pupils = tuple(left if each == gone else each for each in school.register.pupils)
    fake = FakeWonde.of(replace(school.register, pupils=pupils))
    assert gone.pupil_id not in {row["id"] for row in fake.lists["students"]}
    register = through(fake)
    assert register.pupils[register.pupil_index(gone.pupil_id)].enrolments[0].end
    assert any(code for _, code in register.marks(register.pupil_index(gone.pupil_id)))


@pytest.mark.parametrize("missing", ["id", "attendance_code", "student"])
def test_what_is_out_of_scope_is_a_missing_permission(missing: str, school: SampleSchool) -> None:
    def without(row: Row) -> Row:
        return row | ({missing: None} if missing in row else {})

    fake = replace(FakeWonde.of(school.register), change=without)
    with pytest.raises(PermissionMissing, match="no permission to read"):
        through(fake)
    with serving(fake.answer) as address:
        [first, *_] = opened(address).check()
    assert first.ok == (missing != "id")


def test_names_and_dates_out_of_scope_are_unknown_and_named(school: SampleSchool) -> None:
    def without(row: Row) -> Row:
        return row | ({"education_details": None} if "gender" in row else {})

    fake = replace(FakeWonde.of(school.register), change=without)
    pupil = through(fake).pupils[0]
    assert (pupil.upn, pupil.enrolments[0].start) == (None, None)
    with serving(fake.answer) as address:
        assert "education_details.upn" in opened(address).check()[0].seen


def test_another_regions_silence_is_no_empty_school(school: SampleSchool) -> None:
    empty = FakeWonde({name: [] for name in FakeWonde.of(school.register).lists})
    with pytest.raises(EmptyRegister, match="region"):
        through(empty)
    with serving(empty.answer) as address:
        [check] = opened(address).check()
    assert not check.ok
    assert "region" in check.remedy


@pytest.mark.parametrize(
    ("pages", "error"),
    [
        ('{"next": "http://127.0.0.2:1/v1.0/x?page=2", "more": true}', NotTheSource),
        ('{"next": "?page=2", "more": true}', PartialData),
        ('{"next": null, "more": true}', PartialData),
    ],
)
def test_pages_that_lead_elsewhere_or_nowhere_are_refused(
    pages: str, error: type[LinkworkError]
) -> None:
    body = f'{{"data": [], "meta": {{"pagination": {pages}}}}}'.encode()
    with serving(lambda _: Answer(200, body)) as address, pytest.raises(error):
        read(opened(address), FIRST, LAST)


@pytest.mark.parametrize(
    "body", ['{"data": [], "data": []}', '{"data": [{"id": "7", "id": "8"}]}', '{"data": NaN}']
)
def test_a_property_twice_or_no_number_is_not_read(body: str) -> None:
    with serving(lambda _: Answer(200, body.encode())) as address, pytest.raises(NotTheSource):
        read(opened(address), FIRST, LAST)


def test_the_token_goes_nowhere_but_to_wonde() -> None:
    for options, words in (
        ({"address": "https://api.wonde.com.evil.example"}, "Take it out"),
        ({"address": "http://127.0.0.1:80@evil.example"}, "Take it out"),
        ({"school": "../../x"}, "needs the setting school"),
        ({"region": "mars"}, "Write one of uk, anz, za"),
        ({"token": TOKEN}, "no setting 'token'"),
    ):
        with pytest.raises(WrongUse, match=words):
            opened(options.pop("address", "https://api.wonde.com"), **options)
    with pytest.raises(WrongUse, match="mis-token"):
        open_mis(linkwork_wonde.plugin, school=SCHOOL)
    with serving(lambda _: Answer(401)) as address:
        [check] = opened(address).check()
    assert TOKEN not in check.remedy


def test_a_page_is_let_go_of_before_the_next() -> None:
    row = {"id": "x" * 40, "more": "y" * 400}
    fake = FakeWonde({"students": [row] * 40_000}, per_page=200)
    with serving(fake.answer) as address:
        client = Client(f"{address}/v1.0/schools/{SCHOOL}/", TOKEN)
        with closing(client):
            tracemalloc.start()
            assert sum(1 for _ in client.rows("students")) == 40_000
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert peak < 6_000_000


values = st.one_of(
    *(st.none(), st.booleans(), st.integers(-5, 3000), st.text(max_size=12)),
    st.sampled_from(["AM", "PM", "/", "2026-09-07", "FEMALE", "R"]),
    st.fixed_dictionaries({"date": st.sampled_from(["2026-09-07 00:00:00", "soon"])}),
    st.fixed_dictionaries(
        {"data": st.fixed_dictionaries({"id": st.just("7"), "code": st.just("O")})}
    ),
)
names = st.sampled_from(
    ["id", "date", "session", "student", "attendance_code", "minutes_late", "gender", "year"]
)


def read_or_refused(parse: Callable[[Row], Any], row: Row) -> Any:
    try:
        return parse(row)
    except (PermissionMissing, ShapeChanged) as error:
        return str(error)


@tried(max_examples=200)
@given(st.dictionaries(names, values))
def test_any_row_is_read_or_refused_in_words(row: Row) -> None:
    for parse in (mapping.pupil, mapping.mark):
        found = read_or_refused(parse, row)
        assert ". " in found if isinstance(found, str) else found.pupil_id
