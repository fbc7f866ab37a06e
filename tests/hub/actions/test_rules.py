"""What may become of an action."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork.errors import Refused
from linkwork_hub.actions import rules
from linkwork_hub.actions.models import ActionState, NewAction

TODAY = date(2026, 3, 2)
SAID = st.sampled_from(
    [ActionState.SEEN, ActionState.IN_PROGRESS, ActionState.DONE, ActionState.DECLINED]
)


def new(**changes: Any) -> NewAction:
    fields: dict[str, Any] = {
        "what": "Ring the family each morning",
        "who": "school",
        "due": TODAY + timedelta(days=10),
        "school_id": "sch_1",
        "cause": ("meeting", "mtg_1"),
        "agreed_on": TODAY,
    }
    return NewAction(**fields | changes)


@given(heard=st.lists(SAID, max_size=8))
def test_what_is_done_stays_done_whatever_arrives_late(heard: list[ActionState]) -> None:
    state = ActionState.AGREED
    was_done = False
    for said in heard:
        state = rules.after(state, said)
        was_done = was_done or said is ActionState.DONE
        assert (state is ActionState.DONE) == was_done


@given(heard=st.lists(SAID, max_size=8))
def test_the_same_word_twice_is_the_same_as_once(heard: list[ActionState]) -> None:
    state = ActionState.AGREED
    for said in heard:
        state = rules.after(state, said)
        assert rules.after(state, said) is state


@given(said=SAID)
def test_nothing_moves_a_withdrawn_action(said: ActionState) -> None:
    assert rules.after(ActionState.WITHDRAWN, said) is ActionState.WITHDRAWN


def test_a_declined_action_can_be_taken_up_again() -> None:
    assert rules.after(ActionState.DECLINED, ActionState.IN_PROGRESS) is ActionState.IN_PROGRESS
    assert rules.after(ActionState.DECLINED, ActionState.SEEN) is ActionState.DECLINED


def test_an_action_is_withdrawn_with_a_word_of_why() -> None:
    assert rules.withdraw(ActionState.SEEN, "Pupil moved") is ActionState.WITHDRAWN
    with pytest.raises(Refused, match="Write why"):
        rules.withdraw(ActionState.SEEN, " ")
    with pytest.raises(Refused, match="done already"):
        rules.withdraw(ActionState.DONE, "Pupil moved")


def test_an_action_is_overdue_the_day_after_and_never_once_finished() -> None:
    assert not rules.overdue(ActionState.SEEN, TODAY, TODAY)
    assert rules.overdue(ActionState.SEEN, TODAY, TODAY + timedelta(days=1))
    assert not rules.overdue(ActionState.DONE, TODAY, TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    "changes", [{"what": " "}, {"who": ""}, {"due": TODAY - timedelta(days=1)}]
)
def test_an_action_without_what_who_or_when_is_refused(changes: dict[str, Any]) -> None:
    rules.check(new())
    with pytest.raises(Refused):
        rules.check(new(**changes))
