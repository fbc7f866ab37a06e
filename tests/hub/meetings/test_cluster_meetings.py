"""A meeting of several schools: one half-day for all, told once, a record of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from casework import HANDLERS, Telling
from hub_under_test import Browser, FixedClock, HubUnderTest
from school_post import SchoolPost
from southampton import SYSTEM, add_person

from linkwork.errors import WrongUse
from linkwork.seal.record import record_digest
from linkwork.wire import LinkworkRecord, RecordConfirmed, RecordItem
from linkwork_hub.access import profile
from linkwork_hub.access import store as access
from linkwork_hub.access.models import Term
from linkwork_hub.db import Database, Role
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.meetings import company_store, mail_store, planning, store
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import Beside, Meeting, Status

NEWS = "From September the threshold is ten sessions in ten school weeks."
NAMES = ("Fernhill Primary", "Ash Park", "Oak Lane")


@dataclass
class Cluster:
    """St Helens: three schools of one officer, the first two with an agent of their own."""

    hub: HubUnderTest
    posts: tuple[SchoolPost, SchoolPost]
    schools: tuple[str, str, str]
    officer: Browser

    def rows(self, meeting: str) -> list[Meeting]:
        """The meeting and those of the other schools."""
        with self.hub.db.read() as db:
            main = store.meeting(SYSTEM, db, meeting)
            assert main is not None
            return [main, *company_store.beside(SYSTEM, db, meeting, Beside.SCHOOL)]

    def plan(self) -> str:
        """Plan the first half-day that is free for all three; the meeting's id."""
        address = f"/meetings/gather/{self.schools[0]}"
        asked = {"type": "cluster", "then": "when", "school": list(self.schools[1:])}
        page = self.officer.get(address, params=asked).text
        slot = page.split('name="slot"')[1].split('value="')[1].split('"')[0]
        answer = self.officer.post(address, asked | {"slot": slot})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).removeprefix("/meetings/")

    def write(self, meeting: str, section: str, text: str) -> int:
        """Save one heading of a record; the status of the answer."""
        form = {"section": section, f"text-{section}": text, "seen": ""}
        return self.officer.post(f"/meetings/{meeting}/record", form).status_code

    def hold(self, meeting: str) -> None:
        """Move the clock to the meeting's day; the officer signs in again."""
        day = self.rows(meeting)[0].half_day.day
        self.hub.clock.now = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        self.officer = self.hub.sign_in_as("olive.link@x.test", "correct horse battery")

    def copies(self, number: int) -> list[RecordItem]:
        """The records that came to a school's computer."""
        items = Telling(self.posts[number]).downlink()
        return [item for item in items if isinstance(item, RecordItem)]


@pytest.fixture
def cluster(sqlite_database: Database, clock: FixedClock, hub_keys: HubKeys) -> Iterator[Cluster]:
    chosen = profile.loads(profile.builtin_text("st-helens"), "st-helens.toml")
    with HubUnderTest.over(sqlite_database, clock, hub_keys, chosen) as hub:
        first = SchoolPost(hub.db, hub_keys).joined()
        second = SchoolPost(hub.db, hub_keys, urn="900002", seed=b"b" * 32)
        second.add_school(NAMES[1])
        assert second.enrol(second.invite().code).state == "pending"
        second.confirm()
        third = hub.add_school("900003", NAMES[2])
        schools = (first.school_id, second.school_id, third)
        officer = add_person(hub.db, "Olive Link", Role.OFFICER)
        add_person(hub.db, "Sam School", Role.SCHOOL, third)
        with hub.db.write() as db:
            for school in schools:
                access.set_link_officer(SYSTEM, db, school, officer)
            spring = Term("", "Spring 2026", "term", date(2026, 1, 5), date(2026, 3, 27))
            access.add_term(SYSTEM, db, spring)
        browser = hub.sign_in_as("olive.link@x.test", "correct horse battery")
        yield Cluster(hub, (first, second), schools, browser)


@pytest.mark.serves("H22")
def test_a_termly_cluster_meeting_tells_every_school_and_shows_what_went_to_which(
    cluster: Cluster,
) -> None:
    programme = cluster.officer.get("/meetings/programme?kind=cluster").text
    assert programme.count("None is planned") >= 3
    assert f"/meetings/gather/{cluster.schools[1]}?type=cluster" in programme
    meeting = cluster.plan()
    rows = cluster.rows(meeting)
    assert {row.school_id for row in rows} == set(cluster.schools)
    assert len({(row.half_day, row.officer_id) for row in rows}) == 1
    programme = cluster.officer.get("/meetings/programme?kind=cluster").text
    assert "None is planned" not in programme, "it counts once for each school of the term"
    sam = cluster.hub.sign_in_as("sam.school@x.test", "correct horse battery")
    (third,) = [row.meeting_id for row in rows if row.school_id == cluster.schools[2]]
    (second,) = [row.meeting_id for row in rows if row.school_id == cluster.schools[1]]
    assert "At Fernhill Primary" in sam.get(f"/meetings/{third}").text
    assert "LOCATION:At Fernhill Primary" in sam.get(f"/meetings/{third}.ics").text
    assert sam.get(f"/meetings/{meeting}").status_code == 404, "the row of another school"

    cluster.hold(meeting)
    refused = cluster.officer.post(f"/meetings/{meeting}/record/agree", {"without": "yes"})
    assert refused.status_code == 422
    assert cluster.write(meeting, "own", "About the host alone") == 303
    refused = cluster.officer.post(f"/meetings/{meeting}/record/agree", {"without": "yes"})
    assert "ends in: Key information. Write that first." in refused.text
    assert cluster.write(meeting, "information", NEWS) == 303
    assert cluster.write(second, "own", "About Ash Park alone") == 303
    there = {"name-0": "Ms Ash", "came-0": "yes"}
    assert cluster.officer.post(f"/meetings/{second}/there", there).status_code == 303
    host = {"name-0": "Mr Fern", "came-0": "yes", "name-1": "Olive Link", "came-1": "yes"}
    assert cluster.officer.post(f"/meetings/{meeting}/there", host).status_code == 303
    refused = cluster.officer.post(f"/meetings/{meeting}/record/agree")
    assert "although this meeting needs them: Oak Lane (say on its own record who" in refused.text
    assert "It was held without: Oak Lane" in refused.text
    agreed = cluster.officer.post(f"/meetings/{meeting}/record/agree", {"without": "yes"})
    assert agreed.status_code == 303

    for number, own, other in ((0, "the host", "Ash Park"), (1, "Ash Park", "the host")):
        (copy,) = cluster.copies(number)
        made = LinkworkRecord.model_validate_json(copy.body)
        texts = [part.text for part in made.discussed]
        assert NEWS in texts
        assert f"About {own} alone" in texts
        assert f"About {other} alone" not in texts, "what was said with another school stays there"
        assert made.school == NAMES[number]
        present = {person.part: (person.name, person.present) for person in made.there}
        assert present["Link officer"] == ("Olive Link", True), "there once, and for each of them"
        assert present["Head teacher or Attendance lead"][1]
    sam = cluster.hub.sign_in_as("sam.school@x.test", "correct horse battery")
    shown = sam.get(f"/meetings/{third}/record").text
    assert NEWS in shown
    digest = shown.split('name="digest" value="')[1].split('"')[0]
    confirmed = sam.post(f"/meetings/{third}/record/confirm", {"digest": digest})
    assert confirmed.status_code == 303
    Telling(cluster.posts[0]).keep_all()
    (copy,) = cluster.copies(1)
    word = RecordConfirmed(
        urn="900002",
        record_id=second,
        version=1,
        digest=record_digest(copy.body.encode()),
        by="Ms Ash",
        on=date(2026, 3, 20),
    )
    cluster.posts[1].send(word)
    cluster.posts[1].work(HANDLERS)
    page = cluster.officer.get(f"/meetings/{meeting}").text
    told = page.partition('id="told"')[2].partition("</table>")[0]
    assert told.count("Version 1, ") == 3
    assert "It is on the school&#39;s own computer" in told
    assert "Confirmed by Ms Ash, on 2026-03-20, at the school&#39;s own computer" in told
    assert "Confirmed by Sam School" in told
    assert "Ms Ash</td>" in told
    assert all(row.status is Status.HELD for row in cluster.rows(meeting))


def test_key_information_is_written_once_and_a_correction_reaches_every_school(
    cluster: Cluster,
) -> None:
    meeting = cluster.plan()
    second = cluster.rows(meeting)[1].meeting_id
    cluster.hold(meeting)
    assert cluster.write(second, "information", "Something else") == 422
    page = cluster.officer.get(f"/meetings/{second}/record").text
    assert "It is written once, in" in page
    assert 'id="text-information"' not in page
    assert cluster.write(meeting, "information", NEWS) == 303
    address = f"/meetings/{meeting}/record/agree"
    assert cluster.officer.post(address, {"without": "yes"}).status_code == 303
    form = {"section": "information", "text-information": f"{NEWS} Corrected.", "seen": "1"}
    assert cluster.officer.post(f"/meetings/{meeting}/record", form).status_code == 303
    assert (
        "differs from the agreed version" in cluster.officer.get(f"/meetings/{second}/record").text
    )
    assert cluster.officer.post(address, {"without": "yes"}).status_code == 303
    for number in (0, 1):
        newest = max(cluster.copies(number), key=lambda item: item.version)
        assert newest.version == 2
        assert "Corrected." in newest.body


def test_it_moves_and_is_called_off_for_all_of_them_and_never_by_a_guest(cluster: Cluster) -> None:
    meeting = cluster.plan()
    guest = cluster.rows(meeting)[1]
    page = cluster.officer.get(f"/meetings/{meeting}").text
    slot = page.split('id="slot"')[1].split('value="2026')[1].split('"')[0]
    moved = {"slot": f"2026{slot}", "why-moved": "The hall is taken", "side": "school"}
    refused = cluster.officer.post(f"/meetings/{guest.meeting_id}/move", moved)
    assert refused.status_code == 422
    assert cluster.officer.post(f"/meetings/{meeting}/move", moved).status_code == 303
    rows = cluster.rows(meeting)
    assert len({row.half_day for row in rows}) == 1
    assert rows[0].half_day != guest.half_day
    gone = {"why": "Snow", "side": "service"}
    assert cluster.officer.post(f"/meetings/{meeting}/cancel", gone).status_code == 303
    with cluster.hub.db.read() as db:
        again = [store.meeting(SYSTEM, db, row.meeting_id) for row in rows]
        letters = mail_store.letters(SYSTEM, db, rows[2].meeting_id)
        third = store.why_cancelled(SYSTEM, db, rows[2].meeting_id)
    assert all(row is not None and row.status is Status.CANCELLED for row in again)
    assert third == ("Olive Link", "Snow")
    assert letters[-1][2] == 2, "the guest's people are told that it moved, and that it is off"


def test_a_term_of_such_meetings_is_not_planned_school_by_school(cluster: Cluster) -> None:
    rules = read_rules(cluster.hub.profile.section("meetings"), file="st-helens.toml")
    with (
        cluster.hub.db.read() as db,
        pytest.raises(WrongUse, match="Cluster Attendance Meeting is planned together with others"),
    ):
        planning.plan_for_term(SYSTEM, db, rules, "Spring 2026", "cluster")


def test_it_asks_which_schools_come(cluster: Cluster) -> None:
    address = f"/meetings/gather/{cluster.schools[0]}?type=cluster&then=when"
    page = cluster.officer.get(address)
    assert page.status_code == 422
    assert "Choose which other schools come." in page.text
