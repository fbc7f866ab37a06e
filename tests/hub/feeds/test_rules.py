"""Late feeds and their problems in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linkwork.wire import Completeness
from linkwork_hub.feeds import rules
from linkwork_hub.feeds.models import AgentState, Feed, Lateness

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
#: The week before half term, half term, and the week after it.
DAYS = [
    *rules.weekdays(date(2026, 2, 9), date(2026, 2, 13)),
    *rules.weekdays(date(2026, 2, 23), TODAY),
]
ON_TIME = Lateness(0, TODAY, "Up to date")


def a_feed(**changes: Any) -> Feed:
    feed = Feed("sch_1", "900001", "Fernhill Primary", AgentState.ACTIVE, last_heartbeat=NOW)
    return replace(feed, **changes)


@pytest.mark.parametrize(
    ("as_of", "days", "words"),
    [
        (date(2026, 2, 27), 0, "Up to date"),
        (date(2026, 3, 2), 0, "Up to date"),
        (date(2026, 2, 26), 1, "1 school day behind"),
        (date(2026, 2, 13), 5, "5 school days behind"),
        (date(2026, 2, 20), 5, "5 school days behind"),
        (None, 10, "Nothing collected yet"),
    ],
)
def test_lateness_counts_school_days_and_neither_today_nor_holidays(
    as_of: date | None, days: int, words: str
) -> None:
    late = rules.lateness(as_of, DAYS, TODAY)
    assert (late.days, late.words) == (days, words)


def test_a_feed_in_order_has_no_problems() -> None:
    assert rules.problems(a_feed(), ON_TIME, NOW) == []


def test_a_school_without_an_agent_is_not_late_it_is_not_connected() -> None:
    feed = a_feed(state=None, last_heartbeat=None)
    late = rules.lateness(None, DAYS, TODAY)
    assert rules.problems(feed, late, NOW) == []
    assert rules.state_words(feed) == "Not connected"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last_heartbeat": None}, "not been heard since it was confirmed"),
        ({"last_heartbeat": NOW - timedelta(hours=30)}, "silent for 30 hours"),
        ({"missing": 1}, "1 message is missing in the middle"),
        (
            {"missing": 2, "missing_at": "1/4-5", "missing_since": NOW - timedelta(hours=3)},
            "2 messages are missing in the middle (epoch/numbers 1/4-5); later ones wait for it.",
        ),
        (
            {"missing": 2, "missing_at": "1/4-5", "missing_since": NOW - timedelta(hours=5)},
            "For 5 hours now: ask the school",
        ),
        ({"unanswered": 2}, "2 items sent down more than 7 days ago did not take effect"),
        ({"refused": 2}, "2 messages were refused"),
        ({"stuck": "A message could not be applied."}, "tried again"),
        ({"reported": ("The disk is full.",)}, "The agent says: The disk is full."),
        ({"joining": True}, "compare its six words"),
        ({"alarms": ("Something happened.",)}, "Something happened."),
        (
            {
                "completeness": Completeness(
                    last_marked_day=TODAY,
                    sessions_expected=2,
                    sessions_marked=1,
                    missing_days=(date(2026, 2, 24),),
                )
            },
            "No register was taken on 24 February 2026.",
        ),
    ],
)
def test_each_problem_is_one_sentence_with_what_to_do(
    changes: dict[str, object], said: str
) -> None:
    (problem,) = rules.problems(a_feed(**changes), ON_TIME, NOW)
    assert said in problem


def test_a_late_feed_names_the_day_it_reaches() -> None:
    late = rules.lateness(date(2026, 2, 24), DAYS, TODAY)
    (problem,) = rules.problems(a_feed(), late, NOW)
    assert problem == "3 school days behind: registers up to 24 February 2026 were collected."


@pytest.mark.parametrize("what", rules.ALARMS)
def test_every_alarm_is_a_sentence(what: str) -> None:
    assert rules.alarm_words(what, "feed/1/7").endswith(".")
