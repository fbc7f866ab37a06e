"""More worked examples: of the statistics, of schools' pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from registers import MONDAY, Marks, marks, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.age import compulsory_age
from linkwork.policy import CountRule, Policy, RateRule
from linkwork.sheet import lay_out
from linkwork.tally import tallies
from linkwork.triggers import Finding, evaluate
from linkwork.upn import check_letter

ENGLAND = policies.builtin("england-2024")
PERSISTENT, SEVERE = "persistent-absence", "severe-absence"
HEAD = ENGLAND.text.partition("[[trigger]]")[0]


def judged(*stories: Marks | str, by: Policy = ENGLAND) -> dict[str, Finding]:
    """The last finding of each rule about the first pupil."""
    held = register(*stories)
    found = evaluate(held, by, held.sessions[-1].date)
    return {each.trigger: each for each in found if each.pupil_id == "P1"}


def of_sessions(absent: int, possible: int) -> Marks:
    """So many absent of so many possible sessions, in one school year."""
    days = weekdays(date(2025, 9, 1), (possible + 1) // 2)
    sessions = [(day, half) for day in days for half in ("AM", "PM")][:possible]
    return {each: "I" if n < absent else "/" for n, each in enumerate(sessions)}


# Published: DfE methodology


@pytest.mark.parametrize(
    ("story", "absent"),
    [
        pytest.param("I*7 C+\\ O*17 G+\\ /*5", 50, id="A5: 15 with and 35 without permission"),
        pytest.param("I*15 O*5 /*5", 40, id="A6: 30 and 10"),
        pytest.param("I*10 O*2 O+\\ /*5", 25, id="A7: 20 and 5"),
    ],
)
def test_the_totals_are_the_sums_of_the_reasons(story: str, absent: int) -> None:
    # There are two figures only where a school types totals in; here both are made of the marks.
    held = register(story)
    [tally] = tallies(lay_out(held, ENGLAND, held.sessions[-1].date))
    codes = Counter(code for _, code in held.marks(0))
    by_reason = sum(codes[code] for code in ("I", "C", "O", "G"))
    assert tally.absent == by_reason == absent


def test_a9_a_term_at_the_other_school_has_no_rate() -> None:
    assert not judged("D*60", "/*60").keys() & {PERSISTENT, SEVERE}


def test_a10_sessions_not_expected_of_a_four_year_old_are_not_possible() -> None:
    [tally, _] = tallies(lay_out(register("/+X*10", "/*10"), ENGLAND, weekdays(MONDAY, 10)[-1]))
    assert (tally.possible, tally.not_possible) == (10, 10)


def test_a12_the_old_standard_thresholds_are_history() -> None:
    # 22 sessions made a pupil persistent in an autumn of about 146; a tenth of 146 is 15.
    assert PERSISTENT in judged(of_sessions(15, 146))
    assert PERSISTENT not in judged(of_sessions(14, 146))


def test_a13_the_check_letter_of_a_pupil_number() -> None:
    assert check_letter("801200005001") == "B"


# Schools' and councils' pages


@pytest.mark.parametrize(("absent", "possible"), [(7, 70), (7, 64), (9, 90)])
def test_b2_rules_of_thumb_depend_on_the_calendar(absent: int, possible: int) -> None:
    rule = ENGLAND.trigger(PERSISTENT)
    assert isinstance(rule, RateRule)
    assert rule.met(absent, possible)
    assert not rule.met(absent, absent * 10 + 1)


def test_b4_and_b5_days_of_a_year_from_a_rate() -> None:
    rule = ENGLAND.trigger(PERSISTENT)
    assert isinstance(rule, RateRule)
    assert rule.threshold(380) * 11 == 209 * 2
    three = rule.model_copy(update={"rate": (3, 100), "boundary": "more-than"})
    # 11.4 sessions of 380: eleven are within the target, twelve are not.
    assert (three.met(11, 380), three.met(12, 380)) == (False, True)


BANDS = policies.loads(
    HEAD
    + "".join(
        f"""[[trigger]]
name = "{name}"
title = "{name}"
kind = "rate"
audience = "school"
rate = [{part}, 100]
boundary = "more-than"
counts = ["authorised", "unauthorised"]
source = "A school's page"
version = "1"
"""
        for name, part in (("amber", 5), ("red", 15))
    )
)


@pytest.mark.parametrize(
    ("absent", "bands"),
    [
        pytest.param(50, set(), id="B6: 95.0 is green"),
        pytest.param(51, {"amber"}, id="B6: 94.9 is amber"),
        pytest.param(149, {"amber"}, id="B6: 85.1 is amber"),
        pytest.param(150, {"amber"}, id="B6: 85.0 is a setting: boundary"),
        pytest.param(151, {"amber", "red"}, id="B6: 84.9 is red"),
    ],
)
def test_b6_bands_of_attendance_are_rates(absent: int, bands: set[str]) -> None:
    for name, part in (("amber", 5), ("red", 15)):
        rule = BANDS.trigger(name)
        assert isinstance(rule, RateRule)
        assert rule.rate == (part, 100)
        assert rule.met(absent, 1000) is (name in bands)


# Made from the rules


def test_c3_c5_c6_and_c7() -> None:
    assert judged("I /*9")[PERSISTENT].value == 2
    c5 = judged("U+B L+\\ /*8")
    assert PERSISTENT not in c5
    c6 = judged("/+C2*5")
    assert c6[SEVERE].value == 5
    assert not c6.keys() & {"continuous-unauthorised", "penalty-window", "sickness"}
    for code in ("#", "D"):
        assert not judged(f"{code}*10", "/*10").keys() & {PERSISTENT, SEVERE}


def test_c15_sickness_is_looked_at_when_the_reason_is_known() -> None:
    assert "continuous-unauthorised" in judged("N*10 /*5")
    after = judged("I*10 /*5")
    assert "continuous-unauthorised" not in after
    assert after["sickness-prompt"].value == 20


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        pytest.param(date(2021, 8, 31), date(2026, 8, 31), None, id="C22"),
        pytest.param(date(2021, 9, 1), date(2026, 12, 31), None, id="C23"),
        pytest.param(date(2010, 8, 15), None, date(2026, 6, 26), id="C25"),
        pytest.param(date(2010, 9, 15), None, date(2027, 6, 25), id="C26"),
    ],
)
def test_compulsory_school_age(born: date, first: date | None, last: date | None) -> None:
    day = timedelta(days=1)
    if first:
        assert compulsory_age(born, first) == "compulsory"
        assert compulsory_age(born, first - day) == "outside"
    if last:
        assert compulsory_age(born, last) == "compulsory"
        assert compulsory_age(born, last + day) == "outside"


@pytest.mark.serves("I22")
def test_late_and_very_late_are_counted_apart() -> None:
    found = judged("L+\\*6 U+\\*6")["late-pattern"]
    assert {counted.code for counted in found.why} in ({"L"}, {"U"})
    assert "late-pattern" not in judged("L+\\*5 U+\\*5")
    held = register("L+\\*6 U+\\*6")
    both = [f for f in evaluate(held, ENGLAND, held.sessions[-1].date) if f.parts]
    assert {f.parts for f in both} == {("late-before-closing",), ("late-after-closing",)}


@pytest.mark.serves("C19")
def test_one_pupils_absence_is_flagged_on_its_first_day() -> None:
    found = judged("/*4 N", "/*5")["first-day"]
    assert (found.value, found.audience) == (2, "school")
    assert found.waiting[0].due == weekdays(MONDAY, 10)[9]


@pytest.mark.serves("R25")
def test_a_pupil_who_does_not_attend_regularly_stands_on_the_return() -> None:
    found = judged("O+\\*10 /*30 O+\\*5 /*25 O+\\*5")["irregular"]
    assert (found.value, found.threshold, found.parts) == (
        20,
        20,
        ("penalty-window", "irregular-in-the-year"),
    )
    assert found.statutory
    assert ENGLAND.trigger("irregular").on_return


def test_children_with_a_social_worker_come_first() -> None:
    known = replace(pupil(), social_worker=True, sen="E")
    held = register("I*10", "I*10", pupils=(known,))
    found = [f for f in evaluate(held, ENGLAND, held.sessions[-1].date) if f.trigger == "not-seen"]
    assert [f.priority for f in found] == [("social-worker", "ehcp"), ()]


def test_a_count_of_days_says_days() -> None:
    rule = CountRule(
        name="x", title="x", kind="count", audience="school", source="x", version="1",
        threshold=2, of="days", whole_days=True, counts=("I",),
    )  # fmt: skip
    policy = ENGLAND.model_copy(update={"triggers": (rule,)})
    found = judged("I*2 I+M I /", by=policy)["x"]
    assert (found.value, found.unit, len(found.why)) == (3, "school days", 6)
    assert marks("I")[(MONDAY, "AM")] == "I"
