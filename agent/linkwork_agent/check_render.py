"""What `check` shows: a table for a person, JSON and CSV for another program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from linkwork import wording
from linkwork.cells import inert
from linkwork.policy import RateRule, Rule
from linkwork.school_days import OddDay
from linkwork.summary import groups
from linkwork.triggers import Finding
from linkwork_agent import coming, last_year, whole_words, without_reason
from linkwork_agent.check_table import table

if TYPE_CHECKING:
    from linkwork_agent.check_result import Result

COLUMNS = (
    "pupil_id", "trigger", "status", "statutory", "age", "value", "threshold", "unit", "possible",
    "first", "last", "ended", "at_least", "at_most", "why",
)  # fmt: skip


def as_json(result: Result) -> str:
    """One JSON object, a line for each key and each entry of a list. Keys are only ever added."""
    lines = (f"{_compact(key)}: {_listed(value)}" for key, value in data(result).items())
    return "{\n  " + ",\n  ".join(lines) + "\n}\n"


def _listed(value: object) -> str:
    if not isinstance(value, list) or not value:
        return _compact(value)
    return "[\n    " + ",\n    ".join(map(_compact, value)) + "\n  ]"


def _compact(value: object) -> str:
    # Without an indent the library's fast writer does it: a year has a hundred thousand sessions.
    return json.dumps(value, ensure_ascii=False)


def data(result: Result) -> dict[str, Any]:
    """The answer as JSON data."""
    school, rules = result.sheet.school, _rules(result)
    return {
        "policy": result.sheet.policy.name,
        "as_of": result.sheet.as_of.isoformat(),
        "pupils": len(result.register.pupils),
        "sessions": result.tally.possible,
        "unmarked": result.tally.unmarked,
        "findings": [finding_data(found) | in_words(found, rules) for found in result.findings],
        "urn": result.register.urn,
        "policy_version": result.sheet.policy.version,
        "code_sets": sorted({code_set.name for code_set in result.sheet.sets}),
        "unknown_codes": result.unknown,
        "marks_off_roll": result.off_roll,
        "school_days": {
            "source": school.source,
            "count": len(school.days),
            "perhaps_not_a_school_day": [
                {"date": thin.day.isoformat(), "marked": thin.marked, "pupils": thin.pupils}
                for thin in school.thin
            ],
            "without_any_mark": [day.isoformat() for day in school.gaps],
            "not_in_the_calendar": [day.isoformat() for day in school.unlisted],
            "origin": school.origin,
            "only_closures": [day.isoformat() for day in school.closed],
            "taken_for_holidays": [
                {"first": first.isoformat(), "last": last.isoformat()}
                for first, last in school.holidays
            ],
            "questioned": [_odd(each) for each in school.odd],
            "bank_holidays_left_out": [_odd(each) for each in school.left_out],
        },
        "half_terms": [
            {
                "name": half.name,
                "position": half.position,
                "first": half.first.isoformat(),
                "last": half.last.isoformat(),
                "inferred": half.inferred,
            }
            for half in result.sheet.half_terms
        ],
        "unknown": result.tally.unknown,
        "not_judged": [
            {"pupil_id": each.pupil_id, "reason": each.reason} for each in result.register.kept_back
        ],
        "warnings": list(result.register.warnings),
        "rejected": [one._asdict() for one in result.register.rejected],
        "rejected_count": result.register.rejected_count,
        "completeness": whole_words.data(result.whole),
        "groups": groups(result.register, result.sheet.policy, result.sheet.as_of),
        "nearly": coming.data(coming.crossing(result.sheet, result.series)),
        "last_year": last_year.data(result.sheet),
        "without_reason": without_reason.data(result.sheet),
    }


def as_csv(result: Result) -> str:
    """One row a finding; `why` holds its sessions as `date half code`, separated by `;`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for found in result.findings:
        data = finding_data(found)
        data["why"] = ";".join(f"{c.date.isoformat()} {c.half} {c.code}" for c in found.why)
        data["statutory"] = "true" if found.statutory else "false"
        shown = ("" if data[name] is None else str(data[name]) for name in COLUMNS)
        writer.writerow([inert(cell) for cell in shown])
    return text.getvalue()


def as_table(result: Result) -> str:
    """For the school's attendance officer."""
    return table(result, _rules(result))


FORMATS: Mapping[str, Callable[[Result], str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _odd(each: OddDay) -> dict[str, str]:
    return {"date": each.day.isoformat(), "why": each.why}


def _rules(result: Result) -> dict[str, Rule]:
    """The rules applied, by name; of a series of policies the latest that applies each."""
    return {each.rule.name: each.rule for each in result.series.rules(result.sheet.as_of)}


def in_words(found: Finding, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """What JSON says beside the numbers: the time looked at, and what would change it."""
    rule = rules[found.trigger]
    year = isinstance(rule, RateRule) and wording.of_the_year(rule)
    first, last = found.window or (found.first, found.last)
    return {
        "window": {
            "words": wording.window(found, rule),
            "first": first.isoformat(),
            "last": last.isoformat(),
        },
        "change": wording.change(found, rule),
        "to_leave": wording.to_leave(found, rule) if year and isinstance(rule, RateRule) else None,
        "waiting": [
            {"date": each.date.isoformat(), "session": each.half, "due": each.due.isoformat()}
            for each in found.waiting
        ],
        "priority": list(found.priority),
        "parts": list(found.parts),
    }


def finding_data(found: Finding) -> dict[str, Any]:
    """A finding as JSON data. Keys are only ever added."""
    return {
        "pupil_id": found.pupil_id,
        "trigger": found.trigger,
        "status": found.status,
        "statutory": found.statutory,
        "age": found.age,
        "value": found.value,
        "threshold": found.threshold,
        "unit": found.unit,
        "possible": found.possible,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "ended": found.ended.isoformat() if found.ended else None,
        "at_least": found.at_least,
        "at_most": found.at_most,
        "why": [
            {"date": each.date.isoformat(), "session": each.half, "code": each.code}
            for each in found.why
        ],
        "audience": found.audience,
        "missing": found.missing,
        "seen_in_school": [day.isoformat() for day in found.seen],
        "declared": found.declared.isoformat() if found.declared else None,
        "over": found.over.isoformat() if found.over else None,
    }
