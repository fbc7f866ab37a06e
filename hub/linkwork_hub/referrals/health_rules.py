"""The decisions of health needs: what can be done with a sickness return, and its words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from linkwork.errors import Refused
from linkwork_hub.referrals.models import HealthState, HealthStep

#: The state each step leaves a sickness return in, what it is called, and from which it is open.
HEALTH_STEPS: Mapping[HealthStep, tuple[HealthState, str, frozenset[HealthState]]] = {
    HealthStep.ACKNOWLEDGE: (
        HealthState.ACKNOWLEDGED,
        "Acknowledge",
        frozenset({HealthState.RECEIVED}),
    ),
    HealthStep.ARRANGE: (
        HealthState.ARRANGED,
        "Education is arranged",
        frozenset({HealthState.RECEIVED, HealthState.ACKNOWLEDGED}),
    ),
    HealthStep.NO_ACTION: (
        HealthState.NO_ACTION,
        "No further action",
        frozenset({HealthState.RECEIVED, HealthState.ACKNOWLEDGED, HealthState.ARRANGED}),
    ),
}

HEALTH_HINTS = {
    HealthStep.ACKNOWLEDGE: "You have read it and will speak to the school.",
    HealthStep.ARRANGE: "Write below what was arranged, with whom and from when.",
    HealthStep.NO_ACTION: "Write the reason below.",
}

HEALTH_WORDS = {
    HealthState.RECEIVED: "To acknowledge",
    HealthState.ACKNOWLEDGED: "Acknowledged",
    HealthState.ARRANGED: "Education arranged",
    HealthState.NO_ACTION: "No further action",
}

HEALTH_EVENTS = {
    "opened": "Sickness return received",
    "continued": "Sickness went on",
    "confirmed": "Sickness confirmed",
    "ended": "The school says that it is over",
    "withdrawn": "The school took the return back",
}


def health_step(state: HealthState, step: HealthStep, note: str) -> HealthState:
    """The state of a sickness return after a step. Raises Refused, saying what would make it so."""
    after, words, open_from = HEALTH_STEPS[step]
    if state not in open_from:
        raise Refused(f"This sickness return stands on “{HEALTH_WORDS[state]}” already.")
    if step is not HealthStep.ACKNOWLEDGE and not note.strip():
        what = "what was arranged" if step is HealthStep.ARRANGE else "your reason"
        raise Refused(f"Write {what}: “{words}” is kept with it.")
    return after
