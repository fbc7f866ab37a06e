"""Schools, people, calendars and the audit trail in a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from linkwork_hub.access import store
from linkwork_hub.access.models import SchoolFacts
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
