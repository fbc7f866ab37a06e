"""Programmes of group work: pupils by reference, sessions, a measure before and after."""

from __future__ import annotations

from fractions import Fraction

import pytest
from casework import HANDLERS
from hub_under_test import Browser
from hypothesis import given
from hypothesis import strategies as st
from southampton import CHILD, PSEUDONYM, SYSTEM, Service

from linkwork_hub.db import Role
from linkwork_hub.meetings import group_store, groups
from linkwork_hub.meetings.kinds import Measure
from linkwork_hub.meetings.work_models import GroupPupil
from linkwork_hub.referrals import store as referrals

OTHERS = tuple(f"p_{letter * 26}" for letter in "abcd")
BEGIN = {
    "kind": "attendance-group",
    "measure": "attendance",
    "first": "2026-03-02",
    "last": "2026-04-24",
    "about": "Six Monday mornings with breakfast",
}


def candidates(served: Service, number: int) -> list[str]:
    """More pupils to consider; the keys under which they can take part."""
    with served.hub.db.write() as db:
        day = served.hub.clock.now.date()
        made = [
            referrals.start(SYSTEM, db, served.school, one, "penalty-window", day, "x")
            for one in OTHERS[:number]
        ]
    return [f"pupil:{ident}" for ident in made]


def begin(served: Service, others: int = 3) -> str:
    pupils = [f"case:{served.case.id}", *candidates(served, others)]
    form = BEGIN | {"pupil": pupils}
    answer = served.officer.post(f"/groups/new/{served.school}", form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).split("#")[0]


def measure(served: Service, path: str, *pairs: tuple[str, str]) -> None:
    form: dict[str, str] = {}
    for number, (before, after) in enumerate(pairs):
        form |= {f"before-{number}": before, f"after-{number}": after}
    assert served.officer.post(f"{path}/measures", form).status_code == 303


@pytest.mark.serves("S51")
def test_a_programme_is_begun_held_measured_and_closed_with_its_outcome(served: Service) -> None:
    assert "Group work" in served.officer.get(f"/schools/{served.school}").text
    assert "No programme of group work was begun yet." in served.officer.get("/groups").text
    path = begin(served)
    page = served.officer.get(path).text
    assert "Attendance in the six school weeks before and after, in %; higher is better" in page
    assert "Pupil K3QX 7M2A" in page
    assert "Nobody is measured before and after yet." in page
    refused = served.officer.post(f"{path}/close", {"outcome": "Done"})
    assert "No session is recorded." in refused.text
    session = {"day": "2026-03-02", "came": "3"}
    assert served.officer.post(f"{path}/sessions", session).status_code == 303
    refused = served.officer.post(f"{path}/close", {"outcome": "Done"})
    assert "Nobody is measured before and after." in refused.text
    measure(served, path, ("80", "90"), ("75", "75"), ("60", "50"), ("70", ""))
    page = served.officer.get(path).text
    assert "Mean before: <strong>71.7 %</strong>, after: <strong>71.7 %</strong>" in page
    assert "1 better, 1 the same, 1 worse. 1 pupil not measured twice, and not counted." in page
    refused = served.officer.post(f"{path}/close", {"outcome": ""})
    assert "Write what came of it" in refused.text
    words = "Two came every week; one moved away in April."
    assert served.officer.post(f"{path}/close", {"outcome": words}).status_code == 303
    page = served.officer.get(path).text
    assert words in page
    assert "3 of 4" in page
    assert "Keep the measure" not in page
    late = served.officer.post(f"{path}/measures", {"before-0": "1", "after-0": "99"})
    assert "This programme is closed." in late.text
    assert "1 of 3 better" in served.officer.get(f"/groups?school={served.school}").text


def test_a_programme_names_nobody_and_its_words_are_sealed(served: Service) -> None:
    path = begin(served)
    served.person("Sam School", Role.SCHOOL, served.school)
    sam: Browser = served.sign_in("Sam School")
    for text in (sam.get(path).text, served.officer.get(path).text):
        assert CHILD.split()[0] not in text
        assert "Pupil K3QX 7M2A" in text
    assert "Six Monday mornings" not in sam.get(path).text
    with served.hub.db.read() as db:
        raw = str(db.conn.exec_driver_sql("SELECT * FROM group_programmes").fetchall())
    assert "Monday" not in raw
    elsewhere = served.hub.add_school("900002", "Ash Park")
    served.person("Orla Other", Role.SCHOOL, elsewhere)
    assert served.sign_in("Orla Other").get(path).status_code == 404
    assert sam.post(f"{path}/close", {"outcome": "x"}).status_code == 404


def test_what_is_missing_or_impossible_is_said_at_its_field(served: Service) -> None:
    wrong = {"kind": "", "measure": "", "first": "soon", "last": "2026-01-01"}
    page = served.officer.post(f"/groups/new/{served.school}", wrong).text
    for said in (
        "Choose what kind of group work.",
        "Choose what it is measured by.",
        "Write the first day like 2026-03-31.",
        "Choose the pupils who take part.",
    ):
        assert said in page
    early = {**BEGIN, "last": "2026-03-01", "pupil": [f"case:{served.case.id}"]}
    page = served.officer.post(f"/groups/new/{served.school}", early).text
    assert "Write a last day that is not before the first." in page
    path = begin(served)
    for form, said in (
        ({"day": "2026-03-09", "came": "2"}, "Write the day of the session"),
        ({"day": "2026-03-02", "came": "9"}, "Write how many came, from 0 to 4."),
    ):
        answer = served.officer.post(f"{path}/sessions", form)
        assert answer.status_code == 422
        assert said in answer.text
    answer = served.officer.post(f"{path}/measures", {"before-0": "101", "after-0": "9"})
    assert "Write whole numbers from 0 to 100" in answer.text
    assert 'value="101"' in answer.text, "what was typed stays"


def test_a_pupil_under_a_new_pseudonym_keeps_their_place_once(served: Service) -> None:
    path = begin(served)
    ident = path.removeprefix("/groups/")
    now = "p_" + "z" * 26
    with served.hub.db.write() as db:
        group_store.relink(SYSTEM, db, served.school, PSEUDONYM, now)
        group_store.relink(SYSTEM, db, served.school, OTHERS[0], now)
        programme = group_store.programme(SYSTEM, db, ident)
    assert programme is not None
    assert [one.pseudonym for one in programme.pupils] == [*OTHERS[1:3], now]
    assert "same-child" in HANDLERS


def test_the_same_day_again_corrects_a_session(served: Service) -> None:
    path = begin(served)
    for came in ("1", "2"):
        form = {"day": "2026-03-02", "came": came}
        assert served.officer.post(f"{path}/sessions", form).status_code == 303
    with served.hub.db.read() as db:
        programme = group_store.programme(SYSTEM, db, path.removeprefix("/groups/"))
    assert programme is not None
    assert [came for _day, came in programme.sessions] == [2]


FIGURE = st.one_of(st.none(), st.integers(0, 100))


@given(
    pupils=st.lists(st.tuples(FIGURE, FIGURE), max_size=30),
    better=st.sampled_from(["higher", "lower"]),
)
def test_every_pupil_counts_once_and_the_means_are_of_those_measured_twice(
    pupils: list[tuple[int | None, int | None]], better: str
) -> None:
    measure = Measure.model_validate({"id": "m", "name": "M", "unit": "%", "better": better})
    taking = [GroupPupil(f"p{n}", before, after) for n, (before, after) in enumerate(pupils)]
    came = groups.outcome(measure, taking)
    assert came.measured + came.unmeasured == len(pupils)
    assert came.better + came.same + came.worse == came.measured
    twice = [(b, a) for b, a in pupils if b is not None and a is not None]
    gained = sum(a > b for b, a in twice) if better == "higher" else sum(a < b for b, a in twice)
    assert came.better == gained
    if twice:
        assert came.after == Fraction(sum(a for _, a in twice), len(twice))
    else:
        assert (came.before, came.after) == (None, None)
        assert groups.in_words(came.after, "%") == "not known"


def test_a_mean_is_said_with_one_decimal_and_halves_go_up() -> None:
    assert groups.in_words(Fraction(875, 10), "%") == "87.5 %"
    assert groups.in_words(Fraction(1745, 20), "%") == "87.3 %"
    assert groups.in_words(Fraction(0), "late marks") == "0.0 late marks"
