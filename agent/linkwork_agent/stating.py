"""What a school has said, as the rules take it: facts and declarations by pupil."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import get_args

from linkwork.episodes import Episode
from linkwork.facts import Declaration, Declarations, Fact, Facts
from linkwork.policy.rules import FactKind
from linkwork_agent.store.stated import Stated

#: What takes days out; everything else that is said declares a rule met.
FACT_KINDS: tuple[FactKind, ...] = get_args(FactKind)
RETURN_MADE: FactKind = "sickness-return"


def standing(said: Sequence[Stated], today: date) -> list[Stated]:
    """What was not taken back and has begun."""
    return [
        each
        for each in said
        if each.withdrawn_at is None and date.fromisoformat(each.first) <= today
    ]


def facts(
    said: Sequence[Stated],
    keys: Mapping[str, str],
    episodes: Sequence[Episode] = (),
    returned: Collection[str] = (),
) -> Facts:
    """The facts by pupil id; `keys` are pupil keys by pupil id.

    A sickness return that we have sent (`returned`: ids of `episodes`) is one as well, for the
    days it counted.
    """
    by_key: dict[str, list[Fact]] = {}
    for each in said:
        kind = next((kind for kind in FACT_KINDS if kind == each.kind), None)
        if kind is not None:
            fact = Fact(kind, date.fromisoformat(each.first), _last(each) or date.max)
            by_key.setdefault(each.pupil_key, []).append(fact)
    for episode in episodes:
        if episode.id in returned and episode.state != "withdrawn":
            days = dict.fromkeys(counted.date for counted in episode.finding.why)
            own = [Fact(RETURN_MADE, day, day) for day in days]
            by_key.setdefault(episode.pupil_key, []).extend(own)
    return {pupil_id: by_key[key] for pupil_id, key in keys.items() if key in by_key}


def declarations(said: Sequence[Stated], keys: Mapping[str, str]) -> Declarations:
    """What is declared, by pupil id."""
    by_key: dict[str, list[Declaration]] = {}
    for each in said:
        if each.kind not in FACT_KINDS:
            on = date.fromisoformat(each.first)
            made = Declaration(each.kind, on, each.reason, _last(each))
            by_key.setdefault(each.pupil_key, []).append(made)
    return {pupil_id: by_key[key] for pupil_id, key in keys.items() if key in by_key}


def _last(each: Stated) -> date | None:
    return None if each.last is None else date.fromisoformat(each.last)
