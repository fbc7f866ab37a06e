"""The audit trail's page: each record in words, and no pupil for a role without casework."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.access.models import AuditEntry
from linkwork_hub.actions import store as actions
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import store as meetings
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.words import day, short_pupil
from linkwork_hub.web import Context

Named = Mapping[str, str]


def audit_page(ctx: Context) -> Response:
    """Who did what, newest first."""
    with ctx.db.read() as db:
        paging = ctx.paging(access.audit_size(ctx.scope, db))
        newest = paging.total - paging.offset
        entries = access.audit_part(ctx.scope, db, newest, paging.size)
        people = {person.id: person.name for person in access.people(ctx.scope, db)}
        records = record_words(ctx.scope, db, entries, people)
    return ctx.render(
        "insight/audit.html",
        title="Audit trail",
        entries=entries,
        people=people,
        records=records,
        paging=paging,
    )


def record_words(
    scope: Scope, db: Tx, entries: Sequence[AuditEntry], people: Named
) -> dict[tuple[str, str], str]:
    """What each (kind, id) of these entries is called, without the ids nobody can read."""
    names = {school.id: school.name for school in access.schools(scope, db)} | dict(people)
    wanted = {(entry.kind, entry.record_id) for entry in entries}
    return {
        (kind, ident): _WORDS[kind](scope, db, ident, names) or kind
        if kind in _WORDS
        else _as_it_is(kind, ident)
        for kind, ident in wanted
    }


def _known(_scope: Scope, _db: Tx, ident: str, names: Named) -> str:
    return names.get(ident, "")


def _as_it_is(kind: str, ident: str) -> str:
    """The kind, with its id only where that is a word: a file's name, not a made id."""
    prefix, _, rest = ident.partition("_")
    return kind if len(prefix) == 3 and len(rest) == 26 else f"{kind} {ident}"


def _pupil(scope: Scope, db: Tx, ident: str, _names: Named) -> str:
    one = referrals.candidate(scope, db, ident) if scope.may_see_names() else None
    return short_pupil(one.pseudonym) if one else "a pupil"


def _request(scope: Scope, db: Tx, ident: str, names: Named) -> str:
    one = referrals.request(scope, db, ident) if scope.may_see_names() else None
    if one is None:
        return "a request to a school"
    return f"request about {short_pupil(one.pseudonym)}, {names.get(one.school_id, '')}"


def _meeting(scope: Scope, db: Tx, ident: str, names: Named) -> str:
    one = meetings.meeting(scope, db, ident)
    if one is None:
        return ""
    return f"meeting with {names.get(one.school_id, 'a school')} on {day(one.half_day.day)}"


def _action(scope: Scope, db: Tx, ident: str, names: Named) -> str:
    one = actions.action(scope, db, ident)
    return f"action with {names.get(one.school_id, 'a school')}" if one else ""


_WORDS: Final[Mapping[str, Callable[[Scope, Tx, str, Named], str]]] = {
    "school": _known,
    "person": _known,
    "candidate": _pupil,
    "request": _request,
    "meeting": _meeting,
    "action": _action,
}
