"""Sickness leaves by its own route: named once, under the head's release, told in plain words."""

from __future__ import annotations

from live_hub import LiveHub
from school_desk import ALWAYS, SchoolDesk

from linkwork import wire
from linkwork.seal import identity_context, open_identity
from linkwork_hub.db import Scope
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import EpisodeState

SYSTEM = Scope.system()
FIFTEEN_DAYS = "/*25 I*15"


def sickness(school: SchoolDesk) -> list[wire.SicknessReturn]:
    """The sickness returns ever made, oldest first."""
    return [each for each in school.messages() if isinstance(each, wire.SicknessReturn)]


def test_fifteen_days_are_returned_by_name_and_stand_in_no_other_message(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.stories["P2"] = FIFTEEN_DAYS
    school.joined("return").run("collect")
    (message,) = sickness(school)
    (notice,) = message.notices
    assert (notice.trigger, notice.value, notice.event) == ("sickness", 30, "opened")
    assert notice.sealed_identity is not None
    (opener,) = live.keys.work.identities.values()
    context = identity_context(school.urn, notice.pseudonym)
    assert open_identity(notice.sealed_identity, opener, context).surname == "Thornapple2"
    others = [m for m in school.messages() if not isinstance(m, wire.SicknessReturn)]
    assert "sickness" not in {n.trigger for m in others for n in getattr(m, "notices", ())}
    assert all(mark.code is None for mark in notice.why)


def test_sent_says_it_in_plain_words(school: SchoolDesk) -> None:
    school.stories["P2"] = FIFTEEN_DAYS
    school.joined("return").run("collect")
    school.run("deliver")
    (line,) = [each for each in school.sent() if each["kind"] == "sickness-return"]
    assert line["words"].startswith(
        "Sickness return of 2026-02-27: 1 pupil ill for 15 school days, or expected to be; names"
    )
    assert "to those who arrange education for children who are ill" in line["words"]
    assert line["named"] == ["Quill2 Thornapple2"]


def test_the_hub_shows_it_on_its_own_list_and_makes_no_candidate(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.stories["P2"] = FIFTEEN_DAYS
    school.joined("return").run("collect")
    assert school.run("deliver").exit_code == 0
    live.work()
    with live.db.read() as db:
        (one,) = referrals.sicknesses(SYSTEM, db, "all", school.school_id, limit=9)
        chosen = referrals.Filter("all", school.school_id)
        pupils = {
            each.pseudonym: each for each in referrals.candidates(SYSTEM, db, chosen, limit=9)
        }
        name = referrals.names_of_the_sick(SYSTEM, db, [(one.school_id, one.pseudonym)])
    assert one.value == 30
    assert [each.surname for each in name.values()] == ["Thornapple2"]
    # Not seen for ten days is another matter, and does not know the name.
    assert {each.trigger for each in pupils.values()} <= {"not-seen"}
    assert not any(each.has_name for each in pupils.values())


def test_without_a_release_nothing_of_it_leaves_and_it_follows_with_the_release(
    school: SchoolDesk,
) -> None:
    school.stories["P2"] = FIFTEEN_DAYS
    school.joined().run("collect")
    assert sickness(school) == []
    school.join("return")
    school.run("collect")
    assert [len(message.notices) for message in sickness(school)] == [1]


def test_it_is_told_once_and_a_corrected_mark_takes_it_back_unnamed(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.grow().stories["P2"] = FIFTEEN_DAYS
    school.joined("return").run("collect")
    school.run("collect")
    assert len(sickness(school)) == 1
    school.stories["P2"] = "/*26 I*14"
    school.write()
    school.run("collect")
    _, taken_back = sickness(school)
    (notice,) = taken_back.notices
    assert (notice.event, notice.sealed_identity) == ("withdrawn", None)
    assert school.run("deliver").exit_code == 0
    live.work()
    with live.db.read() as db:
        (one,) = referrals.sicknesses(SYSTEM, db, "all", school.school_id, limit=9)
    assert one.standing is EpisodeState.WITHDRAWN


def test_fourteen_days_are_not_returned(school: SchoolDesk) -> None:
    school.stories["P2"] = "/*26 I*14"
    school.joined("return").run("collect")
    assert sickness(school) == []
    assert school.stories["P1"] == ALWAYS
