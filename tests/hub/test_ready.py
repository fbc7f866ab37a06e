"""A statement that is made ready once says and takes what SQLAlchemy's own execution does."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, NoResultFound, StatementError

from linkwork_hub.box import Box
from linkwork_hub.db import Database, SealedText, Utc, open_engine
from linkwork_hub.ready import Ready, Shelf

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
THING = Table(
    "things",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("day", Date),
    Column("tries", Integer, nullable=False, default=0),
    Column("words", JSON, nullable=False, default=list),
    Column("name", SealedText),
)
ADD = insert(THING)
ONE = select(THING).where(THING.c.id == bindparam("of_id"))
CHANGE = update(THING).where(THING.c.id == bindparam("of_id"))
TRIED = CHANGE.values(tries=THING.c.tries + 1).returning(THING.c.tries)
HIGHEST = select(func.max(THING.c.tries))
DROP = delete(THING).where(THING.c.id == bindparam("of_id"))


@pytest.fixture
def database() -> Database:
    engine = open_engine("sqlite://")
    THING.create(engine)
    return Database(engine, Box(b"k" * 32, bytes), lambda: NOW, bytes)


def thing(name: str) -> dict[str, object]:
    return {"id": name, "at": NOW, "day": date(2026, 3, 2), "words": {"a": [1]}}


def add_twice(database: Database, name: str) -> None:
    """A transaction that the database refuses at its second statement."""
    with database.write() as tx:
        tx.change(ADD, thing(name))
        tx.change(ADD, thing(name))


def made_ready(shelf: Shelf, database: Database, *names: str) -> Ready | None:
    """What the shelf has of ONE once it was asked for often."""
    with database.read() as tx:
        for _ in range(5):
            found = shelf.find(tx.conn, ONE, dict.fromkeys(names, "x"))
    return found


def test_every_execution_gives_what_the_first_gave(database: Database) -> None:
    with database.write() as tx:
        name = tx.sealed(THING.c.name, "x", "a name")
        for number in range(8):
            assert tx.change(ADD, thing(f"t{number}") | {"name": name}) == 1
        rows = [tx.first(ONE, {"of_id": f"t{number}"}) for number in range(8)]
        every = [tx.all(ONE, {"of_id": f"t{number}"})[0] for number in range(8)]
    assert made_ready(Shelf(), database, "of_id") is not None
    for number, row in enumerate(rows):
        assert row is not None
        assert row == every[number]
        assert row._asdict() == thing(f"t{number}") | {"tries": 0, "name": name}
        assert (row.at, row.tries, row._mapping["words"]) == (NOW, 0, {"a": [1]})


def test_changes_are_counted_and_return_what_they_are_asked_for(database: Database) -> None:
    with database.write() as tx:
        tx.change(ADD, thing("t"))
        assert [tx.one(TRIED, {"of_id": "t"})[0] for _ in range(6)] == [1, 2, 3, 4, 5, 6]
        assert [tx.one(HIGHEST)[0] for _ in range(5)] == [6] * 5
        assert [tx.change(CHANGE, {"of_id": who, "tries": 9}) for who in "tttttn"] == [1] * 5 + [0]
        assert [tx.change(DROP, {"of_id": who}) for who in "nnnntn"] == [0] * 4 + [1, 0]
        assert [tx.first(ONE, {"of_id": "t"}) for _ in range(5)] == [None] * 5
        with pytest.raises(NoResultFound):
            tx.one(ONE, {"of_id": "t"})


def test_what_the_database_refuses_is_said_without_a_value(database: Database) -> None:
    said = []
    for _ in range(6):
        with pytest.raises(IntegrityError) as refused:
            add_twice(database, "secret-id")
        said.append(str(refused.value))
    assert "UNIQUE constraint failed" in said[-1]
    assert not [words for words in said if "secret-id" in words]
    with database.read() as tx:
        assert tx.all(ONE, {"of_id": "secret-id"}) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [({"name": "Ada"}, r"only db.sealed"), ({"at": datetime(2026, 3, 2)}, "without a zone")],  # noqa: DTZ001
)
def test_what_a_column_does_not_take_is_refused_each_time(
    database: Database, values: dict[str, object], words: str
) -> None:
    for _ in range(6):
        with pytest.raises(StatementError, match=words), database.write() as tx:
            tx.change(ADD, thing("t") | values)


def test_a_value_that_was_forgotten_is_named(database: Database) -> None:
    for _ in range(6):
        with pytest.raises(StatementError, match="of_id"), database.read() as tx:
            tx.first(ONE, {"of_ib": "t"})


def test_whoever_listens_to_a_connection_hears_every_statement(database: Database) -> None:
    heard: list[str] = []
    with database.read() as tx:
        for _ in range(5):
            tx.first(ONE, {"of_id": "t"})
        event.listen(tx.conn, "before_cursor_execute", lambda *given: heard.append(given[2]))
        tx.first(ONE, {"of_id": "t"})
    assert len(heard) == 1


def test_a_statement_that_is_built_for_one_use_is_not_kept(database: Database) -> None:
    shelf = Shelf()
    with database.read() as tx:
        for number in range(20):
            once = select(THING).where(THING.c.tries == number)
            assert shelf.find(tx.conn, once, {}) is None
    del once
    assert shelf.known() == 0
    assert made_ready(shelf, database, "of_id") is not None
    assert shelf.known() == 1


def test_a_list_of_values_goes_the_usual_way(database: Database) -> None:
    among = select(THING.c.id).where(THING.c.id.in_(bindparam("ids", expanding=True)))
    with database.write() as tx:
        tx.change(ADD, thing("t"))
        for ids in (["t"], ["t", "u"], [], ["u"], ["t"], ["u", "t", "v"]):
            assert [row.id for row in tx.all(among, {"ids": ids})] == [i for i in ids if i == "t"]
