"""Registers that cannot be right: `check` names each by its place and remedy, or asks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from registers import MONDAY, marks, weekdays

from linkwork.errors import BadInput, WrongUse
from linkwork_agent import check

DAYS = weekdays(MONDAY, 30)
HEADER = "pupil_id,upn,date_of_birth,year_group,entry_date,leaving_date,date,session,code"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines under a header; the file."""

    def written(*lines: str, header: str = HEADER, name: str = "register.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join((header, *lines, "")), encoding="utf-8")
        return path

    return written


def rows(
    story: str, pupil_id: str = "P1", details: str = ",2014-05-01,8,,", on: Sequence[date] = ()
) -> list[str]:
    """One pupil's rows; blank marks have their rows too."""
    told = marks(story, on or None)
    return [f"{pupil_id},{details},{day},{half},{code}" for (day, half), code in told.items()]


def told(path: Path, **options: Any) -> Any:
    """The answer as JSON, with what went to standard error under `err`."""
    out, err = io.StringIO(), io.StringIO()
    check.run_check([str(path)], fmt="json", out=out, err=err, **options)
    return json.loads(out.getvalue()) | {"err": err.getvalue()}


def table(path: Path, **options: Any) -> str:
    """The answer for a person, on one line."""
    out = io.StringIO()
    check.run_check([str(path)], out=out, err=io.StringIO(), **options)
    return " ".join(out.getvalue().split())


def refused(path: Path, **options: Any) -> BadInput:
    """What a register is refused with."""
    with pytest.raises(BadInput) as found:
        told(path, **options)
    return found.value


# Codes


def test_an_own_code_is_read_as_the_file_says(write: Write) -> None:
    own = write('X01 = "O"', 'Q9 = "unknown"', header="[codes]", name="codes.toml")
    path = write(*rows("X01*10 Q9 /*10"))
    found = told(path, codes=str(own))
    assert {each["trigger"] for each in found["findings"]} >= {"continuous-unauthorised"}
    assert found["unknown"] == 2
    assert found["unknown_codes"] == {"Q9": 2}
    assert "20 marks are written with the school's own code X01 and read as O" in found["warnings"]


def test_a_code_nobody_knows_says_where_it_is_and_what_to_write(write: Write) -> None:
    found = told(write(*rows("/*20"), *rows("/*19 X01+/", "P2")))
    assert "register.csv, row 80, column code: X01 is no attendance code of England" in found["err"]
    assert 'in [codes]: X01 = "O", or "unknown" where nobody can tell' in found["err"]
    assert 'a kind of X (Not of compulsory age and not required), write X01 = "X"' in found["err"]


def test_codes_that_a_person_has_given_up_on_do_not_stop_the_answer(write: Write) -> None:
    path = write(*rows("Q9*10 /*10"))
    assert "20 of 40 marks are like that" in refused(path).problem
    own = write('Q9 = "unknown"', header="[codes]", name="codes.toml")
    assert told(path, codes=str(own))["unknown"] == 20


def test_a_code_that_was_right_until_its_set_was_replaced_names_no_wrong_row(write: Write) -> None:
    before, after = date(2024, 7, 1), date(2024, 9, 2)
    days = [*weekdays(before, 20), *weekdays(after, 20)]
    found = told(write(*rows("H /*20 H /*18", on=days)))
    assert "column code: H is no attendance code of England, from 19 August 2024" in found["err"]
    assert "row" not in found["err"].split("column")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X01 = 'X'", "has no table [codes]"),
        ("[codes", "is not valid TOML"),
        ("[codes]\nO = '/'", "O is a code of"),
        ("[codes]\nX01 = 'XX'", "said to mean XX"),
    ],
)
def test_a_file_of_codes_that_makes_no_sense_is_wrong_use(
    text: str, words: str, write: Write
) -> None:
    own = write(header=text, name="codes.toml")
    with pytest.raises(WrongUse) as found:
        told(write(*rows("/")), codes=str(own))
    assert words in str(found.value)
    assert "codes.toml" in str(found.value)


# Calendars


TERM = "Spring,2026-01-05,2026-03-27,term,,"
TERMS = "name,first,last,kind,urn,year_group"


def test_a_terms_file_declares_the_days_and_the_half_terms(write: Write) -> None:
    half = "Half term,2026-02-16,2026-02-20,half-term,,"
    terms = write(TERM, half, header=TERMS, name="terms.csv")
    found = told(write(*rows("/*30")), calendar=str(terms))
    assert found["school_days"]["source"] == "declared"
    assert found["school_days"]["origin"] == f"declared by {terms}"
    assert [each["name"] for each in found["half_terms"]] == ["Spring 1", "Spring 2"]
    assert found["half_terms"][0]["last"] == "2026-02-15"


def test_a_closure_of_a_year_group_is_not_possible_for_its_pupils(write: Write) -> None:
    shut = "Burst pipe,2026-01-06,2026-01-07,closure,,8"
    terms = write(TERM, shut, header=TERMS, name="terms.csv")
    eight, nine = rows("/ O O /"), rows("/ / / /", "P2", ",2014-05-01,9,,")
    found = told(write(*eight, *nine), calendar=str(terms))
    assert found["sessions"] == 12
    assert "4 marks of year 8 on days it was shut by the calendar count for nothing" in " ".join(
        found["warnings"]
    )


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("Lent,2026-03-02,2026-04-02,term,,", "first", "shares days with Spring"),
        ("Lent,2026-06-02,2026-05-02,term,,", "last", "before it begins"),
        ("Lent,2026-06-02,2026-07-02,holiday,,", "kind", "term, half-term, inset, closure"),
        ("Lent,2026-06-02,2026-07-02,term,,8", "year_group", "of the whole school"),
        ("Lent,2/6/2026,2026-07-02,term,,", "first", "YYYY-MM-DD"),
        ("Lent,2026-06-02,2026-07-02,term,St Ann,", "urn", "school's number"),
        (",2026-06-02,2026-07-02,term,,", "name", "empty"),
    ],
)
def test_a_calendar_that_cannot_be_is_named_by_row_and_column(
    line: str, column: str, words: str, write: Write
) -> None:
    terms = write(TERM, line, header=TERMS, name="terms.csv")
    found = refused(write(*rows("/")), calendar=str(terms))
    assert (found.file, found.row, found.column) == (str(terms), 3, column)
    assert words in str(found)


def test_a_calendar_of_another_year_is_refused(write: Write) -> None:
    terms = write("Spring,2027-01-05,2027-03-27,term,,", header=TERMS, name="terms.csv")
    found = refused(write(*rows("/*5")), calendar=str(terms))
    assert found.file == str(terms)
    assert "none of the days on which the register has marks, 2026-01-05 to 2026-01-09" in str(
        found
    )


def test_bank_holidays_and_weekends_are_questioned_and_stay(write: Write) -> None:
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 4)]
    path = write(*rows("/ / / /", on=days))
    found = told(path)
    assert found["school_days"]["count"] == 4
    assert found["school_days"]["questioned"] == [
        {"date": "2026-05-02", "why": "Saturday"},
        {"date": "2026-05-04", "why": "Early May bank holiday"},
    ]
    assert "Saturday (Sat 2 May 2026); Early May bank holiday (Mon 4 May 2026)" in table(path)


def test_a_bank_holiday_inside_a_term_without_a_mark_is_left_out_and_said(write: Write) -> None:
    terms = write("Summer,2026-04-13,2026-07-21,term,,", header=TERMS, name="terms.csv")
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 5)]
    path = write(*rows("/ / /", on=days))
    found = told(path, calendar=str(terms))
    assert found["school_days"]["bank_holidays_left_out"] == [
        {"date": "2026-05-04", "why": "Early May bank holiday"}
    ]
    assert found["unmarked"] == 0
    assert "no school day: Early May bank holiday (Mon 4 May 2026)" in table(
        path, calendar=str(terms)
    )


def test_a_week_of_blank_rows_is_missing_registers_and_no_holiday(write: Write) -> None:
    path = write(*rows("/*5 -*5 /*5"))
    found = told(path)["school_days"]
    assert found["without_any_mark"] == [day.isoformat() for day in DAYS[5:10]]
    assert found["taken_for_holidays"] == []
    assert "registers are missing" in table(path)


def test_a_week_without_a_row_is_said_to_be_taken_for_a_holiday(write: Write) -> None:
    path = write(*rows("/*10", on=[*DAYS[:5], *DAYS[10:15]]))
    found = told(path)["school_days"]
    assert found["taken_for_holidays"] == [{"first": "2026-01-12", "last": "2026-01-16"}]
    assert "Taken for holidays, since nobody has a mark: Mon 12 Jan 2026 to Fri 16 Jan" in table(
        path
    )


def test_a_seventh_half_term_is_asked_about(write: Write) -> None:
    first = date(2025, 9, 1)
    days = [first + timedelta(days=14 * n + d) for n in range(7) for d in range(5)]
    assert "7 half terms in 2025-26 where six are usual: Autumn 1 from" in table(
        write(*rows("/*35", on=days))
    )


def test_a_day_of_closures_alone_is_closed_and_a_year_of_them_judges_nobody(write: Write) -> None:
    found = told(write(*rows("/ # /")))["school_days"]
    assert found["only_closures"] == ["2026-01-06"]
    assert found["count"] == 2
    assert "No school day: every mark is a closure" in table(write(*rows("#*30")))


def test_a_date_far_from_the_others_is_asked_about(write: Write) -> None:
    far = date(2036, 1, 7)
    said = table(write(*rows("/ /", on=[DAYS[0], far])))
    assert "Nothing between Mon 5 Jan 2026 and Mon 7 Jan 2036: is the year of the dates" in said


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (date(1926, 1, 5), "no register is of 1926-01-05"),
        (date(2012, 1, 5), "no attendance codes are known for 2012-01-05"),
        (date(9999, 12, 31), "no register is of 9999-12-31"),
    ],
)
def test_a_date_that_no_mark_can_be_of_is_refused_by_file_and_row(
    write: Write, wrong: date, problem: str
) -> None:
    path = write(*rows("/*3"), *rows("/", "P2", on=[wrong]))
    found = refused(path)
    assert problem in found.problem
    assert (found.file, found.row, found.column) == (str(path), 8, "date")
    assert "year of that date" in found.remedy


def test_a_day_asked_about_or_of_a_calendar_is_of_no_impossible_year(write: Write) -> None:
    path = write(*rows("/*3"))
    with pytest.raises(WrongUse, match="--as-of 9999-12-31 is of no register"):
        told(path, as_of="9999-12-31")
    days = write(f"{DAYS[0]},school", "9999-12-31,school", header="date,kind", name="days.csv")
    found = refused(path, calendar=str(days))
    assert (found.file, found.row, found.column) == (str(days), 3, "date")


# Pupils


def test_marks_before_entry_and_after_leaving_are_counted_and_left_out(write: Write) -> None:
    details = f",2014-05-01,8,{DAYS[5]},{DAYS[9]}"
    found = told(write(*rows("O*15", details=details), *rows("/*15", "P2")))
    assert found["marks_off_roll"] == 20
    assert "continuous-unauthorised" not in {each["trigger"] for each in found["findings"]}


def test_marks_off_roll_are_asked_about_by_pupil(write: Write) -> None:
    path = write(*rows("O*15", details=f",2014-05-01,8,{DAYS[5]},{DAYS[9]}"), *rows("/*15", "P2"))
    assert "20 marks before entry or after leaving: not counted. Are the dates right of P1?" in (
        table(path)
    )


def test_nobody_is_to_ring_the_family_of_a_pupil_who_has_left(write: Write) -> None:
    left = rows("O*12", details=f",2014-05-01,8,,{DAYS[11]}")
    said = table(write(*left, *rows("/*15", "P2")))
    prompts = said[said.index("THREE SCHOOL DAYS IN A ROW") :]
    assert "P1" not in prompts
    assert "1 earlier spell" in prompts
    assert "Not on roll any more: stands as it was when the pupil left." in said
    assert "Ends with an attended day" not in said
    still = table(write(*rows("O*15"), *rows("/*15", "P2")))
    assert "P1" in still[still.index("THREE SCHOOL DAYS IN A ROW") :]


def test_a_pupil_who_came_back_is_judged_on_each_stay_apart(write: Write) -> None:
    first = rows("O*6", details=f",2014-05-01,8,{DAYS[0]},{DAYS[5]}")
    second = rows("O*6", details=f",2014-05-01,8,{DAYS[12]},", on=DAYS[12:18])
    others = rows("/*18", "P2")
    found = told(write(*first, *second, *others))
    assert "continuous-unauthorised" not in {each["trigger"] for each in found["findings"]}
    whole = told(write(*rows("O*6"), *rows("O*6", on=DAYS[12:18]), *others))
    assert "continuous-unauthorised" in {each["trigger"] for each in whole["findings"]}


def test_a_leaver_and_a_joiner_are_judged_over_their_own_days(write: Write) -> None:
    joiner = rows("O*10", details=f",2014-05-01,8,{DAYS[5]},", on=DAYS[5:15])
    leaver = rows("O*12", "P2", f",2014-05-01,8,,{DAYS[8]}")
    found = told(write(*joiner, *leaver, *rows("/*15", "P3")))
    runs = [each for each in found["findings"] if each["trigger"] == "continuous-unauthorised"]
    assert [(each["pupil_id"], each["first"]) for each in runs] == [("P1", DAYS[5].isoformat())]
    severe = {e["pupil_id"]: e for e in found["findings"] if e["trigger"] == "severe-absence"}
    assert severe["P2"]["possible"] == 18


def test_year_14_is_read_and_the_law_goes_by_the_date_of_birth(write: Write) -> None:
    adult, child = ",2007-11-20,14,,", ",2014-05-01,14,,"
    found = told(write(*rows("O*15", details=adult), *rows("O*15", "P2", child)))
    runs = {e["pupil_id"] for e in found["findings"] if e["trigger"] == "continuous-unauthorised"}
    assert runs == {"P2"}
    assert {e["pupil_id"] for e in found["findings"] if e["trigger"] == "severe-absence"} == {
        "P1",
        "P2",
    }


def test_part_time_sessions_are_in_the_rates_and_in_no_run_or_window(write: Write) -> None:
    found = told(write(*rows("C2*15"), *rows("/*15", "P2")))
    assert {each["trigger"] for each in found["findings"] if each["audience"] != "school"} <= {
        "severe-absence",
        "persistent-absence",
        "not-seen",
    }


def test_two_records_with_one_upn_are_named_and_the_rest_is_judged(write: Write) -> None:
    twice = ",2014-05-01,8,,".replace(",", "R999999926001,", 1)
    path = write(*rows("O*15", details=twice), *rows("O*15", "P2", twice), *rows("O*15", "P3"))
    found = told(path)
    assert {each["pupil_id"] for each in found["findings"]} == {"P3"}
    assert found["not_judged"] == [
        {"pupil_id": "P1", "reason": "same-upn"},
        {"pupil_id": "P2", "reason": "same-upn"},
    ]
    assert "Pupils P1 and P2 are not judged: two records have this UPN" in table(path)


def test_a_birth_in_the_future_is_named_and_the_rest_is_judged(write: Write) -> None:
    found = told(write(*rows("O*15", details=",2062-05-01,8,,"), *rows("O*15", "P2")))
    assert found["not_judged"] == [{"pupil_id": "P1", "reason": "born-later"}]
    assert {each["pupil_id"] for each in found["findings"]} == {"P2"}


def test_a_birth_a_hundred_years_ago_does_not_take_a_child_off_every_list(write: Write) -> None:
    path = write(*rows("O*15", details=",1914-05-01,8,,"), *rows("O*15", "P2"))
    assert told(path)["not_judged"] == [{"pupil_id": "P1", "reason": "too-old"}]
    assert "Pupil P1 is not judged: the date of birth makes an adult" in table(path)
    grown = told(write(*rows("O*15", details=",2001-05-01,14,,"), *rows("/*15", "P2")))
    assert grown["not_judged"] == []


def test_a_birth_that_does_not_fit_the_year_group_is_asked_about(write: Write) -> None:
    typed = rows("O*15", details=",2024-05-01,8,,")
    held_back = rows("/*15", "P2", details=",2011-09-01,8,,")
    no_group = rows("/*15", "P3", details=",2024-05-01,X,,")
    said = table(write(*typed, *held_back, *no_group))
    assert "1 pupil whose date of birth does not fit the year group: P1. Whether the law" in said
    assert "does not fit" not in table(write(*held_back, *no_group))


def test_leaving_before_entry_is_refused_by_row_and_column(write: Write) -> None:
    found = refused(write(*rows("/"), *rows("/", "P2", ",2014-05-01,8,2026-01-09,2026-01-05")))
    assert (found.row, found.column) == (4, "leaving_date")


def test_two_marks_of_one_session_are_refused_by_row(write: Write) -> None:
    found = refused(write(*rows("/"), *rows("O")))
    assert (found.row, found.column) == (4, "code")
    assert "two marks on 2026-01-05 AM: / and O" in found.problem


SCHOOLS = "pupil_id,urn,date,session,code"


def test_many_schools_in_one_file_need_to_be_told_which(write: Write) -> None:
    lines = [f"{n},{n},2026-01-05,AM,/" for n in (100001, 100002, 100003)]
    found = refused(write(*lines, header=SCHOOLS))
    assert "3 schools: 100001, 100002, 100003" in found.problem
    assert "--urn" in found.remedy
    assert (found.row, found.column) == (3, "urn")


def test_a_pupil_of_two_schools_is_read_at_the_one_named_and_said(write: Write) -> None:
    lines = ["17,100001,2026-01-05,AM,/", "17,100002,2026-01-05,AM,O", "18,100002,2026-01-05,AM,/"]
    found = told(write(*lines, header=SCHOOLS), urn="100001")
    assert (found["pupils"], found["sessions"]) == (1, 1)
    assert "pupil 17 has rows of another school too: only those of 100001 are read" in " ".join(
        found["warnings"]
    )


def test_a_guest_is_said_to_be_one(write: Write) -> None:
    header = HEADER.replace("date,session", "mode,date,session")
    lines = [line.replace(",8,,,", ",8,,,G,") for line in rows("O*15")]
    path = write(*lines, *[line.replace(",8,,,", ",8,,,,") for line in rows("/*15", "P2")],
                 header=header)  # fmt: skip
    assert {each["audience"] for each in told(path)["findings"]} == {"school"}
    assert "1 pupil here as a guest, registered elsewhere" in table(path)
