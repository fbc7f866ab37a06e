"""What a record of a meeting must hold before it is agreed, and what it then counts as."""

from __future__ import annotations

from collections.abc import Mapping

from linkwork_hub.access import store as access
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Pathway
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import (
    caution_store,
    chairing,
    company_store,
    gathering,
    record,
    record_store,
    store,
)
from linkwork_hub.meetings.kinds import CHAIR, Kind, MeetingRules
from linkwork_hub.meetings.models import Attendee, Beside, Meeting, Slot


def texts_of(scope: Scope, db: Tx, kind: Kind, one: Meeting) -> dict[str, str]:
    """What stands in a meeting's record, what was written once for all its schools included.

    Raises Refused while two texts stand under one heading.
    """
    own = record.standing(record_store.entries(scope, db, one.meeting_id))
    if not one.main_id:
        return own
    shared = {part.part for part in kind.agenda if part.shared}
    main = record.standing(record_store.entries(scope, db, one.main_id))
    return own | {part: text for part, text in main.items() if part in shared}


def shared_texts(scope: Scope, db: Tx, kind: Kind, one: Meeting) -> dict[str, str]:
    """For a further school's meeting, what was written once for all of them, as it stands now."""
    if not one.main_id:
        return {}
    main = record_store.entries(scope, db, one.main_id)
    return {part.part: record.both(main.get(part.part, ())) for part in kind.agenda if part.shared}


def came_to(scope: Scope, db: Tx, rules: MeetingRules, kind: Kind, one: Meeting) -> list[Attendee]:
    """Who was there. Whoever of the service was at several schools' meeting was there for each."""
    own = store.attendance(scope, db, one.meeting_id)
    if not one.main_id:
        return own
    ours = [part for part in (*kind.must, *kind.may) if part in rules.ours]
    main = [who for who in store.attendance(scope, db, one.main_id) if who.part in ours]
    return [*(who for who in own if who.part not in ours), *main]


def guests_not_there(
    scope: Scope, db: Tx, rules: MeetingRules, kind: Kind, one: Meeting
) -> list[str]:
    """The further schools of a meeting of which somebody who must be there is not recorded."""
    return [
        access.school(scope, db, guest.school_id).name
        for guest in company_store.beside(scope, db, one.meeting_id, Beside.SCHOOL)
        if record.not_there(kind, came_to(scope, db, rules, kind, guest))
    ]


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
