"""A finding in a person's words: what was counted, when, what is unknown, what would change it."""

from __future__ import annotations

from collections import Counter
from datetime import date

from linkwork.findings import Finding
from linkwork.policy import RateRule, RunRule, WindowRule

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
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


def percent(part: int, whole: int) -> str:
    """A share with one decimal, never rounded up: 9.9 % must not read as 10.0 %."""
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def what(found: Finding, rule: RunRule | WindowRule | RateRule) -> str:
    """What was counted, with its dates."""
    codes = Counter(counted.code for counted in found.why)
    by_code = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    period = f"{day(found.first)} to {day(found.last)}"
    if isinstance(rule, RateRule):
        share = percent(found.value, found.possible)
        return (
            f"absent for {found.value} of {number(found.possible, 'possible session')} ({share}), "
            f"{period}: {by_code}"
        )
    if isinstance(rule, WindowRule):
        return (
            f"{sessions(found.value)} within {rule.school_weeks} school weeks, {period}: {by_code}"
        )
    ended = f"ended {day(found.ended)}" if found.ended else "not ended"
    return f"{number(found.value, 'school day')}, {period}, {ended}: {by_code}"


def notes(found: Finding, rule: RunRule | WindowRule | RateRule) -> list[str]:
    """What else must be known before acting: provisional, unknown, seen, age."""
    said: list[str] = []
    if found.status == "provisional":
        waiting = [c.date for c in found.why if c.code == "N"]
        latest = f" (the latest N: {day(waiting[-1])})" if waiting else ""
        said.append(f"Provisional: not met without the N marks of the last days{latest}.")
    if found.seen:
        said.append(f"Seen in school, late after the register closed, on {days(found.seen)}.")
    if (found.at_least, found.at_most) != (found.value, found.value):
        missing = f"; {number(found.missing, 'session')} in between without a mark"
        said.append(
            f"At least {found.at_least}, at most {found.at_most} {found.unit}"
            f"{missing if found.missing else ''}."
        )
    if found.age == "unknown":
        said.append("Date of birth not known: judged as of compulsory school age.")
    if found.age == "outside":
        said.append("Not of compulsory school age.")
    return said


def change(found: Finding, rule: RunRule | WindowRule | RateRule) -> str:
    """What would change the finding."""
    if isinstance(rule, RateRule):
        return f"Off the list after {_more(to_leave(found, rule))} without absence."
    if isinstance(rule, WindowRule):
        return turns(rule)
    if found.ended:
        return f"Falls away when a correction leaves fewer than {rule.threshold} days in a row."
    ending = "an attended day or one of authorised absence only"
    return f"Ends with {ending if rule.authorised_day == 'ends' else 'an attended day'}."


def turns(rule: WindowRule | RateRule) -> str:
    """What would change any finding of the rule."""
    if isinstance(rule, WindowRule):
        return "Judged again when one of the counted sessions gets another code."
    return "Off the list after so many more sessions without absence."


def _more(count: int) -> str:
    """More sessions, with the days they make."""
    return sessions(count).replace(" session", " more session", 1)


def to_leave(found: Finding, rule: RateRule) -> int:
    """How many more sessions attended in full bring the rate below its threshold."""
    possible = found.possible
    while rule.met(found.value, possible):
        possible += 1
    return possible - found.possible
