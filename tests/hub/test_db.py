"""Transactions, scopes and sealed columns, on both kinds of database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hub_under_test import NOW, FixedClock
from sqlalchemy import Column, MetaData, String, Table, insert, select
from sqlalchemy.exc import OperationalError, ProgrammingError, StatementError

from linkwork.errors import LinkworkError, NotAllowed
from linkwork_hub.access.tables import schools, sign_in_failures
from linkwork_hub.box import Box, NoBox
from linkwork_hub.db import Database, Role, Scope, Sealed, SealedText

#: Never created: only its types and names are asked for.
NAMES = Table("names", MetaData(), Column("id", String), Column("name", SealedText))


def write_and_break(database: Database) -> None:
    """A transaction that fails after its first write."""
    with database.write() as db:
        db.execute(insert(schools), {"id": "sch_1", "created": db.now})
        raise RuntimeError("half-way")


def test_an_error_leaves_nothing_of_a_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        write_and_break(database)
    with database.read() as db:
        assert db.all(select(schools)) == []


def test_a_transaction_for_reading_refuses_to_write(database: Database) -> None:
    with (
        pytest.raises((OperationalError, ProgrammingError, StatementError), match=r"read-?only"),
        database.read() as db,
    ):
        db.execute(insert(schools), {"id": "sch_1", "created": db.now})


def test_what_made_a_connection_read_only_is_gone_when_it_writes(database: Database) -> None:
    # The pool hands the few connections it has out again: after some rounds each has done both.
    for number in range(4):
        with database.read() as db:
            assert len(db.all(select(schools))) == number
        with database.write() as db:
            db.execute(insert(schools), {"id": f"sch_{number}", "created": db.now})


def test_a_row_with_the_same_key_is_added_once(database: Database) -> None:
    row = {"key": "k", "failures": 1, "wait_until": NOW}
    with database.write() as db:
        assert db.add_once(sign_in_failures, row)
        assert not db.add_once(sign_in_failures, row | {"failures": 9})
        assert db.execute(select(sign_in_failures.c.failures)).scalar_one() == 1


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    there = datetime(2026, 7, 1, 12, 30, tzinfo=timezone(timedelta(hours=1)))
    with database.write() as db:
        db.execute(insert(schools), {"id": "sch_1", "created": there})
    with database.read() as db:
        created = db.execute(select(schools.c.created)).scalar_one()
    assert created == there
    assert created.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="without a zone"), database.write() as db:
        db.execute(insert(schools), {"id": "sch_1", "created": naive})


def test_a_foreign_key_must_lead_somewhere(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    from linkwork_hub.access.tables import person_schools

    with pytest.raises(IntegrityError), database.write() as db:
        db.execute(insert(person_schools), {"person_id": "nobody", "school_id": "nowhere"})


def test_an_error_of_the_database_names_no_value_we_gave(sqlite_database: Database) -> None:
    with sqlite_database.write() as db:
        db.execute(insert(schools), {"id": "Testina Example", "created": db.now})
    with pytest.raises(StatementError) as caught, sqlite_database.write() as db:
        db.execute(insert(schools), {"id": "Testina Example", "created": db.now})
    assert "Testina" not in str(caught.value)


def test_an_identifying_column_takes_no_plain_text() -> None:
    with pytest.raises(TypeError, match="never plain text"):
        SealedText().process_bind_param("Testina", None)  # type: ignore[arg-type]
    assert SealedText().process_bind_param(Sealed(b"x"), None) == b"x"  # type: ignore[arg-type]


def test_a_sealed_text_opens_only_in_its_own_place(sqlite_database: Database) -> None:
    with sqlite_database.write() as db:
        sealed = db.sealed(NAMES.c.name, "row1", "Testina Example")
        assert sealed is not None
        assert b"Testina" not in sealed.data
        assert db.opened(NAMES.c.name, "row1", sealed) == "Testina Example"
        assert db.sealed(NAMES.c.name, "row1", None) is None
        for column, row in ((NAMES.c.name, "row2"), (NAMES.c.id, "row1")):
            with pytest.raises(LinkworkError, match="does not open"):
                db.opened(column, row, sealed)


def test_a_changed_byte_or_another_key_does_not_open() -> None:
    box, other = (Box(bytes([n]) * 32, Random(1).randbytes) for n in (1, 2))
    data = box.seal("place", "Testina")
    for broken in (data[:-1] + bytes([data[-1] ^ 1]), data[:5], b"\x02" + data[1:], b""):
        with pytest.raises(LinkworkError, match="does not open"):
            box.open("place", broken)
    with pytest.raises(LinkworkError, match="does not open"):
        other.open("place", data)


def test_the_same_text_is_never_sealed_the_same_twice() -> None:
    box = Box(b"k" * 32, Random(1).randbytes)
    assert box.seal("place", "Testina") != box.seal("place", "Testina")


def test_ids_are_long_unlike_and_easy_to_copy(sqlite_database: Database) -> None:
    with sqlite_database.write() as db:
        made = {db.new_id("sch") for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"sch_[0-9a-hjkmnp-tv-z]{26}", one) for one in made)


def test_a_scope_reaches_its_schools_and_no_other() -> None:
    officer = Scope(Role.OFFICER, "per_1", frozenset({"sch_1"}))
    assert officer.reaches("sch_1")
    assert not officer.reaches("sch_2")
    officer.require("sch_1")
    with pytest.raises(NotAllowed):
        officer.require("sch_2")
    assert Scope(Role.MANAGER).reaches("sch_2")
    assert not Scope(Role.SCHOOL, "per_2", frozenset()).reaches("sch_1")


def test_a_scope_without_schools_finds_nothing(database: Database) -> None:
    with database.write() as db:
        db.execute(insert(schools), {"id": "sch_1", "created": db.now})
        for reach, found in ((None, 1), (frozenset({"sch_1"}), 1), (frozenset(), 0)):
            scope = Scope(Role.OFFICER, "per_1", reach)
            assert len(db.all(select(schools).where(scope.where(schools.c.id)))) == found


def test_finance_and_the_hub_team_never_see_names() -> None:
    seeing = {role for role in Role if Scope(role).may_see_names()}
    assert seeing == {Role.OFFICER, Role.MANAGER, Role.SCHOOL, Role.SYSTEM}


def test_today_is_the_date_in_the_united_kingdom(
    sqlite_database: Database, clock: FixedClock
) -> None:
    clock.now = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    with sqlite_database.read() as db:
        assert db.today.isoformat() == "2026-07-01"


def test_a_process_without_the_column_key_can_neither_seal_nor_open() -> None:
    closed = NoBox()
    with pytest.raises(LinkworkError, match="holds no column key"):
        closed.seal("place", "Testina")
    with pytest.raises(LinkworkError, match="holds no column key"):
        closed.open("place", b"x" * 40)
    with pytest.raises(LinkworkError, match="holds no column key"):
        closed.secret("web/form")
