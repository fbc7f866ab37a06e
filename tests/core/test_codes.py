"""What each code counts as, by nation and date."""

from __future__ import annotations

from datetime import date

import pytest

from linkwork import codes
from linkwork.codes import Category
from linkwork.errors import BadInput, WrongUse

NOW = date(2026, 3, 2)


def category(code: str, day: date = NOW, nation: str = "England") -> Category | None:
    """What a code counts as on a day."""
    known = codes.for_date(nation, day).classify(code)
    return known.category if known else None


def test_england_has_thirty_four_codes_from_august_2024() -> None:
    assert len(codes.builtin("england-2024").codes) == 34
    assert codes.for_date("England", date(2024, 8, 18)).name == "england-2013"
    assert codes.for_date("England", date(2024, 8, 19)).name == "england-2024"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("/ \\ L", Category.PRESENT),
        ("K V P W B", Category.ACTIVITY),
        ("C C1 C2 E I J1 M R S T", Category.AUTHORISED),
        ("G N O U", Category.UNAUTHORISED),
        ("D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7", Category.NOT_POSSIBLE),
        ("Z #", Category.ADMINISTRATIVE),
    ],
)
def test_each_code_of_2024_is_in_its_class(listed: str, expected: Category) -> None:
    assert {category(code) for code in listed.split(" ")} == {expected}


def test_a_code_withdrawn_in_2024_is_unknown_afterwards() -> None:
    assert category("H", date(2024, 7, 1)) is Category.AUTHORISED
    assert category("J", date(2024, 7, 1)) is Category.ACTIVITY
    assert [category(code) for code in ("H", "J", "Y", "F")] == [None] * 4


@pytest.mark.parametrize("code", ["", "-", "o", "Y8", "??", "OO"])
def test_what_is_no_code_is_neither_absence_nor_presence(code: str) -> None:
    assert category(code) is None


def test_only_present_and_absent_sessions_were_possible() -> None:
    for known in codes.builtin("england-2024").codes.values():
        assert known.possible is (known.present or known.absent)
        assert known.absent is (known.authorised or known.unauthorised)
        assert not (known.present and known.absent)


def test_u_is_an_absence_of_a_child_who_is_there() -> None:
    late = codes.for_date("England", NOW).classify("U")
    assert late is not None
    assert (late.unauthorised, late.on_site, late.late) == (True, True, True)


def test_codes_that_give_away_special_data_say_so() -> None:
    known = codes.builtin("england-2024").codes
    assert {code for code in known if known[code].sensitive} == {"I", "M", "R", "T", "Y5", "Y6"}


def test_a_date_before_any_code_set_is_bad_input_with_a_remedy() -> None:
    with pytest.raises(BadInput, match=r"1950-01-01.*Check the year"):
        codes.for_date("England", date(1950, 1, 1))


def test_an_unknown_code_set_names_the_known_ones() -> None:
    with pytest.raises(WrongUse, match="england-2024"):
        codes.builtin("atlantis")


def test_every_code_set_names_its_source_and_has_one_closure_code() -> None:
    for name in codes.names():
        code_set = codes.builtin(name)
        assert code_set.source
        assert codes.CLOSED in code_set.codes
