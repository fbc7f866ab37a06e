"""Counted marks that may not stand: changed lately, waiting for a person, gone from the source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from linkwork import wire
from linkwork.episodes import Episode
from linkwork.policy import PolicySeries
from linkwork.register import HALVES, Session
from linkwork.rereading import LastKnown, Spot
from linkwork.sheet import lay_out
from linkwork_agent import rereads
from linkwork_agent.reading import Memory
from linkwork_agent.store.changes import Changed

Why = Literal["changed", "waits", "gone"]
#: A mark is settled when it has stood so many school days. Source: the days in which N is amended.
SCHOOL_DAYS = 5


class Doubt(NamedTuple):
    """Why a mark may not stand, and the day since when."""

    why: Why
    on: date


def doubts(
    lately: Sequence[tuple[str, Changed]],
    settled: rereads.Settled,
    waiting: Collection[Spot],
    school_days: Sequence[date],
    today: date,
) -> dict[Spot, Doubt]:
    """Every mark that may not stand after a read, by whose it is.

    `lately` are marks taken over before this read, each with its day; `waiting` those that waited
    for a person before it; `school_days` end with the day judged. A mark that became another one on
    its own day was still being made.
    """
    kept = settled.kept
    first = school_days[-SCHOOL_DAYS:][0] if school_days else date.min
    found: dict[Spot, Doubt] = {}
    for spot in gone(kept):
        found[spot] = Doubt("gone", today)
    taken = [(date.fromisoformat(day), rereads.spot_of(mark)) for day, mark in lately]
    taken += [(today, change.spot) for change in settled.applied]
    for day, spot in taken:
        if first <= day and day > spot[1].date:
            found[spot] = Doubt("changed", day)
    for spot in {*waiting, *(change.spot for change in settled.held)} - settled.over:
        found[spot] = Doubt("waits", today)
    return found


def standing(memory: Memory, policy: PolicySeries) -> dict[Spot, Doubt]:
    """The same from what is remembered alone, between two reads."""
    register, run = memory.known.register, memory.last_run
    if run is None:
        return {}
    day, read_on = date.fromisoformat(run.as_of), date.fromisoformat(run.read_at[:10])
    days = lay_out(register, policy, day).days
    nothing = rereads.Settled((), (), "", (), frozenset(), memory.known, waits=False)
    waiting = {rereads.spot_of(mark) for _, mark in memory.waiting}
    return doubts(memory.lately, nothing, waiting, days, read_on)


def of_episode(episode: Episode, found: Mapping[Spot, Doubt]) -> tuple[wire.Unsettled, ...]:
    """Those an episode counts, as they leave: in the order it counts them."""
    return tuple(
        wire.Unsettled(
            date=session.date,
            half="AM" if session.half == HALVES[0] else "PM",
            why=doubt.why,
            on=doubt.on,
        )
        for session, doubt in _counted(episode, found)
    )


def gone(known: LastKnown) -> set[Spot]:
    """The marks that have disappeared from the source; the last known ones stand."""
    return {
        (key, session)
        for session, row in known.gone.items()
        for key, lost in zip(known.keys, row, strict=True)
        if lost
    }


def rests_on(episode: Episode, marks: Collection[Spot]) -> bool:
    """Whether an episode counts any of these marks."""
    return any(
        (episode.pupil_key, Session(each.date, each.half)) in marks for each in episode.finding.why
    )


def _counted(episode: Episode, found: Mapping[Spot, Doubt]) -> Iterator[tuple[Session, Doubt]]:
    for each in episode.finding.why:
        session = Session(each.date, each.half)
        doubt = found.get((episode.pupil_key, session))
        if doubt is not None:
            yield session, doubt
