"""The list of names for one planned meeting: who is on it, and when it may leave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from linkwork import results, wire, wording
from linkwork.policy import Policy
from linkwork.register import Pupil
from linkwork.results import YearResult
from linkwork.school_year import school_year
from linkwork_agent import post, pupils, telling
from linkwork_agent.judge import Judged
from linkwork_agent.ports import fresh_id
from linkwork_agent.post import Desk
from linkwork_agent.store import base, meetings, registers
from linkwork_agent.store import results as kept_results
from linkwork_agent.store.base import Db, Tx
from linkwork_agent.store.meetings import Planned

#: What `join --release` calls the head's standing release of these lists.
STANDING = "meeting-list"
#: How many pupils one message names at most; what a pupil's sealed name weighs is some 2 KB.
MOST_IN_ONE_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A pupil on the list, by the school year its rates are of."""

    pupil: Pupil
    pseudonym: str
    result: YearResult
    met: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """A list that may leave now. `year` is the school year it goes by, `by` who released it."""

    meeting: Planned
    year: date
    by: str
    digest: str
    pupils: tuple[wire.ListedPupil, ...]
    names: tuple[str, ...]


def released_by(db: Db, one: Planned) -> tuple[str, bool] | None:
    """Who lets the list of a meeting leave, and whether by the standing release; None: nobody."""
    if one.state != "planned" or one.withdrawn_by:
        return None
    if one.released_by:
        return one.released_by, False
    standing = registers.released(db, STANDING)
    return (standing.who, True) if standing else None


def may_leave(db: Db, one: Planned, today: date) -> bool:
    """Whether names may leave for a meeting today: released, and within its days.

    The standing release sends nothing any more once the meeting's day is over.
    """
    found = released_by(db, one)
    last = date.fromisoformat(one.day if found and found[1] else one.names_through)
    return found is not None and date.fromisoformat(one.names_from) <= today <= last


def make(db: Db, desk: Desk, judged: Judged, policy: Policy) -> list[Ready]:
    """The lists that are due: not sent yet, or of other pupils than the one that was sent.

    After the meeting's day a list that was sent is not sent anew. None is due while changed marks
    wait for a person: who stands on it may be a mistake.
    """
    today = desk.clock().astimezone().date()
    open_ones = [one for one in meetings.meetings(db) if may_leave(db, one, today)]
    if not open_ones or judged.settled.waits or judged.doubted:
        return []
    year, listed = on_the_list(db, judged, policy)
    digest = _digest(year, listed)
    due = [
        one
        for one in open_ones
        if one.sent != digest and (not one.sent or today <= date.fromisoformat(one.day))
    ]
    if not due:
        return []
    named = tuple(pupils.name_of(each.pupil) for each in listed)
    told = tuple(_told(desk, each) for each in listed)
    return [
        Ready(one, year, (released_by(db, one) or ("", False))[0], digest, told, named)
        for one in due
    ]


def on_the_list(db: Db, judged: Judged, policy: Policy) -> tuple[date, list[Listed]]:
    """The school year a list made now goes by, and who is on it, the most absent first.

    On it are pupils on roll who met a rate of the policy of all absences in that year. In the first
    half term it goes by last year, as far as that is known here.
    """
    this = school_year(judged.as_of)[0]
    years = _years(db, judged)
    last = this.replace(year=this.year - 1)
    terms = {
        part.half_term for each in judged.years if each.year == this for part in each.half_terms
    }
    early = results.goes_by_last_year(judged.as_of, sorted(terms)) and last in years
    year = last if early else this
    rules = results.year_rates(policy)
    found = []
    for pupil in judged.register.pupils:
        key = judged.met[pupil.pupil_id].pupil_key
        result = years.get(year, {}).get(key)
        if result is None or not pupil.on_roll(judged.as_of):
            continue
        enough = [each for each in rules if result.possible >= each.min_possible_listed]
        met = results.rates_met(result, enough)
        if met:
            found.append(Listed(pupil, judged.met[pupil.pupil_id].pseudonym, result, met))
    return year, sorted(
        found, key=lambda each: (-each.result.absent / each.result.possible, each.pseudonym)
    )


def _years(db: Db, judged: Judged) -> Mapping[date, Mapping[str, YearResult]]:
    """By year and pupil key the fuller of what was read now and what was kept before."""
    found: dict[date, dict[str, YearResult]] = {}
    for key, result in _every(db, judged):
        of_year = found.setdefault(result.year, {})
        if key not in of_year or result.expected >= of_year[key].expected:
            of_year[key] = result
    return found


def _every(db: Db, judged: Judged) -> Iterator[tuple[str, YearResult]]:
    for key, several in kept_results.kept(db).items():
        for result in several:
            yield key, result
    for result in judged.years:
        yield judged.met[result.pupil_id].pupil_key, result


def _digest(year: date, listed: Iterable[Listed]) -> str:
    """Of whom a list is and by which rates: numbers that move make no other list."""
    rows = sorted((each.pseudonym, *each.met) for each in listed)
    return hashlib.sha256(json.dumps([year.isoformat(), rows]).encode()).hexdigest()


def _told(desk: Desk, one: Listed) -> wire.ListedPupil:
    """What leaves of a pupil: how often absent, and sealed a forename and a surname alone."""
    identity = wire.Identity(pupil_id="", surname=one.pupil.surname, forename=one.pupil.forename)
    return wire.ListedPupil.model_validate(
        {
            "pseudonym": one.pseudonym,
            "met": one.met,
            "absent": one.result.absent,
            "unauthorised": one.result.unauthorised,
            "possible": one.result.possible,
            "year_group": one.pupil.year_group,
            "sealed_identity": telling.seal_name(desk, one.pseudonym, identity),
        }
    )


def send(tx: Tx, desk: Desk, judged: Judged, ready: Iterable[Ready]) -> int:
    """Put the lists into the outbox, each unless it was taken back meanwhile; how many left."""
    sent = 0
    today = desk.clock().astimezone().date()
    for each in ready:
        one = meetings.meeting(tx, each.meeting.meeting_id)
        found = released_by(tx, one) if one else None
        if one is None or found is None or not may_leave(tx, one, today):
            continue
        _enqueue(tx, desk, judged, each, found)
        told = [pupil.pseudonym for pupil in each.pupils]
        meetings.set_sent(tx, one.meeting_id, each.digest, desk.clock().isoformat(), told)
        sent += 1
    return sent


def _enqueue(tx: Tx, desk: Desk, judged: Judged, ready: Ready, by: tuple[str, bool]) -> None:
    list_id = fresh_id(desk.random, "list")
    starts = range(0, max(len(ready.pupils), 1), MOST_IN_ONE_MESSAGE)
    for start in starts:
        part = slice(start, start + MOST_IN_ONE_MESSAGE)
        message = wire.MeetingList(
            urn=desk.urn,
            list_id=list_id,
            meeting_id=ready.meeting.meeting_id,
            as_of=judged.as_of,
            year=ready.year,
            policy=judged.summary.policy,
            released_by=by[0],
            standing=by[1],
            pupils=ready.pupils[part],
        )
        names = list(ready.names[part])
        way = "standing release" if by[1] else "release for this meeting"
        detail = {"named": names, "basis": f"{way} by {by[0]}"}
        post.enqueue(tx, desk, message, _words(ready, names, way, by[0]), detail)


def _words(ready: Ready, names: list[str], way: str, by: str) -> str:
    year = f"{ready.year.year}-{(ready.year.year + 1) % 100:02}"
    return (
        f"List for the {ready.meeting.meeting} of {ready.meeting.day}: forename and surname of "
        f"{wording.number(len(names), 'pupil')} and how often absent in {year}; {way} by {by}."
    )


def take_back(tx: Tx, desk: Desk, one: Planned, by: str) -> None:
    """Tell the authority that it may keep no name of the list of a meeting any more."""
    message = wire.MeetingList(
        urn=desk.urn,
        list_id=fresh_id(desk.random, "list"),
        meeting_id=one.meeting_id,
        as_of=desk.clock().astimezone().date(),
        year=school_year(desk.clock().astimezone().date())[0],
        policy=base.text(tx, "policy_name") or "",
        released_by=by,
        withdrawn=True,
    )
    words = f"The list for the {one.meeting} of {one.day} is taken back by {by}. No pupil."
    post.enqueue(tx, desk, message, words)
