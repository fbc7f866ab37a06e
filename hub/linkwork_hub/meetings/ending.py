"""What a record of a meeting must hold before it is agreed, and what it then counts as."""

from __future__ import annotations

from collections.abc import Mapping

from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Pathway
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import caution_store, chairing, company_store, gathering
from linkwork_hub.meetings.kinds import CHAIR, Kind, MeetingRules
from linkwork_hub.meetings.models import Meeting, Slot


def check(
    scope: Scope,
    db: Tx,
    rules: MeetingRules,
    kind: Kind,
    one: Meeting,
    texts: Mapping[str, str],
    actions: int,
) -> None:
    """Raises Refused while a record lacks its chair, caution, plan or a part it ends in."""
    if kind.chair:
        chair = company_store.chair_of(scope, db, one.meeting_id, CHAIR)
        chair_id = chair.officer_id if chair else ""
        slot = Slot(one.half_day, one.start, one.end, "")
        gathering.check_chair(scope, db, rules, kind, chair_id, one.officer_id, [slot])
    said = caution_store.cautions(scope, db, one.meeting_id) if kind.caution else ()
    chairing.check_ending(kind, texts, actions, said)


def count_as_work(
    scope: Scope, db: Tx, pathway: Pathway, kind: Kind, one: Meeting, version: int, by: str
) -> None:
    """The first agreed record of a meeting about a case is work done on it, on its day."""
    case_id = company_store.case_of(scope, db, one.meeting_id)
    case = cases.case(scope, db, case_id) if case_id else None
    done = next((work for work in pathway.work if work.id == kind.work), None)
    if version == 1 and case is not None and case.open and done is not None:
        work = cases.Work(done.id, done.words, one.half_day.day)
        cases.record_work(scope, db, case, work, by)
