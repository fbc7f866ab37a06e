"""The templates of every domain in one environment, and how days and sums are written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    ChainableUndefined,
    Environment,
    PackageLoader,
    PrefixLoader,
)
from markupsafe import Markup, escape

STATIC = Path(__file__).parent / "static"
_HERE = ZoneInfo("Europe/London")
_ROW, _CELL = re.compile(r"(?=<tr\b)"), re.compile(r"<(td|th)\b")
_CELL_ROLES = {"td": "cell", "th": "rowheader"}


def environment(domains: Iterable[str]) -> Environment:
    """Templates by prefix: "cases/index.html" lies in linkwork_hub/cases/templates."""
    loaders: dict[str, BaseLoader] = {
        domain: PackageLoader(f"linkwork_hub.{domain}", "templates") for domain in domains
    }
    loaders["web"] = PackageLoader("linkwork_hub.web", "templates")
    loaders["govuk_frontend_jinja"] = PackageLoader("govuk_frontend_jinja")
    # The vendored components ask for parts of parameters nobody gave.
    made = Environment(
        loader=PrefixLoader(loaders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=ChainableUndefined,
    )
    made.filters.update(day=day, weekday=weekday, moment=moment, money=money, count=count)
    made.filters["labelled"] = labelled
    made.globals["static"] = static
    return made


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes with its content, so browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{digest}/{name}"


def labelled(rows: Markup, head: Sequence[str]) -> str:
    """The rows of a table in which each cell knows its heading, so that a row can be a card.

    The roles say what the elements are anyway; a browser that lays out rows as cards forgets it.
    """
    return "".join(_labelled_row(row, head) for row in _ROW.split(rows))


def _labelled_row(row: str, head: Sequence[str]) -> str:
    headings = iter(head)

    def cell(found: re.Match[str]) -> str:
        role, heading = _CELL_ROLES[found[1]], escape(next(headings, ""))
        return f'{found[0]} role="{role}" data-label="{heading}"'

    return _CELL.sub(cell, row).replace("<tr", '<tr role="row"', 1)


def day(value: date | None) -> str:
    """3 March 2026."""
    return f"{value.day} {value:%B %Y}" if value else "not known"


def weekday(value: date | None) -> str:
    """Tue 3 Mar 2026."""
    return f"{value:%a} {value.day} {value:%b %Y}" if value else "not known"


def moment(value: datetime | None) -> str:
    """3 March 2026, 14:05, in the time of the United Kingdom."""
    if value is None:
        return "never"
    local = value.astimezone(_HERE)
    return f"{day(local.date())}, {local:%H:%M}"


def money(pence: int) -> str:
    """Pence as pounds: 120050 is £1,200.50."""
    sign, whole = ("-" if pence < 0 else ""), abs(pence)
    return f"{sign}£{whole // 100:,}.{whole % 100:02d}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its word: 1 school, 2 schools."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
