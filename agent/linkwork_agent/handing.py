"""Hand the agreed actions to a plugin that can show them where the school works."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from linkwork_agent import plugins
from linkwork_agent.store import base, inbox
from linkwork_agent.store.base import Store

if TYPE_CHECKING:
    from linkwork.plugin import MisSettings, SchoolAction

_HANDED = "actions_handed"


def hand_over(store: Store, mis: str, settings: Callable[[], MisSettings]) -> int:
    """Give the plugin all actions, when any has changed since it last took them; how many.

    A plugin without the hook is asked once for each change. Raises the MisError of one that
    could not take them: it is given them again at the next call.
    """
    actions = school_actions(inbox.actions(store.read))
    if not actions:
        return 0
    words = json.dumps([asdict(each) for each in actions], default=str, sort_keys=True)
    digest = hashlib.sha256(f"{mis} {words}".encode()).hexdigest()
    if base.text(store.read, _HANDED) == digest:
        return 0
    taken = plugins.receive_actions(mis, settings(), actions)
    with store.write() as tx:
        base.put(tx, **{_HANDED: digest})
    return len(actions) if taken else 0


def school_actions(kept: Sequence[inbox.Action]) -> list[SchoolAction]:
    """The actions as a plugin may see them: of one about a pupil, no words that might name it."""
    from linkwork.plugin import SchoolAction

    return [
        SchoolAction(
            action_id=each.action_id,
            what="" if each.pseudonym else each.what,
            who=each.who,
            due=date.fromisoformat(each.due),
            agreed_on=date.fromisoformat(each.agreed_on),
            state=each.state,
            about_a_pupil=each.pseudonym is not None,
            meeting=each.meeting,
        )
        for each in kept
    ]
