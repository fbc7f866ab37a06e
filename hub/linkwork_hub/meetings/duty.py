"""The duty rota of a term: filled, looked at, and whose a school's question is today."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from linkwork_hub.access import duty_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Person, School, Term
from linkwork_hub.access.rules import in_force, open_days
from linkwork_hub.db import Role, Scope, Tx
from linkwork_hub.meetings import diary_store, rota
from linkwork_hub.meetings.kinds import DutyHours, MeetingRules
from linkwork_hub.meetings.programme import told_apart
from linkwork_hub.meetings.work_models import DutyDay

_SYSTEM = Scope.system()
_HERE = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class TermRota:
    """The rota of one term; `names` are the terms there are, the earliest first."""

    name: str
    names: tuple[str, ...]
    days: tuple[DutyDay, ...]

    @property
    def gaps(self) -> list[DutyDay]:
        """The days on which nobody is there, in order."""
        return [one for one in self.days if one.gap]


def term_rota(scope: Scope, db: Tx, rules: MeetingRules, name: str = "") -> TermRota:
    """The rota of the term called `name`; "" is the one that runs, else the next, else the last."""
    terms = _terms(db)
    names = tuple(terms)
    meant = name if name in terms else _current(terms, db.today)
    days = term_days(db, terms[meant]) if meant else []
    return TermRota(meant, names, tuple(_standing(db, rules, days)))


def today(scope: Scope, db: Tx, rules: MeetingRules) -> DutyDay | None:
    """Today's duty; None without a rota, and on a day that is no school day of any school."""
    if rules.duty is None or not is_day_of_term(db, db.today):
        return None
    return _standing(db, rules, [db.today])[0]


def fill(
    scope: Scope, db: Tx, rules: MeetingRules, name: str, officers: Sequence[str], by: str
) -> tuple[int, int]:
    """Fill the days of a term from today on that have nobody; how many were, and were not.

    `officers` take turns in the order given. Days that somebody has stay as they are.
    """
    terms = _terms(db)
    days = [day for day in term_days(db, terms[name]) if day >= db.today]
    people = {one.id: one for one in access.people(_SYSTEM, db)}
    chosen = [people[ident] for ident in officers if ident in people]
    away = away_days(db, rules, days, [one.id for one in chosen])
    before = duty_store.duties(scope, db, days[0], days[-1]) if days else {}
    made = rota.in_rotation(days, chosen, away, before)
    new = {day: who for day, who in made.items() if who and day not in before}
    for day, who in new.items():
        duty_store.set_duty(scope, db, day, who, by)
    return len(new), sum(1 for who in made.values() if who is None)


def owner_of(scope: Scope, db: Tx, rules: MeetingRules, school: School) -> tuple[str | None, str]:
    """Who has what comes from a school today, and why they; None where nobody is there."""
    link = access.person(_SYSTEM, db, school.link_officer) if school.link_officer else None
    away = away_days(db, rules, [db.today], [link.id] if link else [])
    return rota.owner(link, today(scope, db, rules), db.today, away)


def unowned_schools(scope: Scope, db: Tx, rules: MeetingRules) -> list[tuple[School, str]]:
    """The schools within reach whose link officer is not there today, and why."""
    people = {one.id: one for one in access.people(_SYSTEM, db, role=Role.OFFICER)}
    away = away_days(db, rules, [db.today], list(people))
    found = []
    for school in access.schools(scope, db):
        link = people.get(school.link_officer or "")
        who, why = rota.owner(link, None, db.today, away)
        if who is None:
            found.append((school, why.partition(", and no duty")[0]))
    return found


def away_days(
    db: Tx, rules: MeetingRules, days: Sequence[date], people: Collection[str]
) -> dict[str, frozenset[date]]:
    """The days on which leave or sickness touches the hours of duty, by person."""
    if not days:
        return {}
    hours = rules.duty or DutyHours()
    start = datetime.combine(days[0], time(), tzinfo=_HERE)
    end = datetime.combine(days[-1] + timedelta(days=1), time(), tzinfo=_HERE)
    found = {}
    for person, entries in diary_store.entries(_SYSTEM, db, people, start, end).items():
        gone = [one.busy for one in entries if one.kind in ("leave", "sickness")]
        found[person] = frozenset(
            day
            for day in days
            for busy in gone
            if busy.starts < datetime.combine(day, hours.ends, tzinfo=_HERE)
            and busy.ends > datetime.combine(day, hours.starts, tzinfo=_HERE)
        )
    return found


def officers(db: Tx) -> list[Person]:
    """Who can be on duty: officers with a sign-in, by name."""
    return [one for one in access.people(_SYSTEM, db, role=Role.OFFICER) if one.active]


def term_days(db: Tx, term: Term) -> list[date]:
    """The days of a term on which any school is open."""
    return _any_open(db, term.first, term.last)


def is_day_of_term(db: Tx, day: date) -> bool:
    """Whether any school is open on a day."""
    return any(open_days(terms, day, day) for terms in _term_lists(db))


def _standing(db: Tx, rules: MeetingRules, days: Sequence[date]) -> list[DutyDay]:
    if not days:
        return []
    duties = duty_store.duties(_SYSTEM, db, days[0], days[-1])
    people = {one.id: one for one in access.people(_SYSTEM, db)}
    away = away_days(db, rules, days, set(duties.values()))
    return rota.standing(days, duties, people, away)


def _any_open(db: Tx, first: date, last: date) -> list[date]:
    return sorted({day for terms in _term_lists(db) for day in open_days(terms, first, last)})


def _term_lists(db: Tx) -> Iterator[list[Term]]:
    """The terms in force: of every school without its own at once, then of each that has some."""
    own: dict[str, list[Term]] = {}
    general: list[Term] = []
    for term in access.every_term(_SYSTEM, db):
        (own.setdefault(term.school_id, []) if term.school_id else general).append(term)
    yield general
    for school_id, terms in own.items():
        yield in_force([*general, *terms], school_id)


def _terms(db: Tx) -> dict[str, Term]:
    """The terms there are by name, those of every school before those of one."""
    every = [term for term in access.every_term(_SYSTEM, db) if term.kind == "term"]
    every.sort(key=lambda term: (term.first, term.school_id is not None, term.id))
    found: dict[str, Term] = {}
    for term in every:
        found.setdefault(told_apart(term), term)
    return found


def _current(terms: dict[str, Term], day: date) -> str:
    ahead = [name for name, term in terms.items() if term.last >= day]
    return ahead[0] if ahead else next(reversed(terms), "")
