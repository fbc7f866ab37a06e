"""A school's own codes: read as the nation's where a person says so, unknown where nobody can."""

from __future__ import annotations

from datetime import date

import pytest
from registers import marks, register

from linkwork import codes, local_codes
from linkwork.errors import WrongUse
from linkwork.local_codes import LocalCodes
from linkwork.policy import builtin
from linkwork.readying import ready
from linkwork.register import Register, Session
from linkwork.sheet import lay_out
from linkwork.summary import completeness
from linkwork.tally import tallies, unknown_codes

SETS = [codes.builtin("england-2013"), codes.builtin("england-2024")]
POLICY = builtin("england-2024")


def own(**table: str) -> LocalCodes:
    """A `[codes]` table."""
    return local_codes.read(table, "agent.toml: codes")


def row(of: Register, pupil: int = 0) -> list[str | None]:
    """One pupil's codes in order."""
    return [code for _, code in of.marks(pupil)]


def test_a_mapped_code_is_read_as_the_nations_and_said_how_often() -> None:
    found = ready(register("/ X01 X01+I"), SETS, own(X01="X"))
    assert row(found) == ["/", "\\", "X", "X", "X", "I"]
    assert found.warnings == ("3 marks are written with the school's own code X01 and read as X",)


def test_several_own_codes_may_mean_one() -> None:
    found = ready(register("I01 I02"), SETS, own(I01="I", I02="i"))
    assert row(found) == ["I"] * 4
    assert own(I01="I", I02="I", Q9="unknown").written_as() == {
        "I": ("I01", "I02"),
        "unknown": ("Q9",),
    }


def test_a_code_nobody_can_tell_stays_and_is_neither_present_nor_absent_nor_no_mark() -> None:
    found = ready(register("/ Q9 -"), SETS, own(Q9="unknown"))
    sheet = lay_out(found, POLICY, date(2026, 1, 7))
    [tally] = tallies(sheet)
    assert (tally.present, tally.absent, tally.unknown) == (2, 0, 2)
    assert unknown_codes(sheet) == {"Q9": 2}
    whole = completeness(found, POLICY, date(2026, 1, 7))
    assert whole.unknown_codes == {"Q9": 2}


def test_a_years_end_of_a_code_uses_each_set_in_its_time() -> None:
    """H was the nation's own until August 2024; the school went on writing it afterwards."""
    days = [date(2024, 7, 1), date(2024, 9, 2)]
    found = ready(register(marks("H H", on=days)), SETS, own(H="C"))
    assert found.mark(0, Session(days[0], "AM")) == "H"
    assert found.mark(0, Session(days[1], "AM")) == "C"


def test_a_meaning_that_a_set_does_not_have_yet_is_not_used_in_its_time() -> None:
    days = [date(2024, 7, 1), date(2024, 9, 2)]
    found = ready(register(marks("PT PT", on=days)), SETS, own(PT="C2"))
    assert found.mark(0, Session(days[0], "AM")) == "PT"
    assert found.mark(0, Session(days[1], "AM")) == "C2"


def test_no_table_turns_an_absence_into_an_attendance() -> None:
    with pytest.raises(WrongUse, match=r"agent.toml: codes: O is a code of .* always means itself"):
        ready(register("O"), SETS, own(O="/"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"Q9": "Y8"}, "Q9 is said to mean Y8, which is no code of"),
        ({"LATE": "L"}, "'LATE' is no code"),
        ({"-": "O"}, "always is 'no mark'"),
        ({"Q9": ""}, 'Q9 = "O", or Q9 = "unknown"'),
        ({"Q9": 3}, "has no meaning in quotes"),
        ({"q9": "O", "Q9": "I"}, "stands there twice"),
        (["Q9"], "is not a table"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_by_its_line(table: object, words: str) -> None:
    with pytest.raises(WrongUse) as refused:
        ready(register("/"), SETS, local_codes.read(table, "agent.toml: codes"))
    assert words in str(refused.value)
    assert str(refused.value).startswith("agent.toml: codes")


def test_a_register_without_own_codes_is_left_as_it_is() -> None:
    given = register("/ O")
    assert ready(given, SETS, own(Q9="unknown")) is given


def test_the_rows_of_the_register_given_are_not_written_into() -> None:
    given = register("X01")
    ready(given, SETS, own(X01="X"))
    assert row(given) == ["X01", "X01"]
