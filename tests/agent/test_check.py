"""`check`: the answer in three formats, the exit codes, and what is wrong named with its place."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from registers import MONDAY, marks, weekdays

from linkwork.sample import SampleSchool, make_school
from linkwork_agent import cli

HEADER = (
    "pupil_id,upn,surname,forename,date_of_birth,form,entry_date,leaving_date,date,session,code"
)
DAYS = weekdays(MONDAY, 20)


@dataclass(frozen=True)
class Said:
    """What the command wrote and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


def run(*arguments: object) -> Said:
    """The command as the shell would run it."""
    out, err, hook = io.StringIO(), io.StringIO(), sys.excepthook
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main(["check", *(str(each) for each in arguments)])
    # The command line takes charge of crashes; the tests' own process keeps its way.
    sys.excepthook = hook
    return Said(code, out.getvalue(), err.getvalue())


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a register file of one pupil a story: `write("O*10", born="2014-05-01")`."""

    def written(*stories: str, born: str = "2014-05-01", name: str = "register.csv") -> Path:
        lines = [HEADER]
        for number, story in enumerate(stories, 1):
            for (day, half), code in marks(story).items():
                lines.append(
                    f"P{number},,Example,Ash{number},{born},7A,2025-09-01,,{day},{half},{code}"
                )
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleSchool, Path]:
    """A secondary school of 1,500 pupils and a school year, and its register file."""
    made = make_school(7, pupils=1500, first=date(2025, 9, 3), last=date(2026, 7, 17))
    folder = tmp_path_factory.mktemp("school")
    made.write_csv(folder)
    return made, folder / "register.csv"


def test_the_table_says_who_why_and_what_to_do(write: Write) -> None:
    said = run(write("/*5 O*8 N*4", "/*17"))
    assert said.code == 0
    for words in (
        "2 pupils, 17 school days (inferred), judged as of Tue 27 Jan 2026",
        "Policy england-2024 (version 1)",
        "68 possible sessions; every session has a mark.",
        "TEN SCHOOL DAYS IN A ROW WITHOUT PERMISSION: 1 pupil",
        "Put the pupil on the attendance return to the authority.",
        "P1  Ash1 Example, 7A  PROVISIONAL",
        "12 school days, Mon 12 Jan 2026 to Tue 27 Jan 2026, not ended: 16 O, 8 N.",
        "Provisional: not met without the N marks of the last days (the latest N: Tue",
        "10 sessions (5 days) within 10 school weeks",
        "70.5 %  P1  Ash1 Example, 7A: 24 of 34 sessions, off after 15",
    ):
        assert words in said.out
    assert "P2" not in said.out


def test_the_head_counts_the_entries_that_follow(write: Write) -> None:
    again = run(write("O*10 /*5 O*10 /*15")).out
    assert "1 pupil needs someone (11 findings in 6 entries: earlier spells" in " ".join(
        again.split()
    )
    assert "Met 1 time before" in again
    # The control: where every finding has an entry of its own, only they are counted.
    assert "1 pupil needs someone (1 finding).\n" in run(write("/*27 O*3")).out


def test_the_desks_own_prompts_stand_after_what_concerns_others(write: Write) -> None:
    said = run(write("/*27 O*3", "/*30")).out
    others, desk = said.split("FOR THE SCHOOL'S OWN DESK (these never leave the school)")
    assert "For the school's own desk: 1 prompt about 1 pupil." in others
    assert "ABSENT FOR A TENTH" in others
    assert "P1  Ash1 Example, 7A: 3 school days, Wed 11 Feb 2026 to Fri 13 Feb 2026" in desk
    # The control: without a prompt there is no such part.
    assert "DESK" not in run(write("/*30")).out


def test_a_whole_form_without_a_mark_is_one_missing_register(write: Write) -> None:
    said = run(write(*["/*10 -"] * 30, "/*11"), "--format", "table").out
    assert "30 pupils without a mark" not in said
    path = write(*["/*10 -"] * 30, "/*10 /")
    text = path.read_text(encoding="utf-8").replace("Ash31,2014-05-01,7A", "Ash31,2014-05-01,7B")
    path.write_text(text, encoding="utf-8")
    said = run(path).out
    assert "7A: the register is missing, 30 pupils without a mark." in said
    assert "Ash12" not in said


def test_more_prompts_than_a_person_can_read_are_a_number(write: Write) -> None:
    said = run(write(*["/*10 N"] * 45, "/*11")).out
    assert said.count(": N AM, N PM") == 40
    assert "and 5 more pupils: --format csv lists every one." in said


def test_an_all_clear_says_so_in_words(write: Write) -> None:
    said = run(write("/*20"))
    assert (said.code, said.err) == (0, "")
    assert "All clear: nobody meets a rule. Looked for: ten school days in a row" in said.out


def test_an_all_clear_with_missing_registers_says_how_far_it_goes(write: Write) -> None:
    assert "All clear as far as the marks go" in run(write("/*10 -", "/*11")).out


def test_json_has_the_keys_other_programs_rely_on(write: Write) -> None:
    said = run(write("O*10 /", "/ / D*9", "/*10 -"), "--format", "json")
    answer = said.json
    assert list(answer)[:6] == ["policy", "as_of", "pupils", "sessions", "unmarked", "findings"]
    assert (answer["policy"], answer["as_of"]) == ("england-2024", "2026-01-19")
    assert (answer["pupils"], answer["sessions"], answer["unmarked"]) == (3, 46, 2)
    first = answer["findings"][0]
    assert list(first)[:15] == [
        "pupil_id", "trigger", "status", "statutory", "age", "value", "threshold", "unit",
        "possible", "first", "last", "ended", "at_least", "at_most", "why",
    ]  # fmt: skip
    assert first["trigger"] == "continuous-unauthorised"
    assert (first["ended"], first["age"], first["statutory"]) == ("2026-01-19", "compulsory", True)
    assert first["why"][0] == {"date": "2026-01-05", "session": "AM", "code": "O"}
    assert len(first["why"]) == 20


def test_findings_come_by_pupil_trigger_and_first_day(write: Write) -> None:
    found = run(write("O*20", "/*20", "U*20"), "--format", "json").json["findings"]
    order = [(each["pupil_id"], each["trigger"], each["first"]) for each in found]
    assert order == sorted(order)
    assert len(order) > 5


def test_csv_is_one_row_a_finding_with_its_sessions(write: Write) -> None:
    path = write("/*18 I U+\\")
    rows = list(csv.DictReader(io.StringIO(run(path, "--format", "csv").out)))
    assert [row["trigger"] for row in rows] == []
    rows = list(csv.DictReader(io.StringIO(run(write("/*8 I U+\\"), "--format", "csv").out)))
    assert [(row["trigger"], row["value"], row["ended"]) for row in rows] == [
        ("persistent-absence", "3", "")
    ]
    assert rows[0]["why"] == "2026-01-15 AM I;2026-01-15 PM I;2026-01-16 AM U"


def test_the_day_judged_is_the_last_with_a_mark_or_the_one_asked_for(write: Write) -> None:
    path = write("O*10 / -")
    assert run(path, "--format", "json").json["as_of"] == DAYS[10].isoformat()
    asked = run(path, "--as-of", DAYS[8], "--format", "json").json
    assert asked["as_of"] == DAYS[8].isoformat()
    assert all(each["trigger"] != "continuous-unauthorised" for each in asked["findings"])


def test_each_date_uses_the_codes_then_in_force(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    summer = marks("J H*2 /*7", weekdays(date(2024, 7, 8), 10))
    rows = [f"P1,{day},{half},{code}" for (day, half), code in summer.items()]
    path.write_text("\n".join(["pupil_id,date,session,code", *rows]), encoding="utf-8")
    answer = run(path, "--format", "json").json
    assert (answer["unknown_codes"], answer["code_sets"]) == ({}, ["england-2013"])
    assert [each["code"] for each in answer["findings"][0]["why"]] == ["H"] * 4


def test_another_policy_is_named_or_given_as_a_file(write: Write, tmp_path: Path) -> None:
    path = write("O*20")
    assert run(path, "--policy", "wales-2010", "--format", "json").json["policy"] == "wales-2010"
    from linkwork import policy

    own = tmp_path / "own.toml"
    text = policy.builtin("england-2024").text
    own.write_text(text.replace('name = "england-2024"', 'name = "ours"'), encoding="utf-8")
    assert run(path, "--policy", own, "--format", "json").json["policy"] == "ours"


def test_days_that_look_wrong_are_named(write: Write) -> None:
    said = run(write("/*5 - /*4 /", *["/*5 - /*4 -"] * 5))
    assert "Mon 19 Jan 2026: perhaps not a school day, 1 of 6 pupils have a mark." in said.out
    assert "No mark at all on Mon 12 Jan 2026." in said.out
    days = run(write("/*5 - /*4 /", *["/*5 - /*4 -"] * 5), "--format", "json").json["school_days"]
    assert days["perhaps_not_a_school_day"] == [{"date": "2026-01-19", "marked": 1, "pupils": 6}]
    assert days["without_any_mark"] == ["2026-01-12"]


def test_a_calendar_decides_which_days_count(write: Write, tmp_path: Path) -> None:
    calendar = tmp_path / "days.csv"
    rows = [f"{day},{'school' if n != 4 else 'inset'}" for n, day in enumerate(DAYS[:10])]
    calendar.write_text("\n".join(["date,kind", *rows]), encoding="utf-8")
    answer = run(write("O*10"), "--calendar", calendar, "--format", "json").json
    assert answer["school_days"]["source"] == "declared"
    assert answer["school_days"]["not_in_the_calendar"] == [DAYS[4].isoformat()]
    assert {each["trigger"] for each in answer["findings"]} == {
        "irregular",
        "penalty-window",
        "persistent-absence",
        "severe-absence",
        "third-day",
    }


def test_an_unknown_code_is_counted_named_and_judged_as_unknown(write: Write) -> None:
    path = write("/*10 O*9 Q9", "/*20")
    said = run(path, "--format", "json")
    assert said.code == 0
    assert said.json["unknown_codes"] == {"Q9": 2}
    assert said.json["unmarked"] == 0
    assert f"{path}, row 40, column code: Q9 is no attendance code" in said.err
    assert "2 times" in said.err
    assert "Correct it in the school system" in said.err
    assert all(each["trigger"] != "continuous-unauthorised" for each in said.json["findings"])


def test_a_column_that_holds_no_codes_is_bad_input(write: Write) -> None:
    path = write("/*10 Q9*5")
    said = run(path)
    assert (said.code, said.out) == (3, "")
    assert f"{path}, row 22, column code: Q9 is no attendance code" in said.err


def test_an_age_nobody_gave_is_judged_as_compulsory_and_said_so(write: Write) -> None:
    path = write("O*10", born="")
    assert run(path, "--format", "json").json["findings"][0]["age"] == "unknown"
    assert "1 pupil without a date of birth" in run(path).out


def test_marks_before_entry_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        f"P1,,Example,Ash,,7A,{DAYS[5]},,{day},{half},O"
        for day in DAYS[:10]
        for half in ("AM", "PM")
    ]
    path = tmp_path / "register.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    answer = run(path, "--format", "json").json
    assert (answer["sessions"], answer["marks_off_roll"]) == (10, 10)
    assert "10 marks before entry or after leaving: not counted. Are the dates" in run(path).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--as-of", "soon"], "--as-of 'soon' is not a date. Write it as YYYY-MM-DD"),
        (["--as-of", "2020-01-01"], "the register starts on 2026-01-05. Give a later --as-of"),
        (["--policy", "utopia"], "Use one of: england-2024, wales-2010"),
    ],
)
def test_wrong_use_is_exit_two_with_the_remedy(
    write: Write, arguments: list[str], says: str
) -> None:
    said = run(write("/*5"), *arguments)
    assert (said.code, said.out) == (2, "")
    assert says in said.err


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("2026-01-06,AM,/", "06/01/2026,AM,/", "row 4, column date"),
        ("2026-01-06,AM,/", "2026-01-06,noon,/", "row 4, column session"),
        ("2026-01-06,AM,/", "2026-01-05,AM,O", "row 4, column code"),
        ("2026-01-06,AM,/", "2026-01-06,AM,present", "row 4, column code"),
        ("session,code", "session,mood", "register.csv"),
    ],
)
def test_bad_input_is_exit_three_naming_file_row_and_column(
    write: Write, old: str, new: str, place: str
) -> None:
    path = write("/*5")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    said = run(path)
    assert (said.code, said.out) == (3, "")
    assert "register.csv" in said.err
    assert place in said.err


@pytest.mark.parametrize("content", [b"", HEADER.encode(), b"\xff\xfe\x00", b"\x00" * 40])
def test_a_file_without_a_register_is_bad_input(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(content)
    said = run(path)
    assert (said.code, said.out) == (3, "")
    assert "register.csv" in said.err


def test_a_register_of_blanks_is_never_everyone_absent(write: Write) -> None:
    said = run(write("-*10", "-*10"))
    assert (said.code, said.out) == (3, "")
    assert "the register holds no mark" in said.err


def test_an_all_closed_register_is_no_all_clear(write: Write) -> None:
    said = run(write("#*10"))
    assert said.code == 0
    assert "No school day: every mark is a closure. Nothing could be judged." in said.out
    assert "All clear" not in said.out


def test_every_planted_case_of_a_school_is_found_and_no_near_miss(
    school: tuple[SampleSchool, Path],
) -> None:
    made, path = school
    found = run(path, "--format", "json").json["findings"]
    by_case = {(each["pupil_id"], each["trigger"]): each for each in found}
    assert made.planted
    for case in made.planted:
        if not case.found:
            assert (case.pupil_id, case.trigger) not in by_case
            continue
        each = by_case[case.pupil_id, case.trigger]
        assert (each["first"], each["status"]) == (case.first.isoformat(), case.status)
        assert each["ended"] == (case.ended.isoformat() if case.ended else None)


def test_a_pupil_number_that_is_a_formula_is_inert_in_the_csv(write: Write) -> None:
    path = write("O*10")
    path.write_text(path.read_text().replace("P1,", "=1+1,"), encoding="utf-8")
    rows = list(csv.reader(io.StringIO(run(path, "--format", "csv").out)))
    assert {row[0] for row in rows[1:]} == {"'=1+1"}


def test_json_says_where_a_rule_looked_and_what_would_change_it(write: Write) -> None:
    found = run(write("/*5 O*8 N*2", "/*15"), "--format", "json").json["findings"]
    by_rule = {each["trigger"]: each for each in found}
    run_of_days = by_rule["continuous-unauthorised"]
    assert run_of_days["window"] == {
        "words": "10 school days in a row: Mon 12 Jan 2026 to Fri 23 Jan 2026",
        "first": "2026-01-12",
        "last": "2026-01-23",
    }
    assert run_of_days["change"].startswith("Ends with an attended day")
    assert run_of_days["waiting"][0] == {
        "date": "2026-01-22",
        "session": "AM",
        "due": "2026-01-29",
    }
    assert by_rule["persistent-absence"]["to_leave"] > 0
    assert by_rule["irregular"]["parts"] == ["penalty-window", "irregular-in-the-year"]
    assert by_rule["first-day"]["audience"] == "school"


def test_several_policies_apply_each_to_its_own_dates(write: Write, tmp_path: Path) -> None:
    from linkwork import policy

    text = policy.builtin("england-2024").text
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(
        text.replace("england-2024", "old", 1)
        .replace("valid_from = 2024-08-19", "valid_from = 2025-09-01\nvalid_to = 2026-01-16")
        .replace("threshold = 10", "threshold = 5", 1),
        encoding="utf-8",
    )
    later = text.replace("england-2024", "new", 1).replace("2024-08-19", "2026-01-17", 1)
    new.write_text(later, encoding="utf-8")
    path = write("/*4 O*6 / O*6 /")
    said = run(path, "--policy", old, "--policy", new, "--format", "json")
    runs = [f for f in said.json["findings"] if f["trigger"] == "continuous-unauthorised"]
    assert [(f["value"], f["threshold"]) for f in runs] == [(6, 5)]
    assert said.json["policy"] == "new"
    new.write_text(later.replace("2026-01-17", "2026-01-20", 1), encoding="utf-8")
    said = run(path, "--policy", old, "--policy", new)
    assert said.code == 3
    assert "between old and new" in said.err
