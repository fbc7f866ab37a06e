"""A finding in a person's words: what was counted, when, what is unknown, what would change it."""

from __future__ import annotations

from collections import Counter
from datetime import date

from linkwork.findings import Finding
from linkwork.policy import (
    AnyRule,
    ComparisonRule,
    CountRule,
    RateRule,
    Rule,
    RunRule,
    TermEdgeRule,
    WeekdayRule,
    WindowRule,
)

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_IN_FULL = (
    *("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day(value: date) -> str:
    """A date as people write it: Mon 2 Mar 2026. Never in the machine's language."""
    weekday, month = _WEEKDAYS[value.weekday()], _MONTHS[value.month - 1]
    return f"{weekday} {value.day} {month} {value.year}"


def days(values: list[date] | tuple[date, ...], most: int = 8) -> str:
    """Several dates in a row, the first `most` of them."""
    shown = ", ".join(day(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"


def number(count: int, noun: str) -> str:
    """A counted noun: 1 pupil, 1,050 pupils."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sessions(count: int) -> str:
    """Sessions, with the days they make: 9 sessions (4½ days)."""
    whole, half = divmod(count, 2)
    in_days = f"{whole or ''}½" if half else f"{whole}"
    return f"{number(count, 'session')} ({in_days} {'day' if count <= 2 else 'days'})"


def amount(count: int, unit: str) -> str:
    """A value with its unit: sessions with the days they make, or school days."""
    return sessions(count) if unit == "sessions" else number(count, "school day")


def percent(part: int, whole: int) -> str:
    """A share with one decimal, never rounded up: 9.9 % must not read as 10.0 %."""
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def what(found: Finding, rule: Rule) -> str:
    """What was counted, with its dates."""
    codes = Counter(counted.code or "without a mark" for counted in found.why)
    by_code = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    if isinstance(rule, CountRule) and rule.period == "today":
        return f"{day(found.first)}: {by_code}"
    if found.declared is not None and found.value < found.threshold:
        return _declared(found, by_code)
    period = f"{day(found.first)} to {day(found.last)}{_end(found, rule)}"
    return f"{_counted(found, rule)}, {period}: {by_code}"


def _declared(found: Finding, by_code: str) -> str:
    """What the school said, and what the marks show so far."""
    ended = f", until {day(found.ended)}" if found.ended else ""
    so_far = f"; so far {sessions(found.value)}: {by_code}" if found.why else ""
    said = day(found.declared) if found.declared else ""
    return f"declared by the school on {said}{ended}{so_far}"


def _end(found: Finding, rule: Rule) -> str:
    if not isinstance(rule, RunRule):
        return ""
    if found.over:
        return f", over on {day(found.over)}: no longer on roll, or of the age this is for"
    return f", ended {day(found.ended)}" if found.ended else ", not ended"


def _counted(found: Finding, rule: Rule) -> str:
    value = amount(found.value, found.unit)
    if isinstance(rule, RateRule):
        share = percent(found.value, found.possible)
        time = "" if rule.school_weeks is None and rule.period == "school-year" else _time(rule)
        return (
            f"absent for {found.value} of {number(found.possible, 'possible session')} "
            f"({share}){time}"
        )
    if isinstance(rule, ComparisonRule):
        return _compared(found, rule)
    if isinstance(rule, WeekdayRule):
        weekday = _WEEKDAYS_IN_FULL[found.first.weekday()]
        return f"{found.value} of the last {rule.last} {weekday}"
    if isinstance(rule, TermEdgeRule):
        return f"{found.value} of the last {rule.last} school days beside a holiday"
    return f"{value}{_time(rule)}"


def _compared(found: Finding, rule: ComparisonRule) -> str:
    then = ""
    if found.before:
        absent, possible = found.before
        then = f"; {absent} of {possible:,} ({percent(absent, possible)}) in the "
        then += f"{rule.before_school_weeks} before"
    share = percent(found.value, found.possible)
    return (
        f"absent for {found.value} of {number(found.possible, 'possible session')} ({share}) "
        f"in the last {number(rule.school_weeks, 'school week')}{then}"
    )


def _time(rule: Rule) -> str:
    if isinstance(rule, WindowRule):
        return f" within {window_length(rule)}"
    if isinstance(rule, RateRule | CountRule):
        if rule.school_weeks is not None:
            return f" in the last {number(rule.school_weeks, 'school week')}"
        return {
            "school-year": " in the school year",
            "half-term": " in the half term",
            "today": " today",
        }[rule.period]
    if isinstance(rule, AnyRule) and rule.findings == "one":
        return " in the school year"
    return ""


def window_length(rule: WindowRule) -> str:
    """How long a window is, in words: 10 school weeks."""
    if rule.school_days is not None:
        return number(rule.school_days, "school day")
    if rule.calendar_weeks is not None:
        return number(rule.calendar_weeks, "calendar week")
    return number(rule.length, "school week")


def window(found: Finding, rule: Rule) -> str:
    """The time the rule looked at, in words and dates."""
    if found.window is None:
        return ""
    first, last = found.window
    dates = day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"{_looked_at(found, rule)}: {dates}"


def _looked_at(found: Finding, rule: Rule) -> str:
    if isinstance(rule, RunRule):
        return f"{amount(found.value, found.unit)} in a row"
    if isinstance(rule, WindowRule):
        return window_length(rule)
    if isinstance(rule, ComparisonRule):
        return f"the last {number(rule.school_weeks, 'school week')}"
    if isinstance(rule, WeekdayRule | TermEdgeRule):
        return _counted(found, rule).partition(" of ")[2]
    return _time(rule).removeprefix(" in ").strip() or "the sessions counted"


def notes(found: Finding, rule: Rule) -> list[str]:
    """What else must be known before acting: provisional, unknown, seen, age, who comes first."""
    said: list[str] = []
    if found.priority:
        known = {
            "social-worker": "a social worker",
            "ehcp": "an education, health and care plan",
            "looked-after": "the authority as carer (looked after)",
            "youth-justice-worker": "a youth justice worker",
        }
        said.append(f"First: a child with {' and '.join(known[each] for each in found.priority)}.")
    if found.declared is not None and found.value >= found.threshold:
        said.append(f"Declared by the school on {day(found.declared)}.")
    if found.status == "provisional":
        said.append(f"Provisional: not met without the N marks of the last days{_due(found)}.")
    if found.seen and found.audience != "school":
        said.append(f"Seen in school, late after the register closed, on {days(found.seen)}.")
    if (found.at_least, found.at_most) != (found.value, found.value):
        missing = f"; {number(found.missing, 'session')} in between without a mark"
        said.append(
            f"At least {found.at_least}, at most {found.at_most} {found.unit}"
            f"{missing if found.missing else ''}."
        )
    if found.age == "unknown" and rule.age_bound:
        said.append("Date of birth not known: judged as of compulsory school age.")
    if found.age == "outside":
        said.append("Not of compulsory school age.")
    return said


def _due(found: Finding) -> str:
    if not found.waiting:
        return ""
    latest = found.waiting[-1]
    return f" (the latest N: {day(latest.date)}, its reason due {day(latest.due)})"


def change(found: Finding, rule: Rule) -> str:
    """What would change the finding."""
    if found.declared is not None and found.value < found.threshold:
        return "Stands until the school ends it or takes it back."
    if isinstance(rule, RateRule) and of_the_year(rule):
        return f"Off the list after {_more(to_leave(found, rule))} without absence."
    if not isinstance(rule, RunRule):
        return turns(rule)
    if found.end:
        units = "days" if rule.of == "days" else "sessions"
        return f"Falls away when a correction leaves fewer than {rule.threshold} {units} in a row."
    ending = "an attended day or one of authorised absence only"
    if rule.of == "sessions":
        return "Ends with an attended session."
    others_end = rule.authorised_day == "ends" and "authorised" not in rule.counts
    return f"Ends with {ending if others_end else 'an attended day'}."


def turns(rule: Rule) -> str:
    """What would change any finding of the rule."""
    if isinstance(rule, RateRule) and of_the_year(rule):
        return "Off the list after so many more sessions without absence."
    if isinstance(rule, RateRule) and rule.school_weeks is None:
        return "Judged by the sessions of the half term, until it is over."
    if isinstance(rule, RateRule):
        weeks = number(rule.school_weeks or 0, "school week")
        return f"Off the list once the last {weeks} hold less than that share."
    if isinstance(rule, ComparisonRule):
        return (
            f"Off the list once the last {number(rule.school_weeks, 'school week')} lie less than "
            f"{rule.points} points below the {rule.before_school_weeks} before."
        )
    if isinstance(rule, CountRule) and rule.period == "today":
        return ""
    return "Judged again when one of the counted sessions gets another code."


def of_the_year(rule: RateRule) -> bool:
    """Whether its share is of the whole school year so far: one that sessions to come dilute."""
    return rule.period == "school-year" and rule.school_weeks is None


def _more(count: int) -> str:
    """More sessions, with the days they make."""
    return sessions(count).replace(" session", " more session", 1)


def to_leave(found: Finding, rule: RateRule) -> int:
    """How many more sessions attended in full bring the rate below its threshold."""
    part, whole = rule.rate
    at_least = rule.boundary == "at-least"
    # The fewest possible sessions of which the absences are no longer the share, or too much.
    enough = found.value * whole // part + 1 if at_least else -(-found.value * whole // part)
    return max(0, enough - found.possible)
