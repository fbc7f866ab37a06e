"""Arbor's roll-call records become a register, whatever way the server pages or fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import fake_arbor
import httpx
import pytest

import linkwork_arbor.plugin
from linkwork.errors import (
    ContactsUnavailable,
    CredentialsRefused,
    EmptyRegister,
    LinkworkError,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
    WrongUse,
)
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.sample import SampleSchool
from linkwork.testing import Expected, MisContract, open_mis, read
from linkwork_arbor.client import ArborClient

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
Opening = Callable[..., Mis]


class TestArborContract(MisContract):
    plugin = linkwork_arbor.plugin
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
        return self.opening()


def marks_of(register: Register, first: date, last: date) -> dict[tuple[str, object], str | None]:
    return {
        (pupil.pupil_id, session): code
        for place, pupil in enumerate(register.pupils)
        for session, code in register.marks(place)
        if first <= session.date <= last
    }


@pytest.mark.parametrize("first_page", [0, 1])
@pytest.mark.parametrize(("asked", "cap"), [(500, 5000), (500, 77), (13, 500)])
def test_every_mark_arrives_however_the_server_counts_and_caps_its_pages(
    first_page: int,
    asked: int,
    cap: int,
    arbor: fake_arbor.FakeArbor,
    arbor_school: SampleSchool,
    open_arbor: Opening,
) -> None:
    arbor.first_page, arbor.cap = first_page, cap
    first, last = (FIRST, FIRST) if asked == 13 else (FIRST, LAST)
    register = read(open_arbor(page_size=asked), first, last)
    whole = marks_of(arbor_school.register, first, last)
    got = marks_of(register, first, last)
    assert {key: code for key, code in got.items() if code} == {
        key: code for key, code in whole.items() if code
    }


def test_pupils_arrive_with_every_detail(arbor_school: SampleSchool, open_arbor: Opening) -> None:
    register = read(open_arbor(), FIRST, LAST)
    assert register.pupils == arbor_school.register.pupils
    assert register.warnings == ()


def test_minutes_late_arrive(arbor_school: SampleSchool, open_arbor: Opening) -> None:
    register = read(open_arbor(), date(2026, 9, 1), date(2026, 10, 9))
    known = arbor_school.register
    late = {(known.sessions[s], p): m for (s, p), m in known.minutes_late.items()}
    assert {(register.sessions[s], p): m for (s, p), m in register.minutes_late.items()} == late


def test_a_list_of_addresses_is_followed_to_each_object(
    arbor: fake_arbor.FakeArbor, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    arbor.faults["students"] = arbor.faults["attendance-marks"] = "links"
    assert read(open_arbor(), FIRST, LAST).pupils == arbor_school.register.pupils


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("empty-object", PermissionMissing, "no permission to read students"),
        (403, PermissionMissing, "Allow the application to read it in Arbor"),
        (404, ShapeChanged, "does not know students"),
        ("inner-404", ShapeChanged, "does not know students"),
        (422, ShapeChanged, "status 422"),
        (429, SourceUnavailable, "busy"),
        (503, SourceUnavailable, "busy or down"),
        ("html", NotTheSource, 'titled "Site blocked"'),
        ("redirect", NotTheSource, "redirection"),
        ("text", ShapeChanged, "not a list of objects"),
        ("deep", NotTheSource, "instead of data"),
        ("repeat", PartialData, "gave a page again"),
    ],
)
def test_each_failure_is_named_by_what_must_be_done(
    fault: str | int,
    error: type[LinkworkError],
    words: str,
    arbor: fake_arbor.FakeArbor,
    open_arbor: Opening,
) -> None:
    arbor.faults["students"] = fault
    with pytest.raises(error) as refused:
        read(open_arbor(), FIRST, LAST)
    assert words in str(refused.value)
    assert fake_arbor.TOKEN not in str(refused.value)


def test_a_page_that_repeats_among_records_is_never_a_short_register(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["attendance-roll-call-records"] = "repeat"
    with pytest.raises(PartialData):
        read(open_arbor(), FIRST, LAST)


@pytest.mark.parametrize(
    ("said", "wait"), [("7", 7.0), ("999999999", 3600.0), ("soon", None), ("-5", None)]
)
def test_a_wait_the_server_asks_for_is_kept_within_reason(
    said: str, wait: float | None, arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["students"] = 429
    arbor.headers["Retry-After"] = said
    with pytest.raises(SourceUnavailable) as refused:
        read(open_arbor(), FIRST, LAST)
    assert refused.value.retry_after == wait


def test_a_wrong_token_is_refused(open_arbor: Opening) -> None:
    with pytest.raises(CredentialsRefused, match="Enter both again"):
        read(open_arbor(token="another"), FIRST, LAST)


def test_a_server_that_does_not_answer_is_left_after_its_time(
    arbor: fake_arbor.FakeArbor,
) -> None:
    arbor.faults["students"] = "hang"
    with fake_arbor.serving(arbor) as address:
        client = ArborClient(address, fake_arbor.USER, fake_arbor.TOKEN, timeout=httpx.Timeout(0.2))
        with client, pytest.raises(TimedOut):
            client.first("students", "students")


def test_nobody_there_is_said_so(arbor: fake_arbor.FakeArbor) -> None:
    with fake_arbor.serving(arbor) as address:
        pass
    mis = open_mis(
        linkwork_arbor.plugin, secrets={"username": "a", "password": "b"}, base_url=address
    )
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        read(mis, FIRST, LAST)


def test_what_the_school_gives_no_permission_for_is_said_to_be_unknown(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["persons"] = "empty-object"
    register = read(open_arbor(), FIRST, LAST)
    assert register.pupils[0].surname is None
    assert register.warnings == (
        "Arbor gives no permission to read persons: what it says is unknown",
    )


def test_another_schools_arbor_is_refused(open_arbor: Opening) -> None:
    with pytest.raises(NotTheSource, match="of URN 999001, not of 999777"):
        read(open_arbor(urn="999777"), FIRST, LAST)


def test_of_an_arbor_that_serves_two_schools_only_ours_is_read(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    second = {"entityType": "EducationalInstitution", "urn": "999002"}
    other = "/rest-v2/educational-institutions/2"
    arbor.lists["educational-institutions"][1].append(second | {"href": other})
    for row in arbor.lists["educational-institution-enrolments"][1][:20]:
        row["educationalInstitution"] = {"href": other}
    ids = [pupil.pupil_id for pupil in read(open_arbor(), FIRST, LAST).pupils]
    assert len(ids) == 40
    assert ids[0] == "P00021"


def test_a_mark_without_its_sign_is_not_guessed(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    for row in arbor.lists["attendance-marks"][1]:
        row["attendanceMark"] = None
    with pytest.raises(ShapeChanged, match="an attendance mark"):
        read(open_arbor(), FIRST, LAST)


def test_records_of_pupils_no_longer_listed_are_kept_and_said(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    del arbor.lists["students"][1][0]
    register = read(open_arbor(), FIRST, LAST)
    assert register.pupils[-1].pupil_id == "P00001"
    assert "1 pupil with marks is not in" in register.warnings[0]


def test_no_records_is_an_error(arbor: fake_arbor.FakeArbor, open_arbor: Opening) -> None:
    arbor.lists["attendance-roll-call-records"][1].clear()
    with pytest.raises(EmptyRegister):
        read(open_arbor(), FIRST, LAST)


def test_check_asks_for_one_row_of_each_list_and_names_what_is_closed(
    arbor: fake_arbor.FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["persons"] = 403
    checks = {check.name: check for check in open_arbor().check()}
    assert not checks["persons"].ok
    assert "Allow the application" in checks["persons"].remedy
    assert checks["students"].ok
    assert all("page-size=1&" in target for target in arbor.asked)


def test_contacts_are_said_not_to_be_read(open_arbor: Opening) -> None:
    with pytest.raises(ContactsUnavailable):
        open_arbor().contacts(["P00001"])


@pytest.mark.parametrize(
    "options",
    [
        {"subdomain": "evil.example/x"},
        {"subdomain": "school.uk.arbor.sc"},
        {"base_url": "https://evil.example"},
        {"base_url": "http://127.0.0.1.evil.example:80"},
        {"password": "typed into the configuration", "subdomain": "quillbury"},
        {"subdomain": ""},
        {"subdomain": "quillbury", "page_size": 0},
    ],
)
def test_no_setting_can_send_the_token_elsewhere_or_hold_it(options: dict[str, Any]) -> None:
    with pytest.raises(WrongUse):
        open_mis(linkwork_arbor.plugin, secrets={"username": "a", "password": "b"}, **options)


def test_the_address_is_made_from_the_subdomain_alone() -> None:
    options = linkwork_arbor.plugin.Options.of(
        {"subdomain": "Quillbury"}, {"username": "a", "password": "b"}
    )
    assert options.base_url == "https://quillbury.uk.arbor.sc"
    with pytest.raises(WrongUse, match="needs the secret password"):
        linkwork_arbor.plugin.Options.of({"subdomain": "quillbury"}, {"username": "a"})
