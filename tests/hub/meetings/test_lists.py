"""The list of names a school releases for one meeting: read in its pack, on its days, and gone."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pypdf
import pytest
from casework import OTHER, PUPIL, SYSTEM, Casework, casework, notice, severe
from hub_under_test import HubUnderTest
from sqlalchemy import update

from linkwork.wire import Identity, ListedPupil, MeetingItem, MeetingList, SameChild
from linkwork_hub.access import store as access
from linkwork_hub.access import tables
from linkwork_hub.cases.models import read_pathway
from linkwork_hub.db import Role, metadata
from linkwork_hub.jobs.schedule import jobs_of
from linkwork_hub.meetings import change_store, list_store, pack, pack_store, store, telling
from linkwork_hub.meetings.kinds import read_rules
from linkwork_hub.meetings.models import HalfDay, Session, Slot

#: Today is Monday 2 March 2026; ten school days on is Monday 16 March.
MEETING = date(2026, 3, 16)
SICK = "p_" + "q" * 26


@pytest.fixture
def work(hub: HubUnderTest) -> Casework:
    made = casework(hub)
    with hub.db.write() as db:
        days = {"days": ["mon-am"]}
        db.execute(update(tables.people).where(tables.people.c.id == made.officer_id).values(days))
    return made


def planned(work: Casework, day: date = MEETING) -> str:
    """The id of a meeting on this day, of which the school's computer is told."""
    rules = read_rules(work.hub.profile.section("meetings"), file="x")
    with work.hub.db.write() as db:
        slot = Slot(HalfDay(day, Session.AM), *rules.link.hours(Session.AM), "Free.")
        ident = store.plan(SYSTEM, db, work.school_id, work.officer_id, "link", slot, "O")
    telling.tell_schools(work.hub.db, rules, work.hub.keys.issuer)
    return ident


def listed(work: Casework, meeting: str, **changes: Any) -> MeetingList:
    """A list of two pupils: one at half, one at a tenth."""

    def pupil(pseudonym: str, absent: int, surname: str, *met: str) -> ListedPupil:
        who = Identity(pupil_id="", surname=surname, forename="Wilhelmina")
        return ListedPupil(
            pseudonym=pseudonym,
            met=met,
            absent=absent,
            unauthorised=4,
            possible=120,
            year_group="8",
            sealed_identity=work.sealed(pseudonym, who),
        )

    fields: dict[str, Any] = {
        "urn": work.school.urn,
        "list_id": "l1",
        "meeting_id": meeting,
        "as_of": date(2026, 2, 27),
        "year": date(2025, 8, 1),
        "policy": "england-2024",
        "released_by": "A. Head",
        "pupils": (
            pupil(OTHER, 66, "Halfaway", "severe-absence", "persistent-absence"),
            pupil(PUPIL, 12, "Tenthly", "persistent-absence"),
        ),
    }
    return MeetingList.model_validate(fields | changes)


def pack_page(work: Casework, meeting: str) -> str:
    return work.officer.get(f"/meetings/{meeting}/pack").text


def entries(work: Casework, word: str) -> list[str]:
    """What the record of who did what says of lists, the oldest first."""
    with work.hub.db.read() as db:
        return [one.what for one in access.audit_entries(SYSTEM, db) if word in one.what]


def sections(page: str) -> tuple[str, str]:
    """What stands under 90 % and below, and what under 50 % and below."""
    _, _, rest = page.partition("90% and below</h3>")
    ninety, _, rest = rest.partition("50% and below: a plan for each</h3>")
    return ninety, rest.partition("<h2")[0]


def test_the_schools_computer_is_told_of_its_meeting_and_of_the_days_of_names(
    work: Casework,
) -> None:
    meeting = planned(work)
    (item,) = [one for one in work.downlink() if isinstance(one, MeetingItem)]
    assert (item.meeting_id, item.day, item.state) == (meeting, MEETING, "planned")
    # Twenty school days after: the Easter holiday from 28 March to 12 April counts for nothing.
    assert (item.names_from, item.names_through) == (date(2026, 3, 2), date(2026, 4, 27))
    rules = read_rules(work.hub.profile.section("meetings"), file="x")
    assert telling.tell_schools(work.hub.db, rules, work.hub.keys.issuer) == 0
    with work.hub.db.write() as db:
        change_store.cancel(SYSTEM, db, meeting, "O", "ill")
    assert telling.tell_schools(work.hub.db, rules, work.hub.keys.issuer) == 1
    states = [one.state for one in work.downlink() if isinstance(one, MeetingItem)]
    assert states == ["planned", "called-off"]


@pytest.mark.serves("S13")
@pytest.mark.serves("S14")
def test_the_pack_lists_those_at_90_and_those_at_50_per_cent_by_the_names_the_school_released(
    work: Casework,
) -> None:
    meeting = planned(work)
    ninety, _ = sections(pack_page(work, meeting))
    assert "released no list" in ninety
    work.arrive(listed(work, meeting))
    ninety, fifty = sections(pack_page(work, meeting))
    assert "A. Head released this list for this meeting" in ninety
    assert "school year 2025-26" in ninety
    assert ninety.index("Wilhelmina Halfaway") < ninety.index("Wilhelmina Tenthly")
    assert "Absent in 55.0 %: 66 of 120 sessions, 4 without permission" in " ".join(ninety.split())
    assert "Wilhelmina Halfaway" in fifty
    assert pack.NO_PLAN in fifty
    assert "Tenthly" not in fifty


def test_in_the_first_half_term_the_lists_of_the_pack_are_last_years(work: Casework) -> None:
    # This year's marks make a pupil severe whom last year's list does not hold.
    third = "p_" + "y" * 26
    work.tell(severe(pseudonym=third))
    meeting = planned(work)
    _, fifty = sections(pack_page(work, meeting))
    assert "YYYY YYYY" in fifty
    last_year = {"year": date(2024, 8, 1), "list_id": "l2"}
    work.arrive(listed(work, meeting, **last_year))
    ninety, fifty = sections(pack_page(work, meeting))
    assert "school year 2024-25" in ninety
    assert "Halfaway" in fifty
    assert "YYYY YYYY" not in fifty
    # The control: beside a list of this year the pupil told of stands there too.
    work.arrive(listed(work, meeting, list_id="l3"))
    _, fifty = sections(pack_page(work, meeting))
    assert "YYYY YYYY" in fifty


def test_a_pupil_with_a_case_stands_on_the_list_with_that_plan(work: Casework) -> None:
    case = work.accepted()
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    ninety, _ = sections(pack_page(work, meeting))
    row = ninety.partition("Testina Example")[2].partition("</tr>")[0]
    assert case.ref in row


@pytest.mark.parametrize(
    ("today", "named"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 16), True),
        (date(2026, 4, 27), True),
        (date(2026, 4, 28), False),
    ],
)
def test_the_names_are_read_on_the_days_around_the_meeting_and_on_no_other(
    work: Casework, today: date, *, named: bool
) -> None:
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    work.later((today - date(2026, 3, 2)).days)
    page = pack_page(work, meeting)
    assert ("Halfaway" in page) is named
    assert "ZZZZ ZZZZ" in page or named
    assert "Names may stand here from 2 March 2026 to 27 April 2026" in page


def test_a_list_that_came_early_is_read_when_its_days_begin(work: Casework) -> None:
    meeting = planned(work, MEETING + timedelta(days=1))
    work.arrive(listed(work, meeting))
    page = pack_page(work, meeting)
    assert "Halfaway" not in page
    assert "ZZZZ ZZZZ" in page
    work.later(1)
    assert "Halfaway" in pack_page(work, meeting)


def test_a_file_and_the_frozen_pack_hold_the_list_without_a_name(work: Casework) -> None:
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    file = work.officer.get(f"/meetings/{meeting}/pack.pdf").content
    text = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(file)).pages)
    assert "ZZZZ ZZZZ" in text
    assert "Absent in 55.0 %" in " ".join(text.split())
    assert "Halfaway" not in text
    pathway = read_pathway(work.hub.profile.section("pathway"))
    with work.hub.db.write() as db:
        assert pack_store.freeze_of_day(SYSTEM, db, pathway, MEETING) == 1
        kept = pack_store.frozen(SYSTEM, db, meeting)
        stored = str(db.all(metadata.tables["meeting_list_pupils"].select()))
    assert kept is not None
    assert kept[0]["listed"]["pupils"][0]["short"] == "Pupil ZZZZ ZZZZ"
    assert "Halfaway" not in str(kept[0])
    # Sealed in the database too. The control: the pseudonym there is in clear.
    assert "Halfaway" not in stored
    assert OTHER in stored
    # Frozen, it still shows the names while they may be read.
    assert "Wilhelmina Halfaway" in pack_page(work, meeting)


def test_a_newer_list_takes_the_place_of_the_one_before_and_a_part_adds_to_it(
    work: Casework,
) -> None:
    meeting = planned(work)
    whole = listed(work, meeting)
    first, second = whole.pupils
    work.arrive(whole.model_copy(update={"pupils": (first,)}))
    work.arrive(whole.model_copy(update={"pupils": (second,)}))
    with work.hub.db.read() as db:
        assert len(list_store.names(SYSTEM, db, meeting)) == 2
    work.arrive(whole.model_copy(update={"list_id": "l2", "pupils": (second,)}))
    with work.hub.db.read() as db:
        assert list_store.names(SYSTEM, db, meeting) == {PUPIL: "Wilhelmina Tenthly"}


def test_a_list_that_is_taken_back_is_gone_from_the_pack_at_once(work: Casework) -> None:
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    assert "Halfaway" in pack_page(work, meeting)
    work.arrive(listed(work, meeting, list_id="l2", withdrawn=True, pupils=()))
    page = pack_page(work, meeting)
    assert "Halfaway" not in page
    assert "released no list" in page


def test_a_list_for_a_meeting_of_another_school_or_one_called_off_is_refused(
    work: Casework,
) -> None:
    meeting, off = planned(work), planned(work, MEETING + timedelta(days=7))
    elsewhere = work.hub.add_school("900777", "Ash Park")
    with work.hub.db.write() as db:
        change_store.cancel(SYSTEM, db, off, "O", "ill")
        times = read_rules(work.hub.profile.section("meetings"), file="x").link.hours(Session.AM)
        slot = Slot(HalfDay(MEETING + timedelta(days=14), Session.AM), *times, "Free.")
        theirs = store.plan(SYSTEM, db, elsewhere, work.officer_id, "link", slot, "O")
    for number, one in enumerate((off, theirs, "mtg_nobody")):
        work.arrive(listed(work, one, list_id=f"x{number}"))
    with work.hub.db.read() as db:
        assert db.all(metadata.tables["meeting_list_pupils"].select()) == []
        refused = [row.reason for row in db.all(metadata.tables["inbox"].select()) if row.refused]
    assert sum("called off" in words for words in refused) == 1
    assert sum("no such meeting" in words for words in refused) == 2
    # The control: one of its own is kept.
    work.arrive(listed(work, meeting))
    assert "Halfaway" in pack_page(work, meeting)


def test_names_go_for_good_when_their_days_are_over_and_the_numbers_stay(work: Casework) -> None:
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    (job,) = [one for one in jobs_of(work.hub.profile) if one.name == "forget-names-of-lists"]
    for days, held in ((56, 2), (1, 0)):
        work.later(days)
        with work.hub.db.write() as db:
            job.run(SYSTEM, db)
            assert len(list_store.names(SYSTEM, db, meeting)) == held
            made = list_store.the_list(SYSTEM, db, meeting)
        assert made is not None
        assert [one.absent for one in made.pupils] == [66, 12]


def test_who_saw_a_list_of_names_is_kept_and_a_school_reads_its_own_alone(work: Casework) -> None:
    meeting = planned(work)
    work.arrive(listed(work, meeting))
    assert entries(work, "list") == ["list released"]
    pack_page(work, meeting)
    assert entries(work, "list") == ["list released", "saw the list of names"]
    address = f"/meetings/{meeting}/pack"
    mine = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert "Halfaway" in mine.get(address).text
    other = work.hub.sign_in(Role.SCHOOL, schools=(work.hub.add_school("900778", "Elm"),))
    assert other.get(address).status_code == 404
    assert work.hub.sign_in(Role.FINANCE).get(address).status_code == 404


def test_a_child_with_two_pseudonyms_stands_once_on_the_list(work: Casework) -> None:
    meeting = planned(work)
    work.tell(notice())
    work.arrive(listed(work, meeting))
    work.arrive(SameChild(urn=work.school.urn, was=OTHER, now=SICK))
    with work.hub.db.read() as db:
        assert set(list_store.names(SYSTEM, db, meeting)) == {PUPIL, SICK}
    work.arrive(SameChild(urn=work.school.urn, was=SICK, now=PUPIL))
    with work.hub.db.read() as db:
        assert list_store.names(SYSTEM, db, meeting) == {PUPIL: "Wilhelmina Tenthly"}


@pytest.mark.parametrize(
    ("known", "window"),
    [
        # Nothing is known, or only the days from the meeting on, or only those up to it.
        ((), (date(2026, 3, 2), date(2026, 4, 13))),
        ((MEETING, date(2026, 7, 1)), (date(2026, 3, 2), date(2026, 4, 27))),
        ((date(2025, 9, 1), MEETING), (date(2026, 3, 2), date(2026, 4, 13))),
    ],
)
def test_where_no_school_day_is_known_weekdays_count(
    known: tuple[date, ...], window: tuple[date, date]
) -> None:
    days: list[date] = []
    if known:
        first, last = known
        every = (first + timedelta(days=n) for n in range((last - first).days + 1))
        easter = (date(2026, 3, 28), date(2026, 4, 12))
        days = [one for one in every if one.weekday() < 5 and not easter[0] <= one <= easter[1]]
    assert pack.days_of_names(MEETING, days) == window
