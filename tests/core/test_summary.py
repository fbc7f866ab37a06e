"""What leaves the school: true totals, no small groups, no code that gives health away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from registers import MONDAY, register, weekdays

from linkwork import policy as policies
from linkwork.episodes import Episode, EpisodeEvent
from linkwork.register import Pupil, Register
from linkwork.summary import completeness, notice, totals
from linkwork.triggers import evaluate
from linkwork.wire import read_message

ENGLAND = policies.builtin("england-2024")


def last(held: Register) -> date:
    """The last date of a register."""
    return held.sessions[-1].date


def group(held: Register, name: str) -> dict[str, dict[str, int]]:
    """One group of a register's totals."""
    return totals(held, ENGLAND, last(held)).groups.get(name, {})


def test_totals_are_the_sessions_of_the_school_year() -> None:
    found = totals(held := register("/*8 I U", "/*9 -", "D*10"), ENGLAND, last(held))
    assert (found.pupils, found.possible, found.present) == (3, 38, 34)
    assert (found.authorised, found.unauthorised, found.unmarked) == (2, 2, 2)
    assert (found.persistent, found.severe) == (1, 0)


def test_totals_count_pupils_by_the_policys_own_rates() -> None:
    held = register("I*10", "I*5 /*5", "I /*9", "/*10")
    found = totals(held, ENGLAND, last(held))
    rates = {(f.pupil_id, f.trigger) for f in evaluate(held, ENGLAND, last(held))}
    assert found.severe == len([t for _, t in rates if t == "severe-absence"])
    assert found.persistent == len([t for _, t in rates if t == "persistent-absence"])


def test_groups_are_true_sums_however_small() -> None:
    pupils = (
        Pupil("P1", year_group="7", sex="F", fsm=True),
        Pupil("P2", year_group="8", sex="M", fsm=False),
    )
    held = register("/*10", "I*10", "/*10", pupils=pupils)
    assert {name: each["pupils"] for name, each in group(held, "year_group").items()} == {
        "7": 1,
        "8": 1,
        "not known": 1,
    }
    assert group(held, "year_group")["8"]["authorised"] == 20
    assert set(group(held, "fsm")) == {"yes", "no", "not known"}
    assert group(held, "sen") == {}


@pytest.mark.serves("I4")
@pytest.mark.serves("I5")
def test_the_pattern_of_absence_is_told_by_sex_and_by_special_needs() -> None:
    pupils = (
        Pupil("P1", sex="F", sen="E"),
        Pupil("P2", sex="F", sen="N"),
        Pupil("P3", sex="M", sen="K"),
        Pupil("P4", sex="M", sen="N"),
    )
    held = register("I*5 /*5", "/*10", "O*2 /*8", "/*10", pupils=pupils)
    pattern = {
        name: [each[key] for key in ("pupils", "authorised", "unauthorised", "persistent")]
        for of in ("sex", "sen")
        for name, each in group(held, of).items()
    }
    assert pattern == {
        "F": [2, 10, 0, 1],
        "M": [2, 0, 4, 1],
        "E": [1, 10, 0, 1],
        "K": [1, 0, 4, 1],
        "N": [2, 0, 0, 0],
    }


@pytest.mark.serves("I7")
def test_the_pattern_of_absence_is_told_by_ethnicity_where_a_group_is_not_small() -> None:
    pupils = [Pupil(f"P{n}", ethnicity="WBRI" if n <= 12 else "AIND") for n in range(1, 24)]
    held = register(*["I /*9"] * 3, *["/*10"] * 9, *["O /*9"] * 11, pupils=pupils)
    found = group(held, "ethnicity")
    assert {name: (each["pupils"], each["authorised"]) for name, each in found.items()} == {
        "WBRI": (12, 6),
        "AIND": (11, 0),
    }
    assert {name: each["persistent"] for name, each in found.items()} == {"WBRI": 3, "AIND": 11}
    assert found["AIND"]["unauthorised"] == 22


def by_ethnicity(**sizes: int) -> set[str]:
    """The ethnic groups shown of a school with groups of these sizes."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    pupils = [Pupil(f"P{n}", ethnicity=name) for n, name in enumerate(names, 1)]
    return set(group(register(*["/*2"] * len(names), pupils=pupils), "ethnicity"))


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"WBRI": 12, "AIND": 11}, {"WBRI", "AIND"}),
        ({"WBRI": 14, "AIND": 12, "CHNE": 4}, {"WBRI"}),
        ({"WBRI": 14, "AIND": 12, "CHNE": 5, "BAFR": 6}, {"WBRI", "AIND"}),
        ({"WBRI": 9, "AIND": 3}, set()),
    ],
    ids=["none small", "one small", "small ones hide each other", "all small"],
)
def test_a_small_group_cannot_be_worked_out_from_the_others(
    sizes: dict[str, int], shown: set[str]
) -> None:
    assert by_ethnicity(**sizes) == shown


def test_completeness_names_the_last_full_day_and_what_is_missing() -> None:
    held = register("/ / - / /", "/ / - / -", "/ @@ - / /")
    day = weekdays(MONDAY, 5)
    found = completeness(held, ENGLAND, day[4])
    assert (found.last_marked_day, found.last_full_day) == (day[4], day[3])
    assert (found.sessions_expected, found.sessions_marked) == (24, 22)
    assert found.missing_days == (day[2],)
    assert found.unknown_codes == {"@@": 2}


def told(held: Register, trigger: str) -> EpisodeEvent:
    """The event of a finding of a register."""
    found = next(f for f in evaluate(held, ENGLAND, last(held)) if f.trigger == trigger)
    return EpisodeEvent("opened", Episode("e1", "ash", "open", MONDAY, found))


def test_a_notice_gives_codes_only_of_unauthorised_sessions() -> None:
    event = told(register("I+O T+U M*2 /*6"), "persistent-absence")
    shown = [(each.code, each.counts_as) for each in notice(event, "p_x", ENGLAND).why]
    assert shown == [
        (None, "authorised"),
        ("O", "unauthorised"),
        (None, "authorised"),
        ("U", "unauthorised"),
        *[(None, "authorised")] * 4,
    ]


def test_a_notice_names_nobody_and_carries_the_findings_numbers() -> None:
    named = Pupil("P1", surname="Example", forename="Ash", upn="A801200005001")
    event = told(register("O*10", pupils=(named,)), "continuous-unauthorised")
    leaving = notice(event, "p_x", ENGLAND, year_group="7")
    text = leaving.to_bytes().decode()
    assert all(secret not in text for secret in ("Example", "Ash", "A801200005001", "P1", "ash"))
    assert (leaving.value, leaving.threshold, leaving.unit) == (10, 10, "school days")
    assert (leaving.statutory, leaving.event, leaving.year_group) == (True, "opened", "7")
    assert leaving.sealed_identity is None


def test_a_withdrawn_spell_tells_what_was_withdrawn() -> None:
    event = told(register("O*10"), "continuous-unauthorised")
    gone = EpisodeEvent("withdrawn", replace(event.episode, state="withdrawn"))
    leaving = notice(gone, "p_x", ENGLAND)
    assert (leaving.event, leaving.first, len(leaving.why)) == ("withdrawn", MONDAY, 20)


def test_totals_and_completeness_fit_the_message_that_carries_them() -> None:
    from datetime import UTC, datetime

    from linkwork.wire import Summary

    held = register("/*10", "O*10")
    message = Summary(
        urn="100001",
        as_of=last(held),
        read_at=datetime(2026, 1, 16, 18, 0, tzinfo=UTC),
        policy=ENGLAND.name,
        mis="csv",
        totals=totals(held, ENGLAND, last(held)),
        completeness=completeness(held, ENGLAND, last(held)),
    )
    assert read_message(message.to_bytes()) == message
