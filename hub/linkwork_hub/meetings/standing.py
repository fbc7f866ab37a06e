"""How a term's meetings stand at every school within reach: what pages and commands list."""

from __future__ import annotations

from dataclasses import dataclass

from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.models import School, Term
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import diary_store, programme, store
from linkwork_hub.meetings.kinds import Kind, MeetingRules
from linkwork_hub.meetings.models import VisitWishes
from linkwork_hub.meetings.programme import Due, Presence, told_apart


@dataclass(frozen=True)
class Programme:
    """A term's meetings of one kind. `names` are the terms there are, the earliest first.

    `unknown` are the schools without such a term: nothing is said of them.
    """

    kind: Kind
    name: str
    names: tuple[str, ...]
    schools: dict[str, School]
    due: tuple[Due, ...]
    presences: tuple[Presence, ...]
    unknown: tuple[School, ...]

    @property
    def missing(self) -> list[Due]:
        """What somebody has to see to, the worst first."""
        found = [one for one in self.due if one.missing]
        return sorted(found, key=lambda one: programme.MISSING.index(one.stands))


def programme_of(
    scope: Scope, db: Tx, rules: MeetingRules, name: str, kind_id: str = ""
) -> Programme:
    """How the meetings of one kind stand in the term called `name`; "" for the current one.

    Raises WrongUse for a term or a kind nobody knows.
    """
    kind = rules.regular(kind_id)
    schools = {school.id: school for school in access.schools(scope, db)}
    entries = access.terms_in_force(scope, db, schools)
    every = sorted(
        {term for own in entries.values() for term in own if term.kind == "term"},
        key=lambda term: (term.first, term.id),
    )
    names = tuple(dict.fromkeys(told_apart(term) for term in every))
    name = _meant(name, names) or _current(db, every)
    terms = {
        school_id: term
        for school_id, own in entries.items()
        for term in own
        if term.kind == "term" and told_apart(term) == name
    }
    dues, presences = _stand(scope, db, kind, terms, entries)
    unknown = tuple(school for ident, school in schools.items() if ident not in terms)
    return Programme(kind, name, names, schools, dues, presences, unknown)


def _meant(name: str, names: tuple[str, ...]) -> str:
    wanted = name.strip().casefold()
    found = [known for known in names if known.casefold() == wanted]
    if wanted and not found:
        listed = f"Known: {', '.join(names)}." if names else "No terms are known yet."
        raise WrongUse(f"There is no term {name!r}. {listed}")
    return found[0] if found else ""


def _current(db: Tx, every: list[Term]) -> str:
    running = programme.current(every, db.today)
    return told_apart(running) if running else ""


def _stand(
    scope: Scope, db: Tx, kind: Kind, terms: dict[str, Term], entries: dict[str, list[Term]]
) -> tuple[tuple[Due, ...], tuple[Presence, ...]]:
    if not terms:
        return (), ()
    first = min(term.first for term in terms.values())
    last = max(term.last for term in terms.values())
    stands = store.meetings_between(scope, db, first, last, kind=kind.id)
    wishes, came = diary_store.wishes(scope, db), store.presence(scope, db, kind.id)
    dues: list[Due] = []
    presences: list[Presence] = []
    for school_id, term in terms.items():
        own = [one for one in stands if one.school_id == school_id]
        # How often a school is visited says nothing of a meeting of several schools.
        cadence = "" if kind.several else wishes.get(school_id, VisitWishes()).cadence
        dues += [
            programme.due(school_id, window, own, db.today)
            for window in programme.stretches(term, entries[school_id], kind, cadence)
        ]
        days = came.get(school_id, {})
        presences += programme.presences(school_id, term, entries[school_id], kind, days, db.today)
    return tuple(dues), tuple(presences)
