"""What a spreadsheet does to a register is recognised, named by row and column, never read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from linkwork.errors import BadInput
from linkwork.register import Register, Session

Reading = Callable[..., Register]
HEADER = "Adno,Legal Surname,Mark Date,Session,Mark"
SECRET = "Quillfeather"


def row(pupil: int, day: date, half: str, code: str) -> str:
    return f"{pupil},{SECRET},{day.isoformat()},{half},{code}"


def many(*, am: str = "/", pm: str = "\\", pupils: int = 10, days: int = 10) -> list[str]:
    """Marks of some pupils and days, in order."""
    return [
        row(100 + pupil, date(2026, 9, 7) + timedelta(day), half, code)
        for pupil in range(pupils)
        for day in range(days)
        for half, code in (("AM", am), ("PM", pm))
    ]


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "export.csv"
    path.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("#NAME?", "a spreadsheet's error"),
        ("#VALUE!", "a spreadsheet's error"),
        ("=A1", "became a formula"),
        ("1.00E+02", "became a number"),
        ("46272", "became a number"),
        ("present", "the code looks like"),
    ],
)
def test_a_damaged_mark_is_unknown_and_named_and_the_rest_is_read(
    mark: str, words: str, tmp_path: Path, read_csv: Reading
) -> None:
    lines = many()
    lines[30] = row(101, date(2026, 9, 12), "AM", mark)
    register = read_csv(written(tmp_path, *lines))
    assert register.rejected_count == 1
    (rejected,) = register.rejected
    assert (rejected.row, rejected.column) == (32, "E (code)")
    assert words in rejected.problem
    assert SECRET not in str(rejected)
    assert mark not in str(rejected) or mark == "#NAME?"
    assert register.mark("101", Session(date(2026, 9, 12), "AM")) is None
    assert register.mark("101", Session(date(2026, 9, 12), "PM")) == "\\"
    assert register.partial == "1 row could not be read"


def test_too_many_damaged_marks_refuse_the_whole_file(tmp_path: Path, read_csv: Reading) -> None:
    """Control of the test above: one in fifty is the most that is left unknown."""
    lines = many()
    for at in range(0, 50, 10):
        lines[at] = lines[at].rsplit(",", 1)[0] + ",#NAME?"
    with pytest.raises(BadInput, match="5 of 200 rows cannot be read") as refused:
        read_csv(written(tmp_path, *lines))
    assert refused.value.row == 2


def test_marks_that_became_blanks_are_not_taken_for_no_register(
    tmp_path: Path, read_csv: Reading
) -> None:
    lines = many(am="", pm="")
    lines[3] = row(100, date(2026, 9, 8), "PM", "O")
    with pytest.raises(BadInput, match="empties them") as refused:
        read_csv(written(tmp_path, *lines))
    assert refused.value.column == "E (code)"


def test_afternoons_alone_that_became_blanks_are_seen(tmp_path: Path, read_csv: Reading) -> None:
    with pytest.raises(BadInput, match="marks of PM are blank"):
        read_csv(written(tmp_path, *many(pm="")))


def test_an_afternoon_that_is_not_taken_yet_is_no_damage(tmp_path: Path, read_csv: Reading) -> None:
    """Control: blanks of one day are what an export at noon has."""
    assert read_csv(written(tmp_path, *many(pm="", pupils=30, days=1))).rejected_count == 0


def test_an_id_in_exponent_form_is_rejected(tmp_path: Path, read_csv: Reading) -> None:
    lines = many()
    lines[5] = f"1.23E+11,{SECRET},2026-09-09,PM,/"
    register = read_csv(written(tmp_path, *lines))
    assert "Excel has rounded" in register.rejected[0].problem
    assert register.rejected[0].column == "A (adno)"
    assert len(register.pupils) == 10


def test_ids_that_lost_their_leading_zeros_are_seen(tmp_path: Path, read_csv: Reading) -> None:
    lines = [f"00{line}" if at < 20 else line for at, line in enumerate(many(pupils=2))]
    assert len(read_csv(written(tmp_path, *lines)).pupils) == 2
    lines.append(row(100, date(2026, 9, 30), "AM", "/"))
    with pytest.raises(BadInput, match="without leading zeros") as refused:
        read_csv(written(tmp_path, *lines))
    assert refused.value.row == 42


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["07/09/2026", "46273"], "some dates became numbers and others did not"),
        (["07/09/2026", "7/10/2026", "13/09/2026"], "written in two ways"),
        (["13/09/2026", "09/14/2026"], "in different orders"),
    ],
)
def test_dates_that_excel_turned_round_or_into_numbers_are_named_by_row(
    days: list[str], words: str, tmp_path: Path, read_csv: Reading
) -> None:
    lines = [f"17,{SECRET},{day},AM,/" for day in days]
    with pytest.raises(BadInput, match=words) as refused:
        read_csv(written(tmp_path, *lines))
    assert refused.value.row == len(lines) + 1 or refused.value.row == 3
    assert "do not open the file in Excel" in refused.value.remedy


def test_merged_cells_leave_rows_without_an_id(tmp_path: Path, read_csv: Reading) -> None:
    lines = many()
    lines[7] = f",,{lines[7].split(',', 2)[2]}"
    register = read_csv(written(tmp_path, *lines))
    assert "merged cells" in register.rejected[0].problem


def test_a_detail_that_cannot_be_read_is_left_unknown_and_said_without_its_value(
    tmp_path: Path, read_csv: Reading
) -> None:
    lines = [line.replace(f"{SECRET},", f"{SECRET},Year 7,") for line in many()]
    bad = [f"{line.replace('Year 7', 'Thornapple')}" if line.startswith("101,") else line
           for line in lines]  # fmt: skip
    header = HEADER.replace("Mark Date", "Year,Mark Date")
    register = read_csv(written(tmp_path, *bad, header=header))
    years = {pupil.pupil_id: pupil.year_group for pupil in register.pupils}
    assert (years["100"], years["101"]) == ("7", None)
    assert "year_group could not be read for 1 pupil (column C, first in row 22)" in " ".join(
        register.warnings
    )
    assert "Thornapple" not in " ".join(register.warnings)


def test_two_marks_of_one_session_refuse_the_file(tmp_path: Path, read_csv: Reading) -> None:
    lines = [*many(), row(100, date(2026, 9, 7), "AM", "N")]
    with pytest.raises(BadInput, match="two marks on 2026-09-07 AM: / and N") as refused:
        read_csv(written(tmp_path, *lines))
    assert refused.value.row == 202
