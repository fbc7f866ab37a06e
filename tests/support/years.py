"""A year with a school, on the pages of a whole hub: a plan agreed, a summary issued."""

from __future__ import annotations

from casework import SYSTEM, Casework

from linkwork_hub.db import Role
from linkwork_hub.meetings import record_store, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Slot

PARTS = {"aims": "Absence of year 8 below 10 %.", "service-does": "Two group sessions."}


def held(work: Casework, kind: str = "yearly-plan") -> str:
    """The address of a meeting that is held today, with the parts of a plan written."""
    with work.hub.db.write() as db:
        kinds = read_rules(work.hub.profile.section("meetings"), file="x")
        times = kinds.kind(kind).hours(Session.AM)
        slot = Slot(HalfDay(db.today, Session.AM), *times, "Free.")
        ident = store.plan(SYSTEM, db, work.school_id, work.officer_id, kind, slot, "O")
    place = f"/meetings/{ident}"
    for section, text in PARTS.items() if kind == "yearly-plan" else ():
        form = {"section": section, f"text-{section}": text, "seen": ""}
        assert work.officer.post(f"{place}/record", form).status_code == 303
    return place


def agreed(work: Casework, place: str) -> str:
    """The service agrees the record of a meeting; its digest."""
    answer = work.officer.post(f"{place}/record/agree", {"without": "yes"})
    assert answer.status_code == 303, answer.text
    with work.hub.db.read() as db:
        return record_store.agreed(SYSTEM, db, place.removeprefix("/meetings/"))[0].digest


def plan_agreed(work: Casework) -> str:
    """A plan that both sides agreed today; the address of its meeting."""
    place = held(work)
    school = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    form = {"digest": agreed(work, place)}
    assert school.post(f"{place}/record/confirm", form).status_code == 303
    return place


def issued(work: Casework, days: str = "term.2026-01-05") -> str:
    """A summary of the school, issued now; the address of its page."""
    answer = work.officer.post(f"/schools/{work.school_id}/summaries", {"days": days})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
