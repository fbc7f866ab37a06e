"""Read the register and judge it by the authority's policy: nothing here is kept or sent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from linkwork import used, wire
from linkwork.episodes import Episode, EpisodeEvent, reconcile
from linkwork.errors import EmptyRegister, NotTheSource, Refused, Revoked, WrongUse
from linkwork.plugin import Mis
from linkwork.policy import Policy, loads
from linkwork.register import Pupil, Register, RegisterBuilder
from linkwork.rereading import NOTHING_KNOWN, LastKnown, Reread, reread
from linkwork.school_year import last_held_day
from linkwork.sheet import lay_out
from linkwork.summary import completeness, totals
from linkwork.tally import unknown_codes
from linkwork_agent import pupils, rereads
from linkwork_agent.ports import fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.store import base, changes, marks, registers
from linkwork_agent.store.base import Db
from linkwork_agent.store.changes import Changed
from linkwork_agent.store.registers import Known
from linkwork_agent.unknown_code import unknown_code


@dataclass(frozen=True, slots=True)
class Rules:
    """What the authority sent down: its policy, and the key that makes its pseudonyms."""

    policy: Policy
    pseudonym_key: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier reads left behind.

    `waiting` are the marks a person has not decided, with their set; `sets_wait` counts the sets.
    `source` is the school system and database of the last read, `rules` the digest of the
    policy it was judged by, `last_whole` the day the year was last read; `decisions` counts
    what persons decided, so that a read that began before one notices.
    """

    last_run: registers.Run | None
    episodes: tuple[Episode, ...]
    pupils: tuple[Known, ...]
    known: LastKnown = NOTHING_KNOWN
    waiting: tuple[tuple[int, Changed], ...] = ()
    sets_wait: int = 0
    source: str | None = None
    rules: str | None = None
    last_whole: date | None = None
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """What a source gave, and the days it was asked for."""

    register: Register
    asked: rereads.Asked

    @property
    def source(self) -> str:
        """The school system, and the database where the system tells one from another."""
        return f"{self.register.source} {self.register.database or ''}".strip()


@dataclass(frozen=True, slots=True)
class Judged:
    """One register, judged: `register` is the whole of it, read or last known.

    `met` is every pupil of it by MIS id, `given` those the source gave this time, by key.
    `settled` says what became of the marks that changed; `doubted` are the ids of episodes that
    would be taken back, were it not that a person is waited for; `moved` are spells of which
    only the numbers are others than at the last read.
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

    def pupil(self, pupil_key: str) -> Pupil | None:
        """The pupil with this key in this register; None when it has left."""
        return next((p for p in self.register.pupils if self._key(p) == pupil_key), None)

    def _key(self, pupil: Pupil) -> str:
        return self.met[pupil.pupil_id].pupil_key


def rules(desk: Desk) -> Rules:
    """What the authority wants looked for. Raises Refused or Revoked while nothing may be read."""
    db = desk.store.read
    text, key = base.text(db, "policy_toml"), base.text(db, "pseudonym_key")
    if base.text(db, "state") == "revoked":
        raise Revoked(
            "The authority has revoked this agent: nothing is read. "
            "To start again, ask for a new join string and run: "
            'linkwork-agent join STRING --released-by "NAME OF THE HEAD"'
        )
    if text is None or key is None:
        raise Refused(
            "The authority has not confirmed this school yet, so nothing is read. "
            "Compare the six words with them by telephone: linkwork-agent doctor shows them."
        )
    _refuse_a_stopped_clock(db, desk.clock())
    return Rules(loads(text), base64.b64decode(key))


def _refuse_a_stopped_clock(db: Db, now: datetime) -> None:
    # A machine whose clock battery died would judge the register of a day long past.
    seen = base.text(db, "hub_time")
    if seen is not None and now < datetime.fromisoformat(seen) - timedelta(days=1):
        raise WrongUse(
            f"This machine's clock says {now.date().isoformat()}, but the hub answered on "
            f"{seen[:10]} before now. Set the clock, then run: linkwork-agent once"
        )


def remember(db: Db) -> Memory:
    """What earlier reads left behind."""
    days = base.text(db, "calendar")
    calendar = frozenset(map(date.fromisoformat, days.split())) if days is not None else None
    kept = marks.load(db, calendar)
    waiting = tuple(changes.standing(db, changes.WAITING))
    rejected = changes.standing(db, changes.REJECTED)
    last_whole = base.text(db, "last_whole_read")
    return Memory(
        registers.last_run(db),
        tuple(Episode.from_json(kept.data) for kept in registers.episodes(db)),
        tuple(registers.known_pupils(db)),
        LastKnown(
            *kept,
            waiting={rereads.spot_of(mark): mark.new for _, mark in waiting},
            rejected={rereads.spot_of(mark): mark.new for _, mark in rejected},
        ),
        waiting,
        changes.waiting(db)[0],
        base.text(db, "source"),
        base.text(db, "judged_by"),
        None if last_whole is None else date.fromisoformat(last_whole),
        base.number(db, "decisions"),
    )


def digest(policy: Policy) -> str:
    """What tells one policy from another, whatever it is called."""
    return hashlib.sha256(policy.text.encode()).hexdigest()


def read(mis: Mis, desk: Desk, of: Rules, memory: Memory) -> Read:
    """The register of the last weeks, or of the year when that is due or the weeks hold nothing.

    Raises what the plugin raises, EmptyRegister, NotTheSource for another school's register, or
    BadInput for a code that the policy's code sets do not hold.
    """
    today = desk.clock().astimezone().date()
    asked = rereads.asked(today, of.policy, memory.last_whole)
    if not asked.whole:
        try:
            got = Read(_read(mis, desk, asked), asked)
        except EmptyRegister:
            # In the summer nothing is new. Whether the source is empty, only the year can tell.
            got = None
        if got is not None and got.source == memory.source:
            _refuse_unknown_codes(got.register, of.policy)
            return got
    return Read(read_year(mis, desk, of), rereads.whole(today, of.policy))


def read_year(mis: Mis, desk: Desk, of: Rules) -> Register:
    """The register of the year as the source has it now. Raises what `read` raises."""
    asked = rereads.whole(desk.clock().astimezone().date(), of.policy)
    register = _read(mis, desk, asked)
    _refuse_unknown_codes(register, of.policy)
    return register


def _read(mis: Mis, desk: Desk, asked: rereads.Asked) -> Register:
    builder = RegisterBuilder(desk.mis)
    mis.read(asked.first, asked.last, builder)
    register = builder.build()
    if not register.pupils or last_held_day(register) is None:
        raise EmptyRegister(
            f"The plugin {desk.mis!r} gave no pupils or no marks between "
            f"{asked.first.isoformat()} and {asked.last.isoformat()}",
            remedy="Check the export or the account it uses; the last good read stands",
        )
    if register.urn not in (None, desk.urn):
        raise NotTheSource(
            f"The register is that of school {register.urn}, and this is school {desk.urn}",
            remedy="Correct the path in agent.toml; nothing of it was used",
        )
    return register


def _refuse_unknown_codes(register: Register, policy: Policy) -> None:
    # What leaves must be right. A mark that cannot be read may be the one that ends a spell.
    sheet = lay_out(register, policy, last_held_day(register) or date.min)
    for code, count in unknown_codes(sheet).items():
        times = "once" if count == 1 else f"{count:,} times"
        raise unknown_code(sheet, code, f"it stands there {times}, and nothing was sent")


def judge(got: Read, memory: Memory, of: Rules, desk: Desk) -> Judged:
    """Findings, episodes and totals of a register, beside what was known before."""
    moved = _moved(memory.source, got.source)
    met = pupils.meet(got.register.pupils, _knowable(memory, moved), of.pseudonym_key, desk.random)
    again = reread(
        memory.known,
        got.register,
        [met[pupil.pupil_id].pupil_key for pupil in got.register.pupils],
        asked=got.asked.days,
        keep_from=rereads.kept_from(got.asked.last, of.policy),
    )
    settled = rereads.settle(again, memory.known, memory.waiting, of.policy, moved)
    met |= _not_given(again, len(got.register.pupils), memory)
    judging = _Judging(again, memory, of, desk, {i: each.pupil_key for i, each in met.items()})
    empty_set = memory.sets_wait > len({set_id for set_id, _ in memory.waiting})
    careful = settled.waits or empty_set
    episodes, events = judging.reconciled(take_back=not careful and not moved)
    doubted = judging.doubted(episodes) if careful or moved else frozenset()
    if doubted and not careful:
        # Another source without a different mark: what it takes back needs a person all the same.
        settled = replace(settled, why=moved)
    read_at = desk.clock()
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
            policy=of.policy.name,
            mis=desk.mis,
            totals=totals(again.whole, of.policy, judging.as_of),
            completeness=completeness(again.whole, of.policy, judging.as_of),
        ),
        read=got,
        settled=settled,
        given={met[pupil.pupil_id].pupil_key: pupil for pupil in got.register.pupils},
        doubted=doubted,
        moved=_moved_on(memory.episodes, episodes, events),
    )


def _moved_on(
    before: Sequence[Episode], now: Sequence[Episode], events: Sequence[EpisodeEvent]
) -> tuple[Episode, ...]:
    """Standing spells that count other sessions than before, without anything to tell of them."""
    told = {event.episode.id for event in events}
    counted = {each.id: each.finding.why for each in before}
    return tuple(
        each
        for each in now
        if each.id not in told
        and each.state == "open"
        and counted.get(each.id, each.finding.why) != each.finding.why
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
        self, again: Reread, memory: Memory, of: Rules, desk: Desk, keys: Mapping[str, str]
    ) -> None:
        self.register, self.memory, self.policy, self.random = (
            again.whole,
            memory,
            of.policy,
            desk.random,
        )
        self.keys = keys
        self.as_of = last_held_day(again.whole) or date.min
        found = used.evaluate(
            again.whole,
            of.policy,
            self.as_of,
            known=memory.episodes,
            key_of=keys.__getitem__,
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
            new_id=lambda: fresh_id(self.random, "ep"),
            rules_changed=self.memory.rules not in (None, digest(self.policy)),
            take_back=take_back,
        )

    def doubted(self, careful: Sequence[Episode]) -> frozenset[str]:
        """The episodes of before that would be others, if whatever changed were believed."""
        freely, _ = self.reconciled(take_back=True)
        return frozenset(
            now.id for now, then in zip(careful, freely, strict=False) if now != then
        ) & {each.id for each in self.memory.episodes}
