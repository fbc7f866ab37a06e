"""SQL that changes cases: opening, work, steps, closing. Every change is a line of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update

from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person
from linkwork_hub.access.rules import bank_holidays
from linkwork_hub.cases import rules
from linkwork_hub.cases.models import (
    NO_STEP,
    Case,
    Door,
    NewCase,
    Pathway,
    PenaltyNotice,
    StepRule,
)
from linkwork_hub.cases.store.reading import ISSUED, NOTICE, case, notices, work_done
from linkwork_hub.cases.tables import case_events, case_numbers
from linkwork_hub.cases.tables import cases as table
from linkwork_hub.db import Scope, Tx
from linkwork_hub.web import found

OPENED, MOVED, CLOSED, VOIDED = "opened", "moved", "closed", "voided"


@dataclass(frozen=True, slots=True)
class Work:
    """Something done on a case: `kind` is one of the pathway's, `on` when, `note` in words."""

    kind: str
    words: str
    on: date
    note: str = ""


def open_case(scope: Scope, db: Tx, prefix: str, pathway: Pathway, new: NewCase, by: str) -> Case:
    """Open a case on the first step of its door, its clock running. `by` is who opens it."""
    scope.require(new.school_id)
    ident, step = db.new_id("cas"), pathway.step(rules.first_step(pathway, new.door))
    from_referral = step.clock is not None and step.clock.starts == "referral"
    since = new.referred if new.referred and from_referral else db.today
    ref = rules.reference(prefix, db.today.year, _next_number(db, db.today.year))
    db.execute(
        insert(table).values(
            id=ident,
            ref=ref,
            door=new.door.value,
            school_id=new.school_id,
            pseudonym=new.pseudonym,
            candidate_id=new.candidate_id,
            referral_id=new.referral_id,
            officer_id=new.officer_id,
            opened=db.today,
            void=False,
            step=step.id,
            step_since=since,
            due=_due(scope, db, new.school_id, step, since),
        )
    )
    what = f"{rules.DOOR_WORDS[new.door]}. Step: {step.name}"
    _record(db, ident, OPENED, what, by, note=new.why)
    return found(case(scope, db, ident))


def relink(scope: Scope, db: Tx, school_id: str, was: str, now: str) -> int:
    """Put the cases of a school's pupil `was` under `now`; how many there were."""
    scope.require(school_id)
    mine = (table.c.school_id == school_id, table.c.pseudonym == was)
    return db.execute(update(table).where(*mine).values(pseudonym=now)).rowcount


def record_work(scope: Scope, db: Tx, worked_on: Case, work: Work, by: str) -> None:
    """Add work that was done to a case's history. Raises Refused for an impossible date."""
    rules.work_is_dated(work.on, worked_on, db.today)
    _record(db, worked_on.id, work.kind, work.words, by, on=work.on, note=work.note)


def move(scope: Scope, db: Tx, pathway: Pathway, moved: Case, to: str, by: str, note: str) -> None:
    """Move a case on, stopping its clock and starting the next. Raises Refused at a shut gate."""
    done = work_done(scope, db, moved.id, moved.step_since)
    step = rules.may_move(pathway, moved, to, done)
    due = _due(scope, db, moved.school_id, step, db.today)
    db.execute(
        update(table)
        .where(table.c.id == moved.id)
        .values(step=step.id, step_since=db.today, due=due)
    )
    _record(db, moved.id, MOVED, f"Step: {step.name}", by, note=note)


def close(
    scope: Scope, db: Tx, pathway: Pathway, shut: Case, outcome: str, on: date, by: str, note: str
) -> None:
    """Close a case with an outcome; its clock stops. Raises Refused when it cannot be."""
    rules.check_closing(pathway, shut, outcome, on, db.today)
    words = next(choice.words for choice in pathway.outcomes if choice.id == outcome)
    values = {"closed": on, "outcome": outcome, "due": None}
    db.execute(update(table).where(table.c.id == shut.id).values(values))
    _record(db, shut.id, CLOSED, f"Closed: {words}", by, on=on, note=note)


def void(scope: Scope, db: Tx, wrong: Case, by: str, why: str) -> None:
    """Make a case void: opened in error, it counts nowhere. Raises Refused without a reason."""
    rules.check_voiding(wrong, why)
    db.execute(update(table).where(table.c.id == wrong.id).values(void=True, due=None))
    _record(db, wrong.id, VOIDED, "Made void: it does not count", by, note=why)


def give_to(scope: Scope, db: Tx, given: Case, to: Person, by: str, why: str) -> None:
    """Make someone else the case's officer. Raises Refused without a reason."""
    rules.check_giving(given, to.id, why)
    db.execute(update(table).where(table.c.id == given.id).values(officer_id=to.id))
    _record(db, given.id, "allocated", f"Allocated to {to.name}", by, note=why)


def give_notice(
    scope: Scope,
    db: Tx,
    on_case: Case,
    parent: str,
    on: date,
    words: str,
    by: str,
    counts: tuple[date, date, int] | None = None,
) -> None:
    """Record that a notice was given to a parent, with its number on the case.

    `counts` are the first and last day it counts absence of, and how many sessions.
    """
    every = notices(scope, db, on_case.pseudonym or "")
    number = 1 + sum(each.case_id == on_case.id for each in every)
    kind, what = f"{NOTICE}:{number}:{ISSUED}", f"Penalty notice {number} given: {words}"
    if counts is not None:
        kind = f"{kind}:{counts[0]}:{counts[1]}:{counts[2]}"
    _record(db, on_case.id, kind, what, by, on=on, note=parent)


def notice_became(
    scope: Scope, db: Tx, notice: PenaltyNotice, became: str, words: str, on: date, by: str
) -> None:
    """Record what happened to a notice, on the case it was given on. Raises NotAllowed."""
    within = found(case(scope, db, notice.case_id))
    what = f"Penalty notice {notice.number}: {words}"
    _record(db, within.id, f"{NOTICE}:{notice.number}:{became}", what, by, on=on)


def add_imported(
    scope: Scope, db: Tx, school_id: str, ref: str, opened: date, closed: date | None
) -> None:
    """Add a case worked on before Linkwork: on no step yet, so no clock runs."""
    scope.require(school_id)
    ident = db.new_id("cas")
    db.execute(
        insert(table).values(
            id=ident,
            ref=ref,
            door=Door.IMPORTED.value,
            school_id=school_id,
            opened=opened,
            closed=closed,
            void=False,
            step=NO_STEP,
            step_since=opened,
        )
    )
    _record(db, ident, OPENED, "Imported from the authority's own list", "", on=opened)


def close_imported(scope: Scope, db: Tx, case_id: str, closed: date) -> None:
    """Close an imported case on the day its list gives."""
    db.execute(
        update(table)
        .where(table.c.id == case_id, scope.where(table.c.school_id))
        .values(closed=closed, due=None)
    )
    _record(db, case_id, CLOSED, "Closed in the authority's own list", "", on=closed)


def _due(scope: Scope, db: Tx, school_id: str | None, step: StepRule, since: date) -> date | None:
    if step.clock is None:
        return None
    until = rules.horizon(step.clock, since)
    days = access.school_days(scope, db, school_id, since, until) if school_id else []
    holidays = {day for year in range(since.year, until.year + 1) for day in bank_holidays(year)}
    return rules.due(step.clock, since, days, holidays)


def _next_number(db: Tx, year: int) -> int:
    db.add_once(case_numbers, {"year": year, "last": 0})
    # The update locks the row, so two officers never get the same number.
    db.execute(
        update(case_numbers).where(case_numbers.c.year == year).values(last=case_numbers.c.last + 1)
    )
    query = select(case_numbers.c.last).where(case_numbers.c.year == year)
    return int(db.execute(query).scalar_one())


def _record(
    db: Tx,
    case_id: str,
    kind: str,
    what: str,
    who: str,
    *,
    on: date | None = None,
    note: str = "",
) -> None:
    """Add a line to a case's history; `note` is sealed, `on` today unless told."""
    col = case_events.c
    ident = db.new_id("cae")
    db.execute(
        insert(case_events).values(
            id=ident,
            case_id=case_id,
            position=db.next_place(col.position, col.case_id == case_id),
            at=db.now,
            on=on or db.today,
            kind=kind,
            what=what,
            who=who,
            note=db.sealed(col.note, ident, note.strip() or None),
        )
    )
