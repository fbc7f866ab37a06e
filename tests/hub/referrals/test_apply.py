"""What schools send becomes candidates, returns and referrals, once, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

from casework import (
    EVIDENCE,
    HANDLERS,
    OTHER,
    PUPIL,
    SYSTEM,
    TEN_DAYS,
    Telling,
    identity,
    marks,
    notice,
    severe,
)
from sqlalchemy import func, select

from linkwork_hub.db import Tx, metadata
from linkwork_hub.referrals import store
from linkwork_hub.referrals.models import (
    Basis,
    Candidate,
    CandidateState,
    EpisodeState,
    ReferralState,
    ReturnMade,
)

MONDAY = date(2026, 3, 2)


def candidates(telling: Telling) -> list[Candidate]:
    with telling.school.db.read() as db:
        return store.candidates(SYSTEM, db, store.Filter("all"), limit=50)


def returns(telling: Telling) -> list[ReturnMade]:
    with telling.school.db.read() as db:
        return store.returns(SYSTEM, db, limit=50)


def rows(db: Tx) -> dict[str, int]:
    """How many rows each table of this domain holds."""
    kept = ("summaries", "candidates", "episodes", "candidate_events", "identities", "returns",
            "return_pupils", "referrals", "referral_evidence", "requests")  # fmt: skip
    return {
        name: db.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one()
        for name in kept
    }


def test_a_notice_makes_one_candidate_with_its_reason(telling: Telling) -> None:
    telling.tell(notice())
    (one,) = candidates(telling)
    assert one.reason.startswith("10 school days in a row without leave, 16 to 27 February 2026")
    assert (one.pseudonym, one.state, one.basis) == (PUPIL, CandidateState.NEW, Basis.STANDING)
    assert not one.has_name


def test_two_spells_of_one_pupil_are_one_candidate(telling: Telling) -> None:
    telling.tell(notice(), severe(pseudonym=PUPIL))
    (one,) = candidates(telling)
    assert (one.weight.statutory, one.weight.severe, one.weight.sessions) == (True, True, 66)
    with telling.school.db.read() as db:
        assert len(store.episodes(SYSTEM, db, one.id)) == 2


def test_a_duty_of_sessions_is_shown_as_due_until_its_last_day_is_history(
    telling: Telling,
) -> None:
    irregular = notice(trigger="irregular", unit="sessions", value=20, possible=100, threshold=20)
    telling.arrive(telling.return_of(irregular))
    (one,) = candidates(telling)
    assert one.weight.statutory
    telling.tell(day=MONDAY)
    assert candidates(telling)[0].weight.statutory
    # The next return is for later days: of a spell that is over by then nothing is owed any more.
    telling.arrive(telling.return_of(day=MONDAY))
    assert not candidates(telling)[0].weight.statutory


def test_the_legal_duty_comes_first_then_severe_then_the_most_sessions(telling: Telling) -> None:
    third = notice(episode="e3", pseudonym="p_" + "c" * 26, trigger="penalty-window",
                   statutory=False, unit="sessions", value=40)  # fmt: skip
    telling.tell(third, severe(), notice())
    assert [one.pseudonym for one in candidates(telling)] == [PUPIL, OTHER, third.pseudonym]


def test_the_same_messages_again_change_nothing(telling: Telling) -> None:
    summary = telling.school.summary().model_copy(update={"notices": (notice(), severe())})
    messages = [summary, telling.return_of(notice()), telling.referral()]
    for message in messages:
        telling.arrive(message)
    with telling.school.db.read() as db:
        before, told = rows(db), store.candidates(SYSTEM, db, store.Filter("all"), limit=9)
    for message in messages:
        telling.arrive(message)
    with telling.school.db.read() as db:
        assert rows(db) == before
        assert store.candidates(SYSTEM, db, store.Filter("all"), limit=9) == told
    # The counting can fail: a message that says something new is kept.
    telling.arrive(telling.return_of())
    with telling.school.db.read() as db:
        assert rows(db) != before


def test_a_day_more_moves_the_numbers_and_is_no_line_of_the_history(telling: Telling) -> None:
    telling.tell(notice())
    eleven = (*TEN_DAYS, MONDAY)
    longer = notice(event="continued", value=11, last=MONDAY, why=marks(eleven))
    summary = telling.school.summary(MONDAY).model_copy(update={"standing": (longer,)})
    telling.arrive(summary)
    (one,) = candidates(telling)
    assert one.reason.startswith("11 school days in a row")
    with telling.school.db.read() as db:
        assert len(store.events(SYSTEM, db, one.id)) == 1
        (spell,) = store.episodes(SYSTEM, db, one.id)
    assert len(spell.marks) == 22
    # Of a spell that is over, or that nobody was told of, numbers alone change nothing.
    telling.tell(notice(event="withdrawn"), day=MONDAY)
    unknown = notice(episode="e77", event="continued")
    telling.arrive(summary.model_copy(update={"as_of": TEN_DAYS[0], "standing": (longer, unknown)}))
    with telling.school.db.read() as db:
        (spell,) = store.episodes(SYSTEM, db, one.id)
    assert spell.state is EpisodeState.WITHDRAWN


def test_a_withdrawn_spell_leaves_the_candidate_and_says_so(telling: Telling) -> None:
    telling.tell(notice())
    telling.tell(notice(event="withdrawn"), day=TEN_DAYS[-1] + timedelta(days=3))
    (one,) = candidates(telling)
    assert one.basis is Basis.WITHDRAWN
    assert one.state is CandidateState.NEW
    with telling.school.db.read() as db:
        assert store.count(SYSTEM, db, store.Filter("consider")) == 0
        assert store.count(SYSTEM, db, store.Filter("withdrawn")) == 1
        assert "no longer counts" in store.events(SYSTEM, db, one.id)[0].what


def test_a_spell_that_ended_stays_to_be_considered(telling: Telling) -> None:
    telling.tell(notice())
    telling.tell(notice(event="ended", ended=MONDAY), day=MONDAY)
    (one,) = candidates(telling)
    assert one.basis is Basis.ENDED
    assert "ended on 2 March 2026" in one.reason


def test_a_provisional_spell_is_confirmed_in_place(telling: Telling) -> None:
    telling.tell(notice(status="provisional", why=marks(code="N")))
    assert candidates(telling)[0].status == "provisional"
    telling.tell(notice(event="confirmed"), day=MONDAY)
    (one,) = candidates(telling)
    assert one.status == "confirmed"


def test_the_groups_of_the_list_count_what_they_hold(telling: Telling) -> None:
    telling.tell(notice(), severe(), notice(episode="e3", pseudonym="p_" + "c" * 26))
    telling.tell(severe(event="withdrawn"), day=MONDAY)
    with telling.school.db.write() as db:
        store.set_state(SYSTEM, db, candidates(telling)[0].id, CandidateState.MEETING)
        numbers = store.counts(SYSTEM, db)
        assert numbers == {key: store.count(SYSTEM, db, store.Filter(key)) for key in numbers}
    assert (numbers["consider"], numbers["meeting"], numbers["withdrawn"]) == (1, 1, 1)


def test_a_new_spell_after_no_further_action_is_a_new_candidate(telling: Telling) -> None:
    telling.tell(notice())
    with telling.school.db.write() as db:
        store.set_state(SYSTEM, db, candidates(telling)[0].id, CandidateState.NO_ACTION)
    telling.tell(notice(episode="e9"), day=MONDAY)
    states = {one.state for one in candidates(telling)}
    assert states == {CandidateState.NO_ACTION, CandidateState.NEW}


def test_no_further_action_does_not_last_when_the_absence_doubles(telling: Telling) -> None:
    telling.tell(notice())
    with telling.school.db.write() as db:
        store.set_state(SYSTEM, db, candidates(telling)[0].id, CandidateState.NO_ACTION)
    longer = [TEN_DAYS[0] + timedelta(days=n) for n in range(40) if n % 7 < 5]
    telling.tell(notice(event="continued", value=19, why=marks(longer[:19])), day=MONDAY)
    assert candidates(telling)[0].state is CandidateState.NO_ACTION
    telling.tell(notice(event="continued", value=20, why=marks(longer[:20])), day=MONDAY)
    assert candidates(telling)[0].state is CandidateState.NEW


def test_a_return_names_its_pupils_by_the_law(telling: Telling) -> None:
    telling.arrive(telling.return_of(notice()))
    (one,) = candidates(telling)
    assert one.has_name
    with telling.school.db.read() as db:
        name = store.name_of(SYSTEM, db, one.school_id, PUPIL)
    assert name is not None
    assert (name.full, name.basis, name.since) == (
        "Testina Example",
        "statutory return",
        TEN_DAYS[-1],
    )
    assert name.date_of_birth == identity().date_of_birth
    assert name.address == "1 Nowhere Lane, ZZ1 1ZZ"
    assert name.contacts == (
        "Parent Example, mother, parental responsibility, lives with the pupil, 01632 960001",
    )


def test_the_history_tells_each_thing_once_whichever_message_brought_it(
    telling: Telling,
) -> None:
    telling.arrive(telling.return_of(notice()))
    telling.tell(notice())
    (one,) = candidates(telling)
    with telling.school.db.read() as db:
        said = [event.what for event in store.events(SYSTEM, db, one.id)]
    assert said == [
        "Named in the school's return for 27 February 2026",
        f"Spell of absence began to count: {one.reason}",
    ]


def test_a_collection_alone_names_nobody(telling: Telling) -> None:
    telling.tell(notice())
    with telling.school.db.read() as db:
        assert store.name_of(SYSTEM, db, telling.school_id, PUPIL) is None


def test_no_part_of_a_name_lies_in_the_database_in_clear(telling: Telling) -> None:
    telling.arrive(telling.return_of(notice()))
    with telling.school.db.read() as db:
        kept = [
            str(row) for name in metadata.tables for row in db.all(metadata.tables[name].select())
        ]
    everything = "\n".join(kept)
    for secret in ("Testina", "Nowhere", "01632", "A999000000001", "2013-05-04"):
        assert secret not in everything
    # The search can fail: what is not identifying is found.
    assert PUPIL in everything


def test_a_nil_return_is_kept_as_a_return_of_nobody(telling: Telling) -> None:
    telling.arrive(telling.return_of())
    (made,) = returns(telling)
    assert (made.pupils, made.first, made.released_by) == (0, TEN_DAYS[-1], "Head Example")
    assert candidates(telling) == []


def test_a_name_sealed_for_another_pupil_is_refused_whole(telling: Telling) -> None:
    foreign = telling.return_of(notice())
    swapped = foreign.notices[0].model_copy(update={"pseudonym": OTHER})
    telling.arrive(foreign.model_copy(update={"notices": (swapped,)}))
    assert returns(telling) == []
    assert candidates(telling) == []


def test_a_referral_answers_the_request_and_keeps_its_evidence(telling: Telling) -> None:
    telling.tell(notice())
    telling.arrive(telling.referral())
    with telling.school.db.read() as db:
        (listed,) = store.referrals(SYSTEM, db, ReferralState.RECEIVED, limit=9)
        made = store.referral(SYSTEM, db, listed.id)
        candidate = store.candidate(SYSTEM, db, listed.candidate_id)
    assert made is not None
    assert candidate is not None
    assert [(e.item, e.done, e.by) for e in made.evidence] == [
        (e.item, e.done, e.by) for e in EVIDENCE
    ]
    assert made.reason == "We cannot reach the family."
    assert candidate.state is CandidateState.REFERRED
    assert candidate.reason.startswith("10 school days")


def test_a_referral_without_any_spell_makes_its_own_candidate(telling: Telling) -> None:
    telling.arrive(telling.referral(pseudonym=OTHER))
    (one,) = candidates(telling)
    assert one.reason == "Referred by the school on 2 March 2026"
    assert (one.basis, one.has_name) == (Basis.STANDING, True)


def test_a_message_of_one_school_never_reaches_a_spell_of_another(telling: Telling) -> None:
    telling.tell(notice())
    neighbour = Telling(type(telling.school)(telling.school.db, telling.school.keys, urn="900002",
                                             seed=b"b" * 32).joined())  # fmt: skip
    neighbour.tell(notice(event="withdrawn"))
    by_school = {one.school_id: one.basis for one in candidates(telling)}
    assert by_school == {
        telling.school_id: Basis.STANDING,
        neighbour.school_id: Basis.WITHDRAWN,
    }


def test_every_kind_of_message_about_pupils_has_a_handler() -> None:
    from linkwork_hub import app

    assert dict(app.HANDLERS) == dict(HANDLERS)
