"""Policies nobody would write by hand: every kind of rule with every setting, small figures."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from linkwork import policy as policies

ENGLAND = tomllib.loads(policies.builtin("england-2024").text)


def england(**changes: Mapping[str, Any]) -> dict[str, Any]:
    """England's policy with other settings of some of its rules."""
    data = tomllib.loads(policies.builtin("england-2024").text)
    for rule in data["trigger"]:
        rule |= changes.get(rule["name"].replace("-", "_"), {})
    return data


#: Small figures make every rule fire often in a few weeks of marks.
SHORT = england(
    continuous_unauthorised={"threshold": 3},
    penalty_window={"threshold": 4, "school_weeks": 2},
    not_seen={"threshold": 3},
    irregular_in_the_year={"threshold": 6},
    sickness={"threshold": 5},
    sickness_in_a_row={"threshold": 2},
    sickness_together={"threshold": 4},
    twenty_days_unauthorised={"threshold": 5},
    ten_days_after_leave={"threshold": 2},
    late_before_closing={"threshold": 2, "school_weeks": 2},
    late_after_closing={"threshold": 2, "school_weeks": 2},
    sudden_drop={
        "school_weeks": 1,
        "before_school_weeks": 2,
        "min_possible": 1,
        "min_possible_before": 1,
    },
)

CLASSES = ["authorised", "unauthorised", "activity", "not-possible"]
#: Where the counted class or code matters, codes of both code sets, and classes.
COUNTS = st.sampled_from(
    [
        ["G", "N", "O", "U"],
        ["O", "N"],
        ["I"],
        ["U"],
        ["authorised", "unauthorised"],
        ["unauthorised"],
        ["activity", "authorised", "unauthorised", "not-possible"],
    ]
)
_few = st.integers(1, 4)
_yes = st.booleans()


@st.composite
def rule_packs(draw: st.DrawFn, kind: str | None = None) -> dict[str, Any]:
    """England's policy with drawn rules in place of its own, and an `any` of them all.

    With `kind` the first of them is of that kind, and stands for itself.
    """
    kinds = draw(st.lists(st.sampled_from(sorted(_KINDS)), max_size=2))
    kinds = [kind or draw(st.sampled_from(sorted(_KINDS))), *kinds]
    rules = [
        draw(_KINDS[kind]) | {"kind": kind} | draw(_common(f"rule-{n}"))
        for n, kind in enumerate(kinds)
    ]
    rules[0]["part"] = False
    whole = {"kind": "any", "any_of": [rule["name"] for rule in rules]}
    whole["findings"] = draw(st.sampled_from(["one", "each"]))
    rules.append(draw(_common("any-of-them")) | whole | {"part": False})
    provisional = ENGLAND["provisional"] | {"school_days": draw(st.integers(0, 5))}
    return {**ENGLAND, "trigger": rules, "provisional": provisional}


@st.composite
def _common(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "audience": "school",
        "source": "drawn",
        "version": "1",
        "age_bound": draw(_yes),
        "part": draw(st.integers(0, 3)) == 0,
    }


@st.composite
def _runs(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "threshold": draw(_few),
        "counts": draw(COUNTS),
        "of": draw(st.sampled_from(["days", "sessions"])),
        "u_breaks_run": draw(_yes),
        "authorised_day": draw(st.sampled_from(["ends", "pauses"])),
        "unknown_day": draw(st.sampled_from(["passes", "ends"])),
        "skips": draw(st.sampled_from([[], ["D", "E"], ["M"]])),
    }
    if rule["counts"] == ["U"]:
        rule["u_breaks_run"] = False
    if rule["of"] == "days":
        rule["whole_days"] = draw(_yes)
        rule["mixed_day"] = draw(st.sampled_from(["counts", "ends"]))
    if rule["authorised_day"] == "ends" and draw(st.integers(0, 3)) == 0:
        rule["follows"] = draw(st.sampled_from([["C", "I"], ["M"]]))
    return rule


@st.composite
def _windows(draw: st.DrawFn) -> dict[str, Any]:
    unit = draw(st.sampled_from(["school_weeks", "school_days", "calendar_weeks"]))
    rule = {"threshold": draw(st.integers(1, 6)), "counts": draw(COUNTS), unit: draw(_few)}
    if unit == "school_weeks" and draw(_yes):
        rule["good_week_sessions"] = draw(st.sampled_from([4, 8, 10]))
    return rule


@st.composite
def _rates(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "rate": draw(st.sampled_from([[1, 10], [1, 2], [1, 5], [3, 7]])),
        "boundary": draw(st.sampled_from(["at-least", "more-than"])),
        "counts": draw(COUNTS),
        "min_possible": draw(st.sampled_from([1, 10, 40])),
    }
    return rule | draw(_time(["school-year", "half-term"]))


@st.composite
def _counts(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {"threshold": draw(st.integers(1, 6)), "counts": draw(COUNTS)}
    rule["older_than"] = draw(st.sampled_from([0, 0, 2, 5]))
    if draw(_yes):
        rule |= {"of": "days", "whole_days": draw(_yes)}
    else:
        rule["no_mark"] = draw(_yes)
    return rule | draw(_time(["school-year", "half-term", "today"]))


@st.composite
def _time(draw: st.DrawFn, periods: list[str]) -> dict[str, Any]:
    if draw(st.integers(0, 2)) == 0:
        return {"school_weeks": draw(_few)}
    return {"period": draw(st.sampled_from(periods))}


@st.composite
def _comparisons(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "counts": draw(st.sampled_from([["authorised", "unauthorised"], ["unauthorised"]])),
        "points": draw(st.sampled_from([1, 1, 15])),
        "school_weeks": draw(st.integers(1, 2)),
        "before_school_weeks": draw(_few),
        "min_possible": draw(st.sampled_from([1, 1, 6])),
        "min_possible_before": draw(st.sampled_from([1, 1, 6])),
    }


@st.composite
def _weekdays(draw: st.DrawFn) -> dict[str, Any]:
    days = draw(st.sampled_from([["Monday"], ["Monday", "Friday"], ["Saturday", "Wednesday"]]))
    return {"weekdays": days} | draw(_last())


@st.composite
def _edges(draw: st.DrawFn) -> dict[str, Any]:
    sides = draw(st.sampled_from([["before"], ["after"], ["before", "after"]]))
    weekdays = draw(st.sampled_from([1, 5, 10]))
    return {"sides": sides, "holiday_weekdays": weekdays} | draw(_last())


@st.composite
def _last(draw: st.DrawFn) -> dict[str, Any]:
    last = draw(_few)
    return {
        "counts": draw(COUNTS),
        "last": last,
        "threshold": draw(st.integers(1, last)),
        "whole_days": draw(_yes),
    }


KINDS = ("run", "window", "rate", "count", "comparison", "weekday", "term-edge")
_KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "run": _runs(),
    "window": _windows(),
    "rate": _rates(),
    "count": _counts(),
    "comparison": _comparisons(),
    "weekday": _weekdays(),
    "term-edge": _edges(),
}
