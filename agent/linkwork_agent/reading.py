"""What the authority asks to be looked for, what is remembered, and the register: read."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from linkwork.codes import CLOSED
from linkwork.episodes import Episode
from linkwork.errors import EmptyRegister, NotTheSource, Refused, Revoked, WrongUse
from linkwork.plugin import Mis
from linkwork.policy import Policy, PolicySeries, loads
from linkwork.policy import followed as policy_series
from linkwork.readying import ready
from linkwork.register import Register, RegisterBuilder
from linkwork.rereading import NOTHING_KNOWN, LastKnown
from linkwork.school_days import last_held_day
from linkwork.sheet import lay_out
from linkwork.tally import unknown_codes
from linkwork_agent import rereads, unread
from linkwork_agent.post import Desk
from linkwork_agent.store import base, changes, followed, marks, registers, stated
from linkwork_agent.store.base import Db
from linkwork_agent.store.changes import Changed
from linkwork_agent.store.registers import Known
from linkwork_agent.store.stated import Stated
from linkwork_agent.unknown_code import unknown_code

#: How far back a changed mark is looked for: five school days on either side of a summer.
LATELY = timedelta(days=60)
#: The kind of message that carries sickness returns.
SICKNESS = "sickness-return"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the authority sent down: its policies, each for its dates, and the pseudonyms' key.

    `policy` is the one in force today: what is to be done goes by it, and marks by their own.
    """

    policies: PolicySeries
    policy: Policy
    pseudonym_key: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier reads left behind.

    `waiting` are the marks a person has not decided, with their set; `sets_wait` counts the sets.
    `source` is the school system and database of the last read, `rules` the digest of the
    policy it was judged by, `last_whole` the day the year was last read; `decisions` counts
    what persons decided, so that a read that began before one notices. `said` is what the school
    has said beside its marks; `sick` are the ids of episodes told on the route of health needs.
    `lately` are marks taken over in the last weeks, with the day of it.
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
    said: tuple[Stated, ...] = ()
    sick: frozenset[str] = frozenset()
    lately: tuple[tuple[str, Changed], ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What a source gave, and the days it was asked for."""

    register: Register
    asked: rereads.Asked

    @property
    def source(self) -> str:
        """The school system, and the database where the system tells one from another."""
        return f"{self.register.source} {self.register.database or ''}".strip()


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
    return kept_rules(db, desk.clock().astimezone().date())


def kept_rules(db: Db, today: date) -> Rules:
    """The rules as the authority sent them, whether or not anything may be read. Raises Refused."""
    text, key = base.text(db, "policy_toml"), base.text(db, "pseudonym_key")
    if text is None or key is None:
        raise Refused(unread.no_policy(db))
    every = kept_policies(db)
    return Rules(every, every.in_force(today), base64.b64decode(key))


def kept_policies(db: Db) -> PolicySeries:
    """The policies the authority sent, each from its first day until the next one's.

    The last is in force until it sends another, past its own last day: a school that stopped
    looking on that day would miss a child because a file was not renewed.
    """
    newest, texts = base.text(db, "policy_toml") or "", followed.texts(db)
    return _followed(tuple(texts) if newest in texts else (newest,))


@lru_cache(maxsize=4)  # read once by a process that judges many times
def _followed(texts: tuple[str, ...]) -> PolicySeries:
    return policy_series([loads(text) for text in texts])


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
    last_run = registers.last_run(db)
    return Memory(
        last_run,
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
        tuple(stated.all_stated(db)),
        changes.told_with(db, SICKNESS),
        _lately(db, last_run),
    )


def _lately(db: Db, last_run: registers.Run | None) -> tuple[tuple[str, Changed], ...]:
    if last_run is None:
        return ()
    since = date.fromisoformat(last_run.as_of) - LATELY
    return tuple(changes.taken_over(db, since.isoformat()))


def digest(of: PolicySeries) -> str:
    """What tells policies from others, whatever they are called."""
    return hashlib.sha256("\0".join(each.text for each in of.policies).encode()).hexdigest()


def read(mis: Mis, desk: Desk, of: Rules, memory: Memory) -> Read:
    """The register of the last weeks, or of the year when that is due or the weeks hold nothing.

    Raises what the plugin raises, EmptyRegister, NotTheSource for another school's register, and
    what `ready` raises; and BadInput for a code that nobody knows until a person has said what it
    means, or that nobody can tell.
    """
    today = desk.clock().astimezone().date()
    asked = rereads.asked(today, of.policy, of.policies, memory.last_whole)
    if not asked.whole:
        try:
            got = Read(_read(mis, desk, asked), asked)
        except EmptyRegister:
            # In the summer nothing is new. Whether the source is empty, only the year can tell.
            got = None
        if got is not None and got.source == memory.source and _all_met(got, memory):
            return replace(got, register=_ready(got.register, of, desk))
    return Read(read_year(mis, desk, of), rereads.whole(today, of.policies))


def _all_met(got: Read, memory: Memory) -> bool:
    """Whether every pupil was met before: of a new one the weeks alone may tell too little."""
    known = {each.mis_id for each in memory.pupils}
    return all(pupil.pupil_id in known for pupil in got.register.pupils)


def read_year(mis: Mis, desk: Desk, of: Rules) -> Register:
    """The register of the year as the source has it now. Raises what `read` raises."""
    asked = rereads.whole(desk.clock().astimezone().date(), of.policies)
    return _ready(_read(mis, desk, asked), of, desk)


def _read(mis: Mis, desk: Desk, asked: rereads.Asked) -> Register:
    register = read_school(mis, desk.mis, desk.urn, asked)
    _refuse_closures_alone(register)
    return register


def _ready(register: Register, of: Rules, desk: Desk) -> Register:
    found = ready(register, of.policies.code_sets, desk.codes)
    _refuse_unknown_codes(found, of.policies, desk)
    return found


def read_school(mis: Mis, plugin: str, urn: str, asked: rereads.Asked) -> Register:
    """What `read` reads, with whatever codes stand there. `plugin` is its name, for messages.

    Raises what the plugin raises, EmptyRegister, or NotTheSource for another school's register.
    """
    builder = RegisterBuilder(plugin)
    mis.read(asked.first, asked.last, builder)
    register = builder.build()
    if not register.pupils or last_held_day(register) is None:
        raise EmptyRegister(
            f"The plugin {plugin!r} gave no pupils or no marks between "
            f"{asked.first.isoformat()} and {asked.last.isoformat()}",
            remedy="Check the export or the account it uses; the last good read stands",
        )
    if register.urn not in (None, urn):
        raise NotTheSource(
            f"The register is that of school {register.urn}, and this is school {urn}",
            remedy="Correct the path in agent.toml; nothing of it was used",
        )
    return register


def _refuse_closures_alone(register: Register) -> None:
    """A school that never opened has nothing to judge; most often the wrong thing was exported."""
    if set(register.codes) <= {"", CLOSED}:
        raise EmptyRegister(
            f"Every mark up to {last_held_day(register)} says that the school was closed "
            f"({CLOSED})",
            remedy="Nothing is to be done before its first day; after that, check the export",
        )


def _refuse_unknown_codes(register: Register, policy: PolicySeries, desk: Desk) -> None:
    # What leaves must be right. A mark that cannot be read may be the one that ends a spell. Only
    # a person can say that nobody will ever know it.
    sheet = lay_out(register, policy, last_held_day(register) or date.min)
    for code, count in unknown_codes(sheet).items():
        if code in desk.codes.declared_unknown:
            continue
        times = "once" if count == 1 else f"{count:,} times"
        raise unknown_code(sheet, code, f"it stands there {times}, and nothing was sent")
