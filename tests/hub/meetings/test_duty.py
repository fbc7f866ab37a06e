"""The duty rota: filled in rotation, swapped, its gaps seen; what nobody has goes there."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hub_under_test import Browser, HubUnderTest
from hypothesis import given
from hypothesis import strategies as st
from southampton import SYSTEM, Service
from sqlalchemy import select

from linkwork_hub.access import duty_store
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SLOTS, Person
from linkwork_hub.db import Role
from linkwork_hub.meetings import diary_store, duty, rota
from linkwork_hub.meetings.diary_imports import whole_days
from linkwork_hub.meetings.kinds import MeetingRules, read_rules
from linkwork_hub.meetings.work_tables import queries

TODAY = date(2026, 3, 2)
QUESTION = "May the family of the boy with the blue coat move?"


def rules(served: Service) -> MeetingRules:
    return read_rules(served.hub.profile.section("meetings"), file="southampton.toml")


def fill(served: Service, *officers: str) -> None:
    form = {"term": "Spring 2026", "officer": list(officers)}
    answer = served.manager.post("/meetings/duty", form)
    assert answer.status_code == 303, answer.text


def on_duty(served: Service, day: date) -> str | None:
    with served.hub.db.read() as db:
        return duty_store.on_duty(SYSTEM, db, day)


def away(served: Service, person: str, day: date, kind: str = "sickness") -> None:
    with served.hub.db.write() as db:
        diary_store.add_entry(SYSTEM, db, person, kind, whole_days(day, day))


def ask(served: Service, who: Browser, school: str = "") -> str:
    """Ask, and what the next page says of who has it."""
    answer = who.post("/queries", {"school": school or served.school, "text": QUESTION})
    assert answer.status_code == 303, answer.text
    return who.get("/queries").text


@pytest.mark.serves("S37")
def test_a_term_is_filled_and_a_question_nobody_has_lands_with_the_duty_officer(
    served: Service,
) -> None:
    dora, dan = served.person("Dora Duty"), served.person("Dan Daily")
    orphan = served.hub.add_school("900002", "Ash Park")
    fill(served, dora, dan)
    with served.hub.db.read() as db:
        made = duty.term_rota(SYSTEM, db, rules(served), "Spring 2026")
    ahead = [one for one in made.days if one.day >= TODAY]
    assert {one.day for one in ahead} == {
        TODAY + timedelta(days=n) for n in range(26) if (TODAY + timedelta(days=n)).weekday() < 5
    }, "every day of term, and none beside"
    assert all(one.officer_id and not one.gap for one in ahead)
    shared = Counter(one.officer_id for one in ahead)
    assert abs(shared[dora] - shared[dan]) <= 1

    served.person("Sam School", Role.SCHOOL, served.school)
    served.person("Orla Orphan", Role.SCHOOL, orphan)
    sam, orla = served.sign_in("Sam School"), served.sign_in("Orla Orphan")
    today = {dora: "Dora Duty", dan: "Dan Daily"}[str(on_duty(served, TODAY))]
    assert today in orla.get("/").text
    assert "With Olive Link." in ask(served, sam), "a school with a link officer keeps to them"
    said = ask(served, orla, orphan)
    assert f"With {today}. The school has no link officer: it is with the duty officer" in said
    away(served, served.officer_id, TODAY)
    assert f"With {today}. Olive Link, its link officer, is away" in ask(served, sam)

    officer = served.sign_in(today)
    home = officer.get("/").text
    assert "You are on duty today" in home
    assert "3 questions to answer" in home, "those asked of Olive before she fell ill as well"
    assert "Fernhill Primary: 1 pupil" in home, "her pupils to consider, too"
    page = officer.get("/queries").text
    assert QUESTION in page
    ident = page.split('action="/queries/')[1].split("/")[0]
    answered = officer.post(f"/queries/{ident}/answer", {"answer": "Yes, ring me."})
    assert answered.status_code == 303
    texts = sam.get("/queries").text + orla.get("/queries").text
    assert "Yes, ring me." in texts


def test_whoever_is_on_duty_reaches_every_school_on_that_day_alone(served: Service) -> None:
    dora = served.person("Dora Duty")
    officer = served.sign_in("Dora Duty")
    page = f"/schools/{served.school}"
    assert officer.get(page).status_code == 404
    with served.hub.db.write() as db:
        duty_store.set_duty(SYSTEM, db, TODAY, dora, "Mina Manager")
    assert officer.get(page).status_code == 200
    served.hub.clock.advance(days=1)
    assert served.sign_in("Dora Duty").get(page).status_code == 404


def test_sickness_leave_and_free_days_are_gaps_that_a_manager_sees_and_fills(
    served: Service,
) -> None:
    dora, dan = served.person("Dora Duty"), served.person("Dan Daily")
    away(served, dora, date(2026, 3, 4), "leave")
    fill(served, dora)
    assert on_duty(served, date(2026, 3, 4)) is None, "who is away is passed over"
    away(served, dora, date(2026, 3, 5))
    page = served.manager.get("/meetings/duty").text
    assert "Wednesday 4 March 2026: Nobody is on the rota." in page
    assert "Thursday 5 March 2026: Dora Duty is away." in page
    for day in ("2026-03-04", "2026-03-05"):
        form = {"day": day, "officer": dan}
        assert served.manager.post("/meetings/duty/day", form).status_code == 303
    assert "Nobody is there on" not in served.manager.get("/meetings/duty").text
    fill(served, dora, dan)
    assert on_duty(served, date(2026, 3, 5)) == dan, "filling again leaves what stands"


def test_two_days_are_swapped(served: Service) -> None:
    dora, dan = served.person("Dora Duty"), served.person("Dan Daily")
    fill(served, dora, dan)
    first, second = date(2026, 3, 3), date(2026, 3, 4)
    before = on_duty(served, first), on_duty(served, second)
    form = {"day": first.isoformat(), "other": second.isoformat(), "officer": ""}
    assert served.manager.post("/meetings/duty/day", form).status_code == 303
    assert (on_duty(served, second), on_duty(served, first)) == before
    assert set(before) == {dora, dan}


def test_a_day_without_school_has_no_duty_and_a_question_waits_for_the_next_officer(
    served: Service,
) -> None:
    orphan = served.hub.add_school("900002", "Ash Park")
    dora = served.person("Dora Duty")
    fill(served, dora)
    served.hub.clock.advance(days=5)
    assert served.hub.clock.now.date() == date(2026, 3, 7)
    served.person("Orla Orphan", Role.SCHOOL, orphan)
    said = ask(served, served.sign_in("Orla Orphan"), orphan)
    assert "With nobody yet. The school has no link officer, and no duty officer is there" in said
    saturday = {"day": "2026-03-14", "officer": dora}
    answer = served.sign_in("Mina Manager").post("/meetings/duty/day", saturday)
    assert "14 March 2026 is no school day of any school." in answer.text
    served.hub.clock.advance(days=2)
    assert "1 question to answer" in served.sign_in("Dora Duty").get("/").text


def test_a_question_is_sealed_and_stays_with_its_school(served: Service) -> None:
    other = served.hub.add_school("900002", "Ash Park")
    served.person("Sam School", Role.SCHOOL, served.school)
    served.person("Orla Other", Role.SCHOOL, other)
    ask(served, served.sign_in("Sam School"))
    assert "blue coat" not in served.sign_in("Orla Other").get("/queries").text
    with served.hub.db.read() as db:
        assert db.first(select(queries)) is not None
        raw = str(db.conn.exec_driver_sql("SELECT * FROM queries").first())
    assert "blue coat" not in raw
    wrong = served.sign_in("Orla Other").post("/queries", {"school": served.school, "text": "?"})
    assert "Choose the school." in wrong.text
    empty = served.sign_in("Sam School").post("/queries", {"school": served.school, "text": ""})
    assert "Write the question." in empty.text


def test_only_a_manager_changes_the_rota(served: Service) -> None:
    for path in ("/meetings/duty", "/meetings/duty/day"):
        assert served.officer.post(path, {"day": "2026-03-04"}).status_code == 404
    page = served.officer.get("/meetings/duty").text
    assert "Fill in rotation" not in page
    refused = served.manager.post("/meetings/duty", {"term": "Spring 2026"})
    assert "Choose at least one officer." in refused.text
    refused = served.manager.post("/meetings/duty/day", {"day": "soon", "officer": ""})
    assert "Write the day like 2026-03-31." in refused.text


def a_person(ident: str, days: tuple[str, ...] = SLOTS) -> Person:
    return Person(ident, f"{ident}@x.test", ident, Role.OFFICER, True, days=days)


@given(
    numbers=st.integers(1, 6),
    absences=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 29)), max_size=60),
    standing=st.dictionaries(st.integers(0, 29), st.integers(0, 5), max_size=10),
)
def test_a_rota_never_names_the_absent_leaves_no_day_somebody_could_have_and_is_fair(
    numbers: int, absences: set[tuple[int, int]], standing: dict[int, int]
) -> None:
    days = [date(2026, 1, 5) + timedelta(days=n + n // 5 * 2) for n in range(30)]
    people = [a_person(f"p{n}") for n in range(numbers)]
    gone = {
        one.id: frozenset(days[day] for who, day in absences if f"p{who}" == one.id)
        for one in people
    }
    before = {days[day]: f"p{who}" for day, who in standing.items()}
    made = rota.in_rotation(days, people, gone, before)
    assert list(made) == days
    for day, who in made.items():
        if day in before:
            assert who == before[day]
            continue
        able = [one.id for one in people if day not in gone[one.id]]
        assert (who in able) if able else (who is None)
    if not absences and not standing:
        shares = Counter(made.values())
        assert max(shares.values()) - min(shares.values()) <= 1


def test_part_time_officers_are_on_duty_on_whole_working_days_only() -> None:
    half = a_person("half", ("mon-am", "tue-am", "tue-pm"))
    days = [date(2026, 1, 5), date(2026, 1, 6)]
    assert rota.in_rotation(days, [half], {}, {}) == {days[0]: None, days[1]: "half"}


def test_the_rota_is_of_staff_and_stands_for_a_school_as_a_name_alone(served: Service) -> None:
    dora = served.person("Dora Duty")
    with served.hub.db.write() as db:
        duty_store.set_duty(SYSTEM, db, TODAY, dora, "Mina Manager")
        assert access.person(SYSTEM, db, dora) is not None
    served.person("Sam School", Role.SCHOOL, served.school)
    sam = served.sign_in("Sam School")
    assert "Dora Duty" in sam.get("/").text
    assert sam.get("/meetings/duty").status_code == 404


def test_a_service_without_a_rota_is_not_told_every_day_that_nobody_is_on_it(
    hub: HubUnderTest,
) -> None:
    school = hub.add_school()
    manager = hub.sign_in(Role.MANAGER)
    assert "On duty today" not in manager.get("/").text
    assert "Duty rota" not in manager.get("/meetings").text
    assert "The profile has no duty rota." in manager.get("/meetings/duty").text
    sam = hub.sign_in(Role.SCHOOL, schools=(school,))
    assert "Ask the service" in sam.get("/meetings").text
    sam.post("/queries", {"school": school, "text": QUESTION})
    assert "With nobody yet. The school has no link officer" in sam.get("/queries").text
