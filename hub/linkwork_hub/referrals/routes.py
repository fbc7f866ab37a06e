"""The addresses of returns, pupils to consider and referrals."""

from __future__ import annotations

from linkwork_hub.db import Role
from linkwork_hub.referrals import (
    candidate_pages,
    health_pages,
    referral_pages,
    request_pages,
    return_pages,
    strategy_pages,
)
from linkwork_hub.referrals import panels as made
from linkwork_hub.web import get, post

_CASEWORK = {Role.OFFICER, Role.MANAGER}
_WITH_SCHOOL = _CASEWORK | {Role.SCHOOL}
_HEALTH = {Role.HEALTH_NEEDS, Role.MANAGER}

routes = [
    get("/returns", return_pages.returns, roles=_WITH_SCHOOL),
    get("/returns/missing", return_pages.returns_missing, roles=_WITH_SCHOOL),
    get("/returns/record", return_pages.records, roles=_WITH_SCHOOL),
    get("/returns/record/{id}", return_pages.record, roles=_WITH_SCHOOL),
    get("/returns/{id}", return_pages.one_return, roles=_WITH_SCHOOL),
    get("/pupils", candidate_pages.pupils, roles=_CASEWORK),
    get("/pupils/{id}", candidate_pages.pupil, roles=_CASEWORK),
    post("/pupils/{id}/decide", candidate_pages.decide, roles=_CASEWORK),
    get("/on-offer", strategy_pages.on_offer, roles=_CASEWORK),
    post("/requests/{id}/answer", request_pages.answer, roles=_WITH_SCHOOL),
    get("/health-needs", health_pages.health_needs, roles=_HEALTH),
    get("/health-needs/{id}", health_pages.health_need, roles=_HEALTH),
    post("/health-needs/{id}/step", health_pages.health_step, roles=_HEALTH),
    get("/referrals", referral_pages.referrals, roles=_WITH_SCHOOL),
    get("/referrals/{id}", referral_pages.referral, roles=_WITH_SCHOOL),
    post("/referrals/{id}/return", referral_pages.give_back, roles=_CASEWORK),
]
panels = {"school": [made.school]}
