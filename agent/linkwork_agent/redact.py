"""A report that may be mailed: no name, number of a child, secret, host, path or account in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

#: Hosts that say no more than which product a school uses.
VENDORS = ("uk.arbor.sc",)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UPN = re.compile(r"\b[A-Za-z][0-9]{11}[0-9A-Za-z]\b")
_DATE_OF_BIRTH = re.compile(r"\bborn (?:on )?[0-9-]{8,10}\b")
_HOST = re.compile(r"\b(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b")
_ADDRESS = re.compile(r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b|\[[0-9A-Fa-f:]{2,}\]")
_WINDOWS = re.compile(r"(?:\b[A-Za-z]:[\\/]|\\\\)[^\s'\":;,]*")
_POSIX = re.compile(r"(?<![\w.>])~?/[\w@%+.-]+(?:/[^\s'\":;,]*)*")
_QUOTED = re.compile(r"\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'")
_LONG = re.compile(r"\b(?=\w*[0-9])(?=\w*[A-Za-z])[\w-]{20,}\b")
#: Words with a dot in them that name no host: a property of an entity of a school system, which
#: is what a missing permission is told by, and our own files.
_PROPERTY = re.compile(r"[A-Z][A-Za-z]*(?:_[A-Z][A-Za-z]*)?\.[a-z][A-Za-z]{3,}")
_TOP_LEVELS = frozenset(
    (
        *("academy", "cloud", "college", "education", "example", "home", "info", "internal"),
        *("local", "localdomain", "school", "schools", "test", "wales", "cymru", "site", "online"),
    )
)
#: Names of files that documentation gives.
OURS = frozenset(
    ("register.csv", "contacts.csv", "calendar.csv", "agent.toml", "agent.db", "report.xml")
)
_MOST_FILES = 5_000
_FILES = (".toml", ".db", ".pem", ".seed", ".csv", ".xml", ".lock", ".json", ".py")


def file_names(settings: Iterable[str]) -> list[str]:
    """Names of the files beside and under the paths of a school's settings.

    A school may have called one after a pupil; those we name ourselves tell nobody anything.
    """
    found: set[str] = set()
    for text in settings:
        path = Path(text)
        folder = path if path.is_dir() else path.parent
        if path.is_absolute() and folder != Path(folder.anchor):
            with suppress(OSError):
                for pattern in ("*", "*/*"):
                    found |= {one.name for one in islice(folder.glob(pattern), _MOST_FILES)}
    return sorted(name for name in found - OURS if "." in name)


def rows(report: Iterable[Mapping[str, Any]], known: Iterable[str]) -> list[dict[str, Any]]:
    """Every text of a report's rows, redacted. `known` are words that must go wherever they
    stand: names of schools and people, secrets, this machine's name.
    """
    words = sorted({word.strip() for word in known if len(word.strip()) > 2}, key=len, reverse=True)
    return [
        {key: text(value, words) if isinstance(value, str) else value for key, value in row.items()}
        for row in report
    ]


def text(said: str, known: Iterable[str] = ()) -> str:
    """One sentence, redacted: what was taken out is named in angle brackets."""
    for word in known:
        said = re.sub(re.escape(word), "<withheld>", said, flags=re.IGNORECASE)
    said = _QUOTED.sub("<text>", said)
    said = _URL.sub(_url, said)
    said = _EMAIL.sub("<email>", said)
    said = _WINDOWS.sub("<path>", said)
    said = _POSIX.sub("<path>", said)
    said = _UPN.sub("<upn>", said)
    said = _DATE_OF_BIRTH.sub("<born>", said)
    said = _ADDRESS.sub("<address>", said)
    said = _HOST.sub(_host, said)
    return _LONG.sub("<token>", said)


def _url(found: re.Match[str]) -> str:
    scheme, _, rest = found.group().partition("://")
    return f"{scheme}://{_named(rest.partition('/')[0].partition(':')[0])}"


def _host(found: re.Match[str]) -> str:
    word = found.group()
    is_property = _PROPERTY.fullmatch(word) and word.rpartition(".")[2] not in _TOP_LEVELS
    return word if is_property or word.lower().endswith(_FILES) else _named(word)


def _named(host: str) -> str:
    for vendor in VENDORS:
        if host.lower() == vendor:
            return vendor
        if host.lower().endswith(f".{vendor}"):
            return f"<school>.{vendor}"
    return "<host>"
