"""What a case rests on now: its pupil's spells and its request, tested again on today's marks."""

from __future__ import annotations

from datetime import timedelta

from linkwork_hub.access import store as access
from linkwork_hub.cases.basis import Basis, as_it_stands
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import ReferralState

#: How far around today school days are asked for: a changed mark settles in five of them.
_NEAR = timedelta(days=90)


def basis_of(scope: Scope, db: Tx, case: Case) -> Basis:
    """What a legal step of a case can rest on today."""
    if case.school_id is None or case.candidate_id is None:
        return Basis()
    spells = referrals.episodes(scope, db, case.candidate_id)
    asked = [
        mark
        for made in referrals.referrals_of(scope, db, case.candidate_id)
        if made.state is not ReferralState.RETURNED
        for mark in made.counted
    ]
    near = db.today - _NEAR, db.today + _NEAR
    days = access.school_days(scope, db, case.school_id, *near)
    return as_it_stands(spells, asked, days, db.today)
