"""What is kept back, closed or refused before a register is judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from registers import MONDAY, pupil, register, weekdays

from linkwork import codes
from linkwork.errors import BadInput
from linkwork.policy import builtin
from linkwork.readying import ready
from linkwork.register import Enrolment, Pupil, Register, RegisterBuilder, Session
from linkwork.school_days import school_days
from linkwork.summary import completeness
from linkwork.terms import Entry
from linkwork.triggers import evaluate, evaluate_plainly

SETS = [codes.builtin("england-2013"), codes.builtin("england-2024")]
POLICY = builtin("england-2024")
UPN = "R999999926001"
DAYS = weekdays(MONDAY, 20)


def of(*pupils: Pupil, story: str = "O*10") -> Register:
    """A register in which every one of these pupils has the story."""
    return register(*[story] * len(pupils), pupils=pupils)


def judged(given: Register) -> set[str]:
    """The pupils with ten days without permission."""
    found = evaluate(ready(given, SETS), POLICY, DAYS[-1])
    return {each.pupil_id for each in found if each.trigger == "continuous-unauthorised"}


def test_two_records_with_one_upn_are_both_kept_back_and_the_rest_goes_on() -> None:
    twice = [replace(pupil(n), upn=upn) for n, upn in ((1, UPN), (2, UPN.lower()), (3, None))]
    found = ready(of(*twice), SETS)
    assert [each.pupil_id for each in found.pupils] == ["P3"]
    assert {(each.pupil_id, each.reason) for each in found.kept_back} == {
        ("P1", "same-upn"),
        ("P2", "same-upn"),
    }
    [warning] = found.warnings
    assert warning.startswith("pupils P1 and P2 are not judged: two records have this UPN. Correct")
    assert judged(of(*twice)) == {"P3"}


def test_who_shares_a_number_with_whom_is_told_pair_by_pair() -> None:
    other = "F999999926002"
    twice = [
        replace(pupil(n), upn=upn)
        for n, upn in ((1, UPN), (2, other), (3, UPN), (4, other), (5, other), (6, None))
    ]
    assert [each.partition(".")[0] for each in ready(of(*twice), SETS).warnings] == [
        "pupils P1 and P3 are not judged: two records have this UPN",
        "pupils P2, P4 and P5 are not judged: 3 records have this UPN",
    ]


def test_a_placeholder_in_the_column_of_upns_says_nothing_about_anybody() -> None:
    same = [replace(pupil(n), upn=text) for n, text in ((1, "NONE"), (2, "NONE"), (3, ""))]
    assert ready(of(*same), SETS).kept_back == ()


def test_twins_are_two_pupils_whatever_they_share() -> None:
    born = date(2014, 5, 17)
    twins = [
        replace(pupil(n, born=born), surname="Larkspur", form="8A", upn=upn)
        for n, upn in ((1, None), (2, None), (3, UPN), (4, "F999999926002"))
    ]
    assert judged(of(*twins)) == {"P1", "P2", "P3", "P4"}


def test_a_child_born_after_the_register_is_kept_back() -> None:
    found = ready(of(pupil(1, born=date(2062, 5, 1)), pupil(2)), SETS)
    assert [(each.pupil_id, each.reason) for each in found.kept_back] == [("P1", "born-later")]


def test_a_pupil_who_left_before_entry_is_kept_back() -> None:
    wrong = pupil(1, on_roll=[(DAYS[5], DAYS[2])])
    found = ready(of(wrong, pupil(2)), SETS)
    assert [(e.pupil_id, e.reason) for e in found.kept_back] == [("P1", "left-before-entry")]


def test_a_register_of_nobody_who_can_be_judged_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no pupil can be judged: pupils P1 and P2 .* Correct"):
        ready(of(*[replace(pupil(n), upn=UPN) for n in (1, 2)]), SETS)


def test_the_minutes_of_those_who_stay_stay_with_them() -> None:
    into = RegisterBuilder()
    for number, upn in ((1, UPN), (2, UPN), (3, None)):
        into.add_pupil(Pupil(f"P{number}", upn=upn))
        into.add(f"P{number}", MONDAY, "AM", "L", number)
    assert ready(into.build(), SETS).minutes_late == {(0, 0): 3}


def with_terms(given: Register, *entries: Entry) -> Register:
    """The register with a terms file."""
    return replace(given, terms=entries, calendar_from="terms.csv")


TERM = Entry("Spring", MONDAY, DAYS[-1], "term")


def test_a_year_group_sent_home_has_no_possible_session_and_the_others_have() -> None:
    pupils = [replace(pupil(n), year_group=group) for n, group in ((1, "8"), (2, "9"))]
    shut = Entry("Burst pipe", DAYS[2], DAYS[3], "closure", year_group="8")
    given = with_terms(register("/ / O - / /", "/ / / / / /", pupils=pupils), TERM, shut)
    found = ready(given, SETS)
    for half in ("AM", "PM"):
        assert found.mark("P1", Session(DAYS[2], half)) == "#"
        assert found.mark("P1", Session(DAYS[3], half)) == "#"
        assert found.mark("P2", Session(DAYS[3], half)) in ("/", "\\")
    assert found.warnings == (
        "2 marks of year 8 on days it was shut by the calendar count for nothing",
    )
    assert given.mark("P1", Session(DAYS[2], "AM")) == "O"


def test_a_day_shut_for_a_year_group_neither_counts_in_a_run_nor_ends_it() -> None:
    pupils = [replace(pupil(1), year_group="8"), pupil(2)]
    shut = Entry("Burst pipe", DAYS[5], DAYS[5], "closure", year_group="8")
    given = register("O*5 / O*5", "/*11", pupils=pupils)
    assert judged(given) == set()
    assert judged(with_terms(given, TERM, shut)) == {"P1"}


def test_a_calendar_of_another_year_is_refused_by_both_their_dates() -> None:
    wrong = [day + timedelta(days=364) for day in DAYS]
    with pytest.raises(BadInput) as refused:
        ready(replace(register("/*5", calendar=wrong), calendar_from="days.csv"), SETS)
    said = str(refused.value)
    assert said.startswith("days.csv: the calendar has none of the days")
    assert "2026-01-05 to 2026-01-09" in said
    assert "it holds 2027-01-04" in said
    later = Entry("Spring", date(2027, 1, 4), date(2027, 3, 1), "term")
    with pytest.raises(BadInput, match=r"terms\.csv: the calendar has none"):
        ready(with_terms(register("/*5"), later), SETS)


def test_terms_declare_the_school_days_and_say_from_where() -> None:
    holiday = Entry("Half term", DAYS[5], DAYS[9], "half-term")
    found = school_days(with_terms(register("/*5 -*5 / - /"), TERM, holiday))
    assert found.days == (*DAYS[:5], *DAYS[10:13])
    assert found.gaps == (DAYS[11],)
    assert (found.source, found.origin) == ("declared", "declared by terms.csv")


def test_closures_without_a_term_take_days_from_those_inferred_and_name_the_marks() -> None:
    found = school_days(with_terms(register("/ / /"), Entry("Snow", DAYS[1], DAYS[1], "closure")))
    assert found.days == (DAYS[0], DAYS[2])
    assert found.unlisted == (DAYS[1],)
    assert found.source == "inferred"


GUEST = Enrolment(None, None, "G")


def test_a_guest_is_judged_by_no_rule_that_leaves_the_school_unless_once_on_its_own_roll() -> None:
    def enrolled(number: int, *spells: Enrolment) -> Pupil:
        return replace(pupil(number), enrolments=spells)

    pupils = (
        enrolled(1, GUEST),
        enrolled(2, Enrolment(mode="F")),
        enrolled(3, Enrolment(mode="S")),
        enrolled(4, Enrolment(mode="M")),
        enrolled(5, Enrolment(None, DAYS[3], "G"), Enrolment(DAYS[4], None, "C")),
        enrolled(6, Enrolment(None, DAYS[9], "G"), Enrolment(DAYS[10], None, "C")),
    )
    held = ready(of(*pupils, story="O*15"), SETS)
    every = evaluate(held, POLICY, DAYS[-1])
    assert every == evaluate_plainly(held, POLICY, DAYS[-1])
    assert {each.pupil_id for each in every if each.audience == "school"} >= {"P1", "P2"}
    found = [each for each in every if each.audience != "school"]
    assert {each.pupil_id for each in found} == {"P3", "P4", "P5", "P6"}
    runs = {e.pupil_id: e for e in found if e.trigger == "continuous-unauthorised"}
    assert set(runs) == {"P3", "P4", "P5"}
    assert (runs["P5"].value, runs["P5"].first) == (11, DAYS[4])


def test_the_summary_counts_those_kept_back_by_reason_and_names_nobody() -> None:
    twice = [replace(pupil(n), upn=upn) for n, upn in ((1, UPN), (2, UPN), (3, None))]
    whole = completeness(ready(of(*twice), SETS), POLICY, DAYS[-1])
    assert whole.kept_back == {"same-upn": 2}
    assert "P1" not in whole.model_dump_json()
    assert UPN not in whole.model_dump_json()
