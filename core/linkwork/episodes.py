"""A finding's life: opened, continued, confirmed, withdrawn or ended; told once each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal, NamedTuple

from linkwork.facts import Facts, excused
from linkwork.findings import Counted, Finding, Waiting
from linkwork.policy import ComparisonRule, Policy, PolicySeries, RateRule, Rule, RunRule, as_series
from linkwork.register import Register, Session
from linkwork.school_year import school_year

Kind = Literal["opened", "continued", "confirmed", "withdrawn", "ended"]
State = Literal["open", "ended", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Episode:
    """One spell of absence. `finding` is the latest word on it; `notified` when it was first told.

    `id` never changes, whatever happens to the marks; `pupil_key` is the reader's own stable key
    of the pupil, which survives a changed id in the school system. `steps` is how many times its
    threshold was reached when it was last told: 1 for ten days, 2 for twenty.
    """

    id: str
    pupil_key: str
    state: State
    notified: date
    finding: Finding
    steps: int = 1

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
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        data["finding"] = self.finding._asdict()
        return json.dumps(data, default=date.isoformat, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Episode:
        """The episode `to_json` wrote. Raises KeyError, TypeError or ValueError for another."""
        data = json.loads(text)
        finding = _finding(data["finding"])
        return cls(
            id=data["id"],
            pupil_key=data["pupil_key"],
            state=data["state"],
            notified=date.fromisoformat(data["notified"]),
            finding=finding,
            steps=data.get("steps", _steps(finding)),
        )

    def counts(self, day: date, half: str) -> bool:
        """Whether it rests on the mark of this session."""
        return any((each.date, each.half) == (day, half) for each in self.finding.why)


class Correction(NamedTuple):
    """A session that was counted, and the mark it has now."""

    was: Counted
    now: str


@dataclass(frozen=True, slots=True)
class EpisodeEvent:
    """Something to tell of an episode, which is given as it is afterwards; `why` in words.

    `corrected` are the marks it counted before that are other ones now.
    """

    kind: Kind
    episode: Episode
    why: str = ""
    corrected: tuple[Correction, ...] = ()


def reconcile(
    known: Sequence[Episode],
    findings: Sequence[Finding],
    as_of: date,
    *,
    register: Register,
    policy: Policy | PolicySeries,
    key_of: Callable[[str], str],
    new_id: Callable[[Finding], str],
    rules_changed: bool = False,
    take_back: bool = True,
    facts: Facts | None = None,
) -> tuple[list[Episode], list[EpisodeEvent]]:
    """The episodes after today's findings, and what is to be told.

    `findings` are those of `register` under `policy` on `as_of`; the register must be whole (see
    `rereading`), for a mark that is not there counts as one that never was. An episode and a
    finding are the same spell when pupil and trigger are the same and they share sessions; of
    several, those that share most. Told are: a new spell (opened), one that no longer waits
    for a reason (confirmed), one of which something changed that matters (continued: another
    start, the threshold reached once more, a counted session that no longer counts), a broken
    run or a rate left behind (ended), one whose marks were corrected (withdrawn). A day more
    is nothing new. Episodes of pupils who are not in the register stay as they are.

    `new_id` names a new spell after the finding it opens with; `known` are not asked for theirs.

    `rules_changed` says that earlier reads were judged by other rules: what these find no
    longer has ended. Without `take_back` nothing is withdrawn and no episode gets smaller:
    such an episode stays as it was, to be looked at again at the next read. `facts` are those
    the findings were made with: a run of which they excuse days has ended, not been corrected.
    """
    keys = {pupil.pupil_id: key_of(pupil.pupil_id) for pupil in register.pupils}
    matched = _matches(known, findings, keys)
    ids = {key: pupil_id for pupil_id, key in keys.items()}
    now = _Now(register, keys, ids, as_series(policy), as_of, rules_changed, findings, facts or {})
    after: list[Episode] = []
    events: list[EpisodeEvent] = []
    for episode in known:
        found = matched.get(episode.id)
        if found is not None:
            if _cut_off(episode, register):
                found = _as_it_goes_on(episode.finding, found)
            stands, told = _still_there(episode, found, now)
        elif episode.state != "withdrawn" and now.whole_in_sight(episode):
            stands, told = _gone(episode, now)
        else:
            stands, told = episode, []
        if not take_back and _takes_back(episode, stands):
            stands, told = episode, []
        after.append(stands)
        events.extend(told)
    taken = {id(found) for found in matched.values()}
    for found in findings:
        if id(found) not in taken:
            pupil_key, state = keys[found.pupil_id], _state(found)
            opened = Episode(new_id(found), pupil_key, state, as_of, found, _steps(found))
            after.append(opened)
            events.append(EpisodeEvent("opened", opened))
    return after, events


@dataclass(frozen=True, slots=True)
class _Now:
    """What an episode of before is held against."""

    register: Register
    keys: Mapping[str, str]
    ids: Mapping[str, str]
    policy: PolicySeries
    as_of: date
    rules_changed: bool
    findings: Sequence[Finding]
    facts: Facts

    def excused(self, episode: Episode, rule: RunRule) -> bool:
        """Whether facts about the pupil take a counted day of the episode out of the rule."""
        days = excused(self.facts, self.ids.get(episode.pupil_key, ""), rule)
        return any(a <= c.date <= b for c in episode.finding.why for a, b in days)

    def corrected(self, episode: Episode) -> tuple[Correction, ...]:
        """Counted sessions that have another mark now, with that mark."""
        pupil = self.ids.get(episode.pupil_key)
        if pupil is None:
            return ()
        marks = (
            (counted, self.register.mark(pupil, Session(counted.date, counted.half)))
            for counted in episode.finding.why
        )
        return tuple(Correction(c, mark) for c, mark in marks if mark and mark != c.code)

    def rule(self, episode: Episode) -> Rule | None:
        """The episode's rule; None when the policy no longer applies it."""
        now = self.policy.in_force(self.as_of)
        return next((r for r in now.enabled if r.name == episode.trigger), None)

    def whole_in_sight(self, episode: Episode) -> bool:
        """Whether the register has the pupil and reaches back to the episode's first day."""
        return episode.pupil_key in self.ids and not _cut_off(episode, self.register)

    def joined(self, episode: Episode) -> Finding | None:
        """The finding that counts this episode's sessions under another's name."""
        return next(
            (
                found
                for found in self.findings
                if self.keys[found.pupil_id] == episode.pupil_key
                and found.trigger == episode.trigger
                and _shared(episode, found)
            ),
            None,
        )


def _matches(
    known: Sequence[Episode], findings: Sequence[Finding], keys: Mapping[str, str]
) -> dict[str, Finding]:
    """The finding each episode lives on in, by episode id; each finding at most once."""
    by_pupil: dict[tuple[str, str], list[Finding]] = {}
    for found in findings:
        by_pupil.setdefault((keys[found.pupil_id], found.trigger), []).append(found)
    pairs = [
        # Standing episodes first, then those that share most sessions.
        ((episode.state == "withdrawn", -shared, episode.first, found.first), episode, found)
        for episode in known
        for found in by_pupil.get((episode.pupil_key, episode.trigger), ())
        if (shared := _shared(episode, found))
    ]
    pairs.sort(key=lambda pair: pair[0])
    matched: dict[str, Finding] = {}
    taken: set[int] = set()
    for _, episode, found in pairs:
        if episode.id not in matched and id(found) not in taken:
            matched[episode.id] = found
            taken.add(id(found))
    return matched


def _shared(episode: Episode, found: Finding) -> int:
    """How many sessions both count, whatever their codes."""
    if found.declared is not None and found.declared == episode.finding.declared:
        # One declaration is one spell, though its pupil may have no absence yet.
        return 1 + len(_sessions(episode.finding) & _sessions(found))
    if found.first > episode.last or found.last < episode.first:
        return 0
    return len(_sessions(episode.finding) & _sessions(found))


def _sessions(found: Finding) -> set[tuple[date, str]]:
    return {(counted.date, counted.half) for counted in found.why}


def _still_there(episode: Episode, found: Finding, now: _Now) -> tuple[Episode, list[EpisodeEvent]]:
    state, before = _state(found), episode.finding
    again = episode.state == "withdrawn" or (episode.state == "ended" and state == "open")
    steps = _steps(found) if again else max(episode.steps, _steps(found))
    stands = replace(episode, state=state, finding=found, steps=steps)
    if again:
        why = "the marks are as they were" if episode.state == "withdrawn" else "it is met again"
        return stands, [EpisodeEvent("opened", stands, why)]
    told: list[EpisodeEvent] = []
    if before.status == "provisional" and found.status == "confirmed":
        told.append(EpisodeEvent("confirmed", stands))
    if state == "ended" and episode.state == "open":
        told.append(EpisodeEvent("ended", stands))
    lost = _sessions(before) - _sessions(found)
    if not told and (lost or steps > episode.steps or _marked(before) != _marked(found)):
        told.append(EpisodeEvent("continued", stands))
    if lost and told:
        corrected = tuple(c for c in now.corrected(episode) if (c.was.date, c.was.half) in lost)
        told[-1] = replace(told[-1], why=_correction(corrected), corrected=corrected)
    return stands, told


def _marked(found: Finding) -> tuple[object, ...]:
    """What matters enough to be told again when it changes."""
    return found.status, found.first, found.end, found.declared


def _steps(found: Finding) -> int:
    """How many times over the threshold is reached."""
    return max(1, found.value // found.threshold)


def _takes_back(before: Episode, after: Episode) -> bool:
    """Whether an episode that stood would stand no more, or on fewer sessions."""
    if after.state == "withdrawn":
        return before.state != "withdrawn"
    lost = _sessions(before.finding) - _sessions(after.finding)
    return bool(lost) and after.value <= before.value


def _gone(episode: Episode, now: _Now) -> tuple[Episode, list[EpisodeEvent]]:
    """An episode not found again, though the register has its pupil and its days."""
    rule = now.rule(episode)
    corrected = now.corrected(episode)
    undone = _undone(corrected, now.policy)
    why, first = "", school_year(now.as_of)[0]
    if rule is None:
        why = "this is no longer looked for"
    elif episode.finding.declared is not None and not corrected:
        if episode.finding.declared < first:
            why = "a new school year started"
        elif episode.state != "withdrawn":
            stands = replace(episode, state="withdrawn")
            return stands, [EpisodeEvent("withdrawn", stands, "the school took it back")]
    elif isinstance(rule, RunRule) and now.excused(episode, rule):
        why = "the school has stated why"
    elif isinstance(rule, RateRule | ComparisonRule) and not undone:
        why = _left_behind(episode, now.as_of)
    elif now.rules_changed and not undone:
        why = "the rules are others now, and by them it is not met"
    if why:
        if episode.state != "open":
            return episode, []
        stands = replace(episode, state="ended")
        return stands, [EpisodeEvent("ended", stands, why)]
    stands = replace(episode, state="withdrawn")
    joined = now.joined(episode)
    why = _correction(corrected)
    if joined is not None and not corrected:
        why = f"it is one spell with that from {joined.first.isoformat()}"
    return stands, [EpisodeEvent("withdrawn", stands, why, corrected)]


def _undone(corrected: Sequence[Correction], policy: PolicySeries) -> bool:
    """Whether a counted absence is now no absence: only that takes away from a rate."""
    classes = (policy.codes_on(each.was.date).classify(each.now) for each in corrected)
    return any(known is not None and not known.absent for known in classes)


def _left_behind(episode: Episode, as_of: date) -> str:
    if school_year(as_of)[0] > episode.last:
        return "a new school year started"
    return "later sessions brought the rate below the threshold"


#: Why a spell was withdrawn of which no counted mark is another one now.
SOMETHING_ELSE = "other marks, the pupil's dates, the calendar or the rules changed"


def _correction(corrected: Sequence[Correction]) -> str:
    if not corrected:
        return SOMETHING_ELSE
    first = corrected[0]
    more = f" and {len(corrected) - 1} more" if len(corrected) > 1 else ""
    session = f"{first.was.date.isoformat()} {first.was.half}"
    return f"{session} was {first.was.code or 'no mark'} and is now {first.now}{more}"


def _as_it_goes_on(before: Finding, now: Finding) -> Finding:
    """A finding whose first marks are no longer kept can only be said to go on or to end."""
    return before._replace(status=now.status, ended=now.ended, over=now.over)


def _state(found: Finding) -> State:
    return "open" if found.end is None else "ended"


def _cut_off(episode: Episode, register: Register) -> bool:
    """Whether the register starts after the episode's first day."""
    return not register.sessions or episode.first < register.sessions[0].date


def _finding(data: dict[str, Any]) -> Finding:
    def day(text: str) -> date:
        return date.fromisoformat(text)

    ended, window, before = data["ended"], data.get("window"), data.get("before")
    declared, over = data.get("declared"), data.get("over")
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
            "declared": day(declared) if declared else None,
            "over": day(over) if over else None,
        }
    )
