"""Cases in the database: numbers, periods, and what finance may read. On both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from casework import PUPIL, SYSTEM, Telling, notice

from linkwork.errors import BadInput
from linkwork_hub.access.profile import Profile
from linkwork_hub.cases import store
from linkwork_hub.cases.commands import case_rows
from linkwork_hub.cases.imports import plan_cases
from linkwork_hub.cases.models import Case, Door, NewCase, read_pathway
from linkwork_hub.db import Role, Scope
from linkwork_hub.referrals import store as referrals

HEADING = "case_ref,urn,opened,closed\n"


@pytest.fixture
def a_list(tmp_path: Path) -> Path:
    """A file of three cases worked on before."""
    path = tmp_path / "cases.csv"
    path.write_text(
        HEADING + "OLD-1,900001,2024-09-10,2025-02-01\n"
        "OLD-2,900001,2025-06-02,\n"
        "OLD-3,900001,2023-01-09,2024-08-31\n"
    )
    return path


def bring_in(telling: Telling, path: Path) -> int:
    """Import a file; how many changes it made."""
    with telling.school.db.write() as db:
        plan = plan_cases(SYSTEM, db, path)
        plan.apply(SYSTEM, db)
    return len(plan.steps)


def open_one(telling: Telling, reading: Profile) -> Case:
    telling.tell(notice())
    with telling.school.db.write() as db:
        candidate = referrals.latest(SYSTEM, db, telling.school_id, PUPIL)
        assert candidate is not None
        new = NewCase(Door.DIRECT, telling.school_id, PUPIL, candidate.id, None, "why")
        pathway = read_pathway(reading.section("pathway"))
        return store.open_case(SYSTEM, db, reading.prefix, pathway, new, "An Officer")


def test_references_count_up_within_a_year(telling: Telling, reading: Profile) -> None:
    assert [open_one(telling, reading).ref for _ in range(2)] == [
        "RDG-2026-0001",
        "RDG-2026-0002",
    ]


def test_a_new_case_stands_on_the_first_step_with_its_clock_running(
    telling: Telling, reading: Profile
) -> None:
    opened = open_one(telling, reading)
    assert opened.step == "first-contact"
    assert opened.due == date(2026, 3, 9), "five school days after Monday 2 March"


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2024, 9, 1), date(2025, 8, 31), ["OLD-1", "OLD-2"]),
        (date(2025, 2, 1), date(2025, 2, 1), ["OLD-1"]),
        (date(2025, 2, 2), date(2025, 6, 1), []),
        (date(2024, 8, 31), date(2024, 9, 10), ["OLD-3", "OLD-1"]),
    ],
)
def test_a_case_counts_in_a_period_when_it_was_open_on_any_day_of_it(
    telling: Telling, a_list: Path, first: date, last: date, found: list[str]
) -> None:
    bring_in(telling, a_list)
    with telling.school.db.read() as db:
        cases = store.cases_open_between(SYSTEM, db, telling.school_id, first, last)
    assert [case.ref for case in cases] == found


def test_a_void_case_is_in_the_period_and_marked(telling: Telling, reading: Profile) -> None:
    opened = open_one(telling, reading)
    with telling.school.db.write() as db:
        store.void(SYSTEM, db, opened, "An Officer", "Opened twice")
    day = opened.opened
    with telling.school.db.read() as db:
        (case,) = store.cases_open_between(SYSTEM, db, telling.school_id, day, day)
    assert case.void


def test_finance_reads_a_case_by_reference_and_dates_and_never_by_pupil(
    telling: Telling, reading: Profile
) -> None:
    opened = open_one(telling, reading)
    assert opened.pseudonym == PUPIL
    money = Scope(Role.FINANCE, "per_money")
    with telling.school.db.read() as db:
        (case,) = store.cases_open_between(
            money, db, telling.school_id, opened.opened, opened.opened
        )
    assert (case.ref, case.opened) == (opened.ref, opened.opened)
    assert (case.pseudonym, case.candidate_id, case.referral_id) == (None, None, None)


def test_importing_the_same_list_again_changes_nothing(telling: Telling, a_list: Path) -> None:
    assert bring_in(telling, a_list) == 3
    assert bring_in(telling, a_list) == 0
    a_list.write_text(a_list.read_text().replace("2025-06-02,", "2025-06-02,2026-01-15"))
    assert bring_in(telling, a_list) == 1
    with telling.school.db.read() as db:
        known = store.case_by_ref(SYSTEM, db, "OLD-2")
    assert known is not None
    assert known.closed == date(2026, 1, 15)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("NEW,900001,2025-13-01,", "row 2, column opened: '2025-13-01' is not a date"),
        ("NEW,900001,2025-03-01,2025-02-01", "row 2, column closed: 2025-02-01 is before"),
        ("NEW,900001,2026-03-03,", "row 2, column opened: 2026-03-03 is in the future"),
        ("NEW,900009,2025-03-01,", "row 2, column urn: no school has URN 900009"),
        (",900001,2025-03-01,", "row 2, column case_ref: case_ref is empty"),
        ("OLD-1,900001,2024-09-11,", "row 2, column opened: OLD-1 is known as opened on"),
        ("OLD-1,900001,2024-09-10,2025-02-02", "row 2, column closed: OLD-1 is known as closed"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_the_file_is_imported(
    telling: Telling, a_list: Path, row: str, said: str
) -> None:
    bring_in(telling, a_list)
    wrong = a_list.with_name("wrong.csv")
    wrong.write_text(HEADING + row + "\nGOOD-1,900001,2025-03-01,\n")
    with pytest.raises(BadInput) as refused:
        bring_in(telling, wrong)
    assert f"wrong.csv, {said}" in str(refused.value)
    with telling.school.db.read() as db:
        assert store.case_by_ref(SYSTEM, db, "GOOD-1") is None


def test_a_reference_that_stands_twice_in_a_file_is_named(telling: Telling, tmp_path: Path) -> None:
    twice = tmp_path / "twice.csv"
    twice.write_text(HEADING + "A,900001,2025-03-01,\nA,900001,2025-03-01,\n")
    with telling.school.db.read() as db:
        (problem,) = plan_cases(SYSTEM, db, twice).problems
    assert str(problem).startswith("twice.csv, row 3, column case_ref: A stands in row 2 too")


def test_the_command_prints_dates_and_no_pupil(telling: Telling, reading: Profile) -> None:
    open_one(telling, reading)
    with telling.school.db.read() as db:
        (row,) = case_rows(db, every=False)
    assert (row["ref"], row["urn"], row["opened"]) == ("RDG-2026-0001", "900001", "2026-03-02")
    assert PUPIL not in str(row)
