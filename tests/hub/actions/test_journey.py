"""An action from the table where it is agreed to the word that it is done. On both databases."""

from __future__ import annotations

from datetime import date

import pytest
from casework import HANDLERS, PUPIL, SYSTEM, Telling
from school_post import SchoolPost

from linkwork.errors import Refused
from linkwork.wire import ActionItem, ActionProgress
from linkwork_hub.actions import change_store, store
from linkwork_hub.actions.commands import action_rows
from linkwork_hub.actions.models import Action, ActionState, NewAction
from linkwork_hub.db import Scope, metadata

DUE = date(2026, 3, 13)


def agree(telling: Telling) -> str:
    new = NewAction(
        what="Ring the family each morning",
        who="school",
        due=DUE,
        school_id=telling.school_id,
        cause=("meeting", "mtg_1"),
        agreed_on=date(2026, 3, 2),
        pseudonym=PUPIL,
        meeting="Link meeting of 2 March 2026",
    )
    with telling.school.db.write() as db:
        return store.agree(SYSTEM, db, telling.school.keys.issuer, new, "An Officer")


def action(telling: Telling, ident: str) -> Action:
    with telling.school.db.read() as db:
        found = store.action(SYSTEM, db, ident)
    assert found is not None
    return found


def word(ident: str, state: str, **changes: str) -> ActionProgress:
    fields = {"action_id": ident, "state": state, "on": "2026-03-02", "by": "R. Lamb"}
    return ActionProgress.model_validate(fields | changes)


def items(telling: Telling) -> list[ActionItem]:
    return [item for item in telling.downlink() if isinstance(item, ActionItem)]


@pytest.mark.serves("C42")
def test_an_agreed_action_reaches_the_school_with_what_who_and_when(telling: Telling) -> None:
    ident = agree(telling)
    (item,) = items(telling)
    assert item == ActionItem(
        action_id=ident,
        what="Ring the family each morning",
        who="school",
        due=DUE,
        pseudonym=PUPIL,
        agreed_on=date(2026, 3, 2),
        meeting="Link meeting of 2 March 2026",
    )


@pytest.mark.serves("R14")
def test_an_action_is_followed_from_agreed_to_done(telling: Telling) -> None:
    ident = agree(telling)
    states = [action(telling, ident).state]
    telling.keep_all()
    states.append(action(telling, ident).state)
    for said in ("seen", "in-progress", "done"):
        telling.arrive(word(ident, said))
        states.append(action(telling, ident).state)
    assert states == [
        ActionState.SEALED,
        ActionState.DELIVERED,
        ActionState.SEEN,
        ActionState.IN_PROGRESS,
        ActionState.DONE,
    ]


def test_the_same_word_arriving_twice_is_one_step(telling: Telling) -> None:
    ident = agree(telling)
    for said in ("seen", "done", "done", "seen"):
        telling.arrive(word(ident, said))
    with telling.school.db.read() as db:
        steps = [step.state for step in store.steps(SYSTEM, db, ident)]
    assert steps == [ActionState.AGREED, ActionState.SEEN, ActionState.DONE]
    # The counting can fail: another word on another day is a step of its own.
    telling.arrive(word(ident, "done", on="2026-03-03"))
    with telling.school.db.read() as db:
        assert len(store.steps(SYSTEM, db, ident)) == 4


def test_a_withdrawn_action_is_told_to_the_school_with_the_reason(telling: Telling) -> None:
    ident = agree(telling)
    telling.keep_all()
    with telling.school.db.write() as db:
        issuer = telling.school.keys.issuer
        change_store.withdraw(SYSTEM, db, issuer, ident, "The pupil moved", "An Officer")
    (item,) = items(telling)
    assert (item.action_id, item.state, item.why_withdrawn) == (
        ident,
        "withdrawn",
        "The pupil moved",
    )
    telling.arrive(word(ident, "done"))
    assert action(telling, ident).state is ActionState.WITHDRAWN


def test_a_school_moves_only_its_own_actions(telling: Telling) -> None:
    ident = agree(telling)
    post = telling.school
    neighbour = SchoolPost(post.db, post.keys, urn="900002", seed=b"b" * 32).joined()
    neighbour.send(word(ident, "done"))
    neighbour.work(HANDLERS)
    assert action(telling, ident).state is ActionState.SEALED


def test_words_that_were_agreed_are_sealed_in_the_database(telling: Telling) -> None:
    ident = agree(telling)
    telling.arrive(word(ident, "done", note="Spoke to the grandmother"))
    with telling.school.db.read() as db:
        kept = [
            str(row)
            for name in ("actions", "action_steps", "downlink")
            for row in db.all(metadata.tables[name].select())
        ]
    everything = "\n".join(kept)
    assert "Ring the family" not in everything
    assert "grandmother" not in everything
    assert ident in everything


def test_out_of_reach_an_action_is_not_there(telling: Telling) -> None:
    ident = agree(telling)
    elsewhere = Scope(SYSTEM.role, None, frozenset({"sch_other"}))
    with telling.school.db.read() as db:
        assert store.action(elsewhere, db, ident) is None
        assert store.actions(elsewhere, db, store.Filter("all")) == []


def test_an_incomplete_action_is_neither_kept_nor_sent(telling: Telling) -> None:
    new = NewAction("", "school", DUE, telling.school_id, ("meeting", "m"), date(2026, 3, 2))
    with pytest.raises(Refused), telling.school.db.write() as db:
        store.agree(SYSTEM, db, telling.school.keys.issuer, new, "An Officer")
    assert items(telling) == []


def test_the_command_prints_what_who_when_and_state(telling: Telling) -> None:
    ident = agree(telling)
    with telling.school.db.read() as db:
        assert action_rows(db) == [
            {
                "id": ident,
                "what": "Ring the family each morning",
                "who": "school",
                "due": "2026-03-13",
                "state": "sealed",
                "urn": "900001",
                "overdue": False,
                "carried": 0,
                "escalated_to": "",
                "changed": "2026-03-02T09:00:00+00:00",
            }
        ]
