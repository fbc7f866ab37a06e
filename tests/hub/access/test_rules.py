"""School days, facts in force, delays after wrong passwords, and the chained audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hub_under_test import NOW

from linkwork_hub.access import rules
from linkwork_hub.access.models import AuditEntry, SchoolFacts, Term

SPRING = Term("", "Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27))
HALF = Term("", "Spring half-term", "half-term", date(2026, 2, 16), date(2026, 2, 20))
WIDE = (date(2025, 9, 1), date(2026, 8, 31))


def test_school_days_leave_out_weekends_half_term_and_inset_days() -> None:
    inset = Term("", "INSET", "inset", date(2026, 1, 5), date(2026, 1, 5))
    days = rules.school_days([SPRING, HALF, inset], *WIDE)
    assert days[0] == date(2026, 1, 6)
    assert days[-1] == date(2026, 3, 27)
    assert len(days) == 60 - 5 - 1
    assert not any(day.weekday() > 4 or HALF.first <= day <= HALF.last for day in days)


def test_bank_holidays_are_no_school_days() -> None:
    summer = Term("", "Summer 2026", "term", date(2026, 4, 1), date(2026, 5, 29))
    days = rules.school_days([summer], *WIDE)
    for off in (date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25)):
        assert off not in days
    assert date(2026, 4, 7) in days


def test_a_substitute_bank_holiday_counts_only_on_the_day_it_is_taken() -> None:
    # Boxing Day 2026 is a Saturday: the Monday after it is the day off.
    assert date(2026, 12, 28) in rules.bank_holidays(2026)
    assert date(2026, 12, 26) not in rules.bank_holidays(2026)


def test_a_term_of_the_schools_own_replaces_the_general_one_of_that_name() -> None:
    own = replace(SPRING, school_id="sch_1", first=date(2026, 1, 7))
    days = rules.school_days([SPRING, own], *WIDE)
    assert days[0] == date(2026, 1, 7)


def recurring(first: date, last: date, school_id: str | None = None, name: str = "Autumn") -> Term:
    """A term by its dates; its name carries no year."""
    return Term("", name, "term", first, last, school_id)


AUTUMN_24 = recurring(date(2024, 9, 3), date(2024, 12, 20))
AUTUMN_25 = recurring(date(2025, 9, 2), date(2025, 12, 19))
OWN_24 = recurring(date(2024, 9, 4), date(2024, 12, 18), "sch_1", "autumn")


def test_a_schools_own_term_replaces_the_general_one_of_its_own_year_alone() -> None:
    entries = [AUTUMN_24, AUTUMN_25, OWN_24]
    assert rules.in_force(entries, "sch_1") == [AUTUMN_25, OWN_24]
    assert rules.in_force(entries, "sch_2") == [AUTUMN_24, AUTUMN_25]
    assert rules.in_force(entries, None) == [AUTUMN_24, AUTUMN_25]
    days = rules.school_days(entries, date(2024, 9, 1), date(2025, 9, 3))
    assert (days[0], days[-1]) == (date(2024, 9, 4), date(2025, 9, 3))


def test_an_own_term_that_overlaps_none_replaces_the_nearest_of_its_school_year() -> None:
    october, february = (
        Term("", "Half-term", "half-term", first, first + timedelta(days=4))
        for first in (date(2025, 10, 27), date(2026, 2, 16))
    )
    own = Term("", "Half-term", "half-term", date(2025, 10, 20), date(2025, 10, 24), "sch_1")
    assert rules.in_force([october, february, own], "sch_1") == [february, own]
    next_year = replace(own, first=date(2026, 8, 1), last=date(2026, 8, 2))
    assert rules.in_force([october, february, next_year], "sch_1") == [october, february, next_year]


def test_an_own_term_replaces_every_general_one_it_overlaps_and_no_other_kind_or_name() -> None:
    blocks = [
        recurring(date(2025, 9, 2), date(2025, 10, 24)),
        recurring(date(2025, 11, 3), date(2025, 12, 19)),
    ]
    own = recurring(date(2025, 9, 2), date(2025, 12, 18), "sch_1")
    other = recurring(date(2026, 1, 5), date(2026, 3, 27), name="Spring")
    half = Term("", "Autumn", "half-term", date(2025, 10, 27), date(2025, 10, 31))
    assert rules.in_force([*blocks, other, half, own], "sch_1") == [other, half, own]


def test_a_closure_of_the_schools_own_is_added_to_the_general_ones() -> None:
    burst = Term("", "Burst pipe", "closure", date(2026, 1, 8), date(2026, 1, 9), "sch_1")
    general = Term("", "Snow", "closure", date(2026, 1, 7), date(2026, 1, 7))
    days = rules.school_days([SPRING, burst, general], date(2026, 1, 5), date(2026, 1, 12))
    assert days == [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 12)]


def test_the_next_open_day_looks_over_a_break_a_closure_and_a_bank_holiday() -> None:
    spring = Term("1", "Spring", "term", date(2026, 1, 5), date(2026, 3, 27))
    summer = Term("2", "Summer", "term", date(2026, 4, 13), date(2026, 7, 21))
    shut = Term("3", "Boiler", "closure", date(2026, 4, 13), date(2026, 4, 14), "sch_1")
    known = [spring, summer, shut]
    wanted = {
        date(2026, 3, 27): date(2026, 3, 27),
        date(2026, 3, 28): date(2026, 4, 15),
        # Early May, and a Saturday.
        date(2026, 5, 4): date(2026, 5, 5),
        date(2026, 5, 9): date(2026, 5, 11),
        # The autumn is not imported yet: a weekday that is no bank holiday has to do.
        date(2026, 8, 29): date(2026, 9, 1),
    }
    assert {day: rules.next_open_day(known, day) for day in wanted} == wanted
    assert rules.next_open_day([], date(2026, 12, 25)) == date(2026, 12, 29)


def test_without_terms_no_day_is_known_to_be_a_school_day() -> None:
    assert rules.school_days([], *WIDE) == []


def test_the_facts_of_a_day_are_the_newest_that_had_begun() -> None:
    first = SchoolFacts("s", date(2024, 9, 1), "900001", "Fernhill", "LA", "primary")
    then = replace(first, from_day=date(2025, 9, 1), school_type="academy")
    assert rules.facts_in_force([then, first], date(2025, 8, 31)) == first
    assert rules.facts_in_force([then, first], date(2025, 9, 1)) == then
    assert rules.facts_in_force([then, first], date(2020, 1, 1)) == first


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (2, 0), (3, 1), (4, 2), (8, 32), (13, 900), (10_000, 900)]
)
def test_the_wait_after_wrong_passwords_doubles_up_to_a_quarter_hour(
    failures: int, seconds: int
) -> None:
    assert rules.wait_after(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (9, 0), (10, 1), (11, 2), (15, 32), (16, 60), (10_000, 60)]
)
def test_the_wait_of_an_account_over_all_addresses_is_never_above_a_minute(
    failures: int, seconds: int
) -> None:
    assert rules.account_wait_after(failures) == timedelta(seconds=seconds)


def test_a_session_ends_when_idle_or_too_old() -> None:
    started = NOW
    assert not rules.session_over(started, NOW, NOW + timedelta(minutes=19, seconds=59))
    assert rules.session_over(started, NOW, NOW + timedelta(minutes=20))
    late = NOW + timedelta(hours=10)
    assert rules.session_over(started, late - timedelta(seconds=1), late)


def chain(length: int) -> list[AuditEntry]:
    """A whole audit chain."""
    entries: list[AuditEntry] = []
    for number in range(1, length + 1):
        entry = AuditEntry(number, NOW, "officer", "per_1", "opened", "pupil", str(number), "", "")
        before = entries[-1].digest if entries else ""
        entries.append(replace(entry, digest=rules.audit_digest(before, entry)))
    return entries


def test_a_whole_chain_has_no_break() -> None:
    entries = chain(5)
    assert rules.audit_break(entries, 5, entries[-1].digest) is None
    assert rules.audit_break([], 0, "") is None


def test_a_changed_entry_a_missing_one_and_a_cut_tail_are_found() -> None:
    entries = chain(5)
    head = entries[-1].digest
    changed = [*entries[:2], replace(entries[2], why="nothing to see"), *entries[3:]]
    assert rules.audit_break(changed, 5, head) == 3
    assert rules.audit_break([*entries[:1], *entries[2:]], 5, head) == 2
    assert rules.audit_break(entries[:3], 5, head) == 4
