"""At a school: own codes, kept-back pupils and closures, from the register to the hub's page."""

from __future__ import annotations

import re

from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import wire
from linkwork_agent import doctor
from linkwork_hub.db import Scope
from linkwork_hub.feeds import standing

SYSTEM = Scope.system()


def examined(school: SchoolDesk) -> dict[str, list[str]]:
    """What doctor has seen, and the remedy where there is one, by what it looked at."""
    place = school.place
    place.config.path.write_text("", encoding="utf-8")
    found: dict[str, list[str]] = {}
    for row in doctor.examine(place.config, [place.school], place.clock, place.random):
        what = row["what"].removeprefix(f"{school.urn} ")
        found.setdefault(what, []).append(f"{row['seen']} {row['remedy']}".strip())
    return found


def last_summary(school: SchoolDesk) -> wire.Summary:
    """The newest summary in the outbox."""
    with school.open() as store:
        row = store.read.execute(
            "SELECT body FROM outbox WHERE kind = 'summary' ORDER BY epoch DESC, seq DESC"
        ).fetchone()
    found = wire.read_message(row["body"])
    assert isinstance(found, wire.Summary)
    return found


def problems(live: LiveHub, school: SchoolDesk) -> str:
    """What the hub's page of the feed says is wrong."""
    school.run("deliver")
    live.work()
    with live.db.read() as db:
        [one] = [s for s in standing.standings(SYSTEM, db) if s.feed.urn == school.urn]
    return " ".join(one.problems)


def test_a_code_is_refused_until_a_person_has_said_what_it_means(school: SchoolDesk) -> None:
    school.stories["P2"] = "/*10 Q9*30"
    school.joined()
    assert school.run("collect").exit_code == 3
    school.codes = {"Q9": "O"}
    assert school.run("collect").exit_code == 0
    whole = last_summary(school)
    assert whole.completeness.unknown_codes == {}
    assert whole.totals.unauthorised == 60
    assert "continuous-unauthorised" in {each.trigger for each in whole.notices}
    seen = examined(school)
    assert seen["codes"] == ["Q9 read as O (Absent without authorisation)"]
    assert "60 marks are written with the school's own code Q9 and read as O." in seen["register"]


def test_a_code_nobody_can_tell_flows_as_unknown_and_is_counted_everywhere(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.stories["P2"] = "/*10 Q9*30"
    school.codes = {"Q9": "unknown"}
    school.joined()
    assert school.run("collect").exit_code == 0
    whole = last_summary(school)
    assert whole.completeness.unknown_codes == {"Q9": 60}
    assert (whole.totals.unauthorised, whole.totals.authorised, whole.totals.unmarked) == (0, 0, 0)
    seen = examined(school)
    assert "Q9 read as unknown: neither present nor absent, counted" in seen["codes"]
    assert "Code Q9 is not known: 60 marks judged as unknown." in seen["register"]
    assert "a code whose meaning nobody can tell, by code: Q9 (60)" in problems(live, school)


def test_a_table_that_makes_no_sense_is_named_by_doctor_and_nothing_is_sent(
    school: SchoolDesk,
) -> None:
    school.joined()
    school.codes = {"O": "/"}
    outcome = school.run("collect")
    assert outcome.exit_code == 2
    assert "O is a code of England" in outcome.sentence
    assert any("always means itself" in line for line in examined(school)["codes"])


def test_two_records_with_one_upn_are_kept_back_and_the_hub_is_told_partial(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.stories |= {"P3": "/*10 O*30", "P4": "/*40"}
    school.joined()
    school.run("collect")
    before = {notice.episode for notice in last_summary(school).notices}
    assert before
    text = school.register.read_text(encoding="utf-8")
    upn = re.findall(r"(?m)^P3,([^,]+),", text)[0]
    school.register.write_text(re.sub(r"(?m)^P4,[^,]+,", f"P4,{upn},", text), encoding="utf-8")
    assert school.run("collect").exit_code == 0
    whole = last_summary(school)
    assert whole.completeness.kept_back == {"same-upn": 2}
    assert whole.totals.pupils == 2
    # What was known of them stands: a pupil who disappears corrects nothing.
    assert {notice.event for notice in whole.notices} & {"withdrawn", "ended"} == set()
    said = problems(live, school)
    assert "Partial: pupils not judged, 2 for this: two records have this UPN." in said
    assert upn not in said
    assert any("p3 and p4 are not judged" in each.lower() for each in examined(school)["register"])


def test_a_year_of_closures_sends_nothing(school: SchoolDesk) -> None:
    school.stories = {"P1": "#*40", "P2": "#*40"}
    school.joined()
    outcome = school.run("collect")
    assert outcome.exit_code == 3
    assert "the school was closed (#)" in outcome.sentence
    assert "after that, check the export" in outcome.sentence
    with school.open() as store:
        assert store.read.execute("SELECT count(*) FROM outbox").fetchone()[0] == 0


def test_a_register_with_nothing_odd_is_said_to_be_well(school: SchoolDesk) -> None:
    school.joined()
    assert "register" not in examined(school)
    school.run("collect")
    assert examined(school)["register"] == ["read on 2026-02-27: nothing looks wrong with it"]
