"""Read the register and judge it by the authority's policy: nothing here is kept or sent."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from linkwork import wire
from linkwork.codes import CLOSED
from linkwork.episodes import Episode, EpisodeEvent, put_back, reconcile
from linkwork.errors import EmptyRegister, NotTheSource, Refused, Revoked, WrongUse
from linkwork.plugin import Mis
from linkwork.policy import Policy, loads
from linkwork.readying import ready
from linkwork.register import Pupil, Register, RegisterBuilder
from linkwork.school_year import last_held_day, school_year
from linkwork.sheet import lay_out
from linkwork.summary import completeness, totals
from linkwork.tally import unknown_codes
from linkwork.triggers import evaluate
from linkwork_agent import pupils
from linkwork_agent.ports import fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.store import base, registers
from linkwork_agent.store.base import Db
from linkwork_agent.store.registers import Known
from linkwork_agent.unknown_code import unknown_code

#: How far back a window that spans a summer may reach, in days: ten school weeks and holidays.
REACH_DAYS = 140


@dataclass(frozen=True, slots=True)
class Rules:
    """What the authority sent down: its policy, and the key that makes its pseudonyms."""

    policy: Policy
    pseudonym_key: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier reads left behind."""

    last_run: registers.Run | None
    episodes: tuple[Episode, ...]
    pupils: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One register, judged. `met` is every pupil of it by MIS id, `same` who has a UPN at last."""

    register: Register
    read_at: datetime
    as_of: date
    met: dict[str, Known]
    findings: int
    episodes: tuple[Episode, ...]
    events: tuple[EpisodeEvent, ...]
    summary: wire.Summary
    same: tuple[pupils.SameChild, ...] = ()

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
    return Memory(
        registers.last_run(db),
        tuple(Episode.from_json(kept.data) for kept in registers.episodes(db)),
        tuple(registers.known_pupils(db)),
    )


def read(mis: Mis, desk: Desk, of: Rules) -> Register:
    """The register of this school year, and of as much before as a window may reach, made ready.

    Raises what the plugin raises, EmptyRegister, NotTheSource for another school's register, and
    what `ready` raises; and BadInput for a code that nobody knows until a person has said what it
    means, or that nobody can tell.
    """
    today = desk.clock().astimezone().date()
    first = school_year(today - timedelta(days=REACH_DAYS))[0]
    known_from = min(codes.valid_from for codes in of.policy.code_sets)
    builder = RegisterBuilder(desk.mis)
    mis.read(max(first, known_from), today, builder)
    register = builder.build()
    if not register.pupils or last_held_day(register) is None:
        raise EmptyRegister(
            f"The plugin {desk.mis!r} gave no pupils or no marks between {first.isoformat()} and "
            f"{today.isoformat()}",
            remedy="Check the export or the account it uses; the last good read stands",
        )
    if register.urn not in (None, desk.urn):
        raise NotTheSource(
            f"The register is that of school {register.urn}, and this is school {desk.urn}",
            remedy="Correct the path in agent.toml; nothing of it was used",
        )
    _refuse_closures_alone(register)
    register = ready(register, of.policy.code_sets, desk.codes)
    _refuse_unknown_codes(register, of.policy, desk)
    return register


def _refuse_closures_alone(register: Register) -> None:
    """A school that never opened has nothing to judge; most often the wrong thing was exported."""
    if set(register.codes) <= {"", CLOSED}:
        raise EmptyRegister(
            f"Every mark up to {last_held_day(register)} says that the school was closed "
            f"({CLOSED})",
            remedy="Nothing is to be done before its first day; after that, check the export",
        )


def _refuse_unknown_codes(register: Register, policy: Policy, desk: Desk) -> None:
    # What leaves must be right. A mark that cannot be read may be the one that ends a spell. Only
    # a person can say that nobody will ever know it.
    sheet = lay_out(register, policy, last_held_day(register) or date.min)
    for code, count in unknown_codes(sheet).items():
        if code in desk.codes.declared_unknown:
            continue
        times = "once" if count == 1 else f"{count:,} times"
        raise unknown_code(sheet, code, f"it stands there {times}, and nothing was sent")


def judge(register: Register, memory: Memory, of: Rules, desk: Desk) -> Judged:
    """Findings, episodes and totals of a register, beside what was known before."""
    met = pupils.meet(register.pupils, memory.pupils, of.pseudonym_key, desk.random)
    same = pupils.same_children(memory.pupils, met)
    known = pupils.rekeyed(memory.episodes, same)
    as_of = last_held_day(register) or date.min

    def key_of(pupil_id: str) -> str:
        return met[pupil_id].pupil_key

    whole = put_back(register, known, key_of)
    # A prompt to the school's own desk has no history: it is made anew from each day's marks.
    findings = [found for found in evaluate(whole, of.policy, as_of) if found.audience != "school"]
    episodes, events = reconcile(
        known,
        findings,
        as_of,
        register=whole,
        policy=of.policy,
        key_of=key_of,
        new_id=lambda: fresh_id(desk.random, "ep"),
    )
    read_at = desk.clock()
    return Judged(
        register=register,
        read_at=read_at,
        as_of=as_of,
        met=met,
        findings=len(findings),
        episodes=tuple(episodes),
        events=tuple(events),
        summary=wire.Summary(
            urn=desk.urn,
            as_of=as_of,
            read_at=read_at,
            policy=of.policy.name,
            mis=desk.mis,
            totals=totals(whole, of.policy, as_of),
            completeness=completeness(whole, of.policy, as_of),
        ),
        same=same,
    )
