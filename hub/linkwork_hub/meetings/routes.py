"""The addresses of meetings."""

from __future__ import annotations

from linkwork_hub.db import Role
from linkwork_hub.meetings import (
    case_pages,
    change_pages,
    diary_pages,
    duty_pages,
    family_pages,
    gather_pages,
    noting_pages,
    pack_pages,
    pages,
    programme_pages,
    query_pages,
    record_pages,
    staff_pages,
    term_pages,
)
from linkwork_hub.meetings import panels as made
from linkwork_hub.web import get, machine, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}
_WITH_SCHOOL = _CASEWORK | {Role.SCHOOL}

routes = [
    get("/meetings", pages.diary, roles=_WITH_SCHOOL),
    get("/meetings/plan/{school_id}", record_pages.offer, roles=_WITH_SCHOOL),
    post("/meetings/plan/{school_id}", record_pages.choose, roles=_WITH_SCHOOL),
    get("/meetings/gather/{school_id}", gather_pages.choose, roles=_CASEWORK),
    post("/meetings/gather/{school_id}", gather_pages.plan, roles=_CASEWORK),
    get("/meetings/chairs", staff_pages.chairs, roles={Role.MANAGER}),
    post("/meetings/chairs", staff_pages.give, roles={Role.MANAGER}),
    post("/meetings/chairs/end", staff_pages.end, roles={Role.MANAGER}),
    get("/meetings/duty", duty_pages.page, roles=_CASEWORK),
    post("/meetings/duty", duty_pages.fill, roles={Role.MANAGER}),
    post("/meetings/duty/day", duty_pages.set_day, roles={Role.MANAGER}),
    get("/queries", query_pages.page, roles=_WITH_SCHOOL),
    post("/queries", query_pages.ask, roles=_WITH_SCHOOL),
    post("/queries/{id}/answer", query_pages.answer, roles=_CASEWORK),
    get("/meetings/week", term_pages.week, roles=_WITH_SCHOOL),
    get("/meetings/programme", programme_pages.programme, roles=_WITH_SCHOOL),
    get("/meetings/term", term_pages.term, roles=_CASEWORK),
    post("/meetings/term", term_pages.save_term, roles=_CASEWORK),
    get("/meetings/rearrange", term_pages.arrange, roles=_CASEWORK),
    post("/meetings/rearrange", term_pages.save_arranged, roles=_CASEWORK),
    get("/meetings/diary", diary_pages.diary, roles=_WITH_SCHOOL),
    post("/meetings/diary", diary_pages.add_absence, roles=_WITH_SCHOOL),
    post("/meetings/diary/drop", diary_pages.drop_absence, roles=_WITH_SCHOOL),
    post("/meetings/diary/feed", diary_pages.make_feed, roles=_WITH_SCHOOL),
    post("/meetings/diary/revoke", diary_pages.drop_feed, roles=_WITH_SCHOOL),
    get("/meetings/visits/{school_id}", diary_pages.visits, roles=_WITH_SCHOOL),
    post("/meetings/visits/{school_id}", diary_pages.set_visits, roles=_WITH_SCHOOL),
    machine("/calendar/{secret}.ics", diary_pages.feed),
    get("/meetings/{id}.ics", pages.ics, roles=_WITH_SCHOOL),
    get("/meetings/{id}", pages.meeting, roles=_WITH_SCHOOL),
    get("/meetings/{id}/record", noting_pages.write, roles=_WITH_SCHOOL),
    get("/meetings/{id}/pack", pack_pages.page, roles=_WITH_SCHOOL),
    get("/meetings/{id}/pack.pdf", pack_pages.as_pdf, roles=_WITH_SCHOOL),
    get("/meetings/{id}/pack.docx", pack_pages.as_word, roles=_WITH_SCHOOL),
    post("/meetings/{id}/record", noting_pages.save, roles=_CASEWORK),
    post("/meetings/{id}/there", noting_pages.there, roles=_CASEWORK),
    post("/meetings/{id}/record/agree", noting_pages.agree, roles=_CASEWORK),
    post("/meetings/{id}/record/confirm", noting_pages.confirm, roles={Role.SCHOOL}),
    post("/meetings/{id}/actions", record_pages.agree_action, roles=_CASEWORK),
    post("/meetings/{id}/cancel", record_pages.cancel, roles=_CASEWORK),
    post("/meetings/{id}/move", change_pages.move, roles=_CASEWORK),
    post("/meetings/{id}/chair", case_pages.set_chair, roles=_CASEWORK),
    post("/meetings/{id}/caution", case_pages.caution, roles=_CASEWORK),
    get("/meetings/{id}/families", family_pages.page, roles=_WITH_SCHOOL),
    post("/meetings/{id}/families", family_pages.add, roles=_CASEWORK),
    post("/meetings/{id}/families/outcome", family_pages.outcome, roles=_CASEWORK),
    post("/meetings/{id}/lock", change_pages.lock, roles=_CASEWORK),
    post("/meetings/{id}/tried", change_pages.attempt, roles=_CASEWORK),
    post("/meetings/{id}/not-delivered", change_pages.not_delivered, roles=_CASEWORK),
]
panels = {"school": [made.school], "home": [made.home, made.duty_today], "case": [made.case]}
