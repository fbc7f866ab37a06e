"""What a case rests on now: its pupil's spells and its request, tested again on today's marks."""

from __future__ import annotations

from datetime import timedelta

from linkwork_hub.access import store as access
from linkwork_hub.cases.basis import Basis, as_it_stands
from linkwork_hub.cases.models import Case
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import store as referrals

#: How far around today school days are asked for: a changed mark settles in five of them.
_NEAR = timedelta(days=90)


def basis_of(scope: Scope, db: Tx, case: Case) -> Basis:
    """What a legal step of a case can rest on today."""
    if case.school_id is None or case.candidate_id is None:
        return Basis()
    spells = referrals.episodes(scope, db, case.candidate_id)
    asked = referrals.referral(scope, db, case.referral_id) if case.referral_id else None
    near = db.today - _NEAR, db.today + _NEAR
    days = access.school_days(scope, db, case.school_id, *near)
    return as_it_stands(spells, asked.counted if asked else (), days, db.today)
