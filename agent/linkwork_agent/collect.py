"""Register to outbox: read, judge, reconcile, tell; the pipeline on one screen."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork import wording
from linkwork.episodes import Episode
from linkwork.errors import Refused
from linkwork.plugin import Mis
from linkwork.rereading import Change
from linkwork_agent import (
    doubts,
    judge,
    meeting_lists,
    pupils,
    reading,
    rereads,
    telling,
    whole_words,
)
from linkwork_agent.ports import At, nowhere
from linkwork_agent.post import Desk
from linkwork_agent.store import (
    base,
    changes,
    contacts,
    marks,
    penalties,
    registers,
    results,
    stated,
)
from linkwork_agent.store.base import Tx


@dataclass(frozen=True, slots=True)
class Collected:
    """What one read came to: `returned` says what became of the statutory return.

    `partial` says how much of the source could not be read, and may leave; `first_rejected` where.
    `lists` counts lists of names for planned meetings.
    """

    pupils: int
    as_of: date
    notices: int
    returned: str
    waiting: int = 0
    partial: str = ""
    first_rejected: str = ""
    lists: int = 0

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        waits = partial = lists = ""
        if self.lists:
            lists = f"; {wording.number(self.lists, 'list')} of names for a planned meeting"
        if self.waiting:
            waits = f"; {wording.number(self.waiting, 'changed mark')} waiting for a person"
        if self.partial:
            partial = f"; partial: {self.partial}, the first: {self.first_rejected}"
        return (
            f"read {wording.number(self.pupils, 'pupil')} up to {self.as_of.isoformat()}; "
            f"notices: {self.notices}; {self.returned}{lists}{waits}{partial}"
        )


def collect(desk: Desk, open_mis: Callable[[], Mis], at: At = nowhere) -> Collected:
    """Read the register, judge it, and put what the authority must know into the outbox.

    What was read, the episodes and the messages are one transaction: all of it or nothing.
    Raises Refused while nothing may be read, and the MisError or BadInput of a bad register;
    then nothing is sent and the last good read stands.
    """
    rules = reading.rules(desk)
    memory = reading.remember(desk.store.read)
    mis = open_mis()
    got = reading.read(mis, desk, rules, memory)
    at("register read")
    judged = judge.judge(got, memory, rules, desk)
    said = doubts.of_register(judged.register, rules.policies, judged.as_of)
    told = telling.tell(desk.store.read, judged, rules)
    named = telling.name(told, mis, desk, judged)
    lists = meeting_lists.make(desk.store.read, desk, judged, rules.policy)
    at("notices made")
    with desk.store.write() as tx:
        _refuse_a_second_reader(tx, memory)
        keep(tx, desk, memory, judged, rules)
        base.put(tx, doubts=json.dumps(said))
        at("state written")
        telling.send(tx, desk, judged, told, named)
        listed = meeting_lists.send(tx, desk, judged, lists)
        at("before commit")
    at("committed")
    waits = changes.waiting(desk.store.read)[1]
    register = got.register
    return Collected(
        pupils=len(register.pupils),
        as_of=judged.as_of,
        notices=told.count,
        returned=told.words,
        waiting=waits,
        partial=register.partial,
        first_rejected=str(register.first_unread or ""),
        lists=listed,
    )


def _refuse_a_second_reader(tx: Tx, memory: reading.Memory) -> None:
    if registers.last_run(tx) != memory.last_run:
        raise Refused(
            "Another collection finished while this one was reading. Its result stands and "
            "nothing was doubled; there is nothing to do."
        )
    if base.number(tx, "decisions") != memory.decisions:
        raise Refused(
            "Someone decided about changed marks, or declared something, while this collection was "
            "reading. It "
            "stands, nothing was sent, and the next collection goes by it."
        )


def keep(
    tx: Tx, desk: Desk, memory: reading.Memory, judged: judge.Judged, rules: reading.Rules
) -> None:
    """Keep the read, its pupils and marks, what changed, and the episodes."""
    last = memory.last_run
    run = registers.Run(
        id=last.id + 1 if last else 1,
        read_at=judged.read_at.isoformat(),
        as_of=judged.as_of.isoformat(),
        mis=desk.mis,
        policy=judged.summary.policy,
        pupils=len(judged.given),
        findings=judged.findings,
    )
    registers.add_run(tx, run)
    registers.put_pupils(tx, list(judged.met.values()))
    keys = [(each.key_was, each.key_now) for each in pupils.known_twice(judged.same)]
    changes.rekey(tx, keys)
    stated.rekey(tx, keys)
    penalties.rekey(tx, keys)
    contacts.rekey(tx, keys)
    before = {episode.id: episode for episode in memory.episodes}
    changed = [episode for episode in judged.episodes if before.get(episode.id) != episode]
    registers.put_episodes(tx, [_stored(episode) for episode in changed])
    base.put(tx, completeness=whole_words.kept(judged.summary.completeness))
    results.keep(tx, [(judged.met[year.pupil_id].pupil_key, year) for year in judged.years])
    _keep_marks(tx, memory, judged, rules)


def _keep_marks(tx: Tx, memory: reading.Memory, judged: judge.Judged, rules: reading.Rules) -> None:
    kept, asked = judged.settled.kept, judged.read.asked
    today = asked.last.isoformat()
    marks.save(tx, marks.Kept(kept.register, kept.keys, kept.gone, kept.away), judged.given, today)
    days = kept.register.calendar
    base.put(
        tx,
        calendar=None if days is None else " ".join(day.isoformat() for day in sorted(days)),
        source=judged.read.source,
        judged_by=reading.digest(rules.policies),
    )
    # With a file of it set aside the year was not read whole: it is tried again at the next time.
    if asked.whole and not judged.read.register.set_aside:
        base.put(tx, last_whole_read=today)
    _keep_changes(tx, memory, judged)


def _keep_changes(tx: Tx, memory: reading.Memory, judged: judge.Judged) -> None:
    settled, at = judged.settled, judged.read_at.isoformat()
    touched = rereads.touched(memory.episodes)

    def rows(found: Sequence[Change]) -> list[changes.Changed]:
        return [rereads.changed(each, touched.get(each.spot, ())) for each in found]

    changes.forget(tx, [(key, day.isoformat(), half) for key, (day, half) in settled.over])
    for set_id, newer in settled.newer:
        changes.put_marks(tx, set_id, [newer])
    if settled.applied:
        changes.add(
            tx, at, "corrected in the school system", changes.APPLIED, rows(settled.applied)
        )
    if settled.why:
        changes.add(tx, at, settled.why, changes.WAITING, rows(settled.held))


def _stored(episode: Episode) -> registers.StoredEpisode:
    return registers.StoredEpisode(
        episode.id, episode.pupil_key, episode.trigger, episode.state, episode.to_json()
    )
