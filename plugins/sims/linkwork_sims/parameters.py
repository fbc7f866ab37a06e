"""The parameter file of a report: other dates written into what SIMS itself dumped. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork.errors import BadInput, ShapeChanged

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
#: The two ends of a date range, and a single date, each with whatever it held.
_VALUE = re.compile(r"<(Start|End|Date)(\s[^<>]*?)?(?:/>|>([^<]*)</\1\s*>)")
_PARAMETER = re.compile(r"<Parameter\b[^>]*>.*?</Parameter\s*>", re.DOTALL)
_IGNORED = re.compile(r"^<Parameter\b[^>]*\bbypass\s*=\s*['\"]TRUE['\"]", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_MIDNIGHT = re.compile(r"\d\d:\d\d(:\d\d)?")
#: How a date may stand in a dump, and how another is written in its place.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d\d/\d\d/\d{4}"), "%d/%m/%Y"),
)
_UNSAID = "%Y-%m-%dT00:00:00"


@dataclass(frozen=True, slots=True)
class Dated:
    """A parameter file ready to be given back, and whether the report takes a range of dates."""

    content: bytes
    ranged: bool


def dated(dump: bytes, first: date, last: date) -> Dated:
    """The dump with `first`..`last` in every date range and date that is not bypassed.

    Everything else stays as SIMS wrote it, the form of each date and the encoding too. The end
    is written one day later, since SIMS does not say whether it counts: marks outside what was
    asked for are left out when the report is read. Raises ShapeChanged or BadInput.
    """
    text, encoding, mark = _decoded(dump)
    if _DOCTYPE.search(text):
        raise BadInput(
            "the parameters that SIMS wrote have a DOCTYPE, which they never have",
            remedy="Check which program the setting program names",
        )
    if "<ReportParameters" not in text:
        raise ShapeChanged(
            "what SIMS wrote as the report's parameters holds no ReportParameters",
            remedy="Run CommandReporter with /PARAMDEF by hand and look at what it writes",
        )
    ends = {"Start": first, "End": last + timedelta(days=1), "Date": last}
    ranged = False

    def changed(parameter: re.Match[str]) -> str:
        nonlocal ranged
        whole = parameter[0]
        found = {match[1] for match in _VALUE.finditer(whole)}
        ranged |= {"Start", "End"} <= found
        if _IGNORED.match(whole) and "Date" in found:
            return whole
        return _VALUE.sub(_replacing(ends), whole)

    edited = _PARAMETER.sub(changed, text)
    return Dated(mark + edited.encode(encoding), ranged)


def _replacing(ends: dict[str, date]) -> Callable[[re.Match[str]], str]:
    def replaced(match: re.Match[str]) -> str:
        name, attributes, before = match[1], match[2] or "", (match[3] or "").strip()
        return f"<{name}{attributes}>{_written(ends[name], before, name)}</{name}>"

    return replaced


def _written(day: date, before: str, name: str) -> str:
    """A day in the form of the one that stood there, at the start of the day."""
    if not before:
        return day.strftime(_UNSAID)
    for form, pattern in _FORMS:
        if match := form.match(before):
            return day.strftime(pattern) + _MIDNIGHT.sub(_zeros, before[match.end() :])
    raise ShapeChanged(
        f"the report's parameter {name} holds a date in a form that is not known",
        remedy="Send the words around it from a /PARAMDEF dump to the plugin's authors",
    )


def _zeros(time: re.Match[str]) -> str:
    return "00:00:00" if time[1] else "00:00"


def _decoded(dump: bytes) -> tuple[str, str, bytes]:
    """Text, encoding and byte order mark of a dump, so that it can be written the same way."""
    for mark, encoding in _MARKS:
        if dump.startswith(mark):
            return dump[len(mark) :].decode(encoding), encoding, mark
    said = _DECLARED.match(dump.lstrip())
    for encoding in (said[1].decode() if said else "utf-8", "utf-8", "cp1252"):
        try:
            return dump.decode(encoding), encoding, b""
        except (LookupError, UnicodeDecodeError):
            continue
    raise ShapeChanged(
        "the parameters that SIMS wrote are in no known encoding",
        remedy="Run CommandReporter with /PARAMDEF by hand and look at what it writes",
    )
