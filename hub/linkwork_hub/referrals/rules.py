"""The decisions of referrals: what a candidate rests on, what may follow, what is missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from linkwork.errors import Refused
from linkwork.findings import is_current
from linkwork.wire import Evidence
from linkwork_hub.referrals.models import (
    Basis,
    CandidateState,
    Decision,
    Duty,
    Episode,
    EpisodeState,
    EvidenceGiven,
    EvidenceRule,
    Outcome,
    ReferralState,
    Request,
    RequestState,
    ReturnMade,
    Weight,
)

SEVERE = "severe-absence"

#: What each event of a spell leaves it as.
STATE_AFTER = {
    "opened": EpisodeState.OPEN,
    "continued": EpisodeState.OPEN,
    "confirmed": EpisodeState.OPEN,
    "ended": EpisodeState.ENDED,
    "withdrawn": EpisodeState.WITHDRAWN,
}

#: A candidate in one of these is finished: a new spell of the same pupil opens a new one.
FINISHED = frozenset({CandidateState.NO_ACTION, CandidateState.CLOSED})

#: Of two entries of one child, the one that has come further stays: the later in this order.
HOW_FAR = (
    CandidateState.NO_ACTION,
    CandidateState.CLOSED,
    CandidateState.NEW,
    CandidateState.MEETING,
    CandidateState.SCHOOL_ASKED,
    CandidateState.REFERRAL_ASKED,
    CandidateState.REFERRED,
    CandidateState.CASE,
)

#: The state each decision leaves a candidate in. Opening a case sets its state when it is open.
_LEADS_TO = {
    Decision.ASK_REFERRAL: CandidateState.REFERRAL_ASKED,
    Decision.ASK_SCHOOL: CandidateState.SCHOOL_ASKED,
    Decision.MEETING: CandidateState.MEETING,
    Decision.NO_ACTION: CandidateState.NO_ACTION,
}
_NEEDS_REASON = frozenset({Decision.NO_ACTION, Decision.ASK_SCHOOL})

DECISION_WORDS = {
    Decision.ASK_REFERRAL: "Ask the school for a referral",
    Decision.ASK_SCHOOL: "Ask the school",
    Decision.MEETING: "Discuss at the link meeting",
    Decision.OPEN: "Open a case directly",
    Decision.NO_ACTION: "No further action",
}

DECISION_HINTS = {
    Decision.ASK_REFERRAL: "The school gets your evidence list and sends what it has.",
    Decision.ASK_SCHOOL: "Write your question below. The school knows the pupil by this spell.",
    Decision.MEETING: "It stands on the agenda of the next link meeting.",
    Decision.OPEN: "Write the reason below. The next page asks you to confirm it.",
    Decision.NO_ACTION: "Write the reason below. The pupil comes back if the absence doubles.",
}

REQUEST_WORDS = {
    RequestState.SENT: "On its way to the school",
    RequestState.DELIVERED: "At the school",
    RequestState.ANSWERED: "Answered",
}

REFERRAL_WORDS = {
    ReferralState.RECEIVED: "Waits for your decision",
    ReferralState.ACCEPTED: "Accepted",
    ReferralState.RETURNED: "Returned to the school",
}

OUTCOME_WORDS = {
    Outcome.RETURN: "Return",
    Outcome.NIL: "Nil return",
    Outcome.NOT_MADE: "Not made: feed late",
}

STATE_WORDS = {
    CandidateState.NEW: "To consider",
    CandidateState.REFERRAL_ASKED: "Referral asked for",
    CandidateState.SCHOOL_ASKED: "School asked",
    CandidateState.MEETING: "For the link meeting",
    CandidateState.REFERRED: "Referred by the school",
    CandidateState.CASE: "Case open",
    CandidateState.NO_ACTION: "No further action",
    CandidateState.CLOSED: "Case closed",
}

EVENT_WORDS = {
    "opened": "Spell of absence began to count",
    "continued": "Spell of absence went on",
    "confirmed": "Spell of absence confirmed",
    "ended": "Spell of absence ended",
    "withdrawn": "Marks changed: the spell no longer counts",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One item of evidence that a referral lacks, and what would complete it."""

    item: str
    words: str
    lacks: str


def state_after(event: str, known: EpisodeState | None) -> EpisodeState:
    """The state a spell has after this event; `known` is its state before, None when new.

    A withdrawn or ended spell takes no late `continued`: what a later read said stands.
    """
    after = STATE_AFTER[event]
    if known is None or known is EpisodeState.OPEN:
        return after
    return known if event == "continued" else after


def says_nothing_new(known: Episode, told: Episode) -> bool:
    """Whether a notice left a spell exactly as it stood."""
    return replace(told, updated=known.updated) == known


def basis(states: Collection[EpisodeState]) -> Basis:
    """What a candidate rests on: one open spell is enough for it to stand.

    A candidate without any spell came by a referral of the school, and stands by that.
    """
    if not states or EpisodeState.OPEN in states:
        return Basis.STANDING
    return Basis.ENDED if EpisodeState.ENDED in states else Basis.WITHDRAWN


def _sessions(episode: Episode) -> int:
    return episode.value if episode.unit == "sessions" else len(episode.marks)


def _must_be_returned(episode: Episode, since: date) -> bool:
    # A spell that is over is history: it puts nobody before a child who is absent today. What is
    # over the school's agent decides by the same words when it names pupils on a return.
    running = episode.state is EpisodeState.OPEN and episode.ended is None
    return episode.statutory and running and is_current(episode, since)


def _order(episode: Episode, since: date) -> tuple[bool, bool, bool, bool, int, date]:
    standing = episode.state is not EpisodeState.WITHDRAWN
    severe, duty = episode.trigger == SEVERE, _must_be_returned(episode, since)
    # Days in a row say that the child is absent still, and are what the school's return gives as
    # its reason: a pupil's own page must not give another one.
    run = duty and episode.unit == "school days"
    return standing, duty, severe, run, _sessions(episode), episode.last


def lead(episodes: Sequence[Episode], since: date) -> Episode:
    """The spell that speaks for a candidate. `episodes` holds at least one.

    `since` is the first day the school's newest return is for.
    """
    return max(episodes, key=lambda each: _order(each, since))


def largest(episodes: Sequence[Episode], leading: Episode) -> Episode:
    """The spell whose sessions a list counts: that of most sessions, of equal ones `leading`."""
    counting = [e for e in episodes if e.state is not EpisodeState.WITHDRAWN]
    return max([leading, *counting], key=_sessions)


def weight(episodes: Iterable[Episode], since: date) -> Weight:
    """How a candidate is ordered, from the spells that still count; `since` as in `lead`."""
    counting = [e for e in episodes if e.state is not EpisodeState.WITHDRAWN]
    return Weight(
        statutory=any(_must_be_returned(e, since) for e in counting),
        severe=any(e.trigger == SEVERE for e in counting),
        sessions=max((_sessions(e) for e in counting), default=0),
    )


def decide(state: CandidateState, decision: Decision, reason: str) -> CandidateState:
    """The state after a decision.

    Raises Refused, saying what would make it possible, when the decision cannot be taken now.
    """
    if state in {CandidateState.CASE, CandidateState.CLOSED}:
        raise Refused(
            "A case was opened for this pupil already. Record what you decide on the case."
        )
    if state is CandidateState.REFERRED and decision is not Decision.NO_ACTION:
        raise Refused(
            "The school has referred this pupil. Accept the referral or return it to the school."
        )
    if decision in _NEEDS_REASON and not reason.strip():
        what = "your question" if decision is Decision.ASK_SCHOOL else "your reason"
        raise Refused(f"Write {what}: “{DECISION_WORDS[decision]}” is kept with it.")
    if decision is Decision.OPEN:
        return state
    return _LEADS_TO[decision]


def comes_back(state: CandidateState, settled_sessions: int | None, now: Weight) -> bool:
    """Whether a pupil of whom no further action was decided is to be considered again.

    A child who goes on missing school is not forgotten: twice the sessions bring them back.
    """
    if state is not CandidateState.NO_ACTION or settled_sessions is None:
        return False
    return now.sessions >= max(2 * settled_sessions, 1)


def request_state(*, answered: bool, delivered: bool) -> RequestState:
    """How far a request has come."""
    if answered:
        return RequestState.ANSWERED
    return RequestState.DELIVERED if delivered else RequestState.SENT


def may_answer(asked: Request, text: str, what: str) -> None:
    """Whether these words can be kept as the answer; `what` names them. Raises Refused."""
    if asked.asks != "question":
        raise Refused(
            "A request for a referral is answered by the referral itself: the school makes it on "
            f"its own computer with linkwork-agent refer {asked.id}."
        )
    if asked.state is RequestState.ANSWERED:
        raise Refused("This question was answered already. The pupil's page shows the answer.")
    if not text.strip():
        raise Refused(f"Write {what}, then send it again.")


def after_answer(state: CandidateState) -> CandidateState:
    """A pupil about whom the school was asked waits for the officer again, no more for it."""
    return CandidateState.NEW if state is CandidateState.SCHOOL_ASKED else state


def gaps(rules: Sequence[EvidenceRule], given: Sequence[Evidence | EvidenceGiven]) -> list[Gap]:
    """What the evidence lacks against the profile's list, item by item in its order."""
    by_item: Mapping[str, Evidence | EvidenceGiven] = {one.item: one for one in given}
    found = []
    for rule in rules:
        if not rule.required:
            continue
        lacks = _lack(rule, by_item.get(rule.id))
        if lacks:
            found.append(Gap(rule.id, rule.words, lacks))
    return found


def complete(rule: EvidenceRule, given: Evidence | EvidenceGiven | None) -> str:
    """Whether one item is complete, in the words of the evidence table."""
    if given is None:
        return "No" if rule.required else "Not needed"
    if not_done(given):
        return "Not done"
    return "No" if rule.required and _lack(rule, given) else "Yes"


def not_done(given: Evidence | EvidenceGiven) -> bool:
    """Whether the school says that an item was not done: a note why, no date and nobody."""
    return given.done is None and not given.by and bool(given.note.strip())


def _lack(rule: EvidenceRule, given: Evidence | EvidenceGiven | None) -> str:
    if given is None:
        return "The school does not say that this was done."
    if not_done(given):
        return f"Not done: {given.note.strip()}"
    missing = []
    if rule.needs_date and given.done is None:
        missing.append("when it was done")
    if rule.needs_person and not given.by:
        missing.append("who did it")
    return f"It does not say {' or '.join(missing)}." if missing else ""


def days_without_return(
    school_days: Sequence[date], made: Iterable[tuple[date, date]]
) -> list[date]:
    """The school days that no return covers, not even a nil return."""
    intervals = list(made)
    return [day for day in school_days if not any(a <= day <= b for a, b in intervals)]


def intervals(kind: Literal["week", "month"], first: date, last: date) -> list[tuple[date, date]]:
    """The whole intervals that end on `last` or before, from the one `first` lies in, cut there."""
    found: list[tuple[date, date]] = []
    start = first
    while True:
        if kind == "week":
            end = start + timedelta(days=6 - start.weekday())
        else:
            end = date(start.year + start.month // 12, start.month % 12 + 1, 1) - timedelta(days=1)
        if end > last:
            return found
        found.append((start, end))
        start = end + timedelta(days=1)


def duty(
    interval: tuple[date, date], days: Sequence[date], made: Iterable[ReturnMade], policy: str
) -> Duty | None:
    """What the hub holds of an interval: a return, a nil return, or none; None when none is due.

    `days` are the school days of the interval. It is done when returns cover every one of them,
    at the moment the last of those arrived that were needed for it.
    """
    if not days:
        return None
    first, last = interval
    touching = sorted(
        (each for each in made if each.first <= last and each.last >= first),
        key=lambda each: (each.received, each.id),
    )
    missing, needed = set(days), None
    for each in touching:
        covered = {day for day in missing if each.first <= day <= each.last}
        if covered:
            missing, needed = missing - covered, each
    pupils = sum(each.pupils for each in touching)
    done = needed is not None and not missing
    return Duty(
        first=first,
        last=last,
        policy=needed.policy if needed is not None and done else policy,
        outcome=(Outcome.RETURN if pupils else Outcome.NIL) if done else Outcome.NOT_MADE,
        pupils=pupils,
        school_days=len(days),
        missing=tuple(sorted(missing)),
        returns=tuple(each.id for each in touching),
        released_by=", ".join(dict.fromkeys(each.released_by for each in touching)),
        discharged=needed.received if needed is not None and done else None,
        receipt=needed.id if needed is not None and done else None,
    )


def due_in_school_days(start: date, days: int, school_days: Sequence[date]) -> date | None:
    """The school day on which an answer is due; None when the term dates do not reach that far."""
    after = [day for day in school_days if day > start]
    return after[days - 1] if len(after) >= days else None
