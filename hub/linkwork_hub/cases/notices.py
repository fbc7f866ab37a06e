"""Whether a penalty notice may be given to a parent, from the hub's record of notices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Literal, cast

from linkwork import wording
from linkwork.errors import Refused
from linkwork.legal import (
    NextNotice,
    NoticeEvent,
    next_notice,
    prosecution_unlikely,
    refuse_outside_age,
)
from linkwork.policy import NoticeTerms, Penalty, Policy
from linkwork.terms import Entry, half_terms
from linkwork_hub.access.models import Term
from linkwork_hub.cases.basis import Basis, refuse_unfounded
from linkwork_hub.cases.models import Case, NoticeAnswer, PenaltyNotice
from linkwork_hub.cases.rules import must_be_open
from linkwork_hub.referrals.words import day

_Became = Literal["paid", "withdrawn", "convicted", "acquitted"]
#: What may become of a notice, and how it is said.
BECAME = {
    "paid": "Paid",
    "withdrawn": "Withdrawn",
    "convicted": "Not paid, and the parent was convicted",
    "acquitted": "Not paid, and the parent was acquitted",
}
_ORDER = {1: "first", 2: "second", 3: "third"}


def may_be_given(
    case: Case,
    parent: str,
    on: date,
    *,
    today: date,
    born: date | None,
    basis: Basis,
    policy: Policy,
    known: Iterable[PenaltyNotice],
) -> NextNotice:
    """Which notice this is, when it rests on `basis`; `known` are those on record for the child,
    of either parent.

    One given before the case was opened is not a step of it but what happened before, so it is
    only recorded. Raises Refused, saying why, for a step that may not be taken.
    """
    must_be_open(case)
    if not parent:
        raise Refused("Write who is given the notice: the limit is for each parent and child.")
    if on > today:
        raise Refused("The date is in the future: record a notice once it is given.")
    penalty = limit(policy)
    mine = list(of_parent(known, parent))
    if on < case.opened:
        return next_notice(events(mine), on, penalty)
    refuse_outside_age(born, on, policy)
    refuse_unfounded(basis, "penalty notice")
    later = [each.given for each in mine if each.given > on]
    if later:
        raise Refused(
            f"A notice given to {parent} on {day(min(later))} stands on record after that "
            "day. Notices of a case are recorded in the order in which they are given."
        )
    answer = next_notice(events(mine), on, penalty)
    if answer.terms is None:
        raise Refused(_none(parent, answer, mine, penalty))
    return answer


def limit(policy: Policy) -> Penalty:
    """The limit of notices. Raises Refused when the policy has none."""
    if policy.penalty is None:
        raise Refused(
            f"Policy {policy.name} has no table [penalty]: how many notices a parent may be "
            "given, and what they cost, is not known. Write it there first."
        )
    return policy.penalty


def answers(known: Sequence[PenaltyNotice], today: date, penalty: Penalty) -> list[NoticeAnswer]:
    """For each parent on record, and for one who is not, what may be given today."""
    found = [
        NoticeAnswer("A parent without a notice on record", _may(1, penalty.notices[0]), False)
    ]
    for parent in parents(known):
        mine = list(of_parent(known, parent))
        next_ = next_notice(events(mine), today, penalty)
        if next_.terms is None:
            found.append(NoticeAnswer(parent, _none(parent, next_, mine, penalty), True))
        else:
            found.append(NoticeAnswer(parent, _may(next_.number, next_.terms), False))
    return found


def parents(known: Iterable[PenaltyNotice]) -> list[str]:
    """Everybody with a notice on record, as first written."""
    return list({_plain(each.parent): each.parent for each in reversed(list(known))}.values())


def contact_names(contacts: Iterable[str]) -> list[str]:
    """The names alone of the parents and carers a school gave."""
    lines = [each.removeprefix("DO NOT CONTACT, ") for each in contacts]
    return [each.partition(",")[0] for each in lines]


def of_parent(known: Iterable[PenaltyNotice], parent: str) -> Iterator[PenaltyNotice]:
    """The notices of one parent; capitals and spaces do not matter."""
    return (each for each in known if _plain(each.parent) == _plain(parent))


def events(known: Iterable[PenaltyNotice]) -> Iterator[NoticeEvent]:
    """What happened to these notices, as the limit is worked out from."""
    for each in known:
        name = f"{each.ref}/{each.number}"
        yield NoticeEvent(name, "issued", each.given)
        if each.became and each.became_on:
            yield NoticeEvent(name, cast(_Became, each.became), each.became_on)


def may_become(notice: PenaltyNotice | None, became: str, on: date, today: date) -> PenaltyNotice:
    """The notice of which this is said. Raises Refused for what cannot have happened."""
    if notice is None:
        raise Refused("Choose the notice.")
    if became not in BECAME:
        raise Refused("Choose what became of the notice.")
    if notice.became:
        raise Refused(f"Of this notice it stands on record already: {BECAME[notice.became]}.")
    if not notice.given <= on <= today:
        raise Refused("The day lies between the day the notice was given and today.")
    return notice


def prosecution(born: date | None, terms: Iterable[Term], policy: Policy, today: date) -> str:
    """What to weigh before prosecuting in a pupil's last terms, or nothing.

    `terms` are those in force for the school. Nothing is said where they do not reach the day on
    which compulsory school age ends.
    """
    if born is None:
        return ""
    leaving = policy.age.rule().interval(born)[1]
    parts = half_terms([Entry(each.name, each.first, each.last, each.kind) for each in terms])
    known = [(each.first, each.last) for each in parts]
    if not any(first <= leaving <= last for first, last in known):
        return ""
    if today > leaving or not prosecution_unlikely(leaving, today, known):
        return ""
    return (
        f"Compulsory school age ends on {day(leaving)}, in less than a term and a half: a "
        "prosecution is unlikely to help, unless younger brothers or sisters are at school."
    )


def said(number: int, terms: NoticeTerms | None) -> str:
    """A notice that was given, in the words of the case's history."""
    if terms is None:
        return "given before the case was opened; there were as many already as may be given"
    return f"the {_ORDER.get(number, f'{number}th')} of this parent for this child, {_cost(terms)}"


def counts_words(counts: tuple[date, date, int]) -> str:
    """What a notice counts, in the words of the case's history."""
    first, last, count = counts
    of = wording.number(count, "session")
    return f"it counts {of} without permission, {day(first)} to {day(last)}"


def fallen_since(known: Iterable[PenaltyNotice], basis: Basis) -> list[str]:
    """Of each notice that stands and of which sessions fell since it was given, a sentence."""
    said = []
    for each in known:
        if each.counts is None or each.became in ("withdrawn", "acquitted"):
            continue
        first, last, then = each.counts
        now = len(basis.within(first, last).counts)
        if now < then:
            said.append(
                f"{each.ref}, notice {each.number} to {each.parent}, counted {then} sessions "
                f"without permission; {now} of them stand on the marks as they are now. Consider "
                "whether it can stand."
            )
    return said


def _may(number: int, terms: NoticeTerms) -> str:
    return f"The {_ORDER.get(number, f'{number}th')} notice may be given today: {_cost(terms)}."


def _cost(terms: NoticeTerms) -> str:
    full = f"{_pounds(terms.amount_pence)} within {terms.due_days} days"
    if terms.reduced_pence is None:
        return full
    return f"{_pounds(terms.reduced_pence)} if paid within {terms.reduced_days} days, else {full}"


def _pounds(pence: int) -> str:
    return f"£{pence // 100}" if pence % 100 == 0 else f"£{pence / 100:.2f}"


def _none(parent: str, answer: NextNotice, mine: Iterable[PenaltyNotice], penalty: Penalty) -> str:
    given = {f"{each.ref}/{each.number}": each.given for each in mine}
    days = " and ".join(day(given[name]) for name in answer.counted)
    again = day(answer.again_from) if answer.again_from else ""
    open_ones = " One that is open stops counting if it is withdrawn." if answer.open_ones else ""
    return (
        f"No further notice may be given to {parent} for this child before {again}: those given on "
        f"{days} count, and {penalty.years} years hold no more ({penalty.source}).{open_ones} "
        "Consider another legal step."
    )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
