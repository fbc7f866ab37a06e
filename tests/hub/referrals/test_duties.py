"""For each interval exactly one: a return, a nil return, or none made; late ones beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from casework import SYSTEM, Telling, notice, record_returns
from hub_under_test import FixedClock
from registers import weekdays

from linkwork_hub.access.profile import Profile, builtin_text, loads
from linkwork_hub.jobs.schedule import jobs_of, run_due
from linkwork_hub.referrals import rules, store
from linkwork_hub.referrals.commands import record_rows
from linkwork_hub.referrals.models import Duty, DutyRecord, Outcome, ReturnMade

FEBRUARY = (date(2026, 2, 1), date(2026, 2, 28))
DAYS = weekdays(date(2026, 2, 2), 20)


def made(first: date, last: date, pupils: int = 0, received: datetime | None = None) -> ReturnMade:
    """A return, received in the evening of its last day unless said otherwise."""
    at = received or datetime.combine(last, time(18), UTC)
    ident = f"ret {first}"
    return ReturnMade(ident, "s", first, last, pupils, "england-2024", "A. Head", at)


def judged(returns: Iterable[ReturnMade]) -> Duty:
    """What the hub holds of February."""
    found = rules.duty(FEBRUARY, DAYS, returns, "england-2024")
    assert found is not None
    return found


def records(telling: Telling) -> list[DutyRecord]:
    """Every record, the latest interval first."""
    with telling.school.db.read() as db:
        return store.duties(SYSTEM, db)


def test_days_covered_by_nil_returns_are_a_nil_return() -> None:
    duty = judged(made(day, day) for day in DAYS)
    assert (duty.outcome, duty.missing, duty.pupils) == (Outcome.NIL, (), 0)
    assert (duty.receipt, duty.released_by) == ("ret 2026-02-27", "A. Head")
    assert duty.discharged == datetime(2026, 2, 27, 18, tzinfo=UTC)


def test_one_named_pupil_makes_it_a_return() -> None:
    duty = judged(made(day, day, pupils=int(day == DAYS[3])) for day in DAYS)
    assert (duty.outcome, duty.pupils) == (Outcome.RETURN, 1)


def test_one_return_may_cover_the_whole_and_reach_beyond() -> None:
    assert judged([made(date(2026, 1, 20), date(2026, 3, 3))]).outcome is Outcome.NIL


def test_a_day_in_no_return_means_that_none_was_made() -> None:
    duty = judged(made(day, day) for day in DAYS if day != DAYS[7])
    assert (duty.outcome, duty.missing) == (Outcome.NOT_MADE, (DAYS[7],))
    assert (duty.discharged, duty.receipt) == (None, None)


def test_the_duty_is_done_when_the_last_missing_day_arrives() -> None:
    late = datetime(2026, 3, 9, 8, tzinfo=UTC)
    returns = [made(day, day) for day in DAYS if day != DAYS[2]]
    duty = judged([made(DAYS[2], DAYS[2], received=late), *returns])
    assert (duty.discharged, duty.receipt) == (late, f"ret {DAYS[2]}")


def test_without_a_school_day_nothing_is_due() -> None:
    assert rules.duty((date(2026, 8, 1), date(2026, 8, 31)), [], [], "england-2024") is None


@pytest.mark.parametrize(
    ("kind", "first", "last", "found"),
    [
        ("month", date(2026, 1, 14), date(2026, 2, 27), [(date(2026, 1, 14), date(2026, 1, 31))]),
        ("month", date(2026, 2, 1), date(2026, 2, 28), [FEBRUARY]),
        ("month", date(2025, 12, 1), date(2025, 12, 31), [(date(2025, 12, 1), date(2025, 12, 31))]),
        ("week", date(2026, 2, 4), date(2026, 2, 15),
         [(date(2026, 2, 4), date(2026, 2, 8)), (date(2026, 2, 9), date(2026, 2, 15))]),
        ("week", date(2026, 2, 9), date(2026, 2, 14), []),
    ],
)  # fmt: skip
def test_intervals_are_calendar_months_or_weeks_that_are_over(
    kind: str, first: date, last: date, found: list[tuple[date, date]]
) -> None:
    assert rules.intervals(kind, first, last) == found  # type: ignore[arg-type]


def test_each_interval_that_is_over_is_recorded_once(telling: Telling) -> None:
    telling.tell(notice(), day=date(2026, 1, 14))
    for day in weekdays(date(2026, 1, 14), 33):
        telling.arrive(telling.return_of(day=day))
    assert record_returns(telling.school.db) == 2
    assert record_returns(telling.school.db) == 0
    assert [(one.duty.first, one.duty.outcome, one.version) for one in records(telling)] == [
        (date(2026, 2, 1), Outcome.NIL, 1),
        (date(2026, 1, 14), Outcome.NIL, 1),
    ]
    assert all(one.id.startswith("duty_") for one in records(telling))


def test_a_late_return_follows_the_record_that_none_was_made_and_both_stay(
    telling: Telling, clock: FixedClock
) -> None:
    telling.tell(notice(), day=DAYS[0])
    for day in DAYS[:-2]:
        telling.arrive(telling.return_of(day=day))
    record_returns(telling.school.db)
    (before,) = records(telling)
    assert before.duty.missing == tuple(DAYS[-2:])
    clock.advance(days=2)
    telling.arrive(telling.return_of(day=DAYS[-2]))
    telling.arrive(telling.return_of(notice(), day=DAYS[-1]))
    versions = records(telling)
    assert [(one.version, one.duty.outcome) for one in versions] == [
        (3, Outcome.RETURN),
        (2, Outcome.NOT_MADE),
        (1, Outcome.NOT_MADE),
    ]
    assert [one.superseded_by for one in versions] == [None, versions[0].id, versions[1].id]
    assert before == replace(versions[2], superseded_by=None)
    assert versions[0].duty.discharged == clock()
    # The same message once more, and the nightly job, add nothing.
    record_returns(telling.school.db)
    assert records(telling) == versions


def test_a_return_of_another_interval_leaves_a_record_alone(telling: Telling) -> None:
    telling.tell(notice(), day=DAYS[0])
    record_returns(telling.school.db)
    telling.arrive(telling.return_of(day=date(2026, 3, 2)))
    assert [one.version for one in records(telling)] == [1]


def test_weeks_agreed_later_begin_where_the_months_ended(
    telling: Telling, clock: FixedClock
) -> None:
    telling.tell(notice(), day=DAYS[0])
    record_returns(telling.school.db)
    clock.advance(days=14)
    assert record_returns(telling.school.db, "week") == 2
    assert [(one.duty.first, one.duty.last) for one in records(telling)] == [
        (date(2026, 3, 9), date(2026, 3, 15)),
        (date(2026, 3, 2), date(2026, 3, 8)),
        (date(2026, 2, 2), date(2026, 2, 28)),
    ]


def test_a_school_never_heard_and_a_month_without_terms_have_no_record(
    telling: Telling, clock: FixedClock
) -> None:
    assert record_returns(telling.school.db) == 0
    telling.tell(notice(), day=date(2026, 8, 3))
    clock.advance(days=190)
    assert record_returns(telling.school.db) == 0


def test_the_nightly_job_records_by_the_authoritys_policy(
    telling: Telling, reading: Profile
) -> None:
    telling.tell(notice(), day=DAYS[0])
    assert "record-returns" in run_due(telling.school.db, jobs_of(reading))
    assert [one.duty.policy for one in records(telling)] == ["england-2024"]


def test_a_provider_is_owed_no_return() -> None:
    text = builtin_text("reading").replace('body = "authority"', 'body = "provider"')
    assert "record-returns" not in [job.name for job in jobs_of(loads(text, "p.toml"))]


def test_the_records_are_printed_for_programs(telling: Telling) -> None:
    telling.tell(notice(), day=DAYS[0])
    for day in DAYS[:-1]:
        telling.arrive(telling.return_of(day=day))
    record_returns(telling.school.db)
    with telling.school.db.read() as db:
        (row,) = record_rows(db)
    assert (row["urn"], row["outcome"], row["missing"]) == ("900001", "not-made", ["2026-02-27"])
    assert (row["first"], row["last"], row["receipt"]) == ("2026-02-02", "2026-02-28", None)
    assert row["school_days"] - len(row["returns"]) == len(row["missing"])
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(row["recorded"])
