"""An agenda's live facts: the whole school, pupils, referrals, cases, and what was agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from linkwork_hub.actions import rules as action_rules
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import Action
from linkwork_hub.cases import rules as case_rules
from linkwork_hub.cases import store as cases
from linkwork_hub.cases.models import Case, Pathway
from linkwork_hub.db import Scope, Tx
from linkwork_hub.feeds import store as feeds
from linkwork_hub.referrals import rules as referral_rules
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Candidate, CandidateState, ReferralState
from linkwork_hub.referrals.words import percent, short_pupil

#: More than a meeting can talk about; the pages of pupils and cases hold the whole lists.
MOST: Final = 40


@dataclass(frozen=True, slots=True)
class Sums:
    """One row of the whole school's figures; rates in words, counts in pupils."""

    name: str
    pupils: int
    attendance: str
    authorised: str
    unauthorised: str
    persistent: int
    severe: int


@dataclass(frozen=True, slots=True)
class WholeSchool:
    """The school's own sums as its last collection gave them."""

    as_of: date | None
    rows: tuple[Sums, ...]
    missing_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class PupilLine:
    """A pupil on the agenda; `who` is a name only where a basis and the reader's role allow."""

    candidate: Candidate
    who: str
    picked: bool
    state: str


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """A referral since the last meeting, or one that still waits for a decision."""

    referral_id: str
    candidate_id: str
    pseudonym: str
    who: str
    made_by: str
    received: date
    state: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """An open case with the last thing done on it and the next step's clock."""

    case: Case
    who: str
    step: str
    next_step: str
    last_done: str
    last_on: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What was agreed before, how it stands and how old it is in days."""

    action: Action
    state: str
    age_days: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Agenda:
    """The four parts, filled. `known` are its candidates, `named` those whose names it shows."""

    whole: WholeSchool
    pupils: tuple[PupilLine, ...]
    more_pupils: int
    referrals: tuple[ReferralLine, ...]
    cases: tuple[CaseLine, ...]
    actions: tuple[ActionLine, ...]
    named: tuple[str, ...]
    known: tuple[Candidate, ...] = ()

    @property
    def overdue(self) -> int:
        """How many actions are past their day."""
        return sum(line.overdue for line in self.actions)


def agenda(scope: Scope, db: Tx, pathway: Pathway, school_id: str, last_met: date | None) -> Agenda:
    """What there is to talk about at a school now; `last_met` is its meeting before this one."""
    picks = _candidates(scope, db, "meeting", school_id)
    emerging = _candidates(scope, db, "consider", school_id)
    shown = (*picks, *emerging)[:MOST]
    since = last_met or db.today - timedelta(days=90)
    recent = [
        one
        for one in referrals.referrals(scope, db, school_id=school_id, limit=MOST)
        if one.state is ReferralState.RECEIVED or one.received.date() >= since
    ]
    open_cases = cases.cases(scope, db, cases.Filter("open", school_id), limit=MOST)
    others = [*(r.candidate_id for r in recent), *(case.candidate_id for case in open_cases)]
    known = _known(scope, db, shown, others)
    names = referrals.names(scope, db, known.values())
    said = {
        ident: names[ident].full if ident in names else short_pupil(one.pseudonym)
        for ident, one in known.items()
    }
    return Agenda(
        whole=_whole(scope, db, school_id),
        pupils=tuple(_pupil(one, said[one.id]) for one in shown),
        more_pupils=_count(scope, db, school_id) - len(shown),
        referrals=tuple(
            ReferralLine(
                one.id,
                one.candidate_id,
                one.pseudonym,
                said.get(one.candidate_id, short_pupil(one.pseudonym)),
                one.made_by,
                one.received.date(),
                referral_rules.REFERRAL_WORDS[one.state],
            )
            for one in recent
        ),
        cases=tuple(_case(scope, db, pathway, one, said) for one in open_cases),
        actions=tuple(_actions(scope, db, school_id, since)),
        named=tuple(names),
        known=tuple(known.values()),
    )


def _candidates(scope: Scope, db: Tx, group: str, school_id: str) -> list[Candidate]:
    return referrals.candidates(scope, db, referrals.Filter(group, school_id), limit=MOST)


def _count(scope: Scope, db: Tx, school_id: str) -> int:
    groups = ("meeting", "consider")
    return sum(referrals.count(scope, db, referrals.Filter(g, school_id)) for g in groups)


def _known(
    scope: Scope, db: Tx, shown: Iterable[Candidate], ids: Iterable[str | None]
) -> dict[str, Candidate]:
    known = {one.id: one for one in shown}
    for ident in ids:
        if ident and ident not in known:
            one = referrals.candidate(scope, db, ident)
            if one is not None:
                known[ident] = one
    return known


def _pupil(one: Candidate, who: str) -> PupilLine:
    picked = one.state is CandidateState.MEETING
    return PupilLine(one, who, picked, referral_rules.STATE_WORDS[one.state])


def _case(scope: Scope, db: Tx, pathway: Pathway, one: Case, said: Mapping[str, str]) -> CaseLine:
    history = cases.history(scope, db, one.id)
    step = pathway.step(one.step)
    pupil = short_pupil(one.pseudonym) if one.pseudonym else "No single pupil"
    return CaseLine(
        case=one,
        who=said.get(one.candidate_id or "", pupil),
        step=step.name,
        next_step=step.next_step,
        last_done=history[0].what if history else "",
        last_on=history[0].on if history else None,
        overdue=case_rules.overdue(one, db.today),
    )


def _actions(scope: Scope, db: Tx, school_id: str, since: date) -> Iterable[ActionLine]:
    waiting = actions.actions(scope, db, actions.Filter("waiting", school_id), limit=MOST)
    done = actions.actions(scope, db, actions.Filter("finished", school_id), limit=MOST)
    for one in (*waiting, *(one for one in done if one.changed.date() >= since)):
        yield ActionLine(
            one,
            action_rules.WORDS[one.state],
            (db.today - one.agreed_on).days,
            action_rules.overdue(one.state, one.due, db.today),
        )


def _whole(scope: Scope, db: Tx, school_id: str) -> WholeSchool:
    totals = feeds.totals(scope, db, school_id)
    feed = feeds.feed(scope, db, school_id)
    missing = feed.completeness.missing_days if feed.completeness else ()
    if totals is None:
        return WholeSchool(feed.as_of, (), missing)
    years: Mapping[str, Any] = totals.get("groups", {}).get("year_group", {})
    rows = [_sums("Whole school", totals)]
    rows += [_sums(f"Year {name}", years[name]) for name in sorted(years, key=_year_order)]
    return WholeSchool(feed.as_of, tuple(rows), missing)


def _sums(name: str, given: Mapping[str, Any]) -> Sums:
    possible = int(given.get("possible", 0))
    return Sums(
        name=name,
        pupils=int(given.get("pupils", 0)),
        attendance=percent(int(given.get("present", 0)), possible),
        authorised=percent(int(given.get("authorised", 0)), possible),
        unauthorised=percent(int(given.get("unauthorised", 0)), possible),
        persistent=int(given.get("persistent", 0)),
        severe=int(given.get("severe", 0)),
    )


def _year_order(name: str) -> tuple[int, str]:
    # R, N1, N2 and words come before the numbered years, as they do in a school.
    return (int(name), "") if name.isdigit() else (-1, name)
