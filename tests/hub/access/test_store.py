"""Schools, people, calendars and the audit trail in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from linkwork_hub.access import store
from linkwork_hub.access.models import SchoolFacts, Term
from linkwork_hub.db import Database, Scope

SYSTEM = Scope.system()
FERNHILL = SchoolFacts(
    school_id="",
    from_day=date(2024, 9, 1),
    urn="900001",
    name="Fernhill Primary",
    school_type="LA",
    phase="primary",
    roll=210,
    roll_date=date(2025, 1, 16),
)


def test_a_conversion_is_a_new_urn_of_the_same_school(database: Database) -> None:
    with database.write() as db:
        school_id = store.add_school(SYSTEM, db, FERNHILL)
        later = replace(FERNHILL, from_day=date(2025, 9, 1), urn="900101", school_type="academy")
        store.put_facts(SYSTEM, db, school_id, later)
    with database.read() as db:
        assert store.facts_on(SYSTEM, db, school_id, date(2025, 8, 31)).school_type == "LA"
        assert store.facts_on(SYSTEM, db, school_id, date(2025, 9, 1)).school_type == "academy"
        by_old, by_new = (store.school_by_urn(SYSTEM, db, urn) for urn in ("900001", "900101"))
        assert by_old == by_new
        assert by_new is not None
        assert by_new.id == school_id


def test_the_school_days_of_many_schools_are_those_of_each(database: Database) -> None:
    first, last = date(2025, 12, 15), date(2026, 3, 2)
    with database.write() as db:
        made = [store.add_school(SYSTEM, db, replace(FERNHILL, urn=f"90000{n}")) for n in range(4)]
        for school_id, name, kind, begins, ends in (
            (None, "Autumn", "term", date(2025, 9, 2), date(2025, 12, 19)),
            (None, "Spring", "term", date(2026, 1, 5), date(2026, 3, 27)),
            (None, "Half-term", "half-term", date(2026, 2, 16), date(2026, 2, 20)),
            (made[1], "spring", "term", date(2026, 1, 7), date(2026, 3, 27)),
            (made[2], "INSET", "inset", date(2026, 1, 5), date(2026, 1, 5)),
            (made[3], "Spring", "term", date(2025, 1, 6), date(2025, 3, 28)),
        ):
            store.add_term(SYSTEM, db, Term("", name, kind, begins, ends, school_id))
    with database.read() as db:
        one_by_one = {s: store.school_days(SYSTEM, db, s, first, last) for s in made}
        assert store.school_days_of(SYSTEM, db, made, first, last) == one_by_one
    assert len({tuple(days) for days in one_by_one.values()}) == 3
    assert one_by_one[made[0]] == one_by_one[made[3]]
