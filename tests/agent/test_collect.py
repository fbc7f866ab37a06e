"""From register files to messages in the outbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from school_desk import ALWAYS, SchoolDesk

from linkwork import wire
from linkwork.errors import Refused
from linkwork.seal import identity_context, open_identity
from linkwork_agent.collect import collect
from linkwork_agent.store import base, outbox, registers
from linkwork_agent.work import Place, mis_of, run_job

ABSENT_TEN_DAYS = "/*30 O*10"
WAITS_FOR_A_REASON = "/*30 O*9 N"


def identities(school: SchoolDesk, message: wire.Return) -> list[wire.Identity]:
    """Who is named on a return, opened with the authority's identity key."""
    (opener,) = school.hub.keys.work.identities.values()
    return [
        open_identity(
            notice.sealed_identity, opener, identity_context(school.urn, notice.pseudonym)
        )
        for notice in message.notices
        if notice.sealed_identity is not None
    ]


def test_a_day_without_anyone_to_notify_makes_a_nil_return(school: SchoolDesk) -> None:
    school.joined("return").run("collect")
    assert school.the_return().notices == ()
    assert (school.the_return().first, school.the_return().last) == (school.now.date(),) * 2


def test_a_pupil_to_notify_is_named_on_the_return_with_contacts(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    (who,) = identities(school, school.the_return())
    assert (who.pupil_id, who.surname) == ("P3", "Thornapple3")
    assert who.contacts[0].address is not None
    assert who.contacts[0].address.postcode == "ZZ9 9ZZ"


def test_a_name_stands_nowhere_but_in_the_sealed_identity(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    with school.open() as store:
        bodies = b"".join(r["body"] for r in store.read.execute("SELECT body FROM outbox"))
    assert b"Thornapple" not in bodies
    assert b'"P3"' not in bodies
    assert b"Thistle" not in bodies


def test_a_return_that_waits_for_a_reason_is_sent_that_day_and_says_so(school: SchoolDesk) -> None:
    school.stories["P3"] = WAITS_FOR_A_REASON
    school.joined("return").run("collect")
    (notice,) = school.the_return().notices
    assert notice.status == "provisional"
    school.run("deliver")
    assert any("1 of them provisional" in row["words"] for row in school.sent())


def test_what_left_is_told_in_the_policys_words_and_not_by_the_names_of_its_rules(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    school.run("deliver")
    said = " ".join(row["words"] for row in school.sent())
    assert "Return of 2026-02-27: 1 “Ten school days in a row without permission”" in said
    assert "1 “Not seen in school for ten school days”" in said
    for rule in ("continuous-unauthorised", "not-seen", "penalty-window"):
        assert rule not in said


def test_without_a_release_the_return_is_held_and_status_says_so(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined().run("collect")
    assert not [m for m in school.messages() if isinstance(m, wire.Return)]
    assert any("Returns are held" in line for line in school.status()["problems"])
    (summary,) = [m for m in school.messages() if isinstance(m, wire.Summary)]
    assert all(notice.sealed_identity is None for notice in summary.notices)
    assert "continuous-unauthorised" in {notice.trigger for notice in summary.notices}


def test_a_held_return_leaves_with_the_names_once_the_head_releases_it(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined().run("collect")
    with school.open() as store, store.write() as tx:
        registers.set_releases(tx, ("return",), "A. Head", school.now)
    school.run("collect")
    assert [who.pupil_id for who in identities(school, school.the_return())] == ["P3"]
    with school.open() as store:
        assert registers.held(store.read) == []


def test_a_held_notice_that_was_withdrawn_is_never_named(school: SchoolDesk) -> None:
    school.grow().stories["P3"] = ABSENT_TEN_DAYS
    school.joined().run("collect")
    school.stories["P3"] = ALWAYS
    school.write()
    school.run("collect")
    with school.open() as store, store.write() as tx:
        registers.set_releases(tx, ("return",), "A. Head", school.now)
    school.run("collect")
    assert school.the_return().notices == ()


def test_a_spell_that_still_runs_is_named_though_its_last_marks_are_missing(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = "/*28 O*10 -*2"
    school.joined("return").run("collect")
    assert [who.pupil_id for who in identities(school, school.the_return())] == ["P3"]


def test_contacts_are_read_only_of_pupils_on_the_return(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return")
    # Contacts of the others cannot be read at all: nobody may ask for them.
    contacts = school.home / "contacts.csv"
    lines = contacts.read_text().splitlines()
    contacts.write_text("\n".join([lines[0], *(line for line in lines if line.startswith("P3"))]))
    assert school.run("collect").exit_code == 0
    assert [who.pupil_id for who in identities(school, school.the_return())] == ["P3"]


def test_a_school_without_contacts_still_makes_its_return_and_says_so(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return")
    place = school.place
    bare = place.school._replace(settings={"path": "register.csv"})
    config = place.config._replace(schools=(bare,))
    outcome = run_job(Place(config, bare, place.clock, place.random), "collect")
    assert outcome is not None
    assert outcome.exit_code == 0
    (who,) = identities(school, school.the_return())
    assert who.contacts_unavailable


def test_a_second_collection_of_the_day_makes_a_return_only_for_something_new(
    school: SchoolDesk,
) -> None:
    school.joined("return").run("collect")
    school.run("collect")
    assert len([m for m in school.messages() if isinstance(m, wire.Return)]) == 1
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.write()
    school.run("collect")
    assert len([m for m in school.messages() if isinstance(m, wire.Return)]) == 2


def test_a_spell_that_was_told_is_not_told_again(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    assert school.run("collect").sentence.endswith(
        "notices: 0; today's return was made before and nothing is new"
    )


def test_corrected_marks_withdraw_the_spell(school: SchoolDesk) -> None:
    school.grow().stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    school.stories["P3"] = ALWAYS
    school.write()
    school.run("collect")
    told = [m for m in school.messages() if isinstance(m, wire.Return | wire.Summary)]
    events = [
        (message.kind, notice.event)
        for message in told
        for notice in message.notices
        if notice.trigger == "continuous-unauthorised"
    ]
    assert events == [("return", "opened"), ("summary", "withdrawn")]


def test_a_spell_that_was_over_before_the_school_joined_leaves_without_a_name(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = "/*20 O*10 /*10"
    school.joined("return").run("collect")
    assert school.the_return().notices == ()
    (summary,) = [m for m in school.messages() if isinstance(m, wire.Summary)]
    (notice,) = [n for n in summary.notices if n.trigger == "continuous-unauthorised"]
    assert notice.ended is not None
    assert notice.sealed_identity is None


def test_a_pupil_who_disappears_from_the_register_withdraws_nothing(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    del school.stories["P3"]
    school.write()
    assert "notices: 0" in school.run("collect").sentence


def test_a_pupil_keeps_the_pseudonym_when_the_school_system_renumbers(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    text = school.register.read_text().replace("P3,", "X9,")
    school.register.write_text(text)
    assert "notices: 0" in school.run("collect").sentence
    with school.open() as store:
        assert {known.mis_id for known in registers.known_pupils(store.read)} >= {"X9"}


def test_a_pupil_without_a_upn_keeps_one_random_pseudonym(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.without_upn.add("P3")
    school.joined("return").run("collect")
    school.run("collect")
    with school.open() as store:
        found = [known for known in registers.known_pupils(store.read) if known.mis_id == "P3"]
    assert len(found) == 1
    assert found[0].upn is None


def test_two_schools_know_one_child_by_the_same_pseudonym(
    new_school: Callable[[], SchoolDesk], school: SchoolDesk
) -> None:
    other = new_school()
    for each in (school, other):
        each.joined("return").run("collect")
    names = []
    for each in (school, other):
        with each.open() as store:
            names.append({known.pseudonym for known in registers.known_pupils(store.read)})
    assert names[0] == names[1]


def test_a_bad_mark_is_named_by_file_row_and_column_and_nothing_is_sent(
    school: SchoolDesk,
) -> None:
    school.joined("return").run("collect")
    before = len(school.messages())
    school.register.write_text(school.register.read_text().replace("2026-01-06,AM", "06/01,AM", 1))
    outcome = school.run("collect")
    assert outcome.exit_code == 3
    assert "register.csv, row 4, column date" in outcome.sentence
    assert len(school.messages()) == before
    assert outcome.sentence in school.status()["problems"]
    assert school.status()["last_read"] == school.now.isoformat()


def test_a_mended_register_ends_the_problem(school: SchoolDesk) -> None:
    school.joined("return")
    school.register.write_text("pupil_id,date\n")
    assert school.run("collect").exit_code == 3
    school.write()
    school.run("collect")
    assert school.status()["problems"] == []


def test_an_empty_register_is_an_error_and_not_a_school_of_absent_pupils(
    school: SchoolDesk,
) -> None:
    school.stories = {"P1": "-*40"}
    school.joined("return")
    outcome = school.run("collect")
    assert outcome.exit_code != 0
    assert school.messages() == []


def test_the_part_of_a_problem_that_may_leave_names_no_value(school: SchoolDesk) -> None:
    school.joined("return")
    text = school.register.read_text().replace("Thornapple2", "Thornapple2\x00", 1)
    school.register.write_text(text)
    outcome = school.run("collect")
    assert outcome.exit_code == 3
    assert "Thornapple" not in outcome.shared
    assert "row " in outcome.shared
    # A school may have named the file after a pupil.
    assert "register.csv" not in outcome.shared
    assert "register.csv" in outcome.sentence


def test_an_unknown_code_is_named_with_its_place_and_nothing_is_sent(school: SchoolDesk) -> None:
    school.joined("return").run("collect")
    before = len(school.messages())
    school.stories["P3"] = "/*39 Q9"
    school.write()
    outcome = school.run("collect")
    assert outcome.exit_code == 3
    assert "register.csv, row " in outcome.sentence
    assert "column code: Q9 is no attendance code of " in outcome.sentence
    assert "or say what it means in [codes]: Q9 = " in outcome.sentence
    assert school.status()["problems"] == [outcome.sentence]
    assert "Q9" not in outcome.shared
    assert len(school.messages()) == before


def test_before_the_authority_confirms_nothing_is_read(school: SchoolDesk) -> None:
    school.write()
    school.join("return")
    school.register.unlink()
    outcome = school.run("collect")
    assert "has not confirmed" in outcome.sentence
    assert outcome.exit_code == 1


def test_a_clock_that_fell_behind_the_hub_stops_the_judging(school: SchoolDesk) -> None:
    school.joined("return")
    school.now = school.now.replace(year=2024)
    outcome = school.run("collect")
    assert "clock" in outcome.sentence
    assert outcome.exit_code == 2


def test_two_collections_at_once_tell_everything_once(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return")

    def second(point: str) -> None:
        if point == "notices made":
            school.run("collect")

    with school.open() as store, pytest.raises(Refused, match="Another collection finished"):
        collect(school.desk(store), lambda: mis_of(school.place), second)
    assert len([m for m in school.messages() if isinstance(m, wire.Return)]) == 1
    with school.open() as store:
        assert outbox.next_place(store.read).seq == 3
        assert base.text(store.read, "return_through") == school.now.date().isoformat()


def test_two_grounds_on_one_day_name_a_pupil_once(school: SchoolDesk) -> None:
    school.stories["P3"] = ABSENT_TEN_DAYS
    school.joined("return").run("collect")
    # Ten days in a row are irregular attendance as well: that goes by pseudonym.
    assert [notice.trigger for notice in school.the_return().notices] == ["continuous-unauthorised"]
    (summary,) = [m for m in school.messages() if isinstance(m, wire.Summary)]
    assert "irregular" in {notice.trigger for notice in summary.notices}


def test_prompts_stay_at_the_desk_and_sickness_leaves_by_its_own_route(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = "I*20 /*5 N*3 O*2 L+\\*10"
    school.joined("return").run("collect")
    told = {
        (type(m).__name__, notice.trigger)
        for m in school.messages()
        for notice in getattr(m, "notices", ())
    }
    assert ("SicknessReturn", "sickness") in told
    prompts = {"first-day", "third-day", "sickness-prompt", "late-pattern"}
    assert not {trigger for _, trigger in told} & prompts
    assert [kind for kind, trigger in told if trigger == "sickness"] == ["SicknessReturn"]
