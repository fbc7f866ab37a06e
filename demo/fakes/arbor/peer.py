"""The peer itself: what it holds, what it lacks, how it misbehaves, and what it was asked."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from demo.fakes.arbor import faults, graphql, rest
from demo.fakes.arbor.faults import Reply
from demo.fakes.arbor.model import BY_PATH, Ref, href
from demo.fakes.arbor.records import Records

USER, TOKEN = "linkwork", "made-up-token"
Row = dict[str, Any]


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class FakeArbor:
    """What is served, and how.

    `first_page`: the number of REST's first page; `cap`: the most rows a page. `absent` names
    entities, properties (`Entity.property`) and arguments that GraphQL does not have;
    `closed_lists` and `closed_fields` what the application may not read. `faults` maps an entity,
    or "*" for whatever is asked, to a fault of `faults.FAULTS`, to "links", "repeat" or
    "no-filter", or to a status number; `times` says how often it happens.
    `remembers`: whether what was asked is kept, for a test to look at.
    """

    tables: dict[str, list[Row]]
    records: Records
    first_page: int = 1
    cap: int = 5000
    absent: set[str] = field(default_factory=set)
    closed_lists: set[str] = field(default_factory=set)
    closed_fields: set[str] = field(default_factory=set)
    faults: dict[str, str | int] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    remembers: bool = True

    def answer(self, asked: Asked) -> Reply:
        """The reply to one request."""
        if self.remembers:
            self.asked.append(asked)
        if asked.headers.get("Authorization") != basic():
            return faults.plain(401, rest.error(401, "Unauthorized"))
        address = urlsplit(asked.target)
        about = self._about(address.path, asked.body)
        fault = self._fault(about)
        if fault is not None:
            return faults.reply(fault, about)
        if address.path == "/graphql/query":
            reply = faults.plain(200, graphql.answer(self, json.loads(asked.body)["query"]))
        elif address.path.startswith("/rest-v2/"):
            words = {name: values[-1] for name, values in parse_qs(address.query).items()}
            reply = faults.plain(*rest.answer(self, address.path, words))
        else:
            return faults.plain(404, rest.error(404, "Not Found"))
        if "gzip" in asked.headers.get("Accept-Encoding", "") and len(reply.body) > 1 << 10:
            packed = gzip.compress(reply.body, 1)
            return reply._replace(body=packed, headers={"Content-Encoding": "gzip"})
        return reply

    def select(
        self, entity: str, start: int, size: int, dates: tuple[str, str], equal: Mapping[str, str]
    ) -> list[Row]:
        """A page's rows."""
        if entity == "AttendanceRollCallRecord":
            return self.records.page(start, size, *dates)
        rows = self.tables.get(entity, [])
        if equal:
            rows = [row for row in rows if all(_at(row.get(n)) == at for n, at in equal.items())]
        return rows[start : start + size]

    def object(self, entity: str, identity: str) -> Row | None:
        """One object; None when there is none."""
        if entity == "AttendanceRollCallRecord":
            return next((row for row in self.records if row["id"] == identity), None)
        rows = self.tables.get(entity, [])
        return next((row for row in rows if row["id"] == identity), None)

    def _about(self, path: str, body: bytes) -> str:
        if path == "/graphql/query":
            query = json.loads(body)["query"]
            return "schema" if "__schema" in query else query.strip("{ ").partition("(")[0]
        return BY_PATH.get(path.removeprefix("/rest-v2/").partition("/")[0], "")

    def _fault(self, about: str) -> str | int | None:
        for name in (about, "*"):
            fault = self.faults.get(name)
            if fault is None or fault in faults.OF_LISTS:
                continue
            if name in self.times:
                self.times[name] -= 1
                if self.times[name] < 0:
                    continue
            return fault
        return None


def _at(value: Any) -> str | None:
    return href(value.entity, value.id) if isinstance(value, Ref) else None


def basic() -> str:
    """The header that the application signs in with."""
    return "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
