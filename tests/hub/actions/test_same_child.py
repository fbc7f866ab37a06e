"""Two pseudonyms of one child: linked once, audited, and never over the border of a school."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from casework import HANDLERS, OTHER, PUPIL, SYSTEM, Casework, Telling, notice, severe
from pydantic import ValidationError
from school_post import SchoolPost
from sqlalchemy import func, select

from linkwork.wire import SameChild, read_message
from linkwork_hub.access import store as access
from linkwork_hub.actions import store as actions
from linkwork_hub.actions.models import NewAction
from linkwork_hub.db import Database, metadata
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.referrals import store as referrals
from linkwork_hub.referrals.models import Candidate, CandidateState

NEW = "p_" + "n" * 26
TABLES = ("candidates", "episodes", "referrals", "identities", "cases", "actions")


def held(telling: Telling, pseudonym: str) -> dict[str, int]:
    """How many rows of each table are of a pupil; tables with none are left out."""
    with telling.school.db.read() as db:
        found = {}
        for name in TABLES:
            column = metadata.tables[name].c.pseudonym
            query = select(func.count()).where(column == pseudonym)
            found[name] = int(db.execute(query).scalar_one())
    return {name: count for name, count in found.items() if count}


def link(telling: Telling, was: str = PUPIL, now: str = NEW) -> SameChild:
    """The message of this school."""
    return SameChild(urn=telling.school.urn, was=was, now=now)


def refusals(telling: Telling) -> list[str]:
    """Why messages of the school were refused."""
    answer = telling.school.send(telling.school.heartbeat())
    return [each.reason for each in answer.refused]


def audited(telling: Telling) -> list[tuple[str, str]]:
    """The audit rows about linked pseudonyms."""
    with telling.school.db.read() as db:
        return [(e.record_id, e.why) for e in access.audit_entries(SYSTEM, db, kind="pupil")]


def test_everything_of_the_old_pseudonym_is_found_under_the_new(work: Casework) -> None:
    work.accepted()
    before = held(work, PUPIL)
    assert set(before) == {"candidates", "episodes", "referrals", "identities", "cases"}
    work.arrive(link(work))
    assert held(work, PUPIL) == {}
    assert held(work, NEW) == before
    assert work.case().pseudonym == NEW
    with work.hub.db.read() as db:
        assert referrals.name_of(SYSTEM, db, work.school_id, NEW) is not None
    assert audited(work) == [(NEW, f"records: {sum(before.values())}; before: {PUPIL}")]


def test_an_action_about_the_pupil_follows(work: Casework) -> None:
    with work.hub.db.write() as db:
        new = NewAction(
            school_id=work.school_id,
            what="Meet the family",
            who="school",
            due=date(2026, 3, 20),
            cause=("case", "cas_1"),
            agreed_on=date(2026, 3, 2),
            pseudonym=PUPIL,
        )
        actions.agree(SYSTEM, db, work.hub.keys.issuer, new, "E. Officer")
    work.arrive(link(work))
    assert held(work, PUPIL) == {}
    assert held(work, NEW) == {"actions": 1}


def test_a_spell_that_goes_on_stays_with_its_candidate(telling: Telling) -> None:
    telling.tell(notice())
    telling.arrive(link(telling))
    telling.tell(notice(event="continued", pseudonym=NEW, value=11))
    assert held(telling, NEW) == {"candidates": 1, "episodes": 1}


def test_another_pupil_of_the_school_is_left_alone(telling: Telling) -> None:
    telling.tell(notice(), severe())
    before = held(telling, OTHER)
    telling.arrive(link(telling))
    assert held(telling, OTHER) == before != {}


def test_the_same_message_again_changes_nothing_and_is_audited_once(telling: Telling) -> None:
    telling.tell(notice())
    envelope = telling.school.sealed(link(telling))
    for _ in range(3):
        telling.school.post(envelope)
        telling.school.work(HANDLERS)
    assert len(audited(telling)) == 1
    telling.arrive(link(telling))
    assert held(telling, NEW) == {"candidates": 1, "episodes": 1}
    assert audited(telling)[1] == (NEW, f"records: 0; before: {PUPIL}")


def test_where_both_pseudonyms_have_a_name_one_is_kept(telling: Telling) -> None:
    telling.arrive(telling.return_of(notice()))
    telling.arrive(telling.return_of(notice(episode="e9", pseudonym=NEW)))
    telling.arrive(link(telling))
    assert held(telling, NEW) == {"candidates": 1, "episodes": 2, "identities": 1}
    assert held(telling, PUPIL) == {}


def entries(telling: Telling) -> list[Candidate]:
    """What stands in the list of pupils to consider, of the pupil under the new pseudonym."""
    with telling.school.db.read() as db:
        found = referrals.candidates(SYSTEM, db, referrals.Filter("all"), limit=50)
    return [one for one in found if one.pseudonym == NEW]


def test_two_entries_of_one_child_become_one_with_both_histories(telling: Telling) -> None:
    telling.tell(notice())
    telling.tell(severe(pseudonym=NEW))
    assert len(entries(telling)) == 1
    telling.arrive(link(telling))
    (one,) = entries(telling)
    assert (one.weight.statutory, one.weight.severe) == (True, True)
    with telling.school.db.read() as db:
        assert len(referrals.episodes(SYSTEM, db, one.id)) == 2
        said = [event.what for event in referrals.events(SYSTEM, db, one.id)]
    assert said[0] == "Two entries of this pupil are one now"
    assert sum(what.startswith("Spell of absence began") for what in said) == 2


def test_the_entry_with_a_case_takes_the_other_in(work: Casework) -> None:
    case = work.accepted()
    work.tell(severe(pseudonym=NEW))
    work.arrive(link(work))
    (one,) = entries(work)
    assert one.id == case.candidate_id
    assert one.state is CandidateState.CASE
    assert work.officer.get(f"/pupils/{one.id}").status_code == 200


def test_two_entries_with_a_case_each_stay_and_lead_to_one_another(work: Casework) -> None:
    work.accepted()
    work.arrive(work.return_of(notice(episode="e9", pseudonym=NEW)))
    work.arrive(work.referral(pseudonym=NEW))
    (made,) = {
        part.split('"')[0]
        for part in work.officer.get("/referrals").text.split('href="')[1:]
        if part.startswith("/referrals/ref_")
    }
    assert work.officer.post(f"{made}/accept").status_code == 303
    work.arrive(link(work))
    first, second = entries(work)
    assert f'href="/pupils/{second.id}"' in work.officer.get(f"/pupils/{first.id}").text
    assert f'href="/pupils/{first.id}"' in work.officer.get(f"/pupils/{second.id}").text


@pytest.fixture
def neighbour(telling: Telling, database: Database, hub_keys: HubKeys) -> Telling:
    """Another school of the same hub."""
    return Telling(SchoolPost(database, hub_keys, urn="900002", seed=b"b" * 32).joined())


def test_a_pupil_of_another_school_is_not_linked(telling: Telling, neighbour: Telling) -> None:
    telling.tell(notice())
    before = held(telling, PUPIL)
    neighbour.arrive(link(neighbour))
    assert held(telling, PUPIL) == before
    assert held(telling, NEW) == {}
    assert refusals(neighbour) == [
        "The pseudonym is that of a pupil of another school. Nothing was linked."
    ]
    assert audited(telling) == []


def test_a_message_in_another_schools_name_is_refused(telling: Telling, neighbour: Telling) -> None:
    telling.tell(notice())
    neighbour.arrive(link(telling))
    assert held(telling, NEW) == {}
    assert "speaks of another school" in refusals(neighbour)[0]


def test_one_pseudonym_at_two_schools_is_linked_at_the_one_that_says_so(
    telling: Telling, neighbour: Telling
) -> None:
    """A child at both schools has one pseudonym from the UPN; what each holds is its own."""
    for school, episode in ((telling, "e1"), (neighbour, "e2")):
        school.tell(notice(episode=episode))
    telling.arrive(link(telling))
    assert held(telling, NEW) == held(telling, PUPIL) == {"candidates": 1, "episodes": 1}


def test_a_message_that_was_tampered_with_is_not_stored(telling: Telling) -> None:
    telling.tell(notice())
    envelope = bytearray(telling.school.sealed(link(telling)))
    envelope[-1] ^= 1
    assert telling.school.post(bytes(envelope)).status >= 400
    telling.school.work(HANDLERS)
    assert held(telling, NEW) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"was": "Wren Larkspur"},
        {"now": PUPIL},
        {"now": "p_SHORT"},
        {"name": "Wren Larkspur"},
        {"was": PUPIL + "\n"},
    ],
)
def test_the_message_holds_two_pseudonyms_and_nothing_else(change: dict[str, Any]) -> None:
    fields = {"kind": "same-child", "v": 1, "urn": "100001", "was": PUPIL, "now": NEW}
    right = SameChild.model_validate(fields).to_bytes()
    assert read_message(right) == SameChild(urn="100001", was=PUPIL, now=NEW)
    with pytest.raises(ValidationError) as refused:
        SameChild.model_validate(fields | change)
    assert "Larkspur" not in str(refused.value)
