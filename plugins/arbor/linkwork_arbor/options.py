"""`[school.settings]` of a school on Arbor, checked."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from linkwork.errors import WrongUse
from linkwork_arbor.entities import DEMOGRAPHICS
from linkwork_arbor.mapping.people import year_group

APIS = ("auto", "graphql", "rest")
PAGE_SIZE, LARGEST_PAGE = 1000, 5000
LONGEST_TIMEOUT, LONGEST_PATIENCE = 600, 3600
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = re.compile(r"https?://(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")
_PROXY = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,253}/?")
_AGENT = re.compile(r"[\x20-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings and the two secrets come to.

    `base_url`: made from the subdomain, or a server on this computer. `api`: "auto", "graphql" or
    "rest". `timeout`: the seconds one answer may take. `patience`: the seconds that all waiting
    for a busy Arbor may take in one read. `year_groups`: of a shared Arbor, those of this school.
    `demographics`: names of `entities.DEMOGRAPHICS`, only what the school's policy needs.
    """

    base_url: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    api: str = "auto"
    ca_file: str | None = None
    proxy: str | None = None
    page_size: int = PAGE_SIZE
    timeout: float = 120.0
    patience: float = 300.0
    user_agent: str = "Linkwork (Arbor plugin)"
    year_groups: frozenset[str] = frozenset()
    demographics: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any], secrets: Mapping[str, str]) -> Options:
        """Check the settings. Raises WrongUse naming the setting that is wrong and the remedy."""
        for name in given:
            if name not in _KNOWN:
                raise WrongUse(f"arbor knows no setting {name!r}. It knows {', '.join(_KNOWN)}")
        checked = {name: read(given[name]) for name, read in _READ.items() if name in given}
        for name in ("username", "password"):
            if not secrets.get(name):
                raise WrongUse(
                    f"arbor needs the secret {name}. Write it alone into the file "
                    f"schools/URN/keys/mis-{name} of the agent's folder"
                )
        return cls(_base_url(given), secrets["username"], secrets["password"], **checked)

    @property
    def local(self) -> bool:
        """Whether it is a server on this computer, for tests and demonstrations."""
        return _LOOPBACK.fullmatch(self.base_url) is not None

    def tls(self) -> ssl.SSLContext:
        """Whom to trust: the usual authorities, this computer's own, and those of `ca_file`.

        Raises WrongUse when `ca_file` cannot be read.
        """
        context = httpx.create_ssl_context()
        context.load_default_certs()
        if self.ca_file:
            try:
                context.load_verify_locations(cafile=self.ca_file)
            except (OSError, ssl.SSLError):
                raise WrongUse(
                    f"ca_file {Path(self.ca_file).name} is no certificate that can be read. Save "
                    "the filter's certificate as text (PEM) and name that file"
                ) from None
        return context


def _base_url(given: Mapping[str, Any]) -> str:
    """Built from the subdomain alone: a free address could send the token to anybody."""
    local = given.get("base_url")
    if local is not None:
        if not _LOOPBACK.fullmatch(str(local)):
            raise WrongUse("base_url may only name a server on this computer; set subdomain")
        return str(local)
    subdomain = str(given.get("subdomain", "")).lower()
    if not _SUBDOMAIN.fullmatch(subdomain):
        raise WrongUse(
            "arbor needs the setting subdomain: only the part of the school's address before "
            ".uk.arbor.sc"
        )
    return f"https://{subdomain}.uk.arbor.sc"


def _whole(name: str, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        size = str(value)
        if not size.isdecimal() or not 1 <= int(size[:6]) <= most:
            raise WrongUse(f"{name} must be a whole number from 1 to {most}")
        return int(size)

    return read


def _seconds(name: str, most: int, least: float = 0.0) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            seconds = float(str(value))
        except ValueError:
            seconds = -1.0
        if not least <= seconds <= most:
            raise WrongUse(f"{name} must be a number of seconds, at most {most}")
        return seconds

    return read


def _matching(name: str, shape: re.Pattern[str], remedy: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or not shape.fullmatch(value):
            raise WrongUse(f"{name} is not usable. {remedy}")
        return value

    return read


def _one_of(name: str, words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise WrongUse(f"{name} must be one of: {', '.join(words)}")
        return str(value)

    return read


def _list(value: Any) -> list[str]:
    """A TOML list, or words with commas as `setup --set` writes them."""
    found = value if isinstance(value, list) else str(value).split(",")
    return [str(each).strip() for each in found if str(each).strip()]


def _years(value: Any) -> frozenset[str]:
    years = [(words, year_group(words)) for words in _list(value)]
    if not years or any(year is None for _, year in years):
        raise WrongUse("year_groups must list year groups, such as 7,8,9")
    return frozenset(year for _, year in years if year)


def _demographics(value: Any) -> tuple[str, ...]:
    names = _list(value)
    for name in names:
        if name not in DEMOGRAPHICS:
            known = ", ".join(DEMOGRAPHICS)
            raise WrongUse(f"demographics knows no {name!r}. It knows {known}")
    return tuple(names)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "api": _one_of("api", APIS),
    "ca_file": lambda value: str(value) or None,
    "proxy": _matching("proxy", _PROXY, "Write http://HOST:PORT without a name or password in it"),
    "page_size": _whole("page_size", LARGEST_PAGE),
    "timeout": _seconds("timeout", LONGEST_TIMEOUT, 0.1),
    "patience": _seconds("patience", LONGEST_PATIENCE),
    "user_agent": _matching("user_agent", _AGENT, "Write a few plain words"),
    "year_groups": _years,
    "demographics": _demographics,
}
_KNOWN = ("subdomain", *_READ, "base_url")
