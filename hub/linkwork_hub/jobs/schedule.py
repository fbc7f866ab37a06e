"""Jobs by the clock: each slot runs once, whichever process comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from linkwork.errors import LinkworkError
from linkwork_hub.access import account_store
from linkwork_hub.access import store as access
from linkwork_hub.access.profile import Profile
from linkwork_hub.billing import order_store
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Database, Scope, Tx
from linkwork_hub.feeds import clearing
from linkwork_hub.feeds.policy import sendable_policy
from linkwork_hub.jobs import store
from linkwork_hub.meetings import calendars, diary_store, mailing, pack_store, telling
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.referrals import discharge

_log = structlog.get_logger("linkwork_hub.jobs")
_SYSTEM = Scope.system()
_HERE = ZoneInfo("Europe/London")
_LEASE = timedelta(minutes=10)
_SESSIONS_KEPT, _FAILURES_KEPT = timedelta(days=90), timedelta(days=1)


class LeaseLost(LinkworkError):
    """Another process took this slot over, so what was done here was undone."""


@dataclass(frozen=True, slots=True)
class Job:
    """A daily job. `at` is local time, never between one and two: that hour is not every day."""

    name: str
    at: time
    run: Callable[[Scope, Tx], None]
    # Work outside of any transaction, such as asking another server; it gives what to run then.
    prepare: Callable[[Database], Callable[[Scope, Tx], None]] | None = None


def latest_slot(job: Job, now: datetime) -> str:
    """The newest slot that is due: the date of its day. Older ones are never caught up."""
    local = now.astimezone(_HERE)
    day = local.date() if local.time() >= job.at else local.date() - timedelta(days=1)
    return day.isoformat()


def run_due(database: Database, jobs: Sequence[Job]) -> list[str]:
    """Run every job whose slot is due and not taken; their names.

    A job's effects and its mark are one transaction: a process that dies half-way leaves
    nothing, and one that lost its lease is rolled back. Raises LeaseLost then.
    """
    ran = []
    for job in jobs:
        slot = latest_slot(job, database.clock())
        with database.write() as db:
            attempt = store.claim(_SYSTEM, db, job.name, slot, _LEASE)
        if attempt is None:
            continue
        run = job.prepare(database) if job.prepare else job.run
        with database.write() as db:
            run(_SYSTEM, db)
            if not store.finish(_SYSTEM, db, job.name, slot, attempt):
                raise LeaseLost(f"{job.name} {slot} was taken over. Nothing was done twice.")
        ran.append(job.name)
    return ran


def _forget_old_sign_ins(scope: Scope, db: Tx) -> None:
    account_store.forget_before(scope, db, db.now - _SESSIONS_KEPT, db.now - _FAILURES_KEPT)


def _check_audit(scope: Scope, db: Tx) -> None:
    broken = access.audit_break(scope, db)
    if broken is not None:
        _log.error("audit trail broken", first_bad_entry=broken)


def _forfeit_lapsed(scope: Scope, db: Tx) -> None:
    lapsed = order_store.forfeit_lapsed(scope, db)
    if lapsed:
        _log.info("orders lapsed", orders=lapsed)


def _clear_signs(scope: Scope, db: Tx) -> None:
    emptied, gone = clearing.clear_signs(scope, db)
    if emptied or gone:
        _log.info("old signs of life cleared", emptied=emptied, deleted=gone)


JOBS = (
    Job("clear-signs-of-life", time(2, 45), _clear_signs),
    Job("forget-old-sign-ins", time(2, 30), _forget_old_sign_ins),
    Job("check-audit-trail", time(3, 0), _check_audit),
    Job("forfeit-lapsed-orders", time(0, 30), _forfeit_lapsed),
)


def jobs_of(profile: Profile) -> tuple[Job, ...]:
    """Every job of this hub. A provider is owed no statutory return, so it records none."""
    jobs = (*JOBS, *_of_meetings(profile))
    if profile.authority.body == "provider":
        return jobs

    def record_returns(scope: Scope, db: Tx) -> None:
        policy = sendable_policy(profile)
        discharge.record_due(scope, db, interval=policy.returning.interval, policy=policy.name)

    return (*jobs, Job("record-returns", time(3, 30), record_returns))


def _of_meetings(profile: Profile) -> tuple[Job, ...]:
    """Calendars read again by night, reminders in the morning, packs frozen, names forgotten."""

    def read_calendars(database: Database) -> Callable[[Scope, Tx], None]:
        with database.read() as db:
            sources = diary_store.sources(_SYSTEM, db)
        fetched = calendars.fetch_all(sources, calendars.fetch)

        def keep(scope: Scope, db: Tx) -> None:
            for source, data in fetched:
                calendars.keep(scope, db, source, data)

        return keep

    def remind(scope: Scope, db: Tx) -> None:
        mailing.remind(scope, db, read_rules(profile.section("meetings"), file="authority.toml"))

    def freeze(scope: Scope, db: Tx) -> None:
        pathway = read_pathway(profile.section("pathway"))
        pack_store.freeze_of_day(scope, db, pathway, db.today)

    def forget(scope: Scope, db: Tx) -> None:
        telling.forget_names(scope, db)

    made = [Job("read-calendars", time(4, 0), _nothing, read_calendars)]
    if profile.section("meetings"):
        made.append(Job("meeting-reminders", time(7, 0), remind))
        made.append(Job("freeze-packs", time(18, 0), freeze))
        made.append(Job("forget-names-of-lists", time(0, 45), forget))
    return tuple(made)


def _nothing(_scope: Scope, _db: Tx) -> None:
    """What a job runs by itself when all of its work is prepared."""
