"""Kinds of meeting are data, refused with their place when they cannot be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest

from linkwork.errors import BadInput
from linkwork_hub.meetings.kinds import MeetingRules, read_rules
from linkwork_hub.meetings.models import Session

Table = dict[str, Any]


def test_the_link_meeting_has_its_four_parts_and_who_must_attend(
    meeting_rules: MeetingRules,
) -> None:
    link = meeting_rules.link
    assert [part.title for part in link.agenda] == [
        "General Preventative",
        "Early Intervention",
        "New Referrals",
        "Reviewing Cases",
    ]
    assert {"School attendance officer", "Attendance lead"} <= set(link.must)
    assert link.hours(Session.AM) == (time(9, 30), time(10, 30))
    assert link.hours(Session.PM) == (time(13, 30), time(14, 30))


FAULTS: list[tuple[Callable[[Table], None], str]] = [
    (lambda t: t["types"][0].update(am=time(13)), r"types\[0\]: am begins before 12:00"),
    (lambda t: t["types"][0].update(pm=time(9)), "pm at 12:00 or later"),
    (lambda t: t["types"][0].update(am=time(11), minutes=200), "run into the afternoon"),
    (lambda t: t["types"][0].update(minutes=0), r"types\[0\]\.minutes"),
    (lambda t: t["types"][0].update(cadence="weekly"), r"types\[0\]\.cadence"),
    (lambda t: t["types"][0].update(colour="blue"), r"types\[0\]\.colour"),
    (lambda t: t["types"][0].update(must=[]), r"types\[0\]\.must"),
    (lambda t: t["types"][0]["agenda"].append(t["types"][0]["agenda"][0]), "two parts"),
    (lambda t: t["types"].append(t["types"][0]), "two kinds of meeting have one id"),
    (
        lambda t: t["types"][0].update(attends=[{"part": "Governor", "every": "term"}]),
        r"types\[0\]: attends: 'Governor' is neither in `must` nor in `may`",
    ),
    (lambda t: t.update(notice_days=-1), "notice_days"),
    (lambda t: t.clear(), "notice_days"),
]


@pytest.mark.parametrize(("change", "words"), FAULTS)
def test_a_faulty_table_is_refused_with_its_place(
    meetings_table: Table, change: Callable[[Table], None], words: str
) -> None:
    table = copy.deepcopy(meetings_table)
    change(table)
    with pytest.raises(BadInput, match=words) as refused:
        read_rules(table, file="authority.toml")
    assert str(refused.value).startswith("authority.toml: meetings")
