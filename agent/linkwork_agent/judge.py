"""Read the register and judge it by the authority's policy: nothing here is kept or sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import count

from linkwork import used, wire
from linkwork.episodes import Episode, EpisodeEvent, reconcile
from linkwork.findings import Finding
from linkwork.register import Pupil, Register, Session
from linkwork.rereading import Reread, Spot, forgetting, reread, setting_aside
from linkwork.results import YearResult, every_year
from linkwork.school_days import last_held_day
from linkwork.seal import spell_id
from linkwork.sheet import lay_out
from linkwork.summary import completeness, totals
from linkwork_agent import pupils, rereads, stating, unsettled
from linkwork_agent.post import Desk
from linkwork_agent.reading import Memory, Read, Rules, digest
from linkwork_agent.store.changes import Changed
from linkwork_agent.store.registers import Known
from linkwork_agent.store.stated import Stated


@dataclass(frozen=True, slots=True)
class Judged:
    """One register, judged: `register` is the whole of it, read or last known.

    `met` is every pupil of it by MIS id, `given` those the source gave this time, by key.
    `settled` says what became of the marks that changed; `doubted` are the ids of episodes that
    would be taken back, were it not that a person is waited for; `moved` are spells of which
    only the numbers are others than at the last read. `same` are pupils who have a UPN at last.
    `said` is what the school has said that holds by now, `sick` the ids of episodes told as
    sickness before. `unsettled` are marks that may not stand.
    """

    register: Register
    read_at: datetime
    as_of: date
    met: dict[str, Known]
    findings: int
    episodes: tuple[Episode, ...]
    events: tuple[EpisodeEvent, ...]
    summary: wire.Summary
    read: Read
    settled: rereads.Settled
    given: Mapping[str, Pupil] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    moved: tuple[Episode, ...] = ()
    years: tuple[YearResult, ...] = ()
    same: tuple[pupils.SameChild, ...] = ()
    said: tuple[Stated, ...] = ()
    sick: frozenset[str] = frozenset()
    unsettled: Mapping[Spot, unsettled.Doubt] = field(default_factory=dict)

    def reason(self, pupil_key: str, trigger: str, on: date) -> str:
        """Why the school declared that a rule is met by a pupil; empty where it did not."""
        wanted = pupil_key, trigger, on.isoformat()
        return next(
            (
                each.reason
                for each in self.said
                if (each.pupil_key, each.kind, each.first) == wanted
            ),
            "",
        )

    def pupil(self, pupil_key: str) -> Pupil | None:
        """The pupil with this key in this register; None when it has left."""
        return next((p for p in self.register.pupils if self._key(p) == pupil_key), None)

    def _key(self, pupil: Pupil) -> str:
        return self.met[pupil.pupil_id].pupil_key


def judge(got: Read, memory: Memory, of: Rules, desk: Desk) -> Judged:
    """Findings, episodes and totals of a register, beside what was known before."""
    moved = _moved(memory.source, got.source)
    met = pupils.meet(got.register.pupils, _knowable(memory, moved), of.pseudonym_key, desk.random)
    same = pupils.same_children(memory.pupils, met)
    memory = _relinked(memory, same)
    again = reread(
        memory.known,
        got.register,
        [met[pupil.pupil_id].pupil_key for pupil in got.register.pupils],
        asked=got.asked.days,
        keep_from=rereads.kept_from(got.asked.last, of.policies),
    )
    settled = rereads.settle(again, memory.known, memory.waiting, of.policy, moved)
    again = setting_aside(again, _in_doubt(got.register, memory))
    met |= _not_given(again, len(got.register.pupils), memory)
    judging = _Judging(again, memory, of, desk, met)
    empty_set = memory.sets_wait > len({set_id for set_id, _ in memory.waiting})
    careful = settled.waits or empty_set
    episodes, events = judging.reconciled(take_back=not careful and not moved)
    doubted = judging.doubted(episodes) if careful or moved else frozenset()
    if doubted and not careful:
        # Another source without a different mark: what it takes back needs a person all the same.
        settled = replace(settled, why=moved)
    read_at = desk.clock()
    sheet = lay_out(again.whole, of.policies, judging.as_of)
    waited = {rereads.spot_of(mark) for _, mark in memory.waiting}
    unsure = unsettled.doubts(memory.lately, settled, waited, sheet.days, got.asked.last)
    unsure |= judging.kept_back(episodes, doubted, got.asked.last)
    return Judged(
        register=again.whole,
        read_at=read_at,
        as_of=judging.as_of,
        met=met,
        findings=len(judging.findings),
        episodes=tuple(episodes),
        events=tuple(events),
        summary=wire.Summary(
            urn=desk.urn,
            as_of=judging.as_of,
            read_at=read_at,
            policy=sheet.policy.name,
            mis=desk.mis,
            totals=totals(again.whole, of.policies, judging.as_of),
            completeness=completeness(again.whole, of.policies, judging.as_of),
        ),
        read=got,
        settled=settled,
        given={met[pupil.pupil_id].pupil_key: pupil for pupil in got.register.pupils},
        doubted=doubted,
        moved=_moved_on(memory, episodes, events, unsure),
        years=tuple(every_year(sheet)),
        same=same,
        said=judging.said,
        sick=memory.sick,
        unsettled=unsure,
    )


def _in_doubt(register: Register, memory: Memory) -> set[str]:
    """The keys of pupils known from before whose records are kept back now."""
    ids = {each.pupil_id for each in register.kept_back}
    return {each.pupil_key for each in memory.pupils if each.mis_id in ids}


def _relinked(memory: Memory, same: Sequence[pupils.SameChild]) -> Memory:
    """What is remembered, with each child known twice under the key it has now."""
    known_twice = pupils.known_twice(same)
    if not known_twice:
        return memory
    keys = {each.key_was: each.key_now for each in known_twice}
    known = forgetting(memory.known, set(keys))
    # Marks that wait for a person, or were rejected, stay known by whose they are now; where both
    # keys have a mark of one session, the new key's own stands.
    waiting: dict[tuple[int, str, str, str], tuple[int, Changed]] = {}
    for set_id, each in sorted(memory.waiting, key=lambda one: one[1].pupil_key not in keys):
        mark = each._replace(pupil_key=keys.get(each.pupil_key, each.pupil_key))
        waiting[set_id, mark.pupil_key, mark.date, mark.half] = set_id, mark
    return replace(
        memory,
        episodes=pupils.rekeyed(memory.episodes, known_twice),
        known=replace(
            known,
            waiting=_respotted(known.waiting, keys),
            rejected=_respotted(known.rejected, keys),
        ),
        waiting=tuple(waiting.values()),
        said=tuple(
            each._replace(pupil_key=keys.get(each.pupil_key, each.pupil_key))
            for each in memory.said
        ),
        lately=tuple(
            (day, mark._replace(pupil_key=keys.get(mark.pupil_key, mark.pupil_key)))
            for day, mark in memory.lately
        ),
    )


def _respotted(marks: Mapping[Spot, str], keys: Mapping[str, str]) -> dict[Spot, str]:
    """Marks by whose they are now; of a session both keys have, the new key's own."""
    moved = {(keys[key], at): code for (key, at), code in marks.items() if key in keys}
    return moved | {spot: code for spot, code in marks.items() if spot[0] not in keys}


def _moved_on(
    memory: Memory,
    now: Sequence[Episode],
    events: Sequence[EpisodeEvent],
    unsure: Mapping[Spot, unsettled.Doubt],
) -> tuple[Episode, ...]:
    """Standing spells that count other sessions than before, or of which other marks may not
    stand, without anything to tell of them.
    """
    told = {event.episode.id for event in events}
    counted = {each.id: each.finding.why for each in memory.episodes}
    before = {rereads.spot_of(mark) for _, mark in memory.waiting} | unsettled.gone(memory.known)
    turned = before ^ {spot for spot, doubt in unsure.items() if doubt.why != "changed"}
    return tuple(
        each
        for each in now
        if each.id not in told
        and each.state != "withdrawn"
        and (
            counted.get(each.id, each.finding.why) != each.finding.why
            or unsettled.rests_on(each, turned)
        )
    )


def _moved(before: str | None, now: str) -> str:
    """How the source is another than at the last read; nothing when it is the same or the first."""
    if before is None or before == now:
        return ""
    return f"the register comes from another source: {now}, and before from {before}"


def _knowable(memory: Memory, moved: str) -> list[Known]:
    """The pupils that can be recognised: in another system a MIS id may be another child's."""
    if not moved:
        return list(memory.pupils)
    return [each._replace(mis_id=f"gone:{each.pupil_key}") for each in memory.pupils]


def _not_given(again: Reread, given: int, memory: Memory) -> dict[str, Known]:
    """The pupils of the whole register whom this read did not give, by the id they have in it."""
    by_key = {each.pupil_key: each for each in memory.pupils}
    rest = zip(again.whole.pupils[given:], again.keys[given:], strict=True)
    return {pupil.pupil_id: by_key[key]._replace(mis_id=pupil.pupil_id) for pupil, key in rest}


class _Judging:
    """A whole register judged once, its episodes worked out as often as needed."""

    def __init__(
        self, again: Reread, memory: Memory, of: Rules, desk: Desk, met: Mapping[str, Known]
    ) -> None:
        self.register, self.memory, self.policy = again.whole, memory, of.policies
        self.pseudonym_key, self.urn, self.met = of.pseudonym_key, desk.urn, met
        self.keys = keys = {pupil_id: each.pupil_key for pupil_id, each in met.items()}
        self.as_of = last_held_day(again.whole) or date.min
        self.said = tuple(stating.standing(memory.said, desk.clock().astimezone().date()))
        self.facts = stating.facts(self.said, keys, memory.episodes, memory.sick)
        found = used.evaluate(
            again.whole,
            of.policies,
            self.as_of,
            known=memory.episodes,
            key_of=keys.__getitem__,
            facts=self.facts,
            declared=stating.declarations(self.said, keys),
        )
        # A prompt to the school's own desk has no history: it is made anew from each day's marks.
        self.findings = [each for each in found if each.audience != "school"]

    def reconciled(self, *, take_back: bool) -> tuple[list[Episode], list[EpisodeEvent]]:
        """The episodes now, and what is to be told."""
        return reconcile(
            self.memory.episodes,
            self.findings,
            self.as_of,
            register=self.register,
            policy=self.policy,
            key_of=self.keys.__getitem__,
            new_id=partial(self._spell_id, {each.id for each in self.memory.episodes}),
            rules_changed=self.memory.rules not in (None, digest(self.policy)),
            take_back=take_back,
            facts=self.facts,
        )

    def _spell_id(self, taken: set[str], found: Finding) -> str:
        """The id of the spell that opens with a finding: the same whenever it opens anew."""
        pseudonym, began = self.met[found.pupil_id].pseudonym, found.declared or found.first
        for number in count():
            named = (self.urn, pseudonym, found.trigger, began, number)
            ident = spell_id(self.pseudonym_key, *named)
            if ident not in taken:
                break
        taken.add(ident)
        return ident

    def kept_back(
        self, episodes: Sequence[Episode], doubted: Collection[str], today: date
    ) -> dict[Spot, unsettled.Doubt]:
        """Marks that spells still count as they were, because a person is waited for."""
        ids = {key: pupil_id for pupil_id, key in self.keys.items()}
        return {
            (each.pupil_key, Session(day, half)): unsettled.Doubt("waits", today)
            for each in episodes
            if each.id in doubted and each.pupil_key in ids
            for day, half, code in each.finding.why
            if self.register.mark(ids[each.pupil_key], Session(day, half)) != code
        }

    def doubted(self, careful: Sequence[Episode]) -> frozenset[str]:
        """The episodes of before that would be others, if whatever changed were believed."""
        freely, _ = self.reconciled(take_back=True)
        return frozenset(
            now.id for now, then in zip(careful, freely, strict=False) if now != then
        ) & {each.id for each in self.memory.episodes}
