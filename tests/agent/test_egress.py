"""Whatever text a school's system puts into its columns, none of it leaves in clear."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from registers import marks
from school_desk import SchoolDesk, number

from linkwork import wire
from linkwork.plugin import Check, PupilContacts
from linkwork.register import Enrolment, Pupil, RegisterBuilder
from linkwork.seal import identity_context, open_identity, verify
from linkwork_agent import post
from linkwork_agent.collect import collect
from linkwork_agent.signs import heartbeat


def everything(pupil_id: str, upn: str) -> Pupil:
    """A pupil with a canary in every field of text."""
    return Pupil(
        pupil_id,
        upn=upn,
        surname="Canary-surname",
        forename="Canary-forename",
        date_of_birth=date(2016, 3, 4),
        sex="Canary-sex",
        year_group="Canary-year",
        form="Canary-form",
        sen="Canary-sen",
        ethnicity="Canary-ethnicity",
        enrolments=(Enrolment(mode="Canary-mode"),),
    )


class ColumnsOutOfPlace:
    """A system whose every column of text holds a name, one pupil's for ten days without leave."""

    def check(self) -> list[Check]:
        return []

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        stories = {"Canary-P1": "/*29 O*10", **{f"Canary-P{n}": "/*39" for n in range(2, 14)}}
        for place, (pupil_id, story) in enumerate(stories.items(), 1):
            into.add_pupil(everything(pupil_id, number(place)))
            for (day, half), code in marks(f"{story} {'O' if place == 1 else '/'}").items():
                into.add(pupil_id, day, half, code)
        into.warn("Canary-warning")

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        return [PupilContacts(pupil_id, (), address=("Canary-address",)) for pupil_id in pupil_ids]


def bodies(school: SchoolDesk) -> list[dict[str, Any]]:
    with school.open() as store:
        rows = store.read.execute("SELECT body FROM outbox ORDER BY epoch, seq").fetchall()
    return [json.loads(row["body"]) for row in rows]


def test_text_of_any_column_leaves_nowhere_but_in_the_sealed_identity(school: SchoolDesk) -> None:
    school.joined("return")
    with school.open() as store:
        collect(school.desk(store), ColumnsOutOfPlace)
        beat = heartbeat(school.desk(store)).to_bytes()
    summary, returned = bodies(school)
    assert (summary["kind"], returned["kind"]) == ("summary", "return")
    assert "canary" not in (json.dumps([summary, returned]) + beat.decode()).lower()
    assert set(summary["totals"]["groups"]["ethnicity"]) == {"other"}
    # The control: the name is on the return, and nowhere else.
    (notice,) = returned["notices"]
    (opener,) = school.hub.keys.work.identities.values()
    context = identity_context(school.urn, notice["pseudonym"])
    identity = open_identity(notice["sealed_identity"], opener, context)
    assert (identity.surname, notice["year_group"]) == ("Canary-surname", "other")


def test_a_register_whose_columns_changed_places_sends_nothing_at_all(school: SchoolDesk) -> None:
    school.joined("return")
    text = school.register.read_text(encoding="utf-8")
    school.register.write_text(text.replace(",4,20", ",Thornapple,20"), encoding="utf-8")
    outcome = school.run("collect")
    assert outcome.exit_code == 3
    assert "row 2, column year_group" in outcome.sentence
    assert "Thornapple" not in outcome.sentence + outcome.shared
    assert bodies(school) == []


def test_the_hub_refuses_what_an_agent_without_the_lists_would_send(school: SchoolDesk) -> None:
    school.joined().run("collect")
    with school.open() as store:
        (row,) = store.read.execute("SELECT body FROM outbox").fetchall()
        # As an older agent would: the message is built without looking at the lists.
        known = wire.Summary.model_validate_json(row["body"])
        groups = {"year_group": {"Thornapple": known.totals.groups["year_group"]["4"]}}
        loose = known.totals.model_copy(update={"groups": groups})
        with store.write() as tx:
            post.enqueue(tx, school.desk(store), known.model_copy(update={"totals": loose}), "old")
    school.run("deliver")
    school.hub.work()
    school.run("instruct")
    (problem,) = [line for line in school.status()["problems"] if "not of a form" in line]
    assert "summary.totals.groups" in problem
    assert "Thornapple" not in problem


def test_whoever_opens_the_connection_cannot_tell_a_return_or_referral_from_a_summary(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = "/*30 O*10"
    school.joined("return").run("collect")
    with school.open() as store:
        rows = store.read.execute("SELECT kind, envelope FROM outbox ORDER BY seq").fetchall()
        public = {(signer := school.desk(store).signer).key_id: signer.public}
        with store.write() as tx:
            post.start_over(tx, school.desk(store))
        again = store.read.execute("SELECT kind, envelope FROM outbox ORDER BY seq").fetchall()
    assert [row["kind"] for row in rows] == ["summary", "return"]
    for row in (*rows, *again):
        header = verify(bytes(row["envelope"]), public.get).header
        assert header.kind == wire.FEED_KIND
        assert header.to_bytes().count(b"summary") == header.to_bytes().count(b"return") == 0
