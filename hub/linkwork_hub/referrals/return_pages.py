"""Pages of statutory returns: those made, the days without one, and whether the duty was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.db import Scope, Tx
from linkwork_hub.referrals import rules, store, words
from linkwork_hub.referrals.candidate_pages import lines, log_names
from linkwork_hub.web import Context, found

#: How far back a missing return is looked for.
LOOK_BACK = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Missing:
    """One school's days without a return, or why that cannot be said."""

    school: School
    days: tuple[date, ...]
    unknown: str


def returns(ctx: Context) -> Response:
    """The returns, the latest first."""
    school_id = ctx.query.get("school", "")
    with ctx.db.read() as db:
        schools = access.schools(ctx.scope, db)
        paging = ctx.paging(store.count_returns(ctx.scope, db, school_id))
        made = store.returns(ctx.scope, db, school_id, limit=paging.size, offset=paging.offset)
    return ctx.render(
        "referrals/returns.html",
        title="Returns",
        made=made,
        paging=paging,
        school_id=school_id,
        names={school.id: school.name for school in schools},
        schools=[("", "All schools"), *((s.id, s.name) for s in schools)],
    )


def returns_missing(ctx: Context) -> Response:
    """School by school, the days of the last four weeks that no return covers."""
    with ctx.db.read() as db:
        schools = access.schools(ctx.scope, db)
        paging = ctx.paging(len(schools))
        part = schools[paging.offset : paging.offset + paging.size]
        rows = missing(ctx.scope, db, part)
    return ctx.render(
        "referrals/returns-missing.html", title="Days without a return", rows=rows, paging=paging
    )


def missing(scope: Scope, db: Tx, schools: list[School]) -> list[Missing]:
    """What is missing of each school: school days it was connected, before today."""
    first, last = db.today - LOOK_BACK, db.today - timedelta(days=1)
    ids = [school.id for school in schools]
    heard = store.first_heard(scope, db, ids)
    made = store.returned_days(scope, db, ids, first, last)
    found_missing = []
    for school in schools:
        if school.id not in heard:
            found_missing.append(Missing(school, (), "Not connected yet"))
            continue
        since = max(first, heard[school.id])
        days = access.school_days(scope, db, school.id, since, last)
        unknown = "" if days or since > last else "Term dates are not known: import them"
        lacking = rules.days_without_return(days, made.get(school.id, []))
        found_missing.append(Missing(school, tuple(lacking), unknown))
    return found_missing


def one_return(ctx: Context) -> Response:
    """One return and the pupils it names."""
    with ctx.db.read() as db:
        made = found(store.made_return(ctx.scope, db, ctx.path["id"]))
        school = access.school(ctx.scope, db, made.school_id)
        named = store.return_lines(ctx.scope, db, made.id)
        candidates = [store.candidate(ctx.scope, db, line.candidate_id) for line in named]
        shown = {row.candidate.id: row for row in lines(ctx.scope, db, filter(None, candidates))}
    log_names(ctx, (key for key, row in shown.items() if row.named), "on a return")
    return ctx.render(
        "referrals/return.html",
        title=f"Return of {school.name}",
        made=made,
        school=school,
        rows=[(shown[line.candidate_id], line.reason) for line in named],
    )


def records(ctx: Context) -> Response:
    """School by school and interval by interval, whether the duty to return was done."""
    school_id = ctx.query.get("school", "")
    with ctx.db.read() as db:
        schools = access.schools(ctx.scope, db)
        paging = ctx.paging(store.count_duties(ctx.scope, db, school_id))
        rows = store.duties(ctx.scope, db, school_id, limit=paging.size, offset=paging.offset)
    return ctx.render(
        "referrals/return-records.html",
        title="Record of returns",
        rows=rows,
        paging=paging,
        school_id=school_id,
        outcome_words=rules.OUTCOME_WORDS,
        names={school.id: school.name for school in schools},
        schools=[("", "All schools"), *((s.id, s.name) for s in schools)],
    )


def record(ctx: Context) -> Response:
    """The record of one interval, to print: what was made, received when, and what came later."""
    with ctx.db.read() as db:
        one = found(store.duty_record(ctx.scope, db, ctx.path["id"]))
        school = access.school(ctx.scope, db, one.school_id)
        versions = store.versions(ctx.scope, db, one)
        made = [store.made_return(ctx.scope, db, each) for each in one.duty.returns]
    return ctx.render(
        "referrals/return-record.html",
        title=f"Record of returns of {school.name}",
        one=one,
        school=school,
        versions=versions,
        made=sorted(filter(None, made), key=lambda each: (each.first, each.received)),
        dates=words.span(one.duty.first, one.duty.last),
        outcome_words=rules.OUTCOME_WORDS,
        authority=ctx.profile.name,
    )
