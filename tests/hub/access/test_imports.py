"""Importing schools and staff: checked first, whole or not at all, each mistake placed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hub_under_test import SYSTEM
from import_files import FERNHILL, SCHOOLS, TERMS, Write, apply, problems

from linkwork.errors import BadInput
from linkwork_hub.access import store
from linkwork_hub.access.import_schools import plan_schools
from linkwork_hub.access.imports import plan_staff, plan_terms
from linkwork_hub.db import Database, Role

CONVERSION = SCHOOLS + ",predecessor_urn,from"
STAFF = "email,name,role,latitude,longitude,days"


def test_every_mistake_of_a_row_is_named_at_once(database: Database, write: Write) -> None:
    school = "9,,council,primary,many,,nobody@x.test,51.45,"
    found = problems(database, plan_schools, write(SCHOOLS, school))
    named = {one.partition("column ")[2].partition(":")[0].partition(",")[0] for one in found}
    assert named == {
        "urn",
        "name",
        "school_type",
        "roll",
        "roll_date",
        "link_officer",
        "longitude",
    }
    staff = problems(database, plan_staff, write(STAFF, "nowhere,,boss,95,0,sun-am"))
    assert len(staff) == 5


def test_schools_are_added_once_however_often_the_file_is_imported(
    database: Database, write: Write
) -> None:
    path = write(SCHOOLS, FERNHILL)
    assert apply(database, plan_schools, path) == ["new school 900001 Fernhill Primary"]
    assert apply(database, plan_schools, path) == []
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
    assert (school.facts.roll, school.facts.roll_date) == (210, date(2025, 1, 16))
    assert school.facts.latitude == 51.45


def test_a_new_count_holds_from_the_day_it_was_counted(database: Database, write: Write) -> None:
    apply(database, plan_schools, write(SCHOOLS, FERNHILL))
    later = FERNHILL.replace("210,2025-01-16", "301,2026-01-15")
    apply(database, plan_schools, write(SCHOOLS, later))
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        before = store.facts_on(SYSTEM, db, school.id, date(2026, 1, 14))
        after = store.facts_on(SYSTEM, db, school.id, date(2026, 1, 15))
    assert (before.roll, after.roll) == (210, 301)


@pytest.mark.serves("R32")
def test_a_conversion_keeps_the_school_under_its_new_urn(database: Database, write: Write) -> None:
    apply(database, plan_schools, write(SCHOOLS, FERNHILL))
    row = "900101,Fernhill Academy,academy,primary,210,2025-01-16,,51.45,-0.97,900001,2025-09-01"
    done = apply(database, plan_schools, write(CONVERSION, row))
    assert done == ["900101 Fernhill Academy: new facts from 2025-09-01"]
    assert apply(database, plan_schools, write(CONVERSION, row)) == []
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        assert store.facts_on(SYSTEM, db, school.id, date(2025, 8, 31)).urn == "900001"
        assert school.urn == "900101"
    assert (
        "this school is now URN 900101"
        in problems(database, plan_schools, write(SCHOOLS, FERNHILL))[0]
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("900001,Fernhill,,primary,1,2025-01-16,,,", "column school_type: school_type is empty"),
        ("900001,Fernhill,Trust,primary,1,2025-01-16,,,", "'Trust' is not a school_type"),
        ("900001,Fernhill,LA,primary,-3,2025-01-16,,,", "column roll: '-3' is not a number"),
        ("900001,Fernhill,LA,primary,3,,,,", "column roll_date: the roll has no date"),
        ("900001,Fernhill,LA,primary,3,16/01/2025,,,", "'16/01/2025' is not a date"),
        ("900001,Fernhill,LA,primary,3,2025-02-30,,,", "'2025-02-30' is not a date"),
        ("900001,,LA,primary,3,2025-01-16,,,", "column name: name is empty"),
        ("9000O1,Fernhill,LA,primary,3,2025-01-16,,,", "column urn: '9000O1' is not a URN"),
        ("900001,Fernhill,LA,primary,3,2025-01-16,,51.4,", "column longitude"),
        ("900001,Fernhill,LA,primary,3,2025-01-16,,91,0", "column latitude: '91'"),
        ("900001,Fernhill,LA,primary,3,2025-01-16,x@example.test,,", "column link_officer"),
    ],
)
def test_a_mistake_in_a_school_names_row_column_and_remedy(
    sqlite_database: Database, write: Write, row: str, said: str
) -> None:
    (problem,) = problems(sqlite_database, plan_schools, write(SCHOOLS, row))
    assert problem.startswith("given.csv, row 2, column ")
    assert said in problem
    assert len(problem.split(". ")) == 2


def test_two_schools_with_one_urn_are_refused_and_nothing_is_imported(
    database: Database, write: Write
) -> None:
    path = write(SCHOOLS, FERNHILL, FERNHILL.replace("Fernhill", "Oakmere"))
    assert "URN 900001 stands in row 2 too" in problems(database, plan_schools, path)[0]
    with pytest.raises(BadInput, match="row 3"):
        apply(database, plan_schools, path)
    with database.read() as db:
        assert store.schools(SYSTEM, db) == []


def test_every_bad_row_is_named_at_once(sqlite_database: Database, write: Write) -> None:
    path = write(SCHOOLS, FERNHILL.replace("LA", ""), "900002,,LA,primary,,,,,", "x,,,,,,,,")
    found = problems(sqlite_database, plan_schools, path)
    assert [one.split(":")[0] for one in found] == [
        "given.csv, row 2, column school_type",
        "given.csv, row 3, column name",
        *(f"given.csv, row 4, column {it}" for it in ("urn", "name", "school_type", "phase")),
    ]


def test_a_known_school_cannot_change_type_without_a_new_urn(
    sqlite_database: Database, write: Write
) -> None:
    apply(sqlite_database, plan_schools, write(SCHOOLS, FERNHILL))
    changed = write(SCHOOLS, FERNHILL.replace("LA", "academy"))
    (problem,) = problems(sqlite_database, plan_schools, changed)
    assert "A conversion has a new URN" in problem


def test_staff_become_link_officers_of_their_schools(database: Database, write: Write) -> None:
    row = "O.Fenwright@example.test,Odile Fenwright,officer,51.4,-0.9,thu-pm mon-am"
    apply(database, plan_staff, write(STAFF, row))
    linked = FERNHILL.replace(",,51.45", ",o.fenwright@example.test,51.45")
    apply(database, plan_schools, write(SCHOOLS, linked))
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        officer = store.link_officer(SYSTEM, db, school.id)
    assert officer is not None
    assert officer.role == Role.OFFICER
    assert officer.days == ("mon-am", "thu-pm")
    assert apply(database, plan_staff, write(STAFF, row)) == []
    changed = write(STAFF, row.replace(" mon-am", ""))
    assert apply(database, plan_staff, changed) == ["changed officer Odile Fenwright"]


@pytest.mark.serves("S34")
def test_a_file_gives_a_school_another_link_officer_only_with_a_reason_that_is_audited(
    database: Database, write: Write
) -> None:
    staff = ("odile@example.test,Odile,officer,,,mon-am", "pat@example.test,Pat,officer,,,tue-am")
    apply(database, plan_staff, write(STAFF, *staff))
    linked = FERNHILL.replace(",,51.45", ",{},51.45")
    apply(database, plan_schools, write(SCHOOLS, linked.format("odile@example.test")))
    # The same officer again needs no reason; another one does.
    same = write(SCHOOLS, linked.format("odile@example.test"))
    assert apply(database, plan_schools, same) == []
    (problem,) = problems(database, plan_schools, write(SCHOOLS, linked.format("pat@example.test")))
    assert "row 2, column link_officer_why" in problem
    assert "another link officer without a reason" in problem
    heading = f"{SCHOOLS},link_officer_why"
    changed = write(heading, linked.format("pat@example.test") + ",Odile is ill")
    assert apply(database, plan_schools, changed) == ["900001 Fernhill Primary: link officer Pat"]
    with database.read() as db:
        (school,) = store.schools(SYSTEM, db)
        officer = store.link_officer(SYSTEM, db, school.id)
        (entry,) = store.audit_entries(SYSTEM, db, kind="school", record_id=school.id)
    assert officer is not None
    assert (officer.name, entry.what) == ("Pat", "changed link officer")
    assert entry.why == f"{officer.id}: Odile is ill"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nobody,N,officer,,,", "column email: 'nobody' is not an e-mail address"),
        ("n@example.test,,officer,,,", "column name: name is empty"),
        ("n@example.test,N,school,,,", "column role: 'school' is not a role"),
        ("n@example.test,N,officer,,,mon", "column days: 'mon' is not a half day"),
    ],
)
def test_a_mistake_in_staff_names_its_column(
    sqlite_database: Database, write: Write, row: str, said: str
) -> None:
    assert said in problems(sqlite_database, plan_staff, write(STAFF, row))[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no rows"),
        (TERMS.encode() + b"\n", "holds no rows"),
        (b"name,first,last,kind\nx,,,\n", "row 1, column urn: this column is missing"),
        (TERMS.encode() + b",colour\n", "row 1, column colour: nothing here reads this column"),
        (b"name,name,first,last,kind,urn\n", "row 1, column name: this column is there twice"),
        (TERMS.encode() + b"\na,b\n", "row 2: this row has 2 cells, the heading has 5"),
        (TERMS.encode() + b"\na,\x00,c,d,e\n", "row 2: there is a control character (U+0000)"),
        (TERMS.encode() + b"\n\xe9t\xe9,b,c,d,e\n", "row 2: byte 25 is not UTF-8"),
        (TERMS.encode() + b'\n"a,b,c,d,e\nf,g,h,i,j\n', "this is not CSV"),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused_with_its_place(
    sqlite_database: Database, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "terms.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused, sqlite_database.read() as db:
        plan_terms(SYSTEM, db, path)
    assert said in str(refused.value)
    assert str(refused.value).startswith("terms.csv")


def test_a_missing_file_is_named(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"), sqlite_database.read() as db:
        plan_terms(SYSTEM, db, tmp_path / "nothing.csv")


def test_a_byte_order_mark_is_read_over(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(f"{TERMS}\nSpring,2026-01-05,2026-03-27,term,\n", encoding="utf-8-sig")
    assert len(apply(sqlite_database, plan_terms, path)) == 1
