"""Every school's feed judged: many schools with as many questions to the database as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from hub_under_test import SYSTEM
from sqlalchemy import event

from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts, Term
from linkwork_hub.db import Database, Tx
from linkwork_hub.feeds import standing, store

FACTS = SchoolFacts("", date(2024, 9, 1), "900001", "Fernhill Primary", "LA", "primary")


@contextmanager
def watching(db: Tx, asked: list[str]) -> Iterator[None]:
    """Notes every statement of a transaction."""

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.conn, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.conn, "before_cursor_execute", note)


def test_many_schools_are_judged_with_the_questions_of_one(database: Database) -> None:
    counts = []
    for number in range(1, 6):
        asked: list[str] = []
        with database.write() as db:
            facts = replace(FACTS, urn=f"90000{number}", name=f"School {number}")
            school = access.add_school(SYSTEM, db, facts)
            spring = Term("", "Spring", "term", date(2026, 1, number), date(2026, 3, 27), school)
            access.add_term(SYSTEM, db, spring)
        with database.read() as db, watching(db, asked):
            found = standing.standings(SYSTEM, db)
        assert len(found) == number
        counts.append(len(asked))
    assert set(counts) == {counts[0]}
    with database.read() as db:
        one_by_one = [standing.judge(SYSTEM, db, feed) for feed in store.feeds(SYSTEM, db)]
    assert one_by_one == found
