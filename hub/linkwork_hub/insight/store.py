"""What the first page counts, from the stores of the domains below."""

from __future__ import annotations

from collections import Counter

from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.feeds import standing
from linkwork_hub.insight.models import Casework, Feeds, HealthNeeds, Load
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import ReferralState


def casework(scope: Scope, db: Tx) -> Casework:
    """Everything in hand within this scope's reach."""
    mine = scope.person_id or ""
    return Casework(
        consider=referrals.count(scope, db, referrals.Filter()),
        statutory=referrals.count(scope, db, referrals.Filter(statutory=True)),
        to_decide=referrals.count_referrals(scope, db, ReferralState.RECEIVED),
        asked=referrals.count_waiting(scope, db),
        open_cases=cases.count(scope, db, cases.Filter()),
        my_cases=cases.count(scope, db, cases.Filter(officer_id=mine)),
        overdue_cases=cases.count(scope, db, cases.Filter("overdue")),
        actions=actions.count(scope, db, actions.Filter()),
        overdue_actions=actions.count(scope, db, actions.Filter("overdue")),
    )


def health_needs(scope: Scope, db: Tx) -> HealthNeeds:
    """The sickness returns within reach."""
    return HealthNeeds(
        waiting=referrals.count_sickness(scope, db),
        arranged=referrals.count_sickness(scope, db, "arranged"),
    )


def feeds(scope: Scope, db: Tx) -> Feeds:
    """The schools' feeds within reach."""
    judged = standing.standings(scope, db)
    return Feeds(
        schools=len(judged),
        connected=sum(one.feed.state is not None for one in judged),
        troubled=sum(bool(one.problems) for one in judged),
    )


def loads(scope: Scope, db: Tx) -> list[Load]:
    """Each active officer's schools and cases, the most overdue first; then what nobody carries.

    The open cases add up to all there are: a case nobody has, or whose officer has left or does
    other work now, stands in the last row.
    """
    linked = Counter(school.link_officer for school in access.schools(scope, db))
    found = [
        Load(
            name=person.name,
            schools=linked[person.id],
            open_cases=cases.count(scope, db, cases.Filter(officer_id=person.id)),
            overdue=cases.count(scope, db, cases.Filter("overdue", officer_id=person.id)),
        )
        for person in access.people(scope, db, role=Role.OFFICER)
        if person.active
    ]
    found.sort(key=lambda load: (-load.overdue, -load.open_cases, load.name))
    left = cases.count(scope, db, cases.Filter()) - sum(load.open_cases for load in found)
    late = cases.count(scope, db, cases.Filter("overdue")) - sum(load.overdue for load in found)
    officers = {
        person.id for person in access.people(scope, db, role=Role.OFFICER) if person.active
    }
    alone = sum(number for officer, number in linked.items() if officer not in officers)
    return [*found, Load("No officer", alone, left, late)] if left or alone else found
