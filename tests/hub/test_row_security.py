"""PostgreSQL holds every account but the tables' owner to a school's rows, query or no query."""

from __future__ import annotations

from datetime import date

import pytest
from school_post import SchoolPost
from sqlalchemy import Engine, func, select, text
from sqlalchemy import table as named_table
from sqlalchemy.exc import DBAPIError, ProgrammingError

from linkwork.errors import WrongUse
from linkwork_hub import app, migrations
from linkwork_hub.db import Database, Role, Scope, metadata, open_engine
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.receive import receive

pytestmark = pytest.mark.needs("postgresql")
#: Tables whose rows are of no one school, each with why nobody needs to be kept from them.
OF_NO_SCHOOL = {
    "alembic_version": "the shape of the database",
    "audit": "who did what to which id; its page is for managers and the hub team",
    "audit_head": "a count and a digest",
    "calendar_sources": "addresses of staff's own calendars, sealed",
    "case_numbers": "a count",
    "customers": "who pays: schools, trusts and their cost centres",
    "diary_entries": "times at which staff are away or busy, never why or with what",
    "document_events": "what befell a document, the note sealed",
    "document_numbers": "a count",
    "documents": "numbers and sums; its charges are guarded, and with one missing it is not shown",
    "order_events": "what befell an order, the note sealed",
    "orders": "what was bought; who bought it is guarded",
    "duty_days": "who of the staff is on duty on a day",
    "staff_marks": "what is true of staff, such as that they are experienced",
    "enrolments": "sealed, and of a school nobody has proven yet",
    "job_runs": "jobs of the whole hub",
    "people": "staff",
    "schools": "ids; names and numbers stand in school_facts",
    "sessions": "digests of cookies",
    "sign_in_failures": "digests",
}


#: An officer of a school that is not the one in these tests.
ELSEWHERE = Scope(Role.OFFICER, "per_1", frozenset({"sch_other"}))


@pytest.fixture
def database(postgresql_database: Database) -> Database:
    """PostgreSQL alone."""
    return postgresql_database


@pytest.fixture
def school(database: Database, hub_keys: HubKeys) -> SchoolPost:
    """A school with a message, kept and applied."""
    joined = SchoolPost(database, hub_keys).joined()
    joined.send(joined.summary())
    joined.work(app.HANDLERS)
    return joined


def rows(database: Database, table: str) -> int:
    """How many rows raw SQL without any condition finds."""
    with database.read() as db:
        return int(db.execute(select(func.count()).select_from(named_table(table))).scalar_one())


def test_every_table_is_guarded_or_named_with_why_not(postgresql_engine: Engine) -> None:
    with postgresql_engine.connect() as conn:
        asked = text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'")
        guarded = set(conn.execute(asked).scalars())
    open_to_all = {table.name for table in metadata.sorted_tables} - guarded
    assert open_to_all == set(OF_NO_SCHOOL) - {"alembic_version"}


@pytest.mark.parametrize("table", ["inbox", "agents", "feed_states", "feed_marks", "school_facts"])
def test_a_query_that_forgot_its_scope_finds_only_what_the_person_reaches(
    school: SchoolPost, database: Database, table: str
) -> None:
    own = Scope(Role.OFFICER, "per_1", frozenset({school.school_id}))
    assert rows(database.within(own), table) >= 1
    assert rows(database.within(ELSEWHERE), table) == 0
    assert rows(database.within(Scope(Role.SCHOOL, "per_2", frozenset())), table) == 0
    # The control: the hub's own work reaches it, so the row is there to be hidden.
    assert rows(database, table) >= 1


def test_a_row_of_another_school_can_be_neither_written_nor_changed(
    school: SchoolPost, database: Database
) -> None:
    with database.within(ELSEWHERE).write() as db:
        assert db.execute(text("UPDATE feed_states SET mis = 'x'")).rowcount == 0
        assert db.execute(text("DELETE FROM inbox")).rowcount == 0
    added = text(
        "INSERT INTO feed_alarms (id, school_id, what, place, at) VALUES ('a', :s, 'w', 'p', now())"
    )
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        database.within(ELSEWHERE).write() as db,
    ):
        db.execute(added, {"s": school.school_id})


def test_a_connection_nobody_gave_a_reach_finds_nothing(
    school: SchoolPost, working_engine: Engine
) -> None:
    with working_engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM inbox")).scalar() == 0
    # A reach ends with its transaction: the next one on the same connection starts with none.
    with working_engine.connect() as conn:
        with conn.begin():
            conn.execute(text("SET LOCAL linkwork.schools = '*'"))
            assert conn.execute(text("SELECT count(*) FROM inbox")).scalar() == 1
        with conn.begin():
            assert conn.execute(text("SELECT count(*) FROM inbox")).scalar() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE inbox DISABLE ROW LEVEL SECURITY",
        "DROP POLICY within_reach ON inbox",
        "UPDATE audit SET what = 'nothing'",
        "DELETE FROM audit",
        "UPDATE alembic_version SET version_num = '1'",
        "SET LOCAL row_security = off; SELECT count(*) FROM inbox",
    ],
)
def test_the_hubs_account_cannot_take_the_guard_away_or_change_the_record(
    school: SchoolPost, database: Database, statement: str
) -> None:
    with pytest.raises(DBAPIError), database.within(ELSEWHERE).write() as db:
        db.conn.exec_driver_sql(statement)


def test_an_id_that_could_be_more_than_an_id_is_no_reach(database: Database) -> None:
    with (
        pytest.raises(ValueError, match="letters, digits"),
        database.within(Scope(Role.OFFICER, "p", frozenset({"x'; DROP TABLE inbox; --"}))).read(),
    ):
        raise AssertionError("a transaction began")


def test_an_account_the_guard_would_not_bind_is_refused_in_words(
    postgresql_engine: Engine,
) -> None:
    owner = postgresql_engine.url.username
    with pytest.raises(WrongUse, match="row security would not bind it"):
        migrations.upgrade(postgresql_engine, works_as=owner)
    with pytest.raises(WrongUse, match="CREATE ROLE nobody_made"):
        migrations.upgrade(postgresql_engine, works_as="nobody_made")


def test_a_receivers_account_receives_and_can_read_nothing_that_was_opened(
    school: SchoolPost, postgresql_engine: Engine, database: Database, hub_keys: HubKeys
) -> None:
    with postgresql_engine.begin() as conn:
        if not conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname='linkwork_in'")).scalar():
            conn.execute(text("CREATE ROLE linkwork_in LOGIN NOSUPERUSER NOBYPASSRLS"))
    migrations.upgrade(postgresql_engine, receives_as="linkwork_in")
    url = postgresql_engine.url.set(username="linkwork_in")
    engine = open_engine(url.render_as_string(hide_password=False))
    outside = Database(engine, database.box, database.clock, database.random)
    second = school.sealed(school.summary(date(2026, 3, 2)))
    for _ in range(2):
        answer = school.answer(receive(outside, hub_keys.receiver, second))
        assert answer.stored is not None
    beat = school.sealed(school.heartbeat())
    assert school.answer(receive(outside, hub_keys.receiver, beat)).stored is not None
    clash = school.sealed(school.summary(date(2026, 2, 3)), seq=2)
    assert receive(outside, hub_keys.receiver, clash).status == 409
    for table in ("identities", "episodes", "people", "cases", "audit", "sessions"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            rows(outside, table)
    with pytest.raises(ProgrammingError, match="permission denied"), outside.read() as db:
        db.execute(text("SELECT body FROM downlink"))
    engine.dispose()
    assert school.work(app.HANDLERS) == 2
