"""The check letter and pattern of a unique pupil number."""

from __future__ import annotations

import pytest

from linkwork import upn


@pytest.mark.parametrize(
    "number", ["R999999926001", "F999999926002", "V999999926003", "C99999992600A"]
)
def test_a_right_number_has_no_problem(number: str) -> None:
    assert upn.problem(number) is None
    assert upn.check_letter(number[1:]) == number[0]


@pytest.mark.parametrize("number", ["", "999999926001", "R99999992600", "R9999999260011", "I99"])
def test_another_shape_is_said_without_repeating_it(number: str) -> None:
    problem = upn.problem(number)
    assert problem is not None
    assert "eleven digits" in problem


def test_any_single_wrong_digit_changes_the_check_letter() -> None:
    right = "R999999926001"
    for place in range(1, len(right)):
        for digit in "0123456789":
            wrong = right[:place] + digit + right[place + 1 :]
            assert (upn.problem(wrong) is None) == (wrong == right)


def test_a_letter_in_the_last_place_makes_a_number_temporary() -> None:
    assert upn.is_temporary("C99999992600A")
    assert not upn.is_temporary("R999999926001")
