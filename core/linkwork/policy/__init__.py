"""Policies: versioned packs of rules, each with its source, read from TOML."""

from linkwork.policy.lint import Lint, lint
from linkwork.policy.pack import Age, NoticeTerms, Penalty, Policy, Provisional
from linkwork.policy.reading import DEFAULT, builtin, load, loads, mistakes, names
from linkwork.policy.rules import (
    KINDS,
    AnyRule,
    BaseRule,
    ComparisonRule,
    CountRule,
    RateRule,
    Rule,
    RunRule,
    SimpleRule,
    TermEdgeRule,
    TriggerRule,
    WeekdayRule,
    WindowRule,
)
from linkwork.policy.series import InForce, PolicySeries, as_series, of_nation, series

__all__ = [
    "DEFAULT",
    "KINDS",
    "Age",
    "AnyRule",
    "BaseRule",
    "ComparisonRule",
    "CountRule",
    "InForce",
    "Lint",
    "NoticeTerms",
    "Penalty",
    "Policy",
    "PolicySeries",
    "Provisional",
    "RateRule",
    "Rule",
    "RunRule",
    "SimpleRule",
    "TermEdgeRule",
    "TriggerRule",
    "WeekdayRule",
    "WindowRule",
    "as_series",
    "builtin",
    "lint",
    "load",
    "loads",
    "mistakes",
    "names",
    "of_nation",
    "series",
]
