"""Marks change: what a read corrects, what waits for a person, and what the person decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from changing import ABSENT, RUN, configured, correct, decide, listed, printed, told
from live_hub import LiveHub
from school_desk import ALWAYS, SchoolDesk

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork_agent.collect import collect
from linkwork_agent.doctor import examine
from linkwork_agent.store import registers
from linkwork_agent.work import mis_of
from linkwork_hub.db import Scope
from linkwork_hub.referrals import store as hub

# What an ordinary read does.


def test_every_correction_is_kept_with_old_new_and_when(absent: SchoolDesk) -> None:
    absent.grow()
    correct(absent)
    correct(absent, P3="/*30 O*9 I")
    (one,) = [each for each in listed(absent)["changes"] if each["marks"]]
    assert (one["state"], one["found"]) == ("applied", absent.now.isoformat())
    assert [(m["date"], m["session"], m["old"], m["new"]) for m in one["marks"]] == [
        ("2026-02-27", "AM", "O", "I"),
        ("2026-02-27", "PM", "O", "I"),
    ]


def test_a_change_says_what_counted_the_mark_and_what_was_told_of_it(absent: SchoolDesk) -> None:
    absent.grow()
    correct(absent)
    correct(absent, P3="/*30 O*9 I")
    (one,) = [each for each in listed(absent)["changes"] if each["marks"]]
    mark = one["marks"][0]
    assert (mark["name"], mark["pupil_id"]) == ("Quill3 Thornapple3", "P3")
    run = next(spell for spell in mark["counted_in"] if spell["trigger"] == RUN)
    assert [(t["event"], t["with"], t["return_id"]) for t in run["told"]] == [
        ("opened", "return", absent.the_return().return_id),
        ("withdrawn", "summary", None),
    ]


def test_ordinary_nights_ask_for_a_few_weeks_and_once_a_week_for_the_year(
    school: SchoolDesk,
) -> None:
    school.grow(100)
    school.joined("return").run("collect")
    # The second day of term: far before the weeks that are read again every night.
    correct(school, P2="/ I /*38")
    assert [each["marks"] for each in listed(school)["changes"]] == []
    school.later(days=7)
    school.run("collect")
    (one,) = listed(school)["changes"]
    assert {m["date"] for m in one["marks"]} == {"2026-01-06"}


def test_an_export_of_the_last_weeks_is_judged_with_the_whole_year(absent: SchoolDesk) -> None:
    before = [m for m in absent.messages() if isinstance(m, wire.Summary)][-1]
    rows = absent.register.read_text().splitlines(keepends=True)
    recent = [row for row in rows[1:] if row.split(",")[6] >= "2026-02-02"]
    absent.register.write_text("".join([rows[0], *recent]))
    assert "notices: 0" in absent.run("collect").sentence
    after = [m for m in absent.messages() if isinstance(m, wire.Summary)][-1]
    assert after.totals == before.totals
    assert after.totals.possible == 3 * 40 * 2
    assert after.completeness == before.completeness


def test_what_disappears_changes_nothing_and_is_shown(absent: SchoolDesk) -> None:
    assert "notices: 0" in correct(absent, P3="/*30 O*5 -*5")
    (gone,) = listed(absent)["vanished"]
    assert (gone["pupil_id"], gone["marks"], gone["first"], gone["last"]) == (
        "P3",
        10,
        "2026-02-23",
        "2026-02-27",
    )
    correct(absent, P3=ABSENT)
    assert listed(absent)["vanished"] == []
    assert told(absent) == ["opened"]


def test_a_pupil_who_disappears_is_shown_with_the_day(absent: SchoolDesk) -> None:
    del absent.stories["P3"]
    correct(absent)
    (gone,) = listed(absent)["vanished"]
    assert (gone["name"], gone["pupil_gone_since"]) == ("Quill3 Thornapple3", "2026-02-27")
    last = [m for m in absent.messages() if isinstance(m, wire.Summary)][-1]
    assert last.totals.pupils == 3
    assert told(absent) == ["opened"]


def test_a_run_that_goes_on_is_told_once(absent: SchoolDesk) -> None:
    for days in range(1, 10):
        absent.later(days=3 if days % 5 == 1 else 1)
        correct(absent, P3=f"/*30 O*{10 + days}", **dict.fromkeys(("P1", "P2"), f"/*{40 + days}"))
    assert told(absent) == ["opened"]
    summaries = [m for m in absent.messages() if isinstance(m, wire.Summary)]
    (moved,) = [n for n in summaries[-1].standing if n.trigger == RUN]
    assert (moved.value, moved.sealed_identity) == (19, None)
    words = outbox_words(absent)[-2]
    assert "numbers of spells told before:" in words
    assert "1 “Ten school days in a row without permission”" in words


def outbox_words(school: SchoolDesk) -> list[str]:
    """What the outbox says of its messages, oldest first."""
    with school.open() as store:
        rows = store.read.execute("SELECT words FROM outbox ORDER BY epoch, seq").fetchall()
    return [row["words"] for row in rows]


def test_in_the_summer_a_read_of_weeks_without_a_mark_is_no_empty_register(
    absent: SchoolDesk,
) -> None:
    absent.later(days=35)
    assert absent.run("collect").exit_code == 0
    absent.later(days=1)
    assert absent.run("collect").exit_code == 0
    absent.stories = {"P1": "-*40"}
    absent.write()
    assert absent.run("collect").exit_code != 0


def test_the_hub_learns_which_marks_changed_and_no_code_that_may_not_leave(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.grow().stories["P3"] = ABSENT
    school.joined("return").run("collect")
    correct(school, P3="/*30 O*4 I O*5")
    school.run("deliver")
    live.work()
    scope = Scope.system()
    with live.db.read() as db:
        (one,) = hub.candidates(scope, db, hub.Filter("all", school.school_id), limit=9)
        spells = {each.trigger: each for each in hub.episodes(scope, db, one.id)}
    run = spells[RUN]
    assert run.state == "withdrawn"
    assert [(c.was.date, c.was.code, c.now.code, c.now.counts_as) for c in run.corrections] == [
        (date(2026, 2, 20), "O", None, "authorised")
    ] * 2
    # Nothing is decided for the officer: the pupil stays in the list, marked.
    assert (one.basis, one.state) == ("standing", "new")
    assert spells["penalty-window"].state == "open"


# What waits for a person.


def test_a_mass_change_waits_and_withdraws_nothing(absent: SchoolDesk) -> None:
    assert correct(absent, P3=ALWAYS).endswith("18 changed marks waiting for a person")
    assert told(absent) == ["opened"]
    (one,) = listed(absent)["changes"][:1]
    assert (one["state"], len(one["marks"])) == ("waiting", 18)
    # What is of today is still being made, and is taken over.
    assert {m["date"] for m in one["marks"]} >= {"2026-02-26"}
    assert "2026-02-27" not in {m["date"] for m in one["marks"]}


def test_status_and_doctor_say_that_a_person_is_waited_for(absent: SchoolDesk) -> None:
    correct(absent, P3=ALWAYS)
    (sentence,) = absent.status()["problems"]
    assert "A person is waited for: 18 marks are another one now" in sentence
    assert f"--home {absent.home} changes" in sentence
    configured(absent)
    place = absent.place
    rows = examine(place.config, [place.school], place.clock, place.random)
    (row,) = [each for each in rows if each["what"].endswith("changed marks")]
    assert (row["ok"], row["seen"]) == (False, "wait for a person")
    decide(absent, "accept")
    absent.run("collect")
    assert absent.status()["problems"] == []


def test_what_opens_goes_out_while_a_person_is_waited_for(absent: SchoolDesk) -> None:
    correct(absent, P3=ALWAYS, P2=ABSENT)
    returns = [m for m in absent.messages() if isinstance(m, wire.Return)]
    assert [n.event for n in returns[-1].notices] == ["opened"]
    assert told(absent) == ["opened", "opened"]


def test_accepting_lets_the_withdrawal_out_and_rejecting_keeps_the_marks(
    new_school: Callable[[], SchoolDesk],
) -> None:
    for verb, events in (("accept", ["opened", "withdrawn"]), ("reject", ["opened"])):
        school = new_school()
        school.stories["P3"] = ABSENT
        school.joined("return").run("collect")
        # A day later, so that the whole change is of the past.
        school.later(days=1)
        correct(school, P3=ALWAYS)
        assert decide(school, verb).startswith(f"20 changed marks {verb}ed by B. Quill.")
        for _ in range(3):
            school.run("collect")
        assert told(school) == events
        (one,) = listed(school)["changes"]
        assert (one["state"], one["decided_by"]) == (f"{verb}ed", "B. Quill")
        with pytest.raises(Refused, match="No changed mark"):
            decide(school, verb)


def test_what_was_rejected_is_asked_again_when_the_source_says_something_else(
    absent: SchoolDesk,
) -> None:
    absent.later(days=1)
    correct(absent, P3=ALWAYS)
    decide(absent, "reject")
    correct(absent)
    assert listed(absent)["waiting"] == 0
    correct(absent, P3="/*30 I*10")
    assert listed(absent)["waiting"] == 1
    assert {m["new"] for m in listed(absent)["changes"][0]["marks"]} == {"I"}
    # The source comes round to what was known: nothing waits, and the same mistake is asked anew.
    correct(absent, P3=ABSENT)
    assert listed(absent)["waiting"] == 0
    assert listed(absent)["changes"][0]["state"] == "taken back"
    correct(absent, P3=ALWAYS)
    assert listed(absent)["waiting"] == 1
    assert told(absent) == ["opened"]


def test_a_mark_that_waits_takes_the_newest_word_of_the_source(absent: SchoolDesk) -> None:
    absent.later(days=1)
    correct(absent, P3=ALWAYS)
    correct(absent, P3="/*30 I*10")
    (one,) = listed(absent)["changes"]
    assert {(m["old"], m["new"]) for m in one["marks"]} == {("O", "I")}


def test_one_set_of_several_is_decided_by_its_id(absent: SchoolDesk) -> None:
    absent.later(days=1)
    correct(absent, P3=ALWAYS)
    correct(absent, P2="I*20 /*20")
    # The second read found marks of January only when the year was read.
    absent.later(days=7)
    absent.run("collect")
    ids = [one["id"] for one in listed(absent)["changes"] if one["state"] == "waiting"]
    assert len(ids) == 2
    with pytest.raises(WrongUse, match="No change 99 waits"):
        decide(absent, "accept", "99")
    decide(absent, "accept", str(ids[0]))
    assert [one["id"] for one in listed(absent)["changes"] if one["state"] == "waiting"] == ids[1:]
    # While one still waits, nothing is withdrawn.
    absent.run("collect")
    assert told(absent) == ["opened"]


def test_a_name_is_held_while_the_marks_it_rests_on_wait(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT
    school.joined().run("collect")
    school.later(days=1)
    correct(school, P3=ALWAYS)
    with school.open() as store, store.write() as tx:
        registers.set_releases(tx, ("return",), "A. Head", school.now)
    school.run("collect")
    assert school.the_return().notices == ()
    decide(school, "reject")
    school.run("collect")
    named = [m for m in school.messages() if isinstance(m, wire.Return)][-1]
    assert [notice.sealed_identity is not None for notice in named.notices] == [True]


def test_a_decision_while_a_read_is_under_way_is_not_lost(absent: SchoolDesk) -> None:
    absent.later(days=1)
    correct(absent, P3=ALWAYS)

    def meanwhile(point: str) -> None:
        if point == "notices made":
            decide(absent, "accept")

    with absent.open() as store, pytest.raises(Refused, match="Someone decided"):
        collect(absent.desk(store), lambda: mis_of(absent.place), meanwhile)
    absent.run("collect")
    assert told(absent) == ["opened", "withdrawn"]


def test_names_stand_on_the_screen_and_not_in_what_may_be_logged(absent: SchoolDesk) -> None:
    configured(absent)
    absent.stories["P3"] = ALWAYS
    absent.write()
    outcome = absent.run("collect")
    assert "Thornapple" not in outcome.shared + outcome.sentence
    screen = printed("--home", str(absent.home), "changes")
    assert "2026-02-26 PM  O -> \\  Quill3 Thornapple3 (P3)  counted in " in screen
    assert f"{RUN} 2026-02-16 to 2026-02-27 (opened told on 2026-02-27 with a return)" in screen
    data = json.loads(printed("--home", str(absent.home), "changes", "--format", "json"))
    assert (data["urn"], data["waiting"]) == (absent.urn, 1)
    said = printed("--home", str(absent.home), "changes", "accept", "--by", "B. Quill")
    assert "accepted by B. Quill" in said
    assert f"linkwork-agent --home {absent.home} once --job collect" in said
