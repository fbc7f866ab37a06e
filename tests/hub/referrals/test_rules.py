"""What a candidate rests on, what may be decided, and what a referral lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from casework import EVIDENCE, marks

from linkwork.errors import BadInput, Refused
from linkwork.wire import Evidence
from linkwork_hub.access.profile import Profile
from linkwork_hub.referrals import rules, words
from linkwork_hub.referrals.models import (
    Basis,
    CandidateState,
    Decision,
    Episode,
    EpisodeState,
    ReferralRules,
    Weight,
    read_referral_rules,
)

#: The first day of the school's newest return.
TODAY = date(2026, 2, 27)
OPEN, ENDED, WITHDRAWN = EpisodeState.OPEN, EpisodeState.ENDED, EpisodeState.WITHDRAWN


def episode(**changes: Any) -> Episode:
    fields: dict[str, Any] = {
        "id": "e1",
        "school_id": "sch_1",
        "pseudonym": "p_x",
        "candidate_id": "can_1",
        "trigger": "continuous-unauthorised",
        "statutory": True,
        "state": OPEN,
        "status": "confirmed",
        "age": "compulsory",
        "value": 10,
        "threshold": 10,
        "unit": "school days",
        "possible": 100,
        "first": date(2026, 2, 16),
        "last": date(2026, 2, 27),
        "ended": None,
        "at_least": 10,
        "at_most": 10,
        "year_group": "8",
        "marks": marks(),
        "corrections": (),
        "updated": datetime(2026, 3, 2, tzinfo=UTC),
    }
    return Episode(**fields | changes)


@pytest.fixture
def listed(reading: Profile) -> ReferralRules:
    return read_referral_rules(reading.section("referral"))


@pytest.mark.parametrize(
    ("states", "rests_on"),
    [
        ([OPEN, WITHDRAWN, ENDED], Basis.STANDING),
        ([ENDED, WITHDRAWN], Basis.ENDED),
        ([WITHDRAWN, WITHDRAWN], Basis.WITHDRAWN),
        ([], Basis.STANDING),
    ],
)
def test_one_open_spell_is_enough_for_a_candidate_to_stand(
    states: list[EpisodeState], rests_on: Basis
) -> None:
    assert rules.basis(states) is rests_on


def test_the_legal_duty_speaks_for_a_candidate_before_the_longer_absence() -> None:
    duty = episode()
    longer = episode(id="e2", trigger="severe-absence", statutory=False, unit="sessions", value=80)
    assert rules.lead([longer, duty], TODAY) is duty
    assert rules.weight([longer, duty], TODAY) == Weight(statutory=True, severe=True, sessions=80)


def test_a_spell_that_is_over_puts_nobody_before_a_child_absent_today() -> None:
    over = episode(statutory=True, state=EpisodeState.ENDED, ended=date(2026, 2, 27))
    ended_unheard = episode(statutory=True, ended=date(2026, 2, 27))
    assert not rules.weight([over], TODAY).statutory
    assert not rules.weight([ended_unheard], TODAY).statutory
    assert rules.weight([episode(statutory=True)], TODAY).statutory


def test_sessions_of_september_are_no_duty_of_today() -> None:
    """What counts sessions never ends by itself: it is current while its last day is."""
    old = episode(
        trigger="irregular", unit="sessions", value=12, first=date(2025, 9, 8),
        last=date(2025, 9, 26),
    )  # fmt: skip
    assert not rules.weight([old], TODAY).statutory
    assert rules.weight([replace(old, last=TODAY)], TODAY).statutory
    # What the school has declared goes on until the school says otherwise.
    assert rules.weight([replace(old, declared=date(2025, 10, 1))], TODAY).statutory


def test_the_number_in_the_list_is_that_of_a_spell_its_reason_names() -> None:
    duty = episode(trigger="irregular", unit="sessions", value=20)
    longer = episode(id="e2", trigger="severe-absence", statutory=False, unit="sessions", value=79)
    both = [duty, longer]
    leading = rules.lead(both, TODAY)
    said = words.reasons(leading, rules.largest(both, leading))
    assert leading is duty
    assert rules.weight(both, TODAY).sessions == 79
    assert said.startswith("Does not attend regularly: 20 sessions")
    assert "; also absent for 79 of 100 possible sessions" in said
    assert words.reasons(duty, rules.largest([duty], duty)) == words.reason(duty)


@pytest.mark.parametrize("sessions", [20, 40])
def test_days_in_a_row_speak_before_sessions_as_on_the_schools_return(sessions: int) -> None:
    run = episode()
    irregular = episode(id="e2", trigger="irregular", unit="sessions", value=sessions)
    for both in ([run, irregular], [irregular, run]):
        assert rules.lead(both, TODAY) is run
    assert rules.lead([replace(run, ended=TODAY), irregular], TODAY) is irregular


def test_a_withdrawn_spell_neither_leads_nor_weighs() -> None:
    gone = episode(state=WITHDRAWN)
    small = episode(id="e2", trigger="penalty-window", statutory=False, unit="sessions", value=11)
    assert rules.lead([gone, small], TODAY) is small
    assert rules.weight([gone, small], TODAY) == Weight(statutory=False, severe=False, sessions=11)


@pytest.mark.parametrize("known", [ENDED, WITHDRAWN])
def test_a_late_word_of_going_on_does_not_revive_a_spell(known: EpisodeState) -> None:
    assert rules.state_after("continued", known) is known
    assert rules.state_after("opened", known) is OPEN


@pytest.mark.parametrize("decision", [Decision.NO_ACTION, Decision.ASK_SCHOOL])
def test_what_must_be_explained_is_refused_without_words(decision: Decision) -> None:
    with pytest.raises(Refused, match="Write your"):
        rules.decide(CandidateState.NEW, decision, "  ")
    assert rules.decide(CandidateState.NEW, decision, "because") is not CandidateState.NEW


def test_a_referred_pupil_is_decided_on_the_referral() -> None:
    with pytest.raises(Refused, match="Accept the referral or return it"):
        rules.decide(CandidateState.REFERRED, Decision.MEETING, "")


def test_a_pupil_with_a_case_is_decided_on_the_case() -> None:
    with pytest.raises(Refused, match="on the case"):
        rules.decide(CandidateState.CASE, Decision.NO_ACTION, "a reason")


def test_a_pupil_left_alone_comes_back_when_the_absence_doubles() -> None:
    left = CandidateState.NO_ACTION
    assert not rules.comes_back(left, 20, Weight(True, False, 39))
    assert rules.comes_back(left, 20, Weight(True, False, 40))
    assert not rules.comes_back(CandidateState.CASE, 20, Weight(True, False, 80))


def test_complete_evidence_has_no_gap(listed: ReferralRules) -> None:
    assert rules.gaps(listed.evidence, EVIDENCE) == []


def test_each_gap_says_what_the_item_lacks(listed: ReferralRules) -> None:
    given = [
        Evidence(item="parents-contacted", done=date(2026, 2, 18)),
        Evidence(item="letter-sent"),
        *EVIDENCE[2:],
    ]
    found = {gap.item: gap.lacks for gap in rules.gaps(listed.evidence, given)}
    assert found == {
        "parents-contacted": "It does not say who did it.",
        "letter-sent": "It does not say when it was done.",
    }


def test_an_item_the_school_says_was_not_done_is_named_so_with_its_reason(
    listed: ReferralRules,
) -> None:
    given = {one.item: one for one in EVIDENCE} | {
        "meeting-held": Evidence(item="meeting-held", note="no"),
        "pupil-heard": Evidence(item="pupil-heard", note="too young"),
    }
    (gap,) = rules.gaps(listed.evidence, list(given.values()))
    assert (gap.item, gap.lacks) == ("meeting-held", "Not done: no")
    said = {rule.id: rules.complete(rule, given.get(rule.id)) for rule in listed.evidence}
    assert said == dict.fromkeys(given, "Yes") | {
        "meeting-held": "Not done",
        "pupil-heard": "Not done",
    }


def test_an_item_that_was_not_sent_is_a_gap_unless_it_is_only_asked_for(
    listed: ReferralRules,
) -> None:
    missing = {gap.item for gap in rules.gaps(listed.evidence, [])}
    assert missing == {item.item for item in EVIDENCE}
    assert "pupil-heard" in {rule.id for rule in listed.evidence} - missing


def test_a_mistake_in_the_evidence_list_is_named_by_its_place() -> None:
    with pytest.raises(BadInput, match=r"authority\.toml: referral\.evidence\[0\]\.words"):
        read_referral_rules({"source": "ours", "evidence": [{"id": "letter"}]})


def test_a_day_within_an_interval_is_returned_and_any_other_is_missing() -> None:
    days = [date(2026, 2, n) for n in (23, 24, 25, 26)]
    made = [(date(2026, 2, 23), date(2026, 2, 24)), (date(2026, 2, 26), date(2026, 2, 26))]
    assert rules.days_without_return(days, made) == [date(2026, 2, 25)]


def test_an_answer_is_due_on_a_school_day_or_not_known() -> None:
    days = [date(2026, 3, n) for n in (2, 3, 4, 9)]
    assert rules.due_in_school_days(date(2026, 3, 2), 3, days) == date(2026, 3, 9)
    assert rules.due_in_school_days(date(2026, 3, 2), 4, days) is None
