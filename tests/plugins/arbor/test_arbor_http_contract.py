"""The Arbor plugin against a server that misbehaves in every way the kit knows."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from arbor_answers import answering, opened

from demo.fakes.arbor import FakeArbor, school_tables
from linkwork.plugin import Mis
from linkwork.sample import make_school
from linkwork.testing import Answer, Expected, HttpContract, Request

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 8)


@cache
def tables() -> Any:
    return school_tables(make_school(5, phase="primary", pupils=40, first=FIRST, last=LAST))


class _Arbor(HttpContract):
    expected = Expected(FIRST, LAST, pupils=40)
    api = ""

    def open_at(self, address: str) -> Mis:
        return opened(address, self.api)

    def answer(self, request: Request) -> Answer:
        return answering(FakeArbor(*tables()))(request)


class TestArborOverGraphQl(_Arbor):
    api = "graphql"


class TestArborOverRest(_Arbor):
    api = "rest"
