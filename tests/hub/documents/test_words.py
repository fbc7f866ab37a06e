"""Dates, hours and money as they are read aloud."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from linkwork_hub.documents.words import clock, long_date, plain_number, pounds, weekday_date


def test_a_date_is_written_as_people_say_it() -> None:
    assert long_date(date(2024, 10, 3)) == "3 October 2024"
    assert weekday_date(date(2024, 10, 3)) == "Thursday 3 October 2024"


def test_an_hour_is_written_as_people_say_it() -> None:
    assert [clock(time(9, 30)), clock(time(13)), clock(time(12)), clock(time(0, 5))] == [
        "9:30am",
        "1pm",
        "12pm",
        "12:05am",
    ]


@given(st.integers(-(10**9), 10**9))
def test_money_in_words_is_the_same_money(pence: int) -> None:
    digits = pounds(pence).replace("£", "").replace(",", "").replace(".", "")
    assert int(digits) == pence


@given(st.decimals(-(10**6), 10**6, places=4))
def test_a_quantity_loses_only_trailing_noughts(value: Decimal) -> None:
    text = plain_number(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))
