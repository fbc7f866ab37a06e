"""What the first page counts, on both kinds of database."""

from __future__ import annotations

from datetime import date

from casework import SYSTEM
from hub_under_test import FixedClock

from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.yearly import store
from linkwork_hub.yearly.models import Said

YEAR, DAY = "2025-26", date(2026, 3, 2)


def test_only_the_answer_that_stands_counts_as_a_gap_within_reach_and_year(
    database: Database, clock: FixedClock
) -> None:
    with database.write() as db:
        schools = [
            access.add_school(
                SYSTEM, db, SchoolFacts("", DAY, f"90000{n}", f"School {n}", "LA", "primary")
            )
            for n in range(3)
        ]
    for school, item, year, said in (
        (0, "a", YEAR, Said.NO),
        (0, "a", YEAR, Said.YES),
        (1, "a", YEAR, Said.YES),
        (1, "b", YEAR, Said.PARTLY),
        (1, "c", YEAR, Said.NO),
        (2, "a", "2024-25", Said.NO),
        (2, "no longer asked", YEAR, Said.NO),
    ):
        clock.advance(seconds=1)
        with database.write() as db:
            store.answer(SYSTEM, db, schools[school], year, item, said, DAY, "O", "Seen")
    one = Scope(Role.OFFICER, "per_1", frozenset({schools[0]}))
    with database.within(one).read() as db:
        assert store.schools_with_gap(one, db, YEAR, ["a", "b", "c"]) == 0
    with database.read() as db:
        assert store.schools_with_gap(SYSTEM, db, YEAR, ["a", "b", "c"]) == 1
        assert store.said_in(SYSTEM, db, YEAR)[schools[0]] == {"a": Said.YES}
        assert store.answers(SYSTEM, db, schools[1], YEAR)["b"].evidence == "Seen"
