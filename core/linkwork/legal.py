"""Questions that are asked before a legal step, answered from dates, marks and events. Pure.

Nothing here decides a step: a person does. These say what stands in its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from linkwork.age import compulsory_age
from linkwork.errors import Refused
from linkwork.findings import Counted
from linkwork.policy import NoticeTerms, Penalty, Policy, PolicySeries, as_series
from linkwork.register import Pupil, Register, Session
from linkwork.sheet import lay_out

#: One and a half terms, in half terms.
LATE_HALF_TERMS = 3
#: Leave that was not granted. Source: England's codes since 2006.
LEAVE_NOT_GRANTED = "G"


def refuse_outside_age(born: date | None, day: date, policy: Policy) -> None:
    """Raises Refused unless a child born on `born` is of compulsory school age on `day`."""
    age = compulsory_age(born, day, rule=policy.age.rule())
    if age == "unknown":
        raise Refused(
            "No legal step without a date of birth: whether the child is of compulsory school "
            "age cannot be told. Ask the school for it"
        )
    if age == "outside" and born is not None:
        first, last = policy.age.rule().interval(born)
        raise Refused(
            f"On {day.isoformat()} the child is not of compulsory school age, which runs from "
            f"{first.isoformat()} to {last.isoformat()} ({policy.age.source}). "
            "No legal step can be taken for that day"
        )


def prosecution_unlikely(
    leaving: date,
    day: date,
    half_terms: Sequence[tuple[date, date]],
    *,
    younger_siblings: bool = False,
) -> bool:
    """Whether less than one and a half terms are left until a pupil's leaving day.

    `half_terms` are the school's, first and last day, those up to `leaving` among them. With
    younger siblings at school the question is put aside: a prosecution may still help them.
    """
    ahead = sorted(first for first, _ in half_terms if first <= leaving)
    if younger_siblings or len(ahead) < LATE_HALF_TERMS:
        return not younger_siblings and bool(ahead) and day > ahead[0]
    return day > ahead[-LATE_HALF_TERMS]


@dataclass(frozen=True, slots=True)
class Offence:
    """The sessions an offence can count, and those it rested on that no longer count."""

    counts: tuple[Counted, ...]
    fallen: tuple[tuple[Counted, str | None], ...]
    unsettled: tuple[Counted, ...]


def offence(
    rested_on: Iterable[Counted],
    register: Register,
    pupil_id: str,
    policy: Policy | PolicySeries,
) -> Offence:
    """Test again, on the marks as they are now, the sessions an offence was to rest on.

    Only absence without permission counts. `fallen` come with the mark that stands there now
    (None: none, which a person must look at). `unsettled` still count, but their reason is not
    known yet, so no paper can rest on them.
    """
    counts: list[Counted] = []
    fallen: list[tuple[Counted, str | None]] = []
    unsettled: list[Counted] = []
    for each in rested_on:
        code = register.mark(pupil_id, Session(each.date, each.half))
        known = policy.codes_on(each.date).classify(code) if code else None
        if known is None or not known.unauthorised:
            fallen.append((each, code))
            continue
        counts.append(Counted(each.date, each.half, known.code))
        if known.provisional:
            unsettled.append(counts[-1])
    return Offence(tuple(counts), tuple(fallen), tuple(unsettled))


@dataclass(frozen=True, slots=True)
class Permission:
    """Leave a head teacher granted: who, when and why is kept with the days."""

    first: date
    last: date
    granted_by: str
    granted_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """School days in a row on which a pupil was away on leave that was not granted.

    "candidate" for a penalty notice; "question" where a permission covers one of the days, so
    that the code or the file is wrong; "outside" where the child is not of compulsory age.
    """

    pupil_id: str
    kind: Literal["candidate", "question", "outside"]
    sessions: tuple[Counted, ...]


def leave_taken(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    permissions: Mapping[str, Sequence[Permission]],
) -> list[Leave]:
    """Every stretch of leave without permission, by pupil and first day, up to `as_of`.

    `permissions` are those on file, by pupil id. Days without a mark between do not end one.
    """
    sheet = lay_out(register, policy, as_of)
    found: list[Leave] = []
    for index, pupil in enumerate(register.pupils):
        marks = [
            (Counted(*sheet.session(place), sheet.code(index, place)))
            for place in range(2 * len(sheet.days))
            if pupil.on_roll(sheet.days[place // 2])
        ]
        marked = (each for each in marks if each.code)
        for is_leave, stretch in groupby(marked, key=lambda c: c.code == LEAVE_NOT_GRANTED):
            if is_leave:
                found.append(_leave(pupil, tuple(stretch), as_series(policy), permissions))
    return sorted(found, key=lambda each: (each.pupil_id, each.sessions[0]))


def _leave(
    pupil: Pupil,
    sessions: tuple[Counted, ...],
    policy: PolicySeries,
    permissions: Mapping[str, Sequence[Permission]],
) -> Leave:
    on_file = permissions.get(pupil.pupil_id, ())
    covered = any(p.first <= each.date <= p.last for each in sessions for p in on_file)
    last = sessions[-1].date
    age = compulsory_age(pupil.date_of_birth, last, rule=policy.in_force(last).age.rule())
    kind: Literal["candidate", "question", "outside"] = "question" if covered else "candidate"
    return Leave(pupil.pupil_id, "outside" if age == "outside" else kind, sessions)


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """Something that happened to one penalty notice of one parent for one child."""

    notice: str
    kind: Literal["issued", "paid", "withdrawn", "convicted", "acquitted"]
    on: date


@dataclass(frozen=True, slots=True)
class NextNotice:
    """Which notice would be given next: the first is 1. `terms` None: none may be given.

    `counted` are those that count to the limit; `open_ones` among them are neither paid nor
    decided yet, and stop counting if they are withdrawn. `again_from` is the first day on which
    one may be given again, None where one may be given now.
    """

    number: int
    terms: NoticeTerms | None
    counted: tuple[str, ...]
    open_ones: tuple[str, ...]
    again_from: date | None


def next_notice(events: Iterable[NoticeEvent], on: date, penalty: Penalty) -> NextNotice:
    """What one parent may be given for one child on `on`, made anew from what happened.

    A notice counts when it was paid, when the parent was convicted for it, and while it is
    open; one that was withdrawn, or ended in an acquittal, never does. Each counts for
    `penalty.years` from the day it was given, so that within no such time there are more
    notices than the policy has.
    """
    happened: dict[str, dict[str, date]] = {}
    for event in events:
        if event.on <= on:
            happened.setdefault(event.notice, {})[event.kind] = event.on
    counted = sorted(
        (facts["issued"], notice)
        for notice, facts in happened.items()
        if "issued" in facts
        and not facts.keys() & {"withdrawn", "acquitted"}
        and on < years_after(facts["issued"], penalty.years)
    )
    spare = len(counted) - len(penalty.notices)
    return NextNotice(
        number=len(counted) + 1,
        terms=penalty.notices[len(counted)] if spare < 0 else None,
        counted=tuple(notice for _, notice in counted),
        open_ones=tuple(n for _, n in counted if not happened[n].keys() & {"paid", "convicted"}),
        again_from=None if spare < 0 else years_after(counted[spare][0], penalty.years),
    )


def amount_due(terms: NoticeTerms, given: date, on: date) -> int:
    """What is to be paid on `on`, in pence, for a notice given on `given`.

    Raises Refused after the last day to pay: the notice is then a matter for the court.
    """
    if on > given + timedelta(days=terms.due_days):
        raise Refused(
            f"The notice was to be paid by {given + timedelta(days=terms.due_days)}; "
            "what was not paid then is prosecuted or withdrawn"
        )
    early = given + timedelta(days=terms.reduced_days or 0)
    if terms.reduced_pence is not None and on <= early:
        return terms.reduced_pence
    return terms.amount_pence


def years_after(day: date, years: int) -> date:
    """The same day so many years later; from a 29 February, 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
