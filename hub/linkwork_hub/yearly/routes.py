"""The addresses of a year with a school."""

from __future__ import annotations

from linkwork_hub.db import Role
from linkwork_hub.web import get, post
from linkwork_hub.yearly import checklist_pages, pages, summary_pages
from linkwork_hub.yearly import panels as made

_CASEWORK = {Role.OFFICER, Role.MANAGER}
_WITH_SCHOOL = _CASEWORK | {Role.SCHOOL}

routes = [
    get("/years", pages.schools, roles=_CASEWORK),
    get("/schools/{school_id}/plan", pages.plan, roles=_WITH_SCHOOL),
    get("/schools/{school_id}/plan.pdf", pages.plan_pdf, roles=_WITH_SCHOOL),
    get("/schools/{school_id}/checklist", checklist_pages.checklist, roles=_WITH_SCHOOL),
    post("/schools/{school_id}/checklist", checklist_pages.answer, roles=_CASEWORK),
    get("/schools/{school_id}/summaries", summary_pages.listed, roles=_WITH_SCHOOL),
    post("/schools/{school_id}/summaries", summary_pages.issue, roles=_CASEWORK),
    get("/summaries/{id}", summary_pages.read, roles=_WITH_SCHOOL),
    get("/summaries/{id}/paper.pdf", summary_pages.as_pdf, roles=_WITH_SCHOOL),
    get("/summaries/{id}/paper.docx", summary_pages.as_word, roles=_WITH_SCHOOL),
]
panels = {"school": [made.school], "home": [made.home]}
