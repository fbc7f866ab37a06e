"""An action between hub and school, whatever the post does: one action, one right state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from casework import SYSTEM, add_terms
from hub_under_test import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from school_post import SchoolPost

from linkwork import wire
from linkwork.errors import Refused
from linkwork_agent import agreed, instruct
from linkwork_agent.store import inbox
from linkwork_agent.store.base import Store, open_store
from linkwork_hub.actions import change_store, rules, store
from linkwork_hub.actions.apply import on_progress
from linkwork_hub.actions.models import ActionState, NewAction
from linkwork_hub.db import Database
from linkwork_hub.feeds import tables
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.models import ApplyContext

TODAY = NOW.date()
DOES = st.sampled_from(["carry", "escalate", "withdraw", "seen", "in-progress", "declined", "done"])
NOBODY = wire.Identity(pupil_id="0")


class BothSides:
    """One action at a hub and at a school, with everything that is on its way in between."""

    def __init__(self, post: SchoolPost, school: Store) -> None:
        self.post, self.school = post, school
        self.up: list[wire.ActionProgress] = []
        self.moves = 0
        new = NewAction(
            what="Ring home",
            who="school",
            due=TODAY - timedelta(days=1),
            school_id=post.school_id,
            cause=("meeting", "mtg_1"),
            agreed_on=TODAY - timedelta(days=30),
        )
        with post.db.write() as db:
            self.id = store.agree(SYSTEM, db, post.keys.issuer, new, "An Officer")

    def down(self) -> list[wire.DownlinkItem]:
        """Every item of this action that ever left the hub."""
        table = tables.downlink
        with self.post.db.read() as db:
            rows = db.all(table.select().where(table.c.id.startswith(self.id)))
            return [
                wire.read_item((db.opened(table.c.body, row.id, row.body) or "").encode())
                for row in rows
            ]

    def at_school(self) -> inbox.Action | None:
        return inbox.action(self.school.read, self.id)

    def do(self, what: str) -> None:
        """Something a person does on either side; what a side refuses, nobody does."""
        try:
            if what in {"carry", "escalate", "withdraw"}:
                self._officer(what)
            else:
                self._school(what)
        except Refused:
            pass

    def _officer(self, what: str) -> None:
        keys, by = self.post.keys.issuer, "An Officer"
        with self.post.db.write() as db:
            if what == "carry":
                self.moves += 1
                due = TODAY + timedelta(days=self.moves)
                change_store.carry(SYSTEM, db, keys, self.id, due, "Not ready", by)
            elif what == "escalate":
                change_store.escalate(SYSTEM, db, keys, self.id, "The head", "Late", by)
            else:
                change_store.withdraw(SYSTEM, db, keys, self.id, "Moved", by)

    def _school(self, state: str) -> None:
        here = self.at_school()
        if here is None or here.state in agreed.OVER or (state == "seen" and here.state != "open"):
            return
        self.up.append(agreed.word(here, state, TODAY, "R. Lamb"))
        with self.school.write() as tx:
            inbox.set_action_state(tx, self.id, state, "")

    def arrive_down(self, item: wire.DownlinkItem) -> None:
        with self.school.write() as tx:
            instruct.effect(tx, item)

    def arrive_up(self, message: wire.ActionProgress) -> None:
        context = ApplyContext(
            self.post.school_id, self.post.urn, "agt_1", "m_1", NOW, lambda _sealed, _who: NOBODY
        )
        with self.post.db.write() as db:
            on_progress(SYSTEM, db, context, message)


@pytest.fixture
def post(sqlite_database: Database, hub_keys: HubKeys) -> SchoolPost:
    add_terms(sqlite_database)
    return SchoolPost(sqlite_database, hub_keys).joined()


@pytest.fixture
def at_school(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "agent.db") as opened:
        yield opened


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), done=st.lists(DOES, max_size=7))
def test_after_any_losses_repeats_and_orders_both_sides_hold_one_action_in_one_state(
    data: st.DataObject, done: list[str], post: SchoolPost, at_school: Store
) -> None:
    both = BothSides(post, at_school)
    for what in done:
        # Of what is on its way some arrives, in any order; the rest is lost for now.
        for item in data.draw(st.lists(st.sampled_from(both.down()), max_size=2)):
            both.arrive_down(item)
        if both.up:
            for message in data.draw(st.lists(st.sampled_from(both.up), max_size=2)):
                both.arrive_up(message)
        both.do(what)
    # The month off line is over: everything is sent again, some of it twice, in any order.
    for item in data.draw(st.permutations(both.down() * 2)):
        both.arrive_down(item)
    for message in data.draw(st.permutations(both.up * 2)):
        both.arrive_up(message)
    kept = [one for one in inbox.actions(at_school.read) if one.action_id == both.id]
    with post.db.read() as db:
        hub = store.action(SYSTEM, db, both.id)
    assert hub is not None
    (school,) = kept
    # Of an action nobody has looked at the school says "open"; how far it came the post knows.
    assert school.state == ("open" if hub.state is ActionState.SEALED else hub.state.value)
    assert (school.due, school.carried) == (hub.due.isoformat(), hub.carried)
    assert (school.escalated_to, school.why_withdrawn) == (
        hub.escalated_to,
        hub.why_withdrawn or "",
    )


def test_going_by_the_order_of_arrival_would_be_caught() -> None:
    said = [(2, ActionState.IN_PROGRESS), (1, ActionState.DECLINED)]
    by_arrival = ActionState.AGREED
    for _number, state in said:
        by_arrival = rules.after(by_arrival, state)
    assert by_arrival is ActionState.DECLINED
    assert rules.standing(said) is rules.standing(said[::-1]) is ActionState.IN_PROGRESS
