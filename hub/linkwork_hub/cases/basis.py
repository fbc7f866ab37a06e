"""What a legal step rests on: absence without permission, tested on the marks as they are. Pure.

Only unauthorised absence founds the offence of section 444; authorised absence is a defence. So a
session counts while its mark is one of absence without permission, and no paper is made while a
session it counts is coded N, has no mark any more, or was changed in the last five school days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.errors import Refused
from linkwork.wire import Correction, Mark, Unsettled
from linkwork.wording import number
from linkwork_hub.referrals.models import Episode, EpisodeState
from linkwork_hub.referrals.words import day

#: For so many school days after it was changed a mark may change again. Source: design of the
#: return; N is amended within five school days (SI 2024/208, regulation 10).
SETTLES_AFTER = 5
#: No reason is known yet: an absence without permission, and no ground for a paper.
NO_REASON = "N"
_HOW_MANY_NAMED = 6
_Session = tuple[date, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A counted session no paper can rest on yet, why, and from when it can; None: not known."""

    mark: Mark
    why: str
    settled: date | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The sessions a legal step can count on the day it is taken.

    `fallen` were counted once and are no absence without permission any more. `told` says whether
    the hub was told any session of the pupil at all.
    """

    counts: tuple[Mark, ...] = ()
    fallen: tuple[Correction, ...] = ()
    unsettled: tuple[Doubt, ...] = ()
    told: bool = False

    @property
    def first(self) -> date | None:
        """The first counted day."""
        return self.counts[0].date if self.counts else None

    @property
    def last(self) -> date | None:
        """The last counted day."""
        return self.counts[-1].date if self.counts else None

    @property
    def settled(self) -> tuple[Mark, ...]:
        """The counted sessions a paper can rest on today."""
        unsure = {_at(each.mark) for each in self.unsettled}
        return tuple(mark for mark in self.counts if _at(mark) not in unsure)

    def within(self, first: date, last: date) -> Basis:
        """What of it lies in these days, both inclusive."""
        return Basis(
            tuple(each for each in self.counts if first <= each.date <= last),
            tuple(each for each in self.fallen if first <= each.was.date <= last),
            tuple(each for each in self.unsettled if first <= each.mark.date <= last),
            self.told,
        )


def as_it_stands(
    spells: Sequence[Episode],
    requested: Iterable[Mark],
    school_days: Sequence[date],
    today: date,
) -> Basis:
    """Test a case again: `spells` are its pupil's, `requested` what a request of the school counts.

    `school_days` are the school's, in order, from before the first change up to today and after.
    Of a spell that was withdrawn nothing counts: the hub is told of its marks no more.
    """
    counts: dict[_Session, Mark] = {_at(mark): mark for mark in requested if mark.code}
    fallen: dict[_Session, Correction] = {}
    unsure: dict[_Session, Unsettled] = {}
    for spell in spells:
        fallen |= {_at(each.was): each for each in spell.corrections}
    live = [spell for spell in spells if spell.state is not EpisodeState.WITHDRAWN]
    standing = {_at(mark): mark for spell in live for mark in spell.marks if mark.code}
    for spell in live:
        unsure |= {(each.date, each.half): each for each in spell.unsettled}
    counts |= standing
    fell = {
        at: each
        for at, each in fallen.items()
        if at not in standing and each.was.code and not each.now.code
    }
    kept = [mark for at, mark in sorted(counts.items()) if at not in fell]
    doubts = [_doubt(mark, unsure.get(_at(mark)), school_days, today) for mark in kept]
    return Basis(
        tuple(kept),
        tuple(each for _, each in sorted(fell.items())),
        tuple(each for each in doubts if each is not None),
        told=bool(counts or spells),
    )


def refuse_unfounded(basis: Basis, what: str) -> None:
    """Raises Refused unless `what` ("penalty notice") can count every session of `basis` today."""
    _refuse_without_absence(basis, what)
    if basis.unsettled:
        count = len(basis.unsettled)
        named = "; ".join(_named(each) for each in basis.unsettled[:_HOW_MANY_NAMED])
        more = f"; and {count - _HOW_MANY_NAMED} more" if count > _HOW_MANY_NAMED else ""
        raise Refused(
            f"No {what} can rest on it yet: {number(count, 'session')} that it would count may "
            f"still change. {named}{more}. Wait until the school has settled them, or count "
            "other days."
        )


def ground(basis: Basis, what: str) -> str:
    """What `what` ("legal step") rests on today, in words: settled sessions alone; or nothing,
    where the hub was told of no mark. Raises Refused where no session would be left.
    """
    _refuse_without_absence(basis, what)
    settled = basis.settled
    if basis.counts and not settled:
        refuse_unfounded(basis, what)
    if not settled:
        return ""
    left = len(basis.unsettled)
    more = f"; {left} more may still change, left out" if left else ""
    days = f"{day(settled[0].date)} to {day(settled[-1].date)}"
    return f"It rests on {number(len(settled), 'session')} without permission, {days}{more}."


def _refuse_without_absence(basis: Basis, what: str) -> None:
    if basis.told and not basis.counts:
        raise Refused(
            f"No {what} can rest on these days: no absence without permission stands in them. "
            f"{_fell(basis.fallen)}Absence with permission is a defence."
        )


def _doubt(
    mark: Mark, unsure: Unsettled | None, school_days: Sequence[date], today: date
) -> Doubt | None:
    if mark.code == NO_REASON:
        return Doubt(mark, "its reason is not known yet (code N)")
    if unsure is None:
        return None
    if unsure.why == "gone":
        return Doubt(mark, "the school's register has no mark there any more")
    if unsure.why == "waits":
        return Doubt(mark, "another mark stands there, and waits for a person at the school")
    after = [each for each in school_days if each > unsure.on]
    settled = after[SETTLES_AFTER - 1] if len(after) >= SETTLES_AFTER else None
    if settled is not None and settled <= today:
        return None
    return Doubt(mark, f"it was changed on {day(unsure.on)}", settled)


def _named(each: Doubt) -> str:
    return f"{day(each.mark.date)} {each.mark.half}: {each.why}{_from(each)}"


def _from(each: Doubt) -> str:
    return f" and counts from {day(each.settled)} on" if each.settled else ""


def _fell(fallen: Sequence[Correction]) -> str:
    if not fallen:
        return ""
    count = len(fallen)
    return f"The school changed {number(count, 'session')} counted before. "


def _at(mark: Mark) -> _Session:
    return mark.date, mark.half
