"""What describes a pupil outside the school comes from closed lists, on both sides of the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from registers import register

from linkwork import policy as policies
from linkwork import vocabulary, wire
from linkwork.codes import Category
from linkwork.register import Pupil
from linkwork.summary import completeness, totals

ENGLAND = policies.builtin("england-2024")
SUMS = dict.fromkeys(vocabulary.SUMS, 1)
WHOLE = {name: SUMS[name] for name in vocabulary.SUMS}
CANARY = "Quill Thornapple"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[(spelt, "7") for spelt in ("7", "07", "Year 7", "Year  7", "Yr 7", "Y7", "year 07")],
        *[(spelt, "R") for spelt in ("R", "Reception", "Year R", "YR", "Year 0", "Derbyn")],
        *[("Nursery", "N2"), ("n1", "N1"), ("X", "X"), ("Blwyddyn 10", "10"), ("other", "other")],
        *[
            (none, None)
            for none in (
                "15",
                "7 Heron",
                CANARY,
                "2014-03-04",
                "Year",
                "\N{ARABIC-INDIC DIGIT SEVEN}",
            )
        ],
    ],
)
def test_a_year_group_is_read_in_usual_spellings_only(written: str, meant: str | None) -> None:
    assert vocabulary.year_group(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Female", "F"),
        ("m", "M"),
        ("Boy", "M"),
        ("not known", "U"),
        ("Other", "other"),
        ("Q", None),
    ],
)
def test_a_sex_is_read_in_usual_words_only(written: str, meant: str | None) -> None:
    assert vocabulary.sex(written) == meant


def test_text_that_is_in_no_list_is_counted_as_other() -> None:
    pupil = Pupil("P1", year_group=CANARY, sex=CANARY, sen=CANARY, ethnicity=CANARY)
    names = [pupil, *(Pupil(f"P{n}", ethnicity=CANARY) for n in range(2, 14))]
    held = register(*["/*4 Quill"] * len(names), pupils=names)
    found = totals(held, ENGLAND, held.sessions[-1].date)
    assert {name: set(each) for name, each in found.groups.items()} == {
        "year_group": {"other", "not known"},
        "sex": {"other", "not known"},
        "sen": {"other", "not known"},
        "ethnicity": {"other"},
    }
    assert completeness(held, ENGLAND, held.sessions[-1].date).unknown_codes == {"other": 26}


def test_a_known_value_in_another_spelling_is_counted_under_its_own_name() -> None:
    pupils = [Pupil("P1", year_group="Year 7", sex="Male", sen="k"), Pupil("P2", year_group="7")]
    held = register("/*4", "/*4", pupils=pupils)
    found = totals(held, ENGLAND, held.sessions[-1].date).groups
    assert set(found["year_group"]) == {"7"}
    assert (set(found["sex"]), set(found["sen"])) == ({"M", "not known"}, {"K", "not known"})


@pytest.mark.parametrize(
    "groups",
    [
        {"year_group": {CANARY: SUMS}},
        {"sex": {CANARY: SUMS}},
        {"sen": {CANARY: SUMS}},
        {"fsm": {CANARY: SUMS}},
        {"ethnicity": {CANARY: SUMS}},
        {CANARY: {"7": SUMS}},
        {"year_group": {"7": {CANARY: 1}}},
        {"year_group": {"7": {"pupils": CANARY}}},
        {"year_group": {"7": CANARY}},
    ],
)
def test_totals_with_free_text_are_refused_and_the_refusal_does_not_repeat_it(
    groups: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError) as refused:
        wire.Totals.model_validate(WHOLE | {"groups": groups})
    assert CANARY not in str(refused.value)
    assert CANARY not in str([error["loc"] for error in refused.value.errors()])


def test_every_name_of_the_lists_may_stand_in_totals() -> None:
    groups = {name: dict.fromkeys(names, SUMS) for name, names in vocabulary.GROUPS.items()}
    assert wire.Totals.model_validate(WHOLE | {"groups": groups}).groups == groups


@pytest.mark.parametrize("code", [CANARY, "Ash", "QUILL", "", "7 H"])
def test_an_unknown_code_that_is_no_code_is_refused(code: str) -> None:
    fields = {"last_marked_day": None, "sessions_expected": 1, "sessions_marked": 1}
    bounded = {"Q9": 1, "other": 2}
    allowed = wire.Completeness.model_validate(fields | {"unknown_codes": bounded})
    assert allowed.unknown_codes == bounded
    with pytest.raises(ValidationError) as refused:
        wire.Completeness.model_validate(fields | {"unknown_codes": {code: 1}})
    assert [error["loc"] for error in refused.value.errors()] == [("unknown_codes",)]


def test_a_mark_names_no_other_code_than_the_four_and_counts_as_a_known_class() -> None:
    day = date(2026, 1, 5)
    assert {mark.value for mark in Category} | {"unknown", ""} == set(vocabulary.COUNTS_AS)
    for code in vocabulary.CODES_THAT_LEAVE:
        assert wire.Mark(date=day, half="AM", code=code).code == code
    for wrong in ({"code": "M"}, {"code": CANARY}, {"counts_as": CANARY}):
        with pytest.raises(ValidationError):
            wire.Mark.model_validate({"date": day, "half": "AM"} | wrong)
