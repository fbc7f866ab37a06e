"""What leaves of sickness: a return of its own to those who arrange lessons, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from linkwork import wire, wording
from linkwork.episodes import EpisodeEvent
from linkwork.school_year import school_year
from linkwork_agent.judge import Judged
from linkwork_agent.ports import fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.stating import RETURN_MADE

#: How many notices one message carries at most.
MOST_IN_ONE = 150
_FOR = "It goes to those who arrange education for children who are ill, and to no one else."


@dataclass(frozen=True, slots=True)
class Owed:
    """A notice that belongs on a return, with who the pupil is."""

    pupil_key: str
    notice: wire.Notice


@dataclass(frozen=True, slots=True)
class Sick:
    """`owed` is named once a release stands; `after` follows what was told, without a name.

    `doubted` are those that wait: for a person, where marks changed, or because the school says
    that it has made the return elsewhere.
    """

    owed: tuple[Owed, ...] = ()
    after: tuple[wire.Notice, ...] = ()
    doubted: tuple[Owed, ...] = ()


NOBODY = Sick()
Told = tuple[wire.SicknessReturn, str, dict[str, Any]]


def tell(
    judged: Judged,
    health: Collection[str],
    made_of: Callable[[EpisodeEvent], wire.Notice],
    held: Mapping[str, Owed],
) -> Sick:
    """Sort what happened on the rules of `health`: once for each illness, by name, or not at all.

    `held` is what waited before, by episode. What was never told is taken back in silence, and an
    illness whose return the school made elsewhere waits for as long as that stands.
    """
    owed = {key: each for key, each in held.items() if each.notice.trigger in health}
    after: list[wire.Notice] = []
    for event in judged.events:
        if event.episode.trigger not in health:
            continue
        ident, made = event.episode.id, made_of(event)
        if ident in judged.sick:
            after.append(made)
        elif event.kind == "withdrawn":
            owed.pop(ident, None)
        elif ident in owed or event.kind == "opened":
            first = made.model_copy(update={"event": "opened", "corrected": ()})
            owed[ident] = Owed(event.episode.pupil_key, first)
    elsewhere = _made_elsewhere(judged)
    waits = {
        key
        for key, each in owed.items()
        if key in judged.doubted or (each.pupil_key, school_year(each.notice.last)[0]) in elsewhere
    }
    return Sick(
        owed=tuple(each for key, each in owed.items() if key not in waits),
        after=tuple(after),
        doubted=tuple(owed[key] for key in owed if key in waits),
    )


def _made_elsewhere(judged: Judged) -> set[tuple[str, date]]:
    """Pupils whose return the school says it made, each with the first day of the school year."""
    return {
        (each.pupil_key, school_year(date.fromisoformat(each.first))[0])
        for each in judged.said
        if each.kind == RETURN_MADE
    }


def messages(
    desk: Desk,
    judged: Judged,
    who: str,
    sick: Sick,
    sealed: Mapping[str, str],
    names: Mapping[str, str],
) -> Iterator[Told]:
    """Each message with its words for `sent` and who it names; `sealed`, `names` by pupil key."""
    everyone = [*sick.owed, *(Owed("", each) for each in sick.after)]
    for start in range(0, len(everyone), MOST_IN_ONE):
        part = everyone[start : start + MOST_IN_ONE]
        message = wire.SicknessReturn(
            return_id=fresh_id(desk.random, "sic"),
            urn=desk.urn,
            as_of=judged.as_of,
            policy=judged.summary.policy,
            released_by=who,
            notices=tuple(_named(owed, judged, sealed) for owed in part),
        )
        named = [names[owed.pupil_key] for owed in part if owed.pupil_key in names]
        detail = {"named": named, "basis": f"sickness return released by {who}"}
        yield message, _words(message, len(named), sum(not o.pupil_key for o in part)), detail


def _named(owed: Owed, judged: Judged, sealed: Mapping[str, str]) -> wire.Notice:
    if not owed.pupil_key:
        return owed.notice
    made = with_reason(owed, judged)
    if owed.pupil_key not in sealed:
        return made
    return made.model_copy(update={"sealed_identity": sealed[owed.pupil_key]})


def with_reason(owed: Owed, judged: Judged) -> wire.Notice:
    """The notice with the school's own sentence, where it declared this."""
    made = owed.notice
    if made.declared is None:
        return made
    why = judged.reason(owed.pupil_key, made.trigger, made.declared.on)
    return made.model_copy(update={"declared": made.declared.model_copy(update={"why": why})})


def reasons(notices: Iterable[wire.Notice]) -> str:
    """The sentences that leave with these notices, as the log of what left shows them."""
    given = [each.declared.why for each in notices if each.declared and each.declared.why]
    return f" Reasons given: {'; '.join(given)}" if given else ""


def _words(message: wire.SicknessReturn, named: int, after: int) -> str:
    parts = []
    new = len(message.notices) - after
    if new:
        parts.append(
            f"{wording.number(new, 'pupil')} ill for 15 school days, or expected to be; names, "
            f"dates of birth, addresses and contacts of {wording.number(named, 'pupil')}"
        )
    if after:
        parts.append(f"{wording.number(after, 'notice')} of what became of a return, unnamed")
    return (
        f"Sickness return of {message.as_of.isoformat()}: {'; '.join(parts)}. Released by "
        f"{message.released_by}. {_FOR}{reasons(message.notices)}"
    )
