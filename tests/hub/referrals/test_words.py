"""Reasons as an officer reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from casework import notice

from linkwork.wire import Notice
from linkwork_hub.referrals import words


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 2), date(2026, 11, 2), "2 November 2026"),
        (date(2026, 11, 2), date(2026, 11, 13), "2 to 13 November 2026"),
        (date(2026, 10, 28), date(2026, 11, 3), "28 October to 3 November 2026"),
        (date(2026, 12, 14), date(2027, 1, 8), "14 December 2026 to 8 January 2027"),
    ],
)
def test_a_span_says_nothing_twice(first: date, last: date, said: str) -> None:
    assert words.span(first, last) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "10 school days in a row without leave, 16 to 27 February 2026, still absent",
        ),
        (
            {"ended": date(2026, 3, 2)},
            (
                "10 school days in a row without leave, 16 to 27 February 2026, "
                "ended on 2 March 2026"
            ),
        ),
        (
            {"status": "provisional"},
            (
                "10 school days in a row without leave, 16 to 27 February 2026, still absent "
                "(provisional)"
            ),
        ),
        (
            {"trigger": "penalty-window", "unit": "sessions", "value": 11},
            (
                "11 sessions (5.5 days) of unauthorised absence within 10 school weeks, "
                "16 to 27 February 2026"
            ),
        ),
        (
            {"trigger": "severe-absence", "unit": "sessions", "value": 60, "possible": 120},
            (
                "Absent for 60 of 120 possible sessions this school year (50.0 %), "
                "16 to 27 February 2026"
            ),
        ),
        (
            {"trigger": "something-new", "unit": "sessions", "value": 2},
            "Something new: 2 sessions (1 day), 16 to 27 February 2026",
        ),
    ],
)
def test_a_reason_is_one_sentence_with_its_dates(changes: dict[str, Any], said: str) -> None:
    assert words.reason(notice(**changes)) == said


def test_a_share_just_below_half_never_reads_as_half() -> None:
    assert words.percent(4999, 10000) == "49.9 %"
    assert [words.percent(*one) for one in ((999, 1000), (18_411, 20_000), (1, 1), (0, 5))] == [
        "99.9 %",
        "92.0 %",
        "100.0 %",
        "0.0 %",
    ]
    assert words.percent(1, 0) == "no possible sessions"


def test_what_is_unknown_is_said_as_bounds() -> None:
    known: Notice = notice()
    assert words.bounds(known) == "Exactly 10 school days: no register is missing."
    unknown = notice(at_least=8, at_most=11)
    assert words.bounds(unknown).startswith("At least 8, at most 11 school days")


def test_a_provisional_spell_says_what_cannot_rest_on_it() -> None:
    assert "court paper" in words.provisional_note(notice(status="provisional"))
    assert words.provisional_note(notice()) == ""


def test_an_unknown_age_is_said_and_a_known_one_is_not() -> None:
    assert "date of birth" in words.age_note("unknown")
    assert words.age_note("compulsory") == ""
    assert "no legal step" in words.age_note("outside")


def test_a_pseudonym_has_a_form_for_the_telephone() -> None:
    assert words.short_pupil("p_k3qx7m2abcdefghijklmnopqrs") == "Pupil K3QX 7M2A"
