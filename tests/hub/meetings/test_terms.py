"""Which term a name means when names come again every year."""

from __future__ import annotations

from datetime import date

import pytest
from hub_under_test import FixedClock

from linkwork.errors import WrongUse
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person, SchoolFacts, Term
from linkwork_hub.db import Database, Role, Scope
from linkwork_hub.meetings.kinds import MeetingRules
from linkwork_hub.meetings.planning import plan_for_term

SYSTEM = Scope.system()
THIS_YEAR = Term("", "Spring", "term", date(2026, 1, 5), date(2026, 3, 27))
NEXT_YEAR = Term("", "Spring", "term", date(2027, 1, 4), date(2027, 3, 24))


@pytest.fixture
def two_schools(database: Database) -> dict[str, str]:
    """Two schools of one officer, by URN, and two terms called Spring."""
    with database.write() as db:
        olive = Person("", "o@council.example", "O", Role.OFFICER, True, days=SLOTS)
        officer = account_store.add_person(SYSTEM, db, olive, password="")
        made = {}
        for urn in ("900001", "900002"):
            facts = SchoolFacts("", date(2020, 9, 1), urn, f"School {urn}", "LA", "primary")
            made[urn] = access.add_school(SYSTEM, db, facts)
            access.set_link_officer(SYSTEM, db, made[urn], officer)
        for term in (THIS_YEAR, NEXT_YEAR):
            access.add_term(SYSTEM, db, term)
    return made


def planned(database: Database, rules: MeetingRules, name: str) -> set[tuple[str, int]]:
    """The URN and year of every meeting that a plan would add."""
    with database.read() as db:
        made = plan_for_term(SYSTEM, db, rules, name)
    return {(one.need.school.urn, one.slot.half_day.day.year) for one in made.plan.placed}


@pytest.mark.usefixtures("two_schools")
def test_a_name_means_the_first_term_that_is_not_over(
    database: Database, clock: FixedClock, meeting_rules: MeetingRules
) -> None:
    assert planned(database, meeting_rules, "Spring") == {("900001", 2026), ("900002", 2026)}
    clock.advance(days=30)
    assert planned(database, meeting_rules, "spring") == {("900001", 2027), ("900002", 2027)}


@pytest.mark.usefixtures("two_schools")
def test_a_year_after_the_name_says_which_term_is_meant(
    database: Database, meeting_rules: MeetingRules
) -> None:
    found = planned(database, meeting_rules, "Spring 2027")
    assert found == {("900001", 2027), ("900002", 2027)}
    with pytest.raises(WrongUse, match=r"no term 'Spring 2028'. Known: Spring\."):
        planned(database, meeting_rules, "Spring 2028")


@pytest.mark.usefixtures("two_schools")
def test_a_name_whose_terms_are_all_over_is_refused_with_their_dates(
    database: Database, clock: FixedClock, meeting_rules: MeetingRules
) -> None:
    clock.advance(days=500)
    with pytest.raises(WrongUse) as refused:
        planned(database, meeting_rules, "Spring")
    assert "5 January 2026 to 27 March 2026; 4 January 2027 to 24 March 2027" in str(refused.value)
    assert "import terms" in str(refused.value)


def test_schools_in_different_years_of_one_name_are_never_planned_together(
    database: Database,
    clock: FixedClock,
    meeting_rules: MeetingRules,
    two_schools: dict[str, str],
) -> None:
    late = Term("", "Spring", "term", THIS_YEAR.first, date(2026, 4, 17), two_schools["900002"])
    with database.write() as db:
        access.add_term(SYSTEM, db, late)
    clock.advance(days=27)
    with pytest.raises(WrongUse, match="Write its year too, such as --term 'Spring 2027'"):
        planned(database, meeting_rules, "Spring")
    assert planned(database, meeting_rules, "Spring 2026") == {("900002", 2026)}
