"""Leave without permission: candidates, questions, and asking the authority for a notice."""

from __future__ import annotations

import json
from datetime import date

import pytest
from changing import configured, correct, printed
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork.seal import identity_context, open_identity
from linkwork_agent import declare, leave_taken
from linkwork_hub.db import Scope
from linkwork_hub.referrals import store as hub

#: A week of leave that was not granted, the last but one before the Friday of the tests.
AWAY = "/*30 G*5 /*5"
FIRST, LAST = "2026-02-16", "2026-02-20"


@pytest.fixture
def away(school: SchoolDesk) -> SchoolDesk:
    """A school whose P2 was away for a week without permission, as it was read."""
    school.grow().stories["P2"] = AWAY
    school.joined("return").run("collect")
    configured(school)
    return school


def listed(school: SchoolDesk) -> list[leave_taken.Facts]:
    """What the command lists on the school's day."""
    today = school.now.date()
    return leave_taken.listed(school.place.config, school.place.school, today=today)


def rows(school: SchoolDesk) -> list[tuple[str, str, str, str]]:
    """The kind, pupil, first and last day of each line of the list."""
    found = listed(school)
    return [(row["kind"], row["mis_id"], row["first"], row["last"]) for row in found]


def grant(school: SchoolDesk, whom: str = "P2", first: str = FIRST, last: str = LAST) -> str:
    """The head grants leave, and the file has it."""
    said = declare.Said("leave", whom, first, last, "A funeral abroad", "A. Head")
    with school.open() as store:
        return declare.declare(store, said, lambda: school.now)


def request(first: str | None = None, *, again: bool = False) -> leave_taken.Request:
    """What a person at the school asks for."""
    day = date.fromisoformat(first) if first else None
    return leave_taken.Request("P2", day, "A holiday in term time", "A. Head", again=again)


def asked_for(school: SchoolDesk) -> list[wire.Referral]:
    """The requests that were put into the outbox."""
    return [each for each in school.messages() if isinstance(each, wire.Referral)]


@pytest.mark.serves("I41")
def test_leave_without_permission_is_a_candidate_and_is_asked_for_by_a_person(
    away: SchoolDesk, live: LiveHub
) -> None:
    assert rows(away) == [("candidate", "P2", FIRST, LAST)]
    # Nothing asks by itself, whatever is read.
    away.later(days=3)
    away.run("collect")
    assert asked_for(away) == []
    words = leave_taken.ask(away.place, request())
    assert "leave of Quill2 Thornapple2 without permission, 2026-02-16 to 2026-02-20" in words
    (made,) = asked_for(away)
    assert (made.door, made.made_by) == ("penalty-notice-request", "A. Head")
    assert [(each.code, each.half) for each in made.counted] == [("G", "AM"), ("G", "PM")] * 5
    assert made.extract == ()
    (opener,) = live.keys.work.identities.values()
    context = identity_context(away.urn, made.pseudonym)
    assert open_identity(made.sealed_identity, opener, context).surname == "Thornapple2"
    assert [row for row in away.sent() if row["kind"] == "referral"] == []
    away.run("deliver")
    live.work()
    scope = Scope.system()
    with live.db.read() as db:
        (kept,) = hub.referrals(scope, db, school_id=away.school_id, limit=10)
    assert kept.door == "penalty-notice-request"
    assert [mark.date for mark in kept.counted][::2] == [
        date(2026, 2, day) for day in range(16, 21)
    ]
    (line,) = [row for row in away.sent() if row["kind"] == "referral"]
    assert line["named"] == ["Quill2 Thornapple2"]


def test_it_is_asked_for_once_and_again_only_where_it_was_returned(away: SchoolDesk) -> None:
    leave_taken.ask(away.place, request())
    assert rows(away) == [("asked", "P2", FIRST, LAST)]
    with pytest.raises(Refused, match="was asked for on 2026-02-27 by A"):
        leave_taken.ask(away.place, request())
    leave_taken.ask(away.place, request(again=True))
    assert len(asked_for(away)) == 2


def test_a_permission_put_on_file_after_the_request_is_said_and_stays_a_question(
    away: SchoolDesk,
) -> None:
    leave_taken.ask(away.place, request())
    assert "penalty notice" not in grant(away, whom="P1")
    assert "penalty notice" not in grant(away, first="2026-02-23", last="2026-02-27")
    said = grant(away, first="2026-02-19", last="2026-02-20")
    assert "A penalty notice was asked for on 2026-02-27 by A. Head for these days" in said
    assert "tell the authority at once that leave was granted" in said
    (row,) = listed(away)
    assert (row["kind"], row["asked_by"], row["permission"]) == ("question", "A. Head", [3])
    assert row["to_do"].startswith(
        "A penalty notice was asked for on 2026-02-27 by A. Head, and a permission was put on file "
        "since. Permission 3 of A. Head covers a day of it"
    )
    with away.open() as store:
        declare.change(store, "withdraw", "3", None, "A. Head", lambda: away.now)
    assert rows(away) == [("asked", "P2", FIRST, LAST)]


def test_a_permission_on_file_makes_it_a_question(away: SchoolDesk) -> None:
    grant(away, first="2026-02-19", last="2026-02-27")
    (row,) = listed(away)
    assert (row["kind"], row["permission"]) == ("question", [1])
    assert row["to_do"] == (
        "Permission 1 of A. Head covers a day of it, from 2026-02-19 to 2026-02-27: correct the "
        "code, or the file"
    )
    with pytest.raises(Refused, match="linkwork-agent declare withdraw 1"):
        leave_taken.ask(away.place, request())
    assert asked_for(away) == []
    with away.open() as store:
        declare.change(store, "withdraw", "1", None, "A. Head", lambda: away.now)
    assert rows(away) == [("candidate", "P2", FIRST, LAST)]


def test_a_permission_of_another_time_or_child_is_none_for_this_leave(away: SchoolDesk) -> None:
    grant(away, first="2026-02-23", last="2026-02-27")
    grant(away, whom="P1")
    assert rows(away) == [("candidate", "P2", FIRST, LAST)]


def test_a_mark_that_is_another_one_by_now_is_found_before_anything_leaves(
    away: SchoolDesk,
) -> None:
    # Corrected in the school system this afternoon: no collection has read it yet.
    away.stories["P2"] = "/*30 G*3 C G /*5"
    away.write()
    with pytest.raises(Refused, match="2 sessions of it are no absence"):
        leave_taken.ask(away.place, request())
    assert asked_for(away) == []


def test_marks_changed_within_five_school_days_wait(away: SchoolDesk) -> None:
    away.later(days=3)
    correct(away, P2="/*30 G*6 /*4")
    (row,) = listed(away)
    assert [each["date"] for each in row["unsettled"]] == ["2026-02-23"] * 2
    assert row["to_do"] == "Some of its marks may still change: ask when they are settled"
    with pytest.raises(Refused, match="2026-02-23 AM: changed in the last five school days"):
        leave_taken.ask(away.place, request())
    away.later(days=7)
    pupils = {pupil: "/*46" for pupil in away.stories if pupil != "P2"}
    correct(away, P2="/*30 G*6 /*10", **pupils)
    leave_taken.ask(away.place, request())
    assert len(asked_for(away)) == 1


def test_whose_leave_is_meant_must_be_clear(away: SchoolDesk) -> None:
    correct(away, P2="/*20 G*2 /*8 G*5 /*5")
    with pytest.raises(WrongUse, match="2026-02-02 to 2026-02-03, 2026-02-16 to 2026-02-20"):
        leave_taken.ask(away.place, request())
    with pytest.raises(WrongUse, match="has no leave coded G"):
        leave_taken.ask(away.place, leave_taken.Request("P1", None, "why", "A. Head"))
    with pytest.raises(WrongUse, match="No pupil"):
        leave_taken.ask(away.place, leave_taken.Request("P777", None, "why", "A. Head"))


def test_no_notice_is_asked_for_outside_compulsory_age(school: SchoolDesk) -> None:
    school.grow().stories["P2"] = AWAY
    school.write()
    text = school.register.read_text(encoding="utf-8")
    lines = [
        line.replace("2016-03-04", "2008-03-04") if line.startswith("P2,") else line
        for line in text.splitlines()
    ]
    school.joined("return")
    school.register.write_text("\n".join(lines) + "\n", encoding="utf-8")
    school.run("collect")
    assert rows(school) == [("outside", "P2", FIRST, LAST)]
    with pytest.raises(Refused, match="not of compulsory school age"):
        leave_taken.ask(school.place, request())


def test_the_command_lists_and_asks(away: SchoolDesk) -> None:
    home = ("--home", str(away.home))
    said = printed(*home, "leave")
    assert "candidate" in said
    assert "Ask the authority for a penalty notice, if the head decides so" in said
    (row,) = json.loads(printed(*home, "leave", "--format", "json"))
    assert (row["mis_id"], row["sessions"], row["asked_on"]) == ("P2", 10, None)
