"""Policies nobody would write by hand: every kind of rule with every setting, in small figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from linkwork import policy as policies
from linkwork.facts import Fact
from linkwork.policy import Policy
from linkwork.register import Register

ENGLAND = policies.builtin("england-2024")
#: What most rules count, so that findings are frequent; now and then something odd.
COUNTS = (
    ["G", "N", "O", "U"],
    ["G", "N", "O", "U"],
    ["I"],
    ["U"],
    ["authorised", "unauthorised"],
    ["unauthorised"],
    ["activity", "authorised", "unauthorised", "not-possible"],
    ["C", "C1", "C2", "D"],
    ["present"],
)
_SMALL = st.integers(1, 8)
_COUNTS = st.sampled_from(COUNTS)


def _rule(kind: str, **settings: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A rule of a kind; a setting drawn as None is left out."""
    words = {"title": "t", "audience": "school", "source": "s", "version": "1", "kind": kind}
    drawn = st.fixed_dictionaries({"age_bound": st.booleans(), **settings})
    return drawn.map(lambda some: words | {k: v for k, v in some.items() if v is not None})


def _sound_run(rule: dict[str, Any]) -> dict[str, Any]:
    """Without settings that do not go together."""
    if rule["of"] == "sessions":
        rule = rule | {"whole_days": False, "mixed_day": "counts"}
    return rule | {"authorised_day": "ends"} if rule["follows"] else rule


_RUN = _rule(
    "run",
    counts=_COUNTS,
    threshold=_SMALL,
    of=st.sampled_from(["days", "days", "days", "sessions"]),
    whole_days=st.booleans(),
    u_breaks_run=st.booleans(),
    mixed_day=st.sampled_from(["counts", "ends"]),
    authorised_day=st.sampled_from(["ends", "pauses"]),
    unknown_day=st.sampled_from(["passes", "ends"]),
    skips=st.sampled_from([[], [], ["E", "D"], ["I"]]),
    follows=st.sampled_from([[], [], ["C", "C1", "I"]]),
    excused_by=st.sampled_from([[], ["leave-with-an-end", "sickness-return"]]),
).map(_sound_run)
_WINDOW = st.sampled_from(["school_weeks", "school_days", "calendar_weeks"]).flatmap(
    lambda length: _rule(
        "window",
        counts=_COUNTS,
        threshold=_SMALL,
        good_week_sessions=st.integers(1, 9) if length == "school_weeks" else st.none(),
        **{length: st.integers(1, 12)},
    )
)
_RATE = _rule(
    "rate",
    counts=_COUNTS,
    rate=st.tuples(st.integers(1, 9), st.integers(1, 30)),
    boundary=st.sampled_from(["at-least", "more-than"]),
    min_possible=st.sampled_from([1, 1, 5, 40]),
    period=st.sampled_from(["school-year", "half-term"]),
    school_weeks=st.one_of(st.none(), st.none(), _SMALL),
)
_COUNT = _rule(
    "count",
    counts=_COUNTS,
    threshold=_SMALL,
    of=st.sampled_from(["sessions", "days"]),
    whole_days=st.booleans(),
    period=st.sampled_from(["school-year", "half-term", "today"]),
    school_weeks=st.one_of(st.none(), st.none(), _SMALL),
    older_than=st.integers(0, 6),
    no_mark=st.booleans(),
).map(lambda rule: rule | {"whole_days" if rule["of"] == "sessions" else "no_mark": False})
_COMPARISON = _rule(
    "comparison",
    counts=_COUNTS,
    points=st.integers(1, 60),
    school_weeks=st.integers(1, 4),
    before_school_weeks=st.integers(1, 6),
    min_possible=st.sampled_from([1, 5]),
)
_LAST = {"threshold": st.integers(1, 3), "last": st.integers(3, 6), "whole_days": st.booleans()}
_WEEKDAY = _rule(
    "weekday",
    counts=_COUNTS,
    weekdays=st.sampled_from([["Monday"], ["Friday", "Wednesday"]]),
    **_LAST,
)
_TERM_EDGE = _rule(
    "term-edge",
    counts=_COUNTS,
    sides=st.sampled_from([["before"], ["before", "after"]]),
    holiday_weekdays=st.integers(1, 6),
    **_LAST,
)
_SIMPLE = (_RUN, _WINDOW, _RATE, _COUNT, _COMPARISON, _WEEKDAY, _TERM_EDGE)


@st.composite
def policies_of_every_kind(draw: st.DrawFn) -> Policy:
    """A policy with a rule or two of each kind."""
    rules = [draw(kind) for kind in _SIMPLE] + [draw(_RUN), draw(_COUNT), draw(_WINDOW)]
    for number, rule in enumerate(rules):
        rule["name"] = f"rule-{number}"
    names = [rule["name"] for rule in rules]
    for number in range(2):
        any_of = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        either = draw(_rule("any", findings=st.sampled_from(["one", "each"])))
        rules.append(either | {"name": f"any-{number}", "any_of": any_of})
    data: dict[str, Any] = ENGLAND.model_dump(by_alias=True, exclude={"triggers", "text"})
    data |= {"name": "random", "code_sets": ["england-2024", "england-2013"]}
    return Policy.model_validate({**_as_written(data), "trigger": rules})


def _as_written(data: Mapping[str, Any]) -> dict[str, Any]:
    """Months and days as an author writes them."""
    age = dict(data["age"])
    age["start_days"] = [f"{month:02}-{day:02}" for month, day in age["start_days"]]
    age["year_starts"] = "{:02}-{:02}".format(*age["year_starts"])
    return {**data, "age": age}


@st.composite
def facts_about(draw: st.DrawFn, register: Register, around: date) -> dict[str, list[Fact]]:
    """Facts about some of the pupils, or none."""
    stated: dict[str, list[Fact]] = {}
    for pupil in register.pupils:
        if draw(st.integers(0, 4)) == 0:
            first = around - timedelta(days=draw(st.integers(0, 40)))
            last = first + timedelta(days=draw(st.integers(0, 20)))
            stated[pupil.pupil_id] = [Fact("leave-with-an-end", first, last)]
    return stated
