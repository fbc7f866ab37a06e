"""What `linkwork-hub candidates` prints."""

from __future__ import annotations

from datetime import date

from casework import OTHER, PUPIL, SYSTEM, Telling, notice, severe

from linkwork_hub.referrals import store
from linkwork_hub.referrals.commands import candidate_rows
from linkwork_hub.referrals.models import CandidateState


def test_candidates_are_printed_by_pseudonym_in_their_order(telling: Telling) -> None:
    telling.tell(severe(status="provisional"))
    telling.arrive(telling.return_of(notice()))
    with telling.school.db.read() as db:
        rows = candidate_rows(db, every=False)
    assert [row["pupil"] for row in rows] == [PUPIL, OTHER]
    assert {key: value for key, value in rows[0].items() if key != "id"} == {
        "urn": "900001",
        "pupil": PUPIL,
        "trigger": "continuous-unauthorised",
        "first": "2026-02-16",
        "last": "2026-02-27",
        "status": "confirmed",
        "reason": "10 school days in a row without leave, 16 to 27 February 2026, still absent",
    }
    assert rows[1]["status"] == "provisional"
    assert "Testina" not in str(rows)


def test_a_withdrawn_candidate_is_printed_as_such_and_a_finished_one_only_on_request(
    telling: Telling,
) -> None:
    telling.tell(notice(), severe())
    telling.tell(notice(event="withdrawn"), day=date(2026, 3, 2))
    with telling.school.db.write() as db:
        other = store.latest(SYSTEM, db, telling.school_id, OTHER)
        assert other is not None
        store.set_state(SYSTEM, db, other.id, CandidateState.NO_ACTION)
    with telling.school.db.read() as db:
        (row,) = candidate_rows(db, every=False)
        assert len(candidate_rows(db, every=True)) == 2
    assert row["status"] == "withdrawn"
