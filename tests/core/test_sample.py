"""Made-up schools: registers that look real, and hold what was planted."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import linkwork_csv.plugin
from linkwork import codes, policy, triggers, upn
from linkwork.errors import WrongUse
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school, school_calendar
from linkwork.testing import open_mis, read

WHOLE_YEAR = (date(2025, 9, 1), date(2026, 7, 31))
AUTUMN = (date(2026, 9, 1), date(2026, 11, 20))
ENGLAND = codes.for_date("England", date(2026, 1, 1))
RECENT = 5


@pytest.fixture(scope="module")
def secondary() -> SampleSchool:
    """1,050 pupils over a whole year."""
    return make_school(1, phase="secondary", pupils=1050, first=WHOLE_YEAR[0], last=WHOLE_YEAR[1])


@pytest.fixture(scope="module")
def primary() -> SampleSchool:
    """210 pupils in an autumn that is still running."""
    return make_school(
        2, phase="primary", urn="999002", pupils=210, first=AUTUMN[0], last=AUTUMN[1]
    )


def absence(register: Register) -> tuple[float, float, float]:
    """Shares: of sessions missed, of pupils who miss a tenth or more, and half or more."""
    missed = possible = persistent = severe = 0
    for place in range(len(register.pupils)):
        classes = [ENGLAND.classify(code) for _, code in register.marks(place) if code]
        counted = [each for each in classes if each and each.possible]
        away = sum(each.absent for each in counted)
        missed, possible = missed + away, possible + len(counted)
        persistent += away * 10 >= len(counted) > 0
        severe += away * 2 >= len(counted) > 0
    pupils = len(register.pupils)
    return missed / possible, persistent / pupils, severe / pupils


@pytest.mark.parametrize("dates", [WHOLE_YEAR, AUTUMN], ids=["year", "autumn"])
@pytest.mark.parametrize(
    ("phase", "pupils", "bands"),
    [
        ("primary", 630, ((0.045, 0.06), (0.11, 0.15), (0.005, 0.02))),
        ("secondary", 1050, ((0.075, 0.09), (0.21, 0.25), (0.02, 0.04))),
    ],
)
def test_absence_is_near_the_published_rates_of_the_phase(
    phase: str,
    pupils: int,
    bands: tuple[tuple[float, float], ...],
    dates: tuple[date, date],
) -> None:
    school = make_school(7, phase=phase, pupils=pupils, first=dates[0], last=dates[1])
    for share, (low, high) in zip(absence(school.register), bands, strict=True):
        assert low <= share <= high


def test_every_case_is_planted_in_a_term_of_two_months_or_more(primary: SampleSchool) -> None:
    kinds = Counter(case.trigger for case in primary.planted)
    assert kinds == {
        "continuous-unauthorised": 5,
        "penalty-window": 2,
        "severe-absence": 1,
        "persistent-absence": 3,
    }
    assert len({case.pupil_id for case in primary.planted}) == len(primary.planted)


@pytest.mark.parametrize("dates", [WHOLE_YEAR, AUTUMN, (date(2025, 9, 1), date(2026, 11, 20))])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_planted_is_found_exactly_and_near_misses_are_not(
    seed: int, dates: tuple[date, date]
) -> None:
    school = make_school(seed, phase="primary", pupils=210, first=dates[0], last=dates[1])
    as_of = school.register.last_marked_day()
    assert as_of is not None
    findings = triggers.evaluate(school.register, policy.builtin("england-2024"), as_of)
    for case in school.planted:
        own = [f for f in findings if (f.pupil_id, f.trigger) == (case.pupil_id, case.trigger)]
        assert len(own) == case.found, case
        for finding in own:
            assert (finding.first, finding.last, finding.status, finding.ended) == (
                *(case.first, case.last),
                *(case.status, case.ended),
            )
            assert tuple(finding.why) == case.marks


def test_planted_pupils_have_no_other_absence(secondary: SampleSchool) -> None:
    register = secondary.register
    for case in secondary.planted:
        place = register.pupil_index(case.pupil_id)
        away = []
        for session, code in register.marks(place):
            known = ENGLAND.classify(code) if code else None
            if known and known.absent:
                away.append((session.date, session.half, code))
        assert tuple(away) == case.marks


def test_an_open_reason_is_never_older_than_five_school_days(secondary: SampleSchool) -> None:
    register = secondary.register
    days = sorted({s.date for s in register.sessions if open_on(register, s.date)})
    for session, row in zip(register.sessions, register.rows, strict=True):
        if any(register.codes[mark] == "N" for mark in row):
            assert session.date in days[-RECENT:]


def open_on(register: Register, day: date) -> bool:
    return any(
        register.codes[mark] not in {"", "#"}
        for session, row in zip(register.sessions, register.rows, strict=True)
        if session.date == day
        for mark in row
    )


def test_illness_comes_in_spells_of_days(secondary: SampleSchool) -> None:
    """Control: were sessions drawn one by one, few mornings of illness would have an afternoon."""
    register = secondary.register
    both = mornings = 0
    for place in range(len(register.pupils)):
        marks = [code for _, code in register.marks(place)]
        for morning, afternoon in zip(marks[::2], marks[1::2], strict=True):
            mornings += morning == "I"
            both += morning == afternoon == "I"
    assert both / mornings > 0.9


def test_mondays_fridays_and_the_edges_of_terms_have_more_absence(secondary: SampleSchool) -> None:
    register = secondary.register
    by_day: Counter[int] = Counter()
    days: Counter[int] = Counter()
    for session, row in zip(register.sessions, register.rows, strict=True):
        known = [ENGLAND.classify(register.codes[mark]) for mark in row]
        if any(each and each.possible for each in known):
            days[session.date.weekday()] += 1
            by_day[session.date.weekday()] += sum(bool(each and each.absent) for each in known)
    rate = {day: by_day[day] / days[day] for day in range(5)}
    assert min(rate[0], rate[4]) > max(rate[1], rate[2], rate[3])


def test_pupils_leave_join_and_attend_in_unusual_ways(secondary: SampleSchool) -> None:
    register = secondary.register
    whole = [e for pupil in register.pupils for e in pupil.enrolments]
    assert any(e.end for e in whole)
    assert any(e.start and e.start > WHOLE_YEAR[0] for e in whole)
    assert {"C2", "D", "#", "L", "U", "G", "M", "E"} <= set(register.codes)
    for place, pupil in enumerate(register.pupils):
        for session, code in register.marks(place):
            assert code is None or pupil.on_roll(session.date)


def test_a_primary_has_children_not_yet_of_compulsory_age(primary: SampleSchool) -> None:
    assert "X" in primary.register.codes
    assert {pupil.year_group for pupil in primary.register.pupils} == set("R123456")


def test_one_day_inside_the_term_is_closed_for_everybody(primary: SampleSchool) -> None:
    register = primary.register
    closed = {
        session.date
        for session, row in zip(register.sessions, register.rows, strict=True)
        if {register.codes[mark] for mark in row} <= {"#", ""}
    }
    assert len(closed - set(school_calendar(2026).inset)) == 1


def test_every_upn_is_right_and_no_two_pupils_share_one(
    primary: SampleSchool, secondary: SampleSchool
) -> None:
    numbers = [p.upn for school in (primary, secondary) for p in school.register.pupils]
    assert len(set(numbers)) == len(numbers) == 1260
    for number in numbers:
        assert number is not None
        assert upn.problem(number) is None
        assert number[1:4] == "999"


def test_contacts_are_invented_and_siblings_share_them(primary: SampleSchool) -> None:
    contacts = primary.contacts
    assert set(contacts) == {pupil.pupil_id for pupil in primary.register.pupils}
    for one in contacts.values():
        assert one.contacts
        for contact in one.contacts:
            assert all(phone.startswith(("07700 900", "01632 960")) for phone in contact.phones)
            assert contact.postcode is None or contact.postcode.startswith("ZZ99 ")
            assert contact.email is None or contact.email.endswith(".example")
            said = (contact.title, contact.relationship)
            assert said not in {("Mr", "mother"), ("Ms", "father"), ("Mrs", "father")}
        for sibling in one.siblings:
            assert contacts[sibling].contacts == one.contacts
    assert any(one.siblings for one in contacts.values())


@pytest.fixture
def files_of(tmp_path: Path) -> Callable[[SampleSchool, str], list[bytes]]:
    """A school's files as bytes."""

    def write(school: SampleSchool, name: str) -> list[bytes]:
        return [path.read_bytes() for path in school.write_csv(tmp_path / name)]

    return write


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    primary: SampleSchool, files_of: Callable[[SampleSchool, str], list[bytes]]
) -> None:
    def again(seed: int) -> SampleSchool:
        return make_school(
            seed, phase="primary", urn="999002", pupils=210, first=AUTUMN[0], last=AUTUMN[1]
        )

    assert files_of(again(2), "one") == files_of(primary, "two")
    assert files_of(again(3), "three") != files_of(primary, "four")


def test_the_files_read_back_as_the_same_school(primary: SampleSchool, tmp_path: Path) -> None:
    primary.write_csv(tmp_path)
    back = read(open_mis(linkwork_csv.plugin, path=tmp_path), *AUTUMN)
    assert back.pupils == primary.register.pupils
    assert back.sessions == primary.register.sessions
    assert back.warnings == ()
    for place in range(len(back.pupils)):
        assert list(back.marks(place)) == list(primary.register.marks(place))
    assert dict(back.minutes_late) == dict(primary.register.minutes_late)
    mis = open_mis(linkwork_csv.plugin, path=tmp_path)
    ids = [pupil.pupil_id for pupil in back.pupils]
    assert list(mis.contacts(ids)) == [primary.contacts[pupil_id] for pupil_id in ids]


@pytest.mark.parametrize("last", [date(2026, 9, 3), date(2026, 12, 31), date(2027, 8, 31)])
def test_any_day_of_the_year_can_be_today(last: date) -> None:
    school = make_school(1, phase="primary", pupils=60, first=date(2026, 9, 1), last=last)
    assert school.register.sessions[-1].date <= last


def test_dates_without_school_and_unknown_phases_are_refused() -> None:
    with pytest.raises(WrongUse, match="choose dates inside a term"):
        make_school(1, first=date(2026, 8, 1), last=date(2026, 8, 20))
    with pytest.raises(WrongUse, match="primary or secondary"):
        make_school(1, phase="nursery", first=AUTUMN[0], last=AUTUMN[1])


def test_the_command_writes_a_register_to_try_things_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "linkwork.sample", "--pupils", "60", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (tmp_path / "register.csv").is_file()
    assert (tmp_path / "contacts.csv").is_file()
    assert "not to be found" in done.stdout
