"""`check NEW --since OLD`: what changed between two exports, and what that changes.

Findings are followed as the service follows them: the same spell keeps its name while it grows or
shrinks, only another mark withdraws one, and a mark that vanished withdraws nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Literal

from linkwork.episodes import SOMETHING_ELSE, Episode, EpisodeEvent, reconcile
from linkwork.errors import BadInput, WrongUse
from linkwork.findings import Finding
from linkwork.policy import Policy, PolicySeries, as_series
from linkwork.register import Pupil, Register, Session
from linkwork.rereading import LastKnown, reread
from linkwork.school_days import last_held_day, school_days
from linkwork.triggers import evaluate

#: What became of one finding.
Change = Literal["opened", "grown", "shrunk", "confirmed", "ended", "gone", "moved"]
#: Before the id of a pupil of OLD who is not in NEW, where both need a key: NEW may have given the
#: id to another child.
_GONE = "gone: "
_LEFT = "the pupil is not in the new export, so nothing is asked of after its last mark"


@dataclass(frozen=True, slots=True)
class MarkChange:
    """One session of one pupil that OLD and NEW have differently; "" is no mark."""

    pupil_id: str
    session: Session
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding before and after, and the marks of its time that are not what they were.

    `vanished` are counted marks that stand although NEW has them no more. `why` is in words.
    `pupil_gone`: the pupil, under OLD's id, is not in NEW.
    """

    change: Change
    pupil_id: str
    trigger: str
    old: Finding | None
    new: Finding | None
    marks: tuple[MarkChange, ...]
    vanished: tuple[MarkChange, ...]
    why: str = ""
    pupil_gone: bool = False


@dataclass(frozen=True)
class Compared:
    """Two exports of one school, compared over the time both cover.

    `changed`, `vanished` and `filled` are sessions up to OLD's last day; `added` counts the marks
    after it and `not_covered` those of OLD that lie before NEW starts.
    """

    old_as_of: date
    new_as_of: date
    changed: tuple[MarkChange, ...]
    vanished: tuple[MarkChange, ...]
    filled: tuple[MarkChange, ...]
    added: int
    not_covered: int
    pupils_new: tuple[str, ...]
    pupils_gone: tuple[str, ...]
    dates_changed: tuple[str, ...]
    days_added: tuple[date, ...]
    days_removed: tuple[date, ...]
    findings: tuple[FindingChange, ...]
    unchanged: int

    @property
    def nothing(self) -> bool:
        """Whether OLD and NEW say the same of the time both cover, and nothing came after it."""
        register = self.changed or self.vanished or self.filled or self.added
        people = self.pupils_new or self.pupils_gone or self.dates_changed
        return not (register or people or self.days_added or self.days_removed or self.findings)


def compare(old: Register, new: Register, policy: Policy | PolicySeries, as_of: date) -> Compared:
    """What changed from `old` to `new` and what it changes, judged by `policy` on `as_of`.

    Raises BadInput when they are not two exports of one school, WrongUse when `old` is newer.
    """
    old_last = min(last_held_day(old) or old.sessions[0].date, as_of)
    ids = _same_pupils(old, new)
    _refuse_another_school(old, new, ids)
    _refuse_newer(old, new)
    sessions = [s for s in old.sessions if s.date <= old_last and s >= new.sessions[0]]
    differ = [d for d in _differences(old, new, ids) if d.session.date <= as_of]
    opened = _episodes(old, policy, old_last, ids)
    rules = as_series(policy).in_force(as_of)
    whole, key_of = _whole(old, new, ids)
    findings = evaluate(whole, policy, as_of)
    after, events = reconcile(
        opened,
        findings,
        as_of,
        register=whole,
        policy=rules,
        key_of=key_of.__getitem__,
        new_id=_ids("new"),
    )
    days = _days(old, old_last, new), _days(new, old_last, new)
    dates = tuple(_dates_changed(old, new, ids))

    def because(event: EpisodeEvent) -> str:
        return _because(event, dates, calendar=days[0] != days[1])

    changes = tuple(_findings(opened, after, events, differ, because))
    kept = set(ids.values())
    return Compared(
        old_as_of=old_last,
        new_as_of=as_of,
        changed=tuple(each for each in differ if each.old and each.new),
        vanished=tuple(each for each in differ if not each.new),
        filled=tuple(each for each in differ if not each.old and each.session.date <= old_last),
        added=sum(not each.old and each.session.date > old_last for each in differ),
        not_covered=_marks(old, [s for s in old.sessions if s < new.sessions[0]]),
        pupils_new=tuple(p.pupil_id for p in new.pupils if p.pupil_id not in kept),
        pupils_gone=tuple(p.pupil_id for p in old.pupils if p.pupil_id not in ids),
        dates_changed=dates,
        days_added=tuple(sorted(days[1] - days[0])) if sessions else (),
        days_removed=tuple(sorted(days[0] - days[1])) if sessions else (),
        findings=changes,
        unchanged=len(findings) - sum(each.new is not None for each in changes),
    )


def _whole(old: Register, new: Register, ids: Mapping[str, str]) -> tuple[Register, dict[str, str]]:
    """NEW with what it lost of OLD, as a mark that is gone corrects nothing; its pupils' keys."""
    first, last = new.sessions[0].date, new.sessions[-1].date
    again = reread(
        LastKnown(old, tuple(_key(pupil.pupil_id, ids) for pupil in old.pupils)),
        new,
        [pupil.pupil_id for pupil in new.pupils],
        asked=(first, last),
        keep_from=first,
    )
    pupils = zip(again.whole.pupils, again.keys, strict=True)
    return again.whole, {pupil.pupil_id: key for pupil, key in pupils}


def _key(pupil_id: str, ids: Mapping[str, str]) -> str:
    return ids.get(pupil_id, f"{_GONE}{pupil_id}")


def _same_pupils(old: Register, new: Register) -> dict[str, str]:
    """NEW's id of each of OLD's pupils that is in both: the same id, or else the same UPN.

    A UPN that several records have says nothing.
    """
    there = {pupil.pupil_id: pupil for pupil in new.pupils}
    by_upn = _by_upn(new.pupils)
    ours = _by_upn(old.pupils)
    found: dict[str, str] = {}
    for pupil in old.pupils:
        same = there.get(pupil.pupil_id)
        # A system that numbers its pupils anew may give an id to another child.
        if same is not None and (not pupil.upn or same.upn in (None, pupil.upn)):
            found[pupil.pupil_id] = pupil.pupil_id
        elif pupil.upn in by_upn and pupil.upn in ours:
            found[pupil.pupil_id] = by_upn[pupil.upn]
    return found


def _by_upn(pupils: Sequence[Pupil]) -> dict[str, str]:
    times = Counter(pupil.upn for pupil in pupils)
    return {p.upn: p.pupil_id for p in pupils if p.upn and times[p.upn] == 1}


def _refuse_another_school(old: Register, new: Register, ids: Mapping[str, str]) -> None:
    if old.urn and new.urn and old.urn != new.urn:
        raise BadInput(
            f"--since is the register of school {old.urn}, and the new one that of {new.urn}",
            remedy="Give two exports of one school",
            file=old.source,
        )
    if not ids:
        raise BadInput(
            "--since and the new register have no pupil in common, by id or UPN",
            remedy="Give two exports of one school; with a changed system, export the UPN too",
            file=old.source,
        )


def _refuse_newer(old: Register, new: Register) -> None:
    before, after = last_held_day(old), last_held_day(new)
    if before and after and before > after:
        raise WrongUse(
            f"--since goes up to {before.isoformat()} and the new register to "
            f"{after.isoformat()}: they have changed places. Give the older one after --since"
        )


def _differences(old: Register, new: Register, ids: Mapping[str, str]) -> Iterator[MarkChange]:
    """Every session of a pupil in both that is not the same, under NEW's id, in time order."""
    alike = old.codes == new.codes and list(_ids_of(old)) == list(_ids_of(new))
    pairs = [(old.pupil_index(a), new.pupil_index(b), b) for a, b in ids.items()]
    before = dict(zip(old.sessions, old.rows, strict=True))
    after = dict(zip(new.sessions, new.rows, strict=True))
    none_old, none_new = bytes(len(old.pupils)), bytes(len(new.pupils))
    for session in sorted({*before, *after}):
        if session < new.sessions[0]:
            continue
        was = before.get(session, none_old)
        now = after.get(session, none_new)
        if alike and was == now:
            continue
        for ours, theirs, pupil_id in pairs:
            a, b = old.codes[was[ours]], new.codes[now[theirs]]
            if a != b:
                yield MarkChange(pupil_id, session, a, b)


def _ids_of(register: Register) -> Iterator[str]:
    return (pupil.pupil_id for pupil in register.pupils)


def _marks(register: Register, sessions: Sequence[Session]) -> int:
    rows = dict(zip(register.sessions, register.rows, strict=True))
    return sum(len(rows[session]) - rows[session].count(0) for session in sessions)


def _days(register: Register, last: date, new: Register) -> set[date]:
    """The school days of the time that both registers cover."""
    first = new.sessions[0].date
    return {day for day in school_days(register, last).days if day >= first}


def _dates_changed(old: Register, new: Register, ids: Mapping[str, str]) -> Iterator[str]:
    for ours, theirs in ids.items():
        before = old.pupils[old.pupil_index(ours)].enrolments
        if before != new.pupils[new.pupil_index(theirs)].enrolments:
            yield theirs


def _episodes(
    old: Register, policy: Policy | PolicySeries, as_of: date, ids: Mapping[str, str]
) -> list[Episode]:
    """OLD's findings as the spells that NEW is held against; pupils by NEW's id where known."""
    found, _ = reconcile(
        [],
        evaluate(old, policy, as_of),
        as_of,
        register=old,
        policy=as_series(policy).in_force(as_of),
        key_of=lambda pupil_id: _key(pupil_id, ids),
        new_id=_ids("old"),
    )
    return found


def _ids(word: str) -> Callable[[Finding], str]:
    """Names for spells, which nobody sees: a comparison needs no chance."""
    numbers = count(1)
    return lambda _found: f"{word} {next(numbers)}"


def _findings(
    before: Sequence[Episode],
    after: Sequence[Episode],
    events: Sequence[EpisodeEvent],
    differ: Sequence[MarkChange],
    because: Callable[[EpisodeEvent], str],
) -> Iterator[FindingChange]:
    was = {episode.id: episode.finding for episode in before}
    told = {event.episode.id: event for event in events}
    by_pupil: dict[str, list[MarkChange]] = {}
    for each in differ:
        by_pupil.setdefault(each.pupil_id, []).append(each)
    for episode in after:
        old, event = was.get(episode.id), told.get(episode.id)
        new = None if _over(episode, event) else episode.finding
        lost = _vanished(by_pupil.get(episode.pupil_key, ()), new)
        change, left = _change(old, new, event), episode.pupil_key.startswith(_GONE)
        if change is None and not lost:
            continue
        yield FindingChange(
            change or "moved",
            episode.pupil_key.removeprefix(_GONE) if left else episode.pupil_key,
            episode.trigger,
            old,
            new,
            tuple(_responsible(by_pupil.get(episode.pupil_key, ()), old, new)),
            lost,
            "" if event is None else _LEFT if left and not event.corrected else because(event),
            left,
        )


def _because(event: EpisodeEvent, dates: Sequence[str], *, calendar: bool) -> str:
    """Why an episode became what it is; both exports are judged by the same rules."""
    if event.why != SOMETHING_ELSE:
        return event.why
    known = ["the pupil's dates on roll are others"] if event.episode.pupil_key in dates else []
    known += ["the school days are others"] if calendar else []
    return " and ".join(known) or "marks beside those counted, or the date of birth, are others"


def _over(episode: Episode, event: EpisodeEvent | None) -> bool:
    """Whether NEW has no such finding any more: corrected, or a rate that was left behind."""
    left = event is not None and event.kind == "ended" and bool(event.why)
    return episode.state == "withdrawn" or left


def _change(old: Finding | None, new: Finding | None, event: EpisodeEvent | None) -> Change | None:
    """What became of a finding; None when nothing that matters did."""
    if old is None:
        return "opened"
    if event is not None and event.kind == "ended":
        return "ended"
    if new is None:
        return "gone"
    if new.value != old.value:
        return "grown" if new.value > old.value else "shrunk"
    if event is not None and event.kind == "confirmed":
        return "confirmed"
    return "moved" if new.why != old.why or new.status != old.status else None


def _responsible(
    changes: Sequence[MarkChange], old: Finding | None, new: Finding | None
) -> Iterator[MarkChange]:
    """The changed marks between the first and the last day the finding had or has."""
    both = [each for each in (old, new) if each is not None]
    first = min(each.first for each in both)
    last = max(each.end or each.last for each in both)
    vanished = {mark for mark in changes if not mark.new}
    counted = {(each.date, each.half) for found in both for each in found.why}
    for each in changes:
        inside = first <= each.session.date <= last
        if inside and not (each in vanished and tuple(each.session) in counted):
            yield each


def _vanished(changes: Sequence[MarkChange], new: Finding | None) -> tuple[MarkChange, ...]:
    counted = {(each.date, each.half) for each in new.why} if new else set()
    return tuple(each for each in changes if not each.new and tuple(each.session) in counted)
