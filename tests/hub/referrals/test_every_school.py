"""The authority's duties cover every school, whether or not it buys anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from casework import OTHER, SYSTEM, Casework, add_terms, notice, record_returns
from hub_under_test import FixedClock, HubUnderTest
from ledgers import whole_tariff
from school_post import SchoolPost

from linkwork_hub.access import profile
from linkwork_hub.billing import order_store
from linkwork_hub.billing import store as bills
from linkwork_hub.billing.days import NewOrder, Share
from linkwork_hub.billing.models import Bill
from linkwork_hub.billing.rules import contract_year
from linkwork_hub.db import Database, Role
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.referrals import store
from linkwork_hub.referrals.models import Outcome

#: A price book: schools buy days, and the law's work is free.
TARIFF = whole_tariff("southampton")


@dataclass(frozen=True)
class Two:
    """A school of the council's that bought five days, and an academy that never bought a thing."""

    buyer: Casework
    other: Casework


@pytest.fixture
def two(database: Database, clock: FixedClock, hub_keys: HubKeys) -> Iterator[Two]:
    """Both schools connected to one hub, each with an officer."""
    chosen = profile.loads(profile.builtin_text("southampton"), "southampton.toml")
    with HubUnderTest.over(database, clock, hub_keys, chosen) as hub:
        add_terms(hub.db)
        made = Two(
            connected(hub, "900001", "LA", b"a" * 32),
            connected(hub, "900002", "academy", b"b" * 32),
        )
        days = NewOrder(
            "ewo-day", date(2026, 3, 2), Decimal(5), (Share(made.buyer.school_id, 1),), "LA"
        )
        with hub.db.write() as db:
            order_store.add_order(SYSTEM, db, TARIFF, days, "Finance")
        yield made


def connected(hub: HubUnderTest, urn: str, school_type: str, seed: bytes) -> Casework:
    """A school of this type with a confirmed agent and an officer of its own."""
    ident = hub.add_school(urn, f"School {urn}", school_type=school_type)
    school = SchoolPost(hub.db, hub.keys, urn=urn, seed=seed, school_id=ident)
    assert school.enrol(school.invite().code).state == "pending"
    school.confirm()
    return Casework(school, hub, hub.sign_in(Role.OFFICER, schools=(ident,)), "", "")


def told(work: Casework) -> None:
    """The same two pupils: ten days in a row, and not attending regularly."""
    irregular = {"trigger": "irregular", "unit": "sessions", "value": 20, "threshold": 20}
    work.tell(notice(), notice(episode="e9", pseudonym=OTHER, **irregular))


def considered(work: Casework) -> list[tuple[Any, ...]]:
    """What the hub makes of a school's pupils, without what names the school."""
    chosen = store.Filter("all", school_id=work.school_id)
    with work.hub.db.read() as db:
        found = store.candidates(SYSTEM, db, chosen, limit=50)
    return sorted(
        (one.pseudonym, one.trigger, one.state, one.basis, one.weight, one.status, one.reason)
        for one in found
    )


def pence(work: Casework) -> int:
    """What the school's bill of the year comes to."""
    with work.hub.db.read() as db:
        bill = bills.bill_of(SYSTEM, db, TARIFF, work.school_id, contract_year(TARIFF, "2025-26"))
    assert isinstance(bill, Bill)
    return sum(line.amount_pence for line in bill.lines)


@pytest.mark.serves("R27")
def test_both_duties_find_the_same_pupils_at_a_school_that_buys_nothing(two: Two) -> None:
    # The agent of each is given the same rules to watch by.
    rules = [
        [item for item in work.downlink() if item.kind == "policy"]
        for work in (two.buyer, two.other)
    ]
    assert rules[0] == rules[1] != []
    told(two.buyer)
    assert considered(two.other) == []
    told(two.other)
    found = considered(two.other)
    assert {trigger for _, trigger, *_ in found} == {"continuous-unauthorised", "irregular"}
    assert found == considered(two.buyer)
    for work in (two.buyer, two.other):
        page = work.officer.get("/pupils").text
        assert page.count('href="/pupils/can_') == 2, work.school.urn
    # The control: one of the two is a customer and the other is not.
    assert (pence(two.buyer), pence(two.other)) == (5 * 38200, 0)


@pytest.mark.serves("R27")
def test_a_school_that_buys_nothing_gets_the_same_case_and_pays_nothing_for_it(two: Two) -> None:
    opened = []
    for work in (two.buyer, two.other):
        work.arrive(work.return_of(notice()))
        work.arrive(work.referral())
        referral = work.only("/referrals", "/referrals/")
        assert work.officer.post(f"{referral}/accept").status_code == 303
        case = work.case(school_id=work.school_id)
        opened.append((case.door, case.opened, case.step, case.due, case.pseudonym, case.open))
        assert case.ref in work.officer.get("/cases").text
    assert opened[0] == opened[1]
    assert pence(two.other) == 0


@pytest.mark.serves("R27")
def test_a_return_that_was_not_made_is_held_against_every_school_alike(two: Two) -> None:
    for work in (two.buyer, two.other):
        work.tell(day=date(2026, 1, 14))
    assert record_returns(two.buyer.hub.db) == 4
    with two.buyer.hub.db.read() as db:
        duties = store.duties(SYSTEM, db)
    held = {
        work.school_id: [one.duty for one in duties if one.school_id == work.school_id]
        for work in (two.buyer, two.other)
    }
    assert [one.outcome for one in held[two.other.school_id]] == [Outcome.NOT_MADE] * 2
    assert held[two.buyer.school_id] == held[two.other.school_id]
