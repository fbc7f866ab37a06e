"""Register to outbox: read, judge, reconcile, tell; the pipeline on one screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from linkwork import wording
from linkwork.episodes import Episode
from linkwork.errors import Refused
from linkwork.plugin import Mis
from linkwork_agent import doubts, judge, telling
from linkwork_agent.ports import At, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import base, registers
from linkwork_agent.store.base import Tx


@dataclass(frozen=True, slots=True)
class Collected:
    """What one read came to: `returned` says what became of the statutory return.

    `partial` says how much of the source could not be read, and may leave; `first_rejected` where.
    """

    pupils: int
    as_of: date
    notices: int
    returned: str
    partial: str = ""
    first_rejected: str = ""

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        partial = f"; partial: {self.partial}, the first: {self.first_rejected}"
        return (
            f"read {wording.number(self.pupils, 'pupil')} up to {self.as_of.isoformat()}; "
            f"notices: {self.notices}; {self.returned}"
            f"{partial if self.partial else ''}"
        )


def collect(desk: Desk, open_mis: Callable[[], Mis], at: At = nowhere) -> Collected:
    """Read the register, judge it, and put what the authority must know into the outbox.

    What was read, the episodes and the messages are one transaction: all of it or nothing.
    Raises Refused while nothing may be read, and the MisError or BadInput of a bad register;
    then nothing is sent and the last good read stands.
    """
    rules = judge.rules(desk)
    memory = judge.remember(desk.store.read)
    mis = open_mis()
    register = judge.read(mis, desk, rules)
    at("register read")
    judged = judge.judge(register, memory, rules, desk)
    said = doubts.of_register(register, rules.policy, judged.as_of)
    told = telling.tell(desk.store.read, judged, rules)
    named = telling.name(told, mis, desk, judged)
    at("notices made")
    with desk.store.write() as tx:
        _refuse_a_second_reader(tx, memory)
        _keep(tx, desk, memory, judged)
        base.put(tx, doubts=json.dumps(said))
        at("state written")
        telling.send(tx, desk, judged, told, named)
        at("before commit")
    at("committed")
    collected = Collected(len(register.pupils), judged.as_of, told.count, told.words)
    if not register.partial:
        return collected
    return replace(collected, partial=register.partial, first_rejected=str(register.rejected[0]))


def _refuse_a_second_reader(tx: Tx, memory: judge.Memory) -> None:
    if registers.last_run(tx) != memory.last_run:
        raise Refused(
            "Another collection finished while this one was reading. Its result stands and "
            "nothing was doubled; there is nothing to do."
        )


def _keep(tx: Tx, desk: Desk, memory: judge.Memory, judged: judge.Judged) -> None:
    last = memory.last_run
    run = registers.Run(
        id=last.id + 1 if last else 1,
        read_at=judged.read_at.isoformat(),
        as_of=judged.as_of.isoformat(),
        mis=desk.mis,
        policy=judged.summary.policy,
        pupils=len(judged.register.pupils),
        findings=judged.findings,
    )
    registers.add_run(tx, run)
    registers.put_pupils(tx, list(judged.met.values()))
    before = {episode.id: episode for episode in memory.episodes}
    changed = [episode for episode in judged.episodes if before.get(episode.id) != episode]
    registers.put_episodes(tx, [_stored(episode) for episode in changed])


def _stored(episode: Episode) -> registers.StoredEpisode:
    return registers.StoredEpisode(
        episode.id, episode.pupil_key, episode.trigger, episode.state, episode.to_json()
    )
