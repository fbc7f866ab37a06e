"""A finding's life: opened, continued, confirmed, withdrawn or ended; told once each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal

from linkwork.findings import Counted, Finding, Waiting
from linkwork.policy import ComparisonRule, Policy, RateRule, Rule
from linkwork.register import NO_MARK, Register, Session
from linkwork.school_year import school_year

Kind = Literal["opened", "continued", "confirmed", "withdrawn", "ended"]
State = Literal["open", "ended", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Episode:
    """One spell of absence. `finding` is the latest word on it; `notified` when it was first told.

    `id` never changes, whatever happens to the marks; `pupil_key` is the reader's own stable key
    of the pupil, which survives a changed id in the school system.
    """

    id: str
    pupil_key: str
    state: State
    notified: date
    finding: Finding

    @property
    def trigger(self) -> str:
        """The rule that was met."""
        return self.finding.trigger

    @property
    def first(self) -> date:
        """The first counted day."""
        return self.finding.first

    @property
    def last(self) -> date:
        """The last counted day."""
        return self.finding.last

    @property
    def status(self) -> str:
        """ "confirmed" or "provisional"."""
        return self.finding.status

    @property
    def value(self) -> int:
        """How much was counted, in the finding's unit."""
        return self.finding.value

    def to_json(self) -> str:
        """This episode as JSON, for a store."""
        return json.dumps(asdict(self), default=date.isoformat, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Episode:
        """The episode `to_json` wrote. Raises KeyError, TypeError or ValueError for another."""
        data = json.loads(text)
        return cls(
            id=data["id"],
            pupil_key=data["pupil_key"],
            state=data["state"],
            notified=date.fromisoformat(data["notified"]),
            finding=_finding(data["finding"]),
        )


@dataclass(frozen=True, slots=True)
class EpisodeEvent:
    """Something to tell of an episode, which is given as it is afterwards; `why` in words."""

    kind: Kind
    episode: Episode
    why: str = ""


def put_back(
    register: Register, known: Sequence[Episode], key_of: Callable[[str], str]
) -> Register:
    """The register with the counted marks of standing episodes back where they disappeared.

    A mark that is gone corrects nothing: only a different mark does. So judge what this
    returns, and a finding whose marks vanished from the source stands. Pupils who vanished
    are left alone by `reconcile`. `key_of` gives the pupil key of a pupil id.
    """
    places = {key_of(pupil.pupil_id): i for i, pupil in enumerate(register.pupils)}
    codes = {code: index for index, code in enumerate(register.codes)}
    rows = dict(zip(register.sessions, register.rows, strict=True))
    copied: set[Session] = set()
    for episode in known:
        place = places.get(episode.pupil_key)
        if place is None or not _in_sight(episode, register):
            continue
        for counted in episode.finding.why:
            session = Session(counted.date, counted.half)
            row = rows.get(session) or bytearray(len(register.pupils))
            if row[place] == NO_MARK:
                # The register given is another's: never write into its rows.
                rows[session] = row if session in copied else bytearray(row)
                rows[session][place] = codes.setdefault(counted.code, len(codes))
                copied.add(session)
    return register.with_rows(rows, tuple(codes)) if copied else register


def reconcile(
    known: Sequence[Episode],
    findings: Sequence[Finding],
    as_of: date,
    *,
    register: Register,
    policy: Policy,
    key_of: Callable[[str], str],
    new_id: Callable[[], str],
) -> tuple[list[Episode], list[EpisodeEvent]]:
    """The episodes after today's findings, and what is to be told.

    `findings` are those of `register` (see `put_back`) under `policy` on `as_of`. An episode
    and a finding are the same spell when pupil and trigger are the same and their days
    overlap; of several, those that share most sessions. Told are: a new spell (opened), one
    that no longer waits for a reason (confirmed), a changed number or start (continued), a
    broken run or a rate left behind (ended), one whose marks were corrected (withdrawn).
    Episodes of pupils who are not in the register stay as they are.
    """
    keys = {pupil.pupil_id: key_of(pupil.pupil_id) for pupil in register.pupils}
    matched = _matches(known, findings, keys)
    here = frozenset(keys.values())
    after: list[Episode] = []
    events: list[EpisodeEvent] = []
    for episode in known:
        found = matched.get(episode.id)
        if found is not None:
            told = _still_there(episode, found)
            after.append(replace(episode, state=_state(found), finding=found))
        elif episode.pupil_key in here and _in_sight(episode, register):
            told = _gone(episode, Now(register, keys, policy, as_of))
            after.append(told[-1].episode if told else episode)
        else:
            told = []
            after.append(episode)
        events.extend(told)
    taken = {id(found) for found in matched.values()}
    for found in findings:
        if id(found) not in taken:
            opened = Episode(new_id(), keys[found.pupil_id], _state(found), as_of, found)
            after.append(opened)
            events.append(EpisodeEvent("opened", opened))
    return after, events


@dataclass(frozen=True, slots=True)
class Now:
    """What an episode that was not found again is held against."""

    register: Register
    keys: Mapping[str, str]
    policy: Policy
    as_of: date

    def corrected(self, episode: Episode) -> list[tuple[Counted, str]]:
        """Counted sessions that have another mark now, with that mark."""
        ids = [pupil_id for pupil_id, key in self.keys.items() if key == episode.pupil_key]
        marks = (
            (counted, self.register.mark(pupil_id, Session(counted.date, counted.half)))
            for counted in episode.finding.why
            for pupil_id in ids
        )
        return [(counted, mark) for counted, mark in marks if mark and mark != counted.code]

    def rule(self, episode: Episode) -> Rule | None:
        """The episode's rule; None when the policy no longer applies it."""
        return next((r for r in self.policy.enabled if r.name == episode.trigger), None)


def _matches(
    known: Sequence[Episode], findings: Sequence[Finding], keys: Mapping[str, str]
) -> dict[str, Finding]:
    """The finding each episode lives on in, by episode id; each finding at most once."""
    by_pupil: dict[tuple[str, str], list[Finding]] = {}
    for found in findings:
        by_pupil.setdefault((keys[found.pupil_id], found.trigger), []).append(found)
    pairs = [
        (_likeness(episode, found), episode, found)
        for episode in known
        for found in by_pupil.get((episode.pupil_key, episode.trigger), ())
        if found.first <= episode.last and found.last >= episode.first
    ]
    pairs.sort(key=lambda pair: (pair[0], pair[1].first, pair[2].first))
    matched: dict[str, Finding] = {}
    taken: set[int] = set()
    for _, episode, found in pairs:
        if episode.id not in matched and id(found) not in taken:
            matched[episode.id] = found
            taken.add(id(found))
    return matched


def _likeness(episode: Episode, found: Finding) -> tuple[bool, int]:
    """Sorts the likeliest pair first: standing episodes, then most sessions shared."""
    sessions = {(counted.date, counted.half) for counted in episode.finding.why}
    shared = sum((counted.date, counted.half) in sessions for counted in found.why)
    return episode.state == "withdrawn", -shared


def _still_there(episode: Episode, found: Finding) -> list[EpisodeEvent]:
    before, state = episode.finding, _state(found)
    now = replace(episode, state=state, finding=found)
    if episode.state == "withdrawn":
        return [EpisodeEvent("opened", now, "the marks are as they were")]
    told: list[EpisodeEvent] = []
    if before.status == "provisional" and found.status == "confirmed":
        told.append(EpisodeEvent("confirmed", now))
    if state == "ended" and episode.state == "open":
        told.append(EpisodeEvent("ended", now))
    if not told and _told(before) != _told(found):
        told.append(EpisodeEvent("continued", now))
    return told


def _told(found: Finding) -> tuple[object, ...]:
    """What is worth telling again when it changes."""
    return found.value, found.status, found.first, found.ended


def _gone(episode: Episode, now: Now) -> list[EpisodeEvent]:
    """An episode not found again, of a pupil who is there."""
    rule = now.rule(episode)
    corrected = now.corrected(episode)
    share = isinstance(rule, RateRule | ComparisonRule)
    if rule is None or (share and not _undone(corrected, now.policy)):
        if episode.state != "open":
            return []
        why = "this is no longer looked for" if rule is None else _left_behind(episode, now.as_of)
        return [EpisodeEvent("ended", replace(episode, state="ended"), why)]
    return [EpisodeEvent("withdrawn", replace(episode, state="withdrawn"), _correction(corrected))]


def _undone(corrected: Sequence[tuple[Counted, str]], policy: Policy) -> bool:
    """Whether a counted absence is now no absence: only that takes away from a rate."""
    classes = (policy.codes_on(counted.date).classify(mark) for counted, mark in corrected)
    return any(known is not None and not known.absent for known in classes)


def _left_behind(episode: Episode, as_of: date) -> str:
    if school_year(as_of)[0] > episode.last:
        return "a new school year started"
    return "later sessions brought the rate below the threshold"


def _correction(corrected: Sequence[tuple[Counted, str]]) -> str:
    if not corrected:
        return "other marks, the pupil's dates, the calendar or the rules changed"
    first = corrected[0]
    more = f" and {len(corrected) - 1} more" if len(corrected) > 1 else ""
    session = f"{first[0].date.isoformat()} {first[0].half}"
    return f"{session} was {first[0].code} and is now {first[1]}{more}"


def _state(found: Finding) -> State:
    return "open" if found.ended is None else "ended"


def _in_sight(episode: Episode, register: Register) -> bool:
    """Whether the register reaches back to the episode, and it was not taken back already."""
    start = register.sessions[0].date if register.sessions else date.max
    return episode.state != "withdrawn" and episode.last >= start


def _finding(data: dict[str, Any]) -> Finding:
    def day(text: str) -> date:
        return date.fromisoformat(text)

    ended, window, before = data["ended"], data.get("window"), data.get("before")
    return Finding(
        **{
            **data,
            "first": day(data["first"]),
            "last": day(data["last"]),
            "ended": day(ended) if ended else None,
            "why": tuple(Counted(day(on), half, code) for on, half, code in data["why"]),
            "seen": tuple(day(on) for on in data["seen"]),
            # Findings kept before these were known go without them.
            "window": (day(window[0]), day(window[1])) if window else None,
            "waiting": tuple(
                Waiting(day(on), half, day(due)) for on, half, due in data.get("waiting", ())
            ),
            "priority": tuple(data.get("priority", ())),
            "parts": tuple(data.get("parts", ())),
            "before": (before[0], before[1]) if before else None,
        }
    )
