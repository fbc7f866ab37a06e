"""Whatever stands at Arbor's address, it is named by what must be done, and nothing is told."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import date

import pytest

from demo.fakes.arbor import TOKEN, FakeArbor
from demo.fakes.arbor.faults import CANARY
from linkwork.errors import (
    CredentialsRefused,
    LinkworkError,
    MisError,
    NotTheSource,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
)
from linkwork.plugin import Mis
from linkwork.testing import read

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
Opening = Callable[..., Mis]
RECORD = "AttendanceRollCallRecord"

#: What happens, the error, what the message must say is wrong, and what to do about it.
FAULTS = [
    ("empty-object", (PermissionMissing, ShapeChanged), "tudent", "the|Update"),
    ("empty-list", PermissionMissing, "no permission to read Student", "allow the application"),
    (401, CredentialsRefused, "user name or token", "Enter both again"),
    (403, PermissionMissing, "no permission to read [Ss]tudent", "Allow the application"),
    (404, ShapeChanged, "does not know [Ss]tudent", "Update the plugin"),
    ("inner-404", ShapeChanged, "does not know [Ss]tudent", "Update the plugin"),
    (422, ShapeChanged, "status 422", "Update the plugin"),
    (429, SourceUnavailable, "busy", "asked again later"),
    (500, SourceUnavailable, "busy or down", "asked again later"),
    (503, SourceUnavailable, "busy or down", "asked again later"),
    ("html", NotTheSource, 'titled "Site blocked"', "let this computer reach uk.arbor.sc"),
    ("html-as-json", NotTheSource, 'titled "Site blocked"', "let this computer reach"),
    ("html-403", NotTheSource, 'titled "Site blocked"', "let this computer reach"),
    ("html-502", SourceUnavailable, "busy or down", "asked again later"),
    ("redirect", NotTheSource, "redirection", "Check the subdomain"),
    ("text-for-a-list", ShapeChanged, "not a list of objects", "Update the plugin"),
    ("list-of-text", ShapeChanged, "not a list of objects", "Update the plugin"),
    ("a-list", ShapeChanged, "is no object", "Update the plugin"),
    ("null", PermissionMissing, "no permission to read [Ss]tudent", "Allow the application"),
    ("deep", ShapeChanged, "nested too deeply", "update the plugin"),
    ("nan", ShapeChanged, "holds NaN", "Nothing of it was used"),
    ("infinity", ShapeChanged, "holds -Infinity", "Nothing of it was used"),
    ("huge-number", ShapeChanged, "it is not JSON", "Nothing of it was used"),
    ("huge-exponent", ShapeChanged, "too large to be true", "Nothing of it was used"),
    ("duplicate-key", ShapeChanged, "gives student twice", "Nothing of it was used"),
    ("not-utf-8", ShapeChanged, "it is not JSON", "Nothing of it was used"),
    ("half-json", ShapeChanged, "it is not JSON", "Nothing of it was used"),
    ("gigantic", ShapeChanged, "larger than 32 MB", "Lower the setting page_size"),
    ("gzip-bomb", ShapeChanged, "larger than 32 MB", "Lower the setting page_size"),
    ("bad-gzip", ShapeChanged, "packing is damaged", "Nothing of it was used"),
    ("half-gzip", ShapeChanged, "ends before its packing", "Nothing of it was used"),
    ("odd-packing", ShapeChanged, "packed as 'br'", "Nothing of it was used"),
    ("cut", SourceUnavailable, "cannot be reached", "asked again later"),
]


@pytest.mark.parametrize(
    ("fault", "error", "problem", "remedy"), FAULTS, ids=[str(row[0]) for row in FAULTS]
)
def test_each_failure_is_named_by_what_must_be_done(
    fault: str | int,
    error: type[MisError],
    problem: str,
    remedy: str,
    api: str,
    arbor: FakeArbor,
    open_arbor: Opening,
) -> None:
    arbor.faults["Student"] = fault
    with pytest.raises(error, match=problem) as refused:
        read(open_arbor(api=api), FIRST, LAST)
    assert refused.match(remedy)
    told = "".join(traceback.format_exception(refused.value))
    assert TOKEN not in told
    assert CANARY not in told


def test_the_same_server_without_a_fault_is_read(api: str, open_arbor: Opening) -> None:
    assert len(read(open_arbor(api=api), FIRST, LAST).pupils) == 60


@pytest.mark.parametrize("fault", ["slow-drip", "slow-headers", "hang"])
def test_an_answer_that_takes_too_long_is_ended_however_it_does_it(
    fault: str, api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["Student"] = fault
    with pytest.raises(TimedOut, match=r"[Ss]tudents? in time.*the setting timeout"):
        read(open_arbor(api=api, timeout=0.5), FIRST, LAST)


def test_a_wrong_token_is_refused(api: str, open_arbor: Opening) -> None:
    with pytest.raises(CredentialsRefused, match="Enter both again"):
        read(open_arbor(api=api, token="another"), FIRST, LAST)


def test_a_server_that_is_not_there_is_said(open_arbor: Opening) -> None:
    with pytest.raises(SourceUnavailable, match=r"ConnectError.*Check the network"):
        read(open_arbor(base_url="http://127.0.0.1:9"), FIRST, LAST)


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", 7.0),
        ("Sat, 10 Oct 2026 12:01:00 GMT", 60.0),
        ("Fri, 09 Oct 2026 12:00:00 GMT", 0.0),
        ("Sat, 10 Oct 2099 12:00:00 GMT", 3600.0),
        ("999999999", 3600.0),
        ("9" * 400, 3600.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_a_wait_the_server_asks_for_is_kept_within_reason(
    said: str, wait: float | None, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["Student"] = 429
    arbor.headers["Retry-After"] = said
    # No patience: the wait is left to the caller, by the very seconds; a past date is at once.
    with pytest.raises(SourceUnavailable) as refused:
        read(open_arbor(), FIRST, LAST)
    assert refused.value.retry_after == wait


@pytest.mark.parametrize("fault", [429, 503, "cut"])
def test_a_page_that_failed_is_asked_again_and_no_other(
    fault: str | int, api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults[RECORD], arbor.times[RECORD] = fault, 2
    slept: list[float] = []
    register = read(open_arbor(api=api, patience=60, slept=slept), FIRST, LAST)
    assert len(register.pupils) == 60
    assert slept == [2.0, 8.0]
    whole = len(arbor.asked)
    arbor.asked.clear()
    read(open_arbor(api=api), FIRST, LAST)
    assert whole == len(arbor.asked) + 2


def test_patience_ends_and_the_error_is_the_servers(arbor: FakeArbor, open_arbor: Opening) -> None:
    arbor.faults[RECORD] = 503
    slept: list[float] = []
    with pytest.raises(SourceUnavailable):
        read(open_arbor(patience=600, slept=slept), FIRST, LAST)
    assert slept == [2.0, 8.0, 30.0]


def test_what_does_not_pass_by_itself_is_asked_once(arbor: FakeArbor, open_arbor: Opening) -> None:
    arbor.faults[RECORD] = 403
    slept: list[float] = []
    with pytest.raises(PermissionMissing):
        read(open_arbor(patience=600, slept=slept), FIRST, LAST)
    assert slept == []


def test_no_cookie_is_kept_and_every_request_says_who_asks(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.headers["Set-Cookie"] = "who=tracked; Path=/"
    read(open_arbor(user_agent="Quillbury School"), FIRST, LAST)
    assert len(arbor.asked) > 10
    assert not any("Cookie" in one.headers for one in arbor.asked)
    assert {one.headers["User-Agent"] for one in arbor.asked} == {"Quillbury School"}
    assert {one.headers["Accept"] for one in arbor.asked} == {"application/json"}


def test_a_redirection_is_never_followed(api: str, arbor: FakeArbor, open_arbor: Opening) -> None:
    arbor.faults["*"] = "redirect"
    with pytest.raises(NotTheSource):
        read(open_arbor(api=api), FIRST, LAST)
    assert len(arbor.asked) == 1


def test_a_list_that_is_empty_before_its_end_is_never_a_short_register(
    api: str, arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults[RECORD], arbor.times[RECORD] = "empty-list", 1
    with pytest.raises(LinkworkError, match="empty page 0 before its end"):
        read(open_arbor(api=api), FIRST, LAST)
