"""From stored diaries to those a plan reads: officers, schools, and who must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, School, SchoolFacts, Term
from linkwork_hub.access.rules import open_days
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import diary_store, store
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import (
    Beside,
    HalfDay,
    OfficerDiary,
    Place,
    SchoolDiary,
    Visit,
    VisitWishes,
    Window,
)
from linkwork_hub.meetings.rules import taken_by

_HERE = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Diaries:
    """Every diary of a stretch of days, read at once. Build with `read_diaries`."""

    kind: Kind
    window: Window
    people: Mapping[str, Person]
    schools: Mapping[str, School]
    terms: Mapping[str, list[Term]]
    wishes: Mapping[str, VisitWishes]
    _likes: Mapping[str, frozenset[str]]
    _parts: Mapping[str, Mapping[str, str]]
    _away: Mapping[str, frozenset[HalfDay]]
    _taken: Mapping[str, frozenset[HalfDay]]
    _visits: Mapping[str, frozenset[Visit]]

    def officer(self, person_id: str | None) -> OfficerDiary | None:
        """An officer's diary; None for nobody, or somebody who works here no more."""
        person = self.people.get(person_id or "")
        if person is None or not person.active:
            return None
        return OfficerDiary(
            person_id=person.id,
            email=person.email,
            name=person.name,
            works=frozenset(person.days),
            busy=self._taken[person.id] | self._away[person.id],
            visits=self._visits.get(person.id, frozenset()),
        )

    def away(self, person_id: str) -> frozenset[HalfDay]:
        """The half-days on which somebody's own diary leaves no room, meetings not counted."""
        return self._away.get(person_id, frozenset())

    def officers(self) -> list[OfficerDiary]:
        """The diaries of every active officer who works at all, by name."""
        found = [
            self.officer(person.id)
            for person in self.people.values()
            if person.role is Role.OFFICER and person.days
        ]
        return sorted(
            (one for one in found if one is not None), key=lambda one: (one.name, one.person_id)
        )

    def school(self, school_id: str, window: Window) -> SchoolDiary:
        """A school's diary in a window, with the diaries of those who must be there."""
        school, wishes = self.schools[school_id], self.wishes.get(school_id, VisitWishes())
        people = self._must(school_id)
        busy = set(self._taken[school_id])
        for person in people:
            busy |= self.away(person)
            for other, parts in self._parts.items():
                if other != school_id and person in parts.values():
                    busy |= self._taken.get(other, frozenset())
        return SchoolDiary(
            school_id=school.id,
            urn=school.urn,
            name=school.name,
            open_days=frozenset(open_days(self.terms[school_id], window.first, window.last)),
            wishes=self._likes.get(school_id, frozenset()),
            busy=frozenset(busy),
            never=wishes.never,
            place=place_of(school.facts),
            online=wishes.online,
            people=people,
        )

    def _must(self, school_id: str) -> frozenset[str]:
        filled = self._parts.get(school_id, {})
        return frozenset(filled[part] for part in self.kind.must if part in filled)


def read_diaries(
    scope: Scope, db: Tx, meeting_rules: MeetingRules, kind: Kind, window: Window
) -> Diaries:
    """Every diary that matters for meetings of one kind within `window`, for schools in reach."""
    schools = {school.id: school for school in access.schools(scope, db)}
    people = {person.id: person for person in access.people(Scope.system(), db)}
    taken = store.taken(
        scope, db, window.first, window.last, officer_ids=people, school_ids=schools
    )
    margin = timedelta(minutes=meeting_rules.planning.unknown_travel_minutes)
    places = {school.id: place_of(school.facts) for school in access.schools(Scope.system(), db)}
    return Diaries(
        kind=kind,
        window=window,
        people=people,
        schools=schools,
        terms=access.terms_in_force(scope, db, schools),
        wishes=diary_store.wishes(scope, db),
        _likes={ident: access.preferences(scope, db, ident) for ident in schools},
        _parts=diary_store.parts(Scope.system(), db),
        _away=_away(scope, db, people, kind, window, margin),
        _taken=_with_every_school(scope, db, window, taken, places),
        _visits=_visits(db, window, places),
    )


def place_of(known: SchoolFacts) -> Place | None:
    """Where a school is, when both parts of its place are known."""
    if known.latitude is None or known.longitude is None:
        return None
    return Place(known.latitude, known.longitude)


def _away(
    scope: Scope, db: Tx, people: Iterable[str], kind: Kind, window: Window, margin: timedelta
) -> dict[str, frozenset[HalfDay]]:
    start = datetime.combine(window.first, time(), tzinfo=_HERE)
    end = datetime.combine(window.last + timedelta(days=1), time(), tzinfo=_HERE)
    found = {}
    for person, entries in diary_store.entries(scope, db, list(people), start, end).items():
        # Nobody travels from their leave; from anything else there may be a way.
        leave = [one.busy for one in entries if one.kind in ("leave", "sickness")]
        other = [one.busy for one in entries if one.kind not in ("leave", "sickness")]
        found[person] = taken_by(leave, kind, timedelta()) | taken_by(other, kind, margin)
    return found


def _with_every_school(
    scope: Scope,
    db: Tx,
    window: Window,
    taken: dict[str, frozenset[HalfDay]],
    places: Mapping[str, Place | None],
) -> dict[str, frozenset[HalfDay]]:
    """`taken` with schools out of reach too: someone who must be there may be needed at one."""
    others = [ident for ident in places if ident not in taken]
    if not others:
        return taken
    return taken | store.taken(scope, db, window.first, window.last, school_ids=others)


def _visits(
    db: Tx, window: Window, places: Mapping[str, Place | None]
) -> dict[str, frozenset[Visit]]:
    found: dict[str, set[Visit]] = {}
    for one in store.meetings_between(Scope.system(), db, window.first, window.last):
        if one.beside is not Beside.NOTHING:
            continue  # One visit, however many schools come to it.
        visit = Visit(one.half_day, places.get(one.school_id), one.online)
        found.setdefault(one.officer_id, set()).add(visit)
    return {officer: frozenset(visits) for officer, visits in found.items()}
