"""Importing terms and days off: added, corrected, taken out again, each mistake placed."""

from __future__ import annotations

from datetime import date

import pytest
from hub_under_test import SYSTEM
from import_files import FERNHILL, SCHOOLS, TERMS, Write, apply, problems

from linkwork_hub.access import store
from linkwork_hub.access.import_schools import plan_schools
from linkwork_hub.access.imports import plan_terms
from linkwork_hub.db import Database


def test_terms_give_school_days(database: Database, write: Write) -> None:
    apply(database, plan_schools, write(SCHOOLS, FERNHILL))
    path = write(
        TERMS,
        "Spring 2026,2026-01-05,2026-03-27,term,",
        "Spring half-term,2026-02-16,2026-02-20,half-term,",
        "Training,2026-01-05,2026-01-05,inset,900001",
    )
    assert len(apply(database, plan_terms, path)) == 3
    assert apply(database, plan_terms, path) == []
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        days = store.school_days(SYSTEM, db, school.id, date(2026, 1, 1), date(2026, 1, 9))
    assert days == [date(2026, 1, day) for day in (6, 7, 8, 9)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Spring,2026-03-27,2026-01-05,term,", "column last: 2026-01-05 is before 2026-03-27"),
        ("Spring,2026-01-05,,term,", "column last: last is empty"),
        ("Spring,2026-01-05,2026-03-27,holiday,", "column kind: 'holiday' is not a kind"),
        ("Spring,2026-01-05,2026-03-27,term,900009", "column urn: no school has URN 900009"),
        (",2026-01-05,2026-03-27,term,", "column name: name is empty"),
    ],
)
def test_a_mistake_in_terms_names_its_column(
    sqlite_database: Database, write: Write, row: str, said: str
) -> None:
    assert said in problems(sqlite_database, plan_terms, write(TERMS, row))[0]


def test_terms_of_the_same_schools_may_not_overlap(sqlite_database: Database, write: Write) -> None:
    first, second = "A,2026-01-05,2026-03-27,term,", "B,2026-03-27,2026-05-01,term,"
    assert (
        "overlaps A, row 2" in problems(sqlite_database, plan_terms, write(TERMS, first, second))[0]
    )
    apply(sqlite_database, plan_terms, write(TERMS, first))
    assert "overlaps A" in problems(sqlite_database, plan_terms, write(TERMS, second))[0]


def known_terms(database: Database) -> list[tuple[str, date, date]]:
    """The name, first and last day of every general entry."""
    with database.read() as db:
        return [(term.name, term.first, term.last) for term in store.terms(SYSTEM, db, None)]


def test_another_first_day_in_the_same_school_year_corrects_a_term(
    database: Database, write: Write
) -> None:
    before = ("Spring,2026-01-05,2026-03-27,term,", "Spring,2027-01-04,2027-03-24,term,")
    apply(database, plan_terms, write(TERMS, *before))
    path = write(TERMS, "Spring,2026-01-06,2026-03-27,term,")
    assert apply(database, plan_terms, path) == [
        (
            "corrects term Spring, every school: "
            "from (2026-01-05 to 2026-03-27) to (2026-01-06 to 2026-03-27)"
        )
    ]
    assert apply(database, plan_terms, path) == []
    assert known_terms(database) == [
        ("Spring", date(2026, 1, 6), date(2026, 3, 27)),
        ("Spring", date(2027, 1, 4), date(2027, 3, 24)),
    ]


def test_two_neighbours_may_move_into_each_others_days_in_one_file(
    sqlite_database: Database, write: Write
) -> None:
    first = ("Autumn,2025-09-02,2025-12-19,term,", "Spring,2026-01-05,2026-03-27,term,")
    apply(sqlite_database, plan_terms, write(TERMS, *first))
    later = write(TERMS, "Autumn,2025-09-02,2026-01-09,term,", "Spring,2026-01-12,2026-03-27,term,")
    assert len(apply(sqlite_database, plan_terms, later)) == 2
    assert [last for _, _, last in known_terms(sqlite_database)] == [
        date(2026, 1, 9),
        date(2026, 3, 27),
    ]


def test_entries_of_one_name_in_one_file_do_not_correct_each_other(
    sqlite_database: Database, write: Write
) -> None:
    rows = [
        "Half-term,2025-10-27,2025-10-31,half-term,",
        "Half-term,2026-02-16,2026-02-20,half-term,",
        "INSET,2025-09-01,2025-09-01,inset,",
    ]
    apply(sqlite_database, plan_terms, write(TERMS, *rows))
    moved = [rows[0], rows[1].replace("02-16", "02-23").replace("02-20", "02-27"), rows[2]]
    again = apply(sqlite_database, plan_terms, write(TERMS, *moved))
    assert [words.split(":")[0] for words in again] == [
        "corrects half-term Half-term, every school"
    ]
    # A second training day of the same name is another day, not another date of the first.
    more = write(TERMS, "INSET,2026-01-05,2026-01-05,inset,")
    assert apply(sqlite_database, plan_terms, more) == [
        "inset INSET, 2026-01-05 to 2026-01-05, every school"
    ]
    assert len(known_terms(sqlite_database)) == 4


def test_an_overlap_of_different_names_is_refused_with_both_and_the_remedy(
    sqlite_database: Database, write: Write
) -> None:
    apply(sqlite_database, plan_terms, write(TERMS, "Spring,2026-01-05,2026-03-27,term,"))
    other = write(TERMS, "Lent,2026-01-06,2026-03-27,term,")
    (problem,) = problems(sqlite_database, plan_terms, other)
    assert problem.startswith("given.csv, row 2, column first: it overlaps Spring, known already")
    assert "from 2026-01-05 to 2026-03-27" in problem
    assert "those of Spring in the same file" in problem


def test_a_closure_imported_by_mistake_is_taken_out_again(database: Database, write: Write) -> None:
    apply(database, plan_schools, write(SCHOOLS, FERNHILL))
    term = "Spring,2026-01-05,2026-03-27,term,"
    apply(database, plan_terms, write(TERMS, term, "Snow,2026-01-12,2026-01-12,closure,900001"))
    asked = write(
        f"{TERMS},withdrawn",
        "Snow,2026-01-12,2026-01-12,closure,900001,yes",
        "Snow,2026-01-13,2026-01-13,closure,900001,",
    )
    assert apply(database, plan_terms, asked) == [
        "takes out closure Snow, 2026-01-12 to 2026-01-12, URN 900001",
        "closure Snow, 2026-01-13 to 2026-01-13, URN 900001",
    ]
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        days = store.school_days(SYSTEM, db, school.id, date(2026, 1, 12), date(2026, 1, 14))
    assert days == [date(2026, 1, 12), date(2026, 1, 14)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "Snow,2026-01-13,2026-01-13,closure,,yes",
            "column withdrawn: no closure Snow from 2026-01-13 to 2026-01-13 is known there",
        ),
        ("Snow,2026-01-12,2026-01-12,closure,,no", "column withdrawn: 'no' is not yes"),
    ],
)
def test_what_is_not_known_is_not_taken_out(
    sqlite_database: Database, write: Write, row: str, said: str
) -> None:
    apply(sqlite_database, plan_terms, write(TERMS, "Snow,2026-01-12,2026-01-12,closure,"))
    before = known_terms(sqlite_database)
    assert said in problems(sqlite_database, plan_terms, write(f"{TERMS},withdrawn", row))[0]
    assert known_terms(sqlite_database) == before
