"""Names for one planned meeting: released for it or by the standing release, or not at all."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hub_under_test import SYSTEM
from live_hub import LiveHub
from pydantic import ValidationError
from registers import MONDAY
from school_desk import HEADER, SchoolDesk, number

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork.seal import identity_context, open_identity
from linkwork_agent import planned
from linkwork_agent.store import registers, results
from linkwork_hub.access import account_store
from linkwork_hub.access.models import Person
from linkwork_hub.db import Role
from linkwork_hub.meetings import change_store, list_store, store, telling
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Slot

#: Ten school days after 23 February; the school's clock says Friday 27 February.
MEETING = date(2026, 3, 9)


@pytest.fixture
def absent(school: SchoolDesk) -> SchoolDesk:
    """A school where P3 missed a tenth, P4 a half, P5 one session less than a tenth."""
    school.stories |= {"P3": "/*36 O*4", "P4": "/*20 I*20", "P5": "/*36 O*3 /+O"}
    return school.grow()


def plan(school: SchoolDesk, day: date = MEETING) -> str:
    """The hub plans a meeting with this school, and tells its computer; the meeting's id."""
    live = school.hub
    rules = read_rules(live.profile.section("meetings"), file="x")
    with live.db.write() as db:
        email = f"o{school.urn}{day:%m%d}@council.example"
        olive = Person("", email, "Olive Fenwick", Role.OFFICER, active=True)
        officer = account_store.add_person(SYSTEM, db, olive, password="")
        slot = Slot(HalfDay(day, Session.AM), *rules.link.hours(Session.AM), "Free.")
        ident = store.plan(SYSTEM, db, school.school_id, officer, "link", slot, "O")
    assert telling.tell_schools(live.db, rules, live.keys.issuer) >= 1
    school.run("instruct")
    return ident


def tell(live: LiveHub) -> None:
    rules = read_rules(live.profile.section("meetings"), file="x")
    telling.tell_schools(live.db, rules, live.keys.issuer)


def lists(school: SchoolDesk) -> list[wire.MeetingList]:
    return [each for each in school.messages() if isinstance(each, wire.MeetingList)]


def rows(school: SchoolDesk) -> list[dict[str, Any]]:
    place = school.place
    return planned.meeting_rows(place.config, place.school, school.now.date())


def at_the_hub(school: SchoolDesk, meeting: str) -> dict[str, str]:
    """The names the hub holds for a meeting, once everything was delivered and applied."""
    school.run("deliver")
    school.hub.work()
    with school.hub.db.read() as db:
        return list_store.names(SYSTEM, db, meeting)


def test_without_a_release_no_list_leaves(absent: SchoolDesk) -> None:
    absent.joined("return")
    meeting = plan(absent)
    (row,) = rows(absent)
    assert (row["id"], row["day"], row["list"]) == (meeting, "2026-03-09", "not released")
    assert (row["names_from"], row["names_through"]) == ("2026-02-23", "2026-04-06")
    absent.run("collect")
    assert lists(absent) == []
    assert at_the_hub(absent, meeting) == {}


def test_a_list_released_for_one_meeting_names_those_at_90_and_50_per_cent_and_nobody_else(
    absent: SchoolDesk,
) -> None:
    absent.joined("return")
    meeting, other = plan(absent), plan(absent, MEETING + timedelta(days=1))
    said = planned.release([absent.place], meeting, "A. Head")
    assert "until Mon 6 Apr 2026" in said
    outcome = absent.run("collect")
    assert "1 list of names for a planned meeting" in outcome.sentence
    (sent,) = lists(absent)
    assert (sent.meeting_id, sent.released_by, sent.standing) == (meeting, "A. Head", False)
    # Most absent first; the pupil one session short of a tenth is not on it.
    assert [(each.absent, each.possible) for each in sent.pupils] == [(40, 80), (8, 80)]
    assert [each.met for each in sent.pupils] == [
        ("severe-absence", "persistent-absence"),
        ("persistent-absence",),
    ]
    assert sorted(at_the_hub(absent, meeting).values()) == [
        "Quill3 Thornapple3",
        "Quill4 Thornapple4",
    ]
    assert at_the_hub(absent, other) == {}
    with pytest.raises(Refused, match="released already"):
        planned.release([absent.place], meeting, "A. Head")


def test_what_is_sealed_is_a_forename_and_a_surname_and_nothing_more(absent: SchoolDesk) -> None:
    absent.joined("return")
    planned.release([absent.place], plan(absent), "A. Head")
    absent.run("collect")
    (sent,) = lists(absent)
    assert "Thornapple" not in sent.model_dump_json()
    (opener,) = absent.hub.keys.work.identities.values()
    first = sent.pupils[0]
    context = identity_context(absent.urn, first.pseudonym)
    who = open_identity(first.sealed_identity, opener, context)
    assert who == wire.Identity(pupil_id="", surname="Thornapple4", forename="Quill4")
    # It has not left yet: what left is told when it leaves.
    assert all(row["kind"] != "meeting-list" for row in absent.sent())
    absent.run("deliver")
    (line,) = [row for row in absent.sent() if row["kind"] == "meeting-list"]
    assert "forename and surname of 2 pupils" in line["words"]
    assert "release for this meeting by A. Head" in line["words"]
    assert line["named"] == ["Quill4 Thornapple4", "Quill3 Thornapple3"]


def test_the_standing_release_sends_a_list_for_each_planned_meeting_within_its_days(
    absent: SchoolDesk,
) -> None:
    absent.joined("return", "meeting-list")
    near, far = plan(absent), plan(absent, MEETING + timedelta(days=21))
    absent.run("collect")
    (sent,) = lists(absent)
    assert (sent.meeting_id, sent.standing, sent.released_by) == (near, True, "A. Head")
    by_id = {row["id"]: row["list"] for row in rows(absent)}
    assert by_id[near] == "left on 2026-02-27"
    assert by_id[far] == "released by A. Head, leaves from 2026-03-16 on"
    # The same pupils again are no other list.
    absent.later(hours=3)
    absent.run("collect")
    assert len(lists(absent)) == 1
    # Another pupil is, and the hub holds the newer one alone.
    absent.stories["P1"] = "/*30 I*10"
    absent.write()
    absent.run("collect")
    assert [len(each.pupils) for each in lists(absent)] == [2, 3]
    assert len(at_the_hub(absent, near)) == 3


def test_a_release_that_is_withdrawn_before_the_list_was_made_sends_nothing(
    absent: SchoolDesk,
) -> None:
    absent.joined("return", "meeting-list")
    plan(absent)
    with absent.open() as opened, opened.write() as tx:
        registers.set_releases(tx, ("return",), "A. Head", absent.now)
    absent.run("collect")
    assert lists(absent) == []


@pytest.mark.parametrize(
    ("today", "refused"),
    [
        (date(2026, 2, 22), "from Mon 23 Feb 2026 on"),
        (date(2026, 2, 23), ""),
        (date(2026, 4, 6), ""),
        (date(2026, 4, 7), "until Mon 6 Apr 2026"),
    ],
)
def test_a_list_is_released_from_ten_school_days_before_to_twenty_after_and_on_no_other_day(
    absent: SchoolDesk, today: date, refused: str
) -> None:
    absent.joined("return")
    meeting = plan(absent)
    absent.now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    if refused:
        with pytest.raises(Refused, match=refused):
            planned.release([absent.place], meeting, "A. Head")
    else:
        assert "releases the list" in planned.release([absent.place], meeting, "A. Head")


def test_a_list_released_after_the_meeting_leaves_once_and_not_anew(absent: SchoolDesk) -> None:
    absent.joined("return", "meeting-list")
    meeting = plan(absent)
    absent.later(days=20)
    # The standing release is for what is still to come.
    absent.run("collect")
    assert lists(absent) == []
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    absent.stories["P1"] = "/*30 I*10"
    absent.write()
    absent.run("collect")
    assert len(lists(absent)) == 1


def test_a_list_that_comes_when_its_days_are_over_is_refused_and_no_name_is_kept(
    absent: SchoolDesk,
) -> None:
    absent.joined("return")
    meeting = plan(absent)
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    # The line was down for six weeks.
    absent.later(days=40)
    assert at_the_hub(absent, meeting) == {}
    absent.run("instruct")
    (problem,) = [line for line in absent.status()["problems"] if "are over" in line]
    assert "No name was kept" in problem


def test_a_list_that_is_taken_back_is_forgotten_at_the_hub_and_none_follows(
    absent: SchoolDesk,
) -> None:
    absent.joined("return", "meeting-list")
    meeting = plan(absent)
    absent.run("collect")
    assert len(at_the_hub(absent, meeting)) == 2
    planned.withdraw([absent.place], meeting, "A. Head")
    assert at_the_hub(absent, meeting) == {}
    absent.stories["P1"] = "/*30 I*10"
    absent.write()
    absent.run("collect")
    assert [(each.withdrawn, len(each.pupils)) for each in lists(absent)] == [(False, 2), (True, 0)]
    with pytest.raises(Refused, match="nothing is taken back"):
        planned.withdraw([absent.place], meeting, "A. Head")
    # Released anew, by hand, it leaves again.
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    assert len(at_the_hub(absent, meeting)) == 3


def test_for_a_meeting_that_was_called_off_no_name_leaves_and_those_there_go(
    absent: SchoolDesk,
) -> None:
    absent.joined("return")
    meeting = plan(absent)
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    assert len(at_the_hub(absent, meeting)) == 2
    with absent.hub.db.write() as db:
        change_store.cancel(SYSTEM, db, meeting, "O", "ill")
    tell(absent.hub)
    absent.run("instruct")
    assert rows(absent)[0]["list"] == "the meeting is called off"
    with pytest.raises(Refused, match="called off"):
        planned.release([absent.place], meeting, "A. Head")
    with absent.hub.db.write() as db:
        telling.forget_names(SYSTEM, db)
    assert at_the_hub(absent, meeting) == {}


def test_while_changed_marks_wait_for_a_person_no_list_leaves(absent: SchoolDesk) -> None:
    absent.joined("return")
    meeting = plan(absent)
    absent.run("collect")
    # The term is overwritten by an import: most marks are others.
    before, absent.stories = absent.stories, dict.fromkeys(absent.stories, "/*20 I*20")
    absent.write()
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    assert any("A person is waited for" in each for each in absent.status()["problems"])
    assert lists(absent) == []
    absent.stories = before
    absent.write()
    absent.run("collect")
    assert [len(each.pupils) for each in lists(absent)] == [2]


def autumn(school: SchoolDesk, through: date, absent: dict[str, int]) -> None:
    """The register of the next school year, which began on 1 September; `absent` by days missed.

    The half term is the last week of October. Whoever is absent was so from the first day on.
    """
    days = [
        day
        for n in range((through - date(2026, 9, 1)).days + 1)
        if (day := date(2026, 9, 1) + timedelta(days=n)).weekday() < 5
        and not date(2026, 10, 26) <= day <= date(2026, 10, 30)
    ]
    with school.register.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER.split(","))
        for place, pupil_id in enumerate(school.stories, 1):
            who = [pupil_id, number(place), f"Thornapple{place}", f"Quill{place}", "2016-03-04"]
            for count, day in enumerate(days):
                for half, mark in (("AM", "/"), ("PM", "\\")):
                    code = "I" if count < absent.get(pupil_id, 0) else mark
                    rows.writerow([*who, "5", day.isoformat(), half, code])


@pytest.mark.parametrize("standing", [(), ("meeting-list",)])
def test_in_the_first_half_term_the_list_goes_by_last_year_and_after_it_by_this_year(
    absent: SchoolDesk, standing: tuple[str, ...]
) -> None:
    absent.joined("return", *standing).run("collect")
    # P1 was ill in the first week; last year P1 came every day.
    absent.now = datetime(2026, 9, 25, 16, tzinfo=UTC)
    absent.hub.clock.fixed = absent.now
    autumn(absent, date(2026, 9, 25), {"P1": 5})
    september = plan(absent, date(2026, 10, 1))
    if not standing:
        planned.release([absent.place], september, "A. Head")
    absent.run("collect")
    (sent,) = lists(absent)
    assert sent.year == date(2025, 8, 1)
    assert [(each.absent, each.possible) for each in sent.pupils] == [(40, 80), (8, 80)]
    assert [each.met[0] for each in sent.pupils] == ["severe-absence", "persistent-absence"]
    assert sorted(at_the_hub(absent, september).values()) == [
        "Quill3 Thornapple3",
        "Quill4 Thornapple4",
    ]
    # After the half term this year's marks say enough: P1 alone.
    assert absent.run("instruct").exit_code == 0
    absent.later(days=42)
    autumn(absent, date(2026, 11, 6), {"P1": 5})
    november = plan(absent, date(2026, 11, 12))
    if not standing:
        planned.release([absent.place], november, "A. Head")
    absent.run("collect")
    sent = lists(absent)[-1]
    assert (sent.meeting_id, sent.year) == (november, date(2026, 8, 1))
    assert [each.absent for each in sent.pupils] == [10]
    assert list(at_the_hub(absent, november).values()) == ["Quill1 Thornapple1"]


def test_whoever_left_over_the_summer_is_on_no_list_of_last_year(absent: SchoolDesk) -> None:
    absent.joined("return").run("collect")
    absent.now = datetime(2026, 9, 25, 16, tzinfo=UTC)
    absent.hub.clock.fixed = absent.now
    with absent.open() as opened:
        assert results.kept(opened.read), "the control: last year's results are kept"
    meeting = plan(absent, date(2026, 10, 1))
    autumn(absent, date(2026, 9, 25), {})
    header, *rows_now = absent.register.read_text(encoding="utf-8").splitlines()
    gone = [f"{row},2026-08-31" if row.startswith("P4,") else f"{row}," for row in rows_now]
    absent.register.write_text("\n".join([f"{header},leaving_date", *gone]), encoding="utf-8")
    planned.release([absent.place], meeting, "A. Head")
    absent.run("collect")
    assert [[each.absent for each in one.pupils] for one in lists(absent)] == [[8]]


def test_an_unknown_meeting_is_named_and_the_command_asks_who_releases(
    absent: SchoolDesk, tmp_path: Path
) -> None:
    with pytest.raises(WrongUse, match="No meeting mtg_9"):
        planned.release([absent.place], "mtg_9", "A. Head")
    with pytest.raises(WrongUse, match="No meeting mtg_9"):
        planned.withdraw([absent.place], "mtg_9", "A. Head")
    home = tmp_path / "typed"
    home.mkdir(mode=0o700)
    (home / "agent.toml").write_text(
        '[[school]]\nurn = "100001"\nname = "A"\nmis = "csv"\n[school.settings]\npath = "r.csv"\n'
    )
    typed = [sys.executable, "-m", "linkwork_agent", "--home", str(home), "meetings"]
    listed = subprocess.run([*typed, "--format", "json"], capture_output=True, check=True)
    assert json.loads(listed.stdout) == []
    for more, wanted in ((["release"], "Say which meeting"), (["release", "m"], "--by NAME")):
        done = subprocess.run([*typed, *more], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert wanted in done.stderr


def test_an_older_word_of_a_meeting_changes_nothing_and_a_moved_one_has_other_days(
    absent: SchoolDesk,
) -> None:
    absent.joined("return")
    meeting = plan(absent)
    moved = wire.MeetingItem(
        meeting_id=meeting,
        meeting="Link meeting",
        day=date(2026, 3, 16),
        names_from=date(2026, 3, 2),
        names_through=date(2026, 4, 13),
        version=5,
    )
    older = moved.model_copy(update={"day": date(2026, 3, 10), "version": 3})
    for place, item in enumerate((moved, older)):
        absent.hub.issue(absent.school_id, item, f"{meeting}-x{place}")
        absent.run("instruct")
    assert [row["day"] for row in rows(absent)] == ["2026-03-16"]


def test_a_hub_cannot_ask_for_names_at_any_time_it_likes() -> None:
    fields = {"meeting_id": "m", "meeting": "Link meeting", "day": MEETING}
    fits = {"names_from": MONDAY, "names_through": date(2026, 4, 6)}
    wire.MeetingItem.model_validate(fields | fits)
    for changed in ({"names_from": date(2025, 9, 1)}, {"names_through": date(2027, 1, 1)}):
        with pytest.raises(ValidationError, match="shortly"):
            wire.MeetingItem.model_validate(fields | fits | changed)
