"""What the authority asks of schools: the list of either side, and a school's answer in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.referrals import rules, store, words
from linkwork_hub.referrals.models import Referral, Request
from linkwork_hub.web import Context, found

#: Where a school finds what it is asked.
ASKED = "/referrals?group=asked"


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One request in a list; `who` is the name where a basis holds it, else the short form."""

    request: Request
    who: str
    named: bool
    school: str
    officer: Person | None


def asked_lines(scope: Scope, db: Tx, asked: Sequence[Request]) -> list[AskedLine]:
    """Requests as rows of a list, each with the school's link officer to speak to."""
    schools = {school.id: school.name for school in access.schools(scope, db)}
    officers = {
        school_id: access.link_officer(scope, db, school_id)
        for school_id in {one.school_id for one in asked}
    }
    said = who_they_are(scope, db, asked)
    return [
        AskedLine(one, *said[one.id], schools[one.school_id], officers[one.school_id])
        for one in asked
    ]


def who_they_are(
    scope: Scope, db: Tx, records: Sequence[Request | Referral]
) -> dict[str, tuple[str, bool]]:
    """By record id: the pupil's name or short form, and whether it is the name."""
    names = store.names_of(scope, db, ((one.school_id, one.pseudonym) for one in records))
    said = {}
    for one in records:
        name = names.get((one.school_id, one.pseudonym))
        said[one.id] = (name.full if name else words.short_pupil(one.pseudonym), name is not None)
    return said


def answer(ctx: Context) -> Response:
    """Keep the answer to a question: the school's own, or what an officer heard from it."""
    text, own = ctx.form.get("answer", ""), ctx.person.role is Role.SCHOOL
    with ctx.db.write() as db:
        asked = found(store.request(ctx.scope, db, ctx.path["id"]))
        rules.may_answer(asked, text, "your answer" if own else "what the school answered")
        store.note_answer(ctx.scope, db, asked, text, ctx.person.name)
        why = "by the school" if own else "as heard from the school"
        access.audit(ctx.scope, db, "answered a question", "request", asked.id, why)
    return ctx.redirect(ASKED if own else f"/pupils/{asked.candidate_id}", "The answer is kept.")
