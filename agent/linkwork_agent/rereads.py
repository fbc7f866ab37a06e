"""How far back to ask, and whether what changed is taken over or waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork import wording
from linkwork.episodes import Episode
from linkwork.policy import Policy, PolicySeries, as_series
from linkwork.register import Session
from linkwork.rereading import Change, LastKnown, Reread, Spot, accepted
from linkwork.school_year import school_year
from linkwork_agent.store.changes import Changed

#: How far back a window that spans a summer may reach, in days: ten school weeks and holidays.
REACH_DAYS = 140


@dataclass(frozen=True, slots=True)
class Asked:
    """The days a source is asked for, both inclusive; `whole` when it is asked for all of them."""

    first: date
    last: date
    whole: bool

    @property
    def days(self) -> tuple[date, date]:
        """First and last."""
        return self.first, self.last


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of the marks that changed.

    `applied` are taken over, `held` wait for a person, for the reason `why`. `newer` are marks
    that waited already, by their set, of which the source says a third thing; `over` those of
    which it says again what was known, and rejected ones of which it says something else.
    """

    applied: tuple[Change, ...]
    held: tuple[Change, ...]
    why: str
    newer: tuple[tuple[int, Changed], ...]
    over: frozenset[Spot]
    kept: LastKnown
    waits: bool


def asked(today: date, policy: Policy, every_one: PolicySeries, last_whole: date | None) -> Asked:
    """A few weeks on an ordinary night; the year when that is due, as at the first read.

    How often is said by the policy in force; `every_one` has the codes of the days before.
    """
    every = timedelta(days=policy.rereading.whole_every_days)
    if last_whole is None or not today - every < last_whole <= today:
        return whole(today, every_one)
    first = today - timedelta(days=policy.rereading.days)
    return Asked(max(first, kept_from(today, every_one)), today, whole=False)


def whole(today: date, policy: Policy | PolicySeries) -> Asked:
    """This school year, and as much before as a window may reach."""
    first = school_year(today - timedelta(days=REACH_DAYS))[0]
    return Asked(max(first, _codes_from(policy)), today, whole=True)


def kept_from(today: date, policy: Policy | PolicySeries) -> date:
    """The day from which marks are kept: this school year and the one before."""
    this_year = school_year(today)[0]
    return max(school_year(this_year - timedelta(days=1))[0], _codes_from(policy))


def _codes_from(policy: Policy | PolicySeries) -> date:
    policies = as_series(policy).policies
    return min(codes.valid_from for each in policies for codes in each.code_sets)


def settle(
    again: Reread,
    known: LastKnown,
    waiting: Sequence[tuple[int, Changed]],
    policy: Policy,
    moved: str,
) -> Settled:
    """What of a read's changes is taken over. `moved`: how the source is another, or nothing."""
    already = {spot_of(changed): set_id for set_id, changed in waiting}
    fresh = tuple(change for change in again.changes if change.spot not in already)
    percent = policy.rereading.wait_above_percent
    many = again.more_than(percent, known.waiting)
    hold = bool(fresh) and (many or bool(moved))
    newer = tuple(
        (already[change.spot], changed(change))
        for change in again.changes
        if change.spot in already and known.waiting[change.spot] != change.new
    )
    third = {change.spot for change in again.changes if change.spot in already}
    over = again.settled - third
    held = fresh if hold else ()
    put_back = [*held, *(_change(each) for _, each in waiting if spot_of(each) not in over)]
    return Settled(
        applied=again.changed_today + (() if hold else fresh),
        held=held,
        why=moved or _many(len(fresh), again.compared, percent) if hold else "",
        newer=newer,
        over=over,
        kept=LastKnown(
            accepted(again.whole, again.keys, put_back), again.keys, again.gone, again.vanished
        ),
        waits=bool(put_back),
    )


def _many(changes: int, compared: int, percent: int) -> str:
    marks = wording.number(changes, "mark")
    return f"{marks} of {compared:,} read twice are other marks now, more than {percent} %"


def touched(episodes: Sequence[Episode]) -> dict[Spot, tuple[str, ...]]:
    """By mark, the ids of the standing episodes that counted it."""
    found: dict[Spot, tuple[str, ...]] = {}
    for each in episodes:
        if each.state == "withdrawn":
            continue
        for counted in each.finding.why:
            spot = each.pupil_key, Session(counted.date, counted.half)
            found[spot] = (*found.get(spot, ()), each.id)
    return found


def changed(change: Change, episodes: tuple[str, ...] = ()) -> Changed:
    """A change as it is kept, with the ids of the episodes that had counted the mark."""
    day, half = change.session
    return Changed(change.pupil_key, day.isoformat(), half, change.old, change.new, episodes)


def spot_of(mark: Changed) -> Spot:
    """Whose mark it is, and of which session."""
    return mark.pupil_key, Session(date.fromisoformat(mark.date), mark.half)


def _change(mark: Changed) -> Change:
    return Change(*spot_of(mark), mark.old, mark.new)
