"""Numbers too large for a lane, and registers of awkward widths: the classic bugs of packing."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest

from linkwork import policy as policies
from linkwork.age import AGE_RULE
from linkwork.packed import lanes as packed_lanes
from linkwork.packed import spells
from linkwork.packed.lanes import Lanes, plus, reached
from linkwork.policy import Policy
from linkwork.register import HALVES, Pupil, Register, Session
from linkwork.school_year import between
from linkwork.stays import ages
from linkwork.triggers import evaluate, evaluate_plainly, flags

ENGLAND = policies.builtin("england-2024")
FIRST = date(2024, 8, 26)
NO_MARK, PRESENT, ABSENT = 0, 1, 2


def school_days(count: int) -> list[date]:
    """So many weekdays in a row."""
    days = (FIRST + timedelta(days=n) for n in range(count * 2))
    return list(islice((day for day in days if day.weekday() < 5), count))


def staircase(width: int, days: int) -> Register:
    """Pupil n is absent without leave on the first n school days, and then present."""
    rows = [
        bytearray(ABSENT if day < pupil else PRESENT for pupil in range(width))
        for day in range(days)
        for _ in HALVES
    ]
    return Register(
        pupils=tuple(Pupil(f"P{number:05}") for number in range(width)),
        sessions=tuple(Session(day, half) for day in school_days(days) for half in HALVES),
        codes=("", "/", "O"),
        rows=rows,
    )


def policy_with(**settings: object) -> Policy:
    """A policy of one rule, which counts O."""
    rule = {"name": "rule", "title": "t", "audience": "school", "source": "s", "version": "1"}
    data = ENGLAND.model_dump(by_alias=True, exclude={"triggers", "text", "age"})
    age = {
        "starts_at": 5,
        "start_days": ["08-31"],
        "ends_at": 16,
        "leaving_day": "last Friday of June",
        "year_starts": "09-01",
        "source": "s",
    }
    trigger = [rule | {"counts": ["O"]} | settings]
    return Policy.model_validate(data | {"age": age, "trigger": trigger})


def first_flagged(register: Register, policy: Policy) -> int:
    """The first pupil with a flag; every pupil after must have one too."""
    marked = flags(register, policy, register.sessions[-1].date)["rule"]
    first = marked.find(1)
    first = len(marked) if first < 0 else first
    assert marked == bytes(first) + b"\1" * (len(marked) - first)
    return first


EDGES = [1, 2, 7, 8, 126, 127, 128, 129, 200, 254, 255, 256, 257, 300, 380]


@pytest.mark.parametrize("threshold", EDGES)
def test_a_run_of_any_length_is_found_and_none_a_day_shorter(threshold: int) -> None:
    register = staircase(386, 390)
    assert first_flagged(register, policy_with(kind="run", threshold=threshold)) == threshold


@pytest.mark.parametrize("threshold", EDGES)
def test_a_count_of_any_size_is_found_and_none_a_session_smaller(threshold: int) -> None:
    # Two sessions a day, in the school year of the last of them.
    register = staircase(260, 200)
    policy = policy_with(kind="count", threshold=threshold)
    assert first_flagged(register, policy) == -(-threshold // 2)


@pytest.mark.parametrize("weeks", [1, 10, 13, 14, 24, 26, 27, 60])
@pytest.mark.parametrize("threshold", [1, 10, 127, 128, 140, 255, 256, 300])
def test_a_window_of_any_size_is_found_and_none_a_session_smaller(
    weeks: int, threshold: int
) -> None:
    register = staircase(386, 390)
    policy = policy_with(kind="window", threshold=threshold, school_weeks=weeks)
    room = 10 * weeks
    assert first_flagged(register, policy) == (-(-threshold // 2) if threshold <= room else 386)


@pytest.mark.parametrize("share", [(1, 10), (1, 2), (9, 100), (1, 1), (499, 1000), (7, 30_011)])
def test_a_rate_over_three_hundred_and_eighty_sessions_is_exact(share: tuple[int, int]) -> None:
    register = staircase(191, 190)
    part, whole = share
    least = next(n for n in range(1, 191) if 2 * n * whole >= 380 * part)
    policy = policy_with(kind="rate", rate=share)
    assert first_flagged(register, policy) == least


@pytest.mark.parametrize("width", [0, 1, 7, 8, 9, 2001, 4096, 4097])
def test_a_register_of_any_width_is_read_to_its_last_pupil(width: int) -> None:
    register = staircase(width, 12)
    marked = flags(register, ENGLAND, date(2024, 9, 30))
    assert {name: len(each) for name, each in marked.items()} == dict.fromkeys(marked, width)
    assert marked["continuous-unauthorised"] == bytes(int(n >= 10) for n in range(width))
    assert marked["third-day"] == bytes(int(n >= 3) for n in range(width))


@pytest.mark.parametrize("block", [1, 2, 7, 8, 9, 24, 25, 26, 4096])
def test_where_a_block_ends_changes_nothing(block: int) -> None:
    register = staircase(25, 20)
    as_of = register.sessions[-1].date
    assert flags(register, ENGLAND, as_of, block=block) == flags(register, ENGLAND, as_of)


def test_a_register_without_a_school_day_has_no_flags() -> None:
    register = Register((Pupil("P"),), (), ("",), [])
    assert set(flags(register, ENGLAND, FIRST).values()) == {b"\0"}
    assert evaluate(register, ENGLAND, FIRST) == []


def test_findings_are_the_same_after_a_run_of_more_than_a_year() -> None:
    register = staircase(386, 390)
    as_of = register.sessions[-1].date
    found = evaluate(register, ENGLAND, as_of)
    assert found == evaluate_plainly(register, ENGLAND, as_of)
    assert max(each.value for each in found if each.trigger == "continuous-unauthorised") == 385


# Controls: the edges above are where a lane of eight bits breaks.


def eight_bits(pupils: int, most: int) -> Lanes:
    """A wrong engine's lanes: of eight bits, whatever has to go in."""
    return packed_lanes.lanes(pupils, min(most, 127))


@pytest.mark.parametrize(
    ("kind", "threshold"), [("run", 200), ("window", 200)], ids=["run", "window"]
)
def test_a_lane_that_overflows_is_caught(
    monkeypatch: pytest.MonkeyPatch, kind: str, threshold: int
) -> None:
    register = staircase(386, 390)
    more = {"school_weeks": 60} if kind == "window" else {}
    policy = policy_with(kind=kind, threshold=threshold, **more)
    right = flags(register, policy, register.sessions[-1].date)
    monkeypatch.setattr(spells, "lanes", eight_bits)
    try:
        wrong = flags(register, policy, register.sessions[-1].date)
    except (OverflowError, ValueError):
        return
    assert wrong != right


def test_no_lane_is_made_that_cannot_hold_its_numbers() -> None:
    assert packed_lanes.lanes(3, 127).bits == 8
    assert packed_lanes.lanes(3, 128).bits == 16
    with pytest.raises(OverflowError, match="no lane"):
        packed_lanes.lanes(3, 1 << 63)


@pytest.mark.parametrize("number", [0, 1, 2, 127, 128, 255, 256, 380, 760])
def test_digits_add_up_and_compare_as_numbers_do(number: int) -> None:
    digits: list[int] = []
    for _ in range(number):
        digits = plus(digits, (0b10,))
    spelt = sum((digit >> 1 & 1) << place for place, digit in enumerate(digits))
    assert spelt == number
    for threshold in (1, 2, 127, 128, 255, 256, 379, 380, 381, 1024):
        met = reached(digits, threshold, 0b11)
        assert met >> 1 & 1 == (number >= threshold)
        assert met & 1 == 0


@pytest.mark.parametrize("days", [school_days(195), school_days(3), school_days(600)])
def test_the_table_of_ages_answers_for_every_birthday(days: list[date]) -> None:
    table = ages(days, AGE_RULE)
    born = date(2001, 1, 1)
    while born < date(2024, 1, 1):
        assert table.of(born) == between(days, *AGE_RULE.interval(born))
        born += timedelta(days=1)
