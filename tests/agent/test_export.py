"""`export`: canonical files that read back as what was read, private, and never over others."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command import Said, agent
from hypothesis import given
from hypothesis import strategies as st
from random_registers import registers
from registers import MONDAY, marks, weekdays
from school_desk import SchoolDesk, number

from linkwork import policy as policies
from linkwork.canonical import register_lines, stays
from linkwork.errors import BadInput, WrongUse
from linkwork.register import MODES, Enrolment, Pupil, Register, RegisterBuilder
from linkwork.sample import make_school
from linkwork.school_days import last_held_day
from linkwork.school_year import spans
from linkwork.triggers import evaluate
from linkwork_agent import check
from linkwork_agent.export import Wanted, run_export
from linkwork_agent.source import ConfiguredSchool, Files, InHand

ENGLAND = policies.builtin("england-2024")


class Held(Files):
    """A register in hand, as a plugin of any system would give it."""

    def __init__(self, register: Register) -> None:
        super().__init__(InHand())
        self._held = register

    def whole(self, policy: policies.PolicySeries) -> Register:
        return self._held


def exported(register: Register, folder: Path) -> Register:
    """A register written, and read again as `check` reads it."""
    assert run_export(Held(register), Wanted(folder), io.StringIO()) == 0
    calendar = folder / "calendar.csv"
    return check.read(
        [str(folder / "register.csv")], str(calendar) if calendar.exists() else None, None
    )


@given(registers())
def test_what_is_exported_is_judged_to_the_same_findings(told: tuple[Register, date]) -> None:
    held, as_of = told
    held = replace(held, codes=tuple("Q" if code == "??" else code for code in held.codes))
    if last_held_day(held) is None or held.calendar == frozenset():
        return
    with tempfile.TemporaryDirectory() as folder:
        again = exported(held, Path(folder))
    assert evaluate(again, ENGLAND, as_of) == evaluate(held, ENGLAND, as_of)
    for place, pupil in enumerate(held.pupils):
        ours = {s: code for s, code in held.marks(place) if code}
        found = again.marks(again.pupil_index(pupil.pupil_id))
        assert {s: code for s, code in found if code} == ours


def test_a_made_up_school_goes_out_and_comes_back_whole(tmp_path: Path) -> None:
    made = make_school(9, pupils=90, first=date(2025, 9, 3), last=date(2026, 7, 17)).register
    again = exported(made, tmp_path / "out")
    assert evaluate(again, ENGLAND, date(2026, 7, 17)) == evaluate(made, ENGLAND, date(2026, 7, 17))
    assert [p.pupil_id for p in again.pupils] == [p.pupil_id for p in made.pupils]
    ours = [replace(p, sen=None, fsm=None, pupil_premium=None, ethnicity=None) for p in made.pupils]
    there = [
        replace(p, sen=None, fsm=None, pupil_premium=None, ethnicity=None) for p in again.pupils
    ]
    assert [p.surname for p in there] == [p.surname for p in ours]
    assert [p.enrolments for p in there] == [p.enrolments for p in ours]
    assert len(again.minutes_late) == len(made.minutes_late) > 0


def odd(code: str = "/", **details: object) -> Register:
    """One pupil who comes for a week, with a code on the first morning."""
    into = RegisterBuilder("odd")
    into.add_pupil(Pupil("P1", **details))  # type: ignore[arg-type]
    for (day, half), mark in marks("/*5").items():
        into.add("P1", day, half, mark)
    into.add("P2", MONDAY, "AM", code)
    return into.build()


@pytest.mark.parametrize("code", ["=", "+", "@", "-", "#", "\\", "&", "["])
def test_a_code_that_a_spreadsheet_takes_for_a_formula_is_written_as_it_is(code: str) -> None:
    lines = list(register_lines(odd(code)))
    [mark] = [
        line
        for line in lines
        if line.startswith("P2") and "AM" in line and MONDAY.isoformat() in line
    ]
    written = next(csv.reader([mark]))[12]
    assert written == ("" if code == "-" else code)


def test_names_that_look_like_formulas_come_back_as_they_are(tmp_path: Path) -> None:
    again = exported(odd(surname='=O"Hara, Jr', forename="+Ash"), tmp_path)
    assert (again.pupils[0].surname, again.pupils[0].forename) == ('=O"Hara, Jr', "+Ash")


@pytest.mark.parametrize(
    ("register", "says"),
    [
        (odd("o"), "pupil P2: a canonical file cannot say its marks"),
        (odd("??"), "cannot say what was read: the code looks like"),
        (odd(surname="two\nlines"), "cannot say what was read"),
    ],
    ids=["small letter", "no code", "a line break"],
)
def test_what_no_canonical_file_can_say_is_refused_and_nothing_is_left(
    register: Register, says: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="nothing was written") as problem:
        exported(register, tmp_path)
    assert says in str(problem.value)
    assert list(tmp_path.iterdir()) == []


def test_a_pupil_without_marks_and_one_who_was_never_on_roll_are_not_lost(tmp_path: Path) -> None:
    into = RegisterBuilder("odd")
    into.add_pupil(Pupil("P1"))
    into.add_pupil(Pupil("P2"))
    into.add_pupil(Pupil("P3", enrolments=()))
    into.add_pupil(Pupil("P4", enrolments=(Enrolment(date(2027, 1, 1)),)))
    for (day, half), mark in marks("/*5").items():
        into.add("P1", day, half, mark)
    again = exported(into.build(), tmp_path)
    assert [pupil.pupil_id for pupil in again.pupils] == ["P1", "P2", "P3", "P4"]
    assert [any(p.on_roll(d) for d in weekdays(MONDAY, 5)) for p in again.pupils] == [
        True,
        True,
        False,
        False,
    ]


@given(
    st.lists(
        st.tuples(
            st.none() | st.dates(date(2026, 1, 1), date(2026, 2, 1)),
            st.none() | st.dates(date(2026, 1, 1), date(2026, 2, 1)),
            st.sampled_from(MODES),
        ).filter(lambda stay: stay[0] is None or stay[1] is None or stay[0] <= stay[1]),
        min_size=1,
        max_size=4,
    )
)
def test_times_on_roll_as_written_cover_the_same_days(
    told: list[tuple[date | None, date | None, str]],
) -> None:
    pupil = Pupil("P1", enrolments=tuple(Enrolment(*stay) for stay in told))
    written = Pupil("P1", enrolments=stays(pupil, MONDAY))
    days = weekdays(MONDAY, 40)
    assert [written.on_roll(day) for day in days] == [pupil.on_roll(day) for day in days]
    # Whose roll it is stays as it was, day by day, and with it which rules apply.
    assert spans(written, days, registered=True) == spans(pupil, days, registered=True)
    starts = [each.start for each in written.enrolments]
    assert len(set(starts)) == len(starts)


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A register file of one pupil, without a urn."""
    rows = [f"P1,{d},{half},{code}" for (d, half), code in marks("/*20 O*10").items()]
    (path := tmp_path / "in.csv").write_text("\n".join(["pupil_id,date,session,code", *rows]))
    return path


def export(*arguments: object) -> Said:
    return agent("export", *arguments)


def test_the_files_are_private_and_carry_the_urn(file: Path, tmp_path: Path) -> None:
    said = export(file, "--out", tmp_path / "out", "--urn", "100001")
    assert said.code == 0
    assert "1 pupil, Mon 5 Jan 2026 to Fri 13 Feb 2026." in said.words
    [written] = (tmp_path / "out").iterdir()
    assert written.stat().st_mode & 0o777 == 0o600
    rows = table(written)
    assert {row["urn"] for row in rows} == {"100001"}
    assert len(rows) == 60


def test_check_answers_the_same_of_the_file_and_of_its_export(file: Path, tmp_path: Path) -> None:
    export(file, "--out", tmp_path / "out")
    before = agent("check", file, "--format", "json").json
    after = agent("check", tmp_path / "out" / "register.csv", "--format", "json").json
    assert before == after


def test_the_calendar_goes_with_the_register(file: Path, tmp_path: Path) -> None:
    (days := tmp_path / "days.csv").write_text(
        "date,kind\n" + "".join(f"{d},school\n" for d in weekdays(MONDAY, 30) if d.day != 9)
    )
    said = export(file, "--calendar", days, "--out", tmp_path / "out")
    assert "calendar.csv: the school days. Give both to check." in said.out
    found = [
        agent("check", path, "--calendar", beside, "--format", "json").json["school_days"]
        for path, beside in (
            (file, days),
            (tmp_path / "out" / "register.csv", tmp_path / "out" / "calendar.csv"),
        )
    ]
    # Each names its own file.
    assert found[0].pop("origin") != found[1].pop("origin")
    assert found[0] == found[1]
    assert found[0]["count"] < 30


HEADER = "pupil_id,upn,date_of_birth,year_group,entry_date,mode,date,session,code"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A guest who is away, two records with one UPN, one born in 2062, and a pupil who comes."""
    stories = (
        ("G", ",2014-05-01,8,,G", "O*15 /*5"),
        ("S1", "R999999926001,2014-05-01,8,,", "O*20"),
        ("S2", "R999999926001,2014-05-01,7,,", "/*20"),
        ("B", ",2062-05-01,8,,", "O*20"),
        ("P", ",2014-05-01,8,,M", "/*20"),
    )
    rows = [
        f"{who},{details},{day},{half},{code}"
        for who, details, story in stories
        for (day, half), code in marks(story).items()
    ]
    (path := tmp_path / "mixed.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def both_checked(source: Path, out: Path, *calendar: Path) -> list[dict[str, Any]]:
    """`check` of a source and of its export, without where each calendar came from."""
    beside = ["--calendar", out / "calendar.csv"] if calendar else []
    given = ["--calendar", *calendar] if calendar else []
    told = [
        agent("check", source, *given, "--format", "json").json,
        agent("check", out / "register.csv", *beside, "--format", "json").json,
    ]
    for each in told:
        each["school_days"].pop("origin")
    return told


def test_a_guest_stays_one_and_whoever_check_keeps_back_is_in_the_export_too(
    mixed: Path, tmp_path: Path
) -> None:
    said = export(mixed, "--out", tmp_path / "out")
    before, after = both_checked(mixed, tmp_path / "out")
    assert {each["trigger"] for each in before["findings"] if each["pupil_id"] == "G"} == {
        "third-day"
    }
    assert [each["pupil_id"] for each in before["not_judged"]] == ["S1", "S2", "B"]
    assert after == before
    assert "5 pupils, Mon 5 Jan 2026" in said.words
    assert "check says so too: pupils S1 and S2 are not judged: two records have" in said.words
    modes = {row["pupil_id"]: row["mode"] for row in table(tmp_path / "out" / "register.csv")}
    assert modes == {"G": "G", "S1": "C", "S2": "C", "B": "C", "P": "M"}


def test_terms_and_the_closures_of_a_year_group_go_with_the_register(
    mixed: Path, tmp_path: Path
) -> None:
    (terms := tmp_path / "terms.csv").write_text(
        "name,first,last,kind,urn,year_group\n"
        "Spring,2026-01-05,2026-03-27,term,,\n"
        "Boiler,2026-01-05,2026-01-09,closure,,\n"
        "Trip,2026-01-12,2026-01-16,closure,,8\n"
    )
    said = export(mixed, "--calendar", terms, "--out", tmp_path / "out")
    assert "calendar.csv: the terms and closures. Give both to check." in said.words
    before, after = both_checked(mixed, tmp_path / "out", terms)
    assert after == before
    [guest] = [each for each in before["findings"] if each["pupil_id"] == "G"]
    # Of fifteen days away, the school was shut on five and the year group on five more.
    assert guest["value"] == 5


def test_what_no_file_can_hold_of_a_pupil_is_said(tmp_path: Path) -> None:
    into = RegisterBuilder("odd")
    slip = Enrolment(date(2026, 1, 9), date(2026, 1, 5))
    twice = Enrolment(date(2025, 9, 1)), Enrolment(date(2026, 1, 5), mode="G")
    into.add_pupil(Pupil("P1", social_worker=True, enrolments=twice))
    into.add_pupil(Pupil("P2", enrolments=(slip,)))
    for (day, half), mark in marks("/*5").items():
        into.add("P1", day, half, mark)
        into.add("P2", day, half, mark)
    run_export(Held(into.build()), Wanted(tmp_path), said := io.StringIO())
    words = said.getvalue()
    assert "Not in it: P2. An enrolment ends before it begins" in words
    assert "Times on roll of 1 pupil stand otherwise" in words
    assert "Not in it, for want of a column: who has a social worker." in words
    assert [
        pupil.pupil_id for pupil in check.read([str(tmp_path / "register.csv")], None, None).pupils
    ] == ["P1"]


def test_nothing_is_written_over_another_file_without_force(file: Path, tmp_path: Path) -> None:
    (out := tmp_path / "out").mkdir()
    (standing := out / "register.csv").write_text("mine")
    said = export(file, "--out", out)
    assert said.code == 2
    assert "already holds register.csv. Give another --out, or --force" in said.err
    assert standing.read_text() == "mine"
    assert export(file, "--out", out, "--force").code == 0
    assert standing.read_text().startswith("pupil_id,")
    assert standing.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--contacts", "--reason", "a visit"], "--contacts needs a configured school"),
        (["--reason", "a visit"], "--reason goes with --contacts"),
    ],
)
def test_contacts_are_never_read_from_files_alone(
    file: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    said = export(file, "--out", tmp_path / "out", *arguments)
    assert said.code == 2
    assert says in said.err
    assert not (tmp_path / "out").exists()


def test_a_configured_school_exports_its_plugins_register(
    school: SchoolDesk, tmp_path: Path
) -> None:
    out = io.StringIO()
    run_export(ConfiguredSchool(school.place), Wanted(tmp_path / "out"), out)
    rows = table(tmp_path / "out" / "register.csv")
    assert {row["urn"] for row in rows} == {school.urn}
    assert {row["upn"] for row in rows} == {number(1), number(2)}
    assert not (tmp_path / "out" / "contacts.csv").exists()


def test_contacts_are_only_of_pupils_somebody_waits_for_and_the_reason_is_kept(
    school: SchoolDesk, tmp_path: Path
) -> None:
    school.stories["P1"] = "/*28 O*12"
    school.joined()
    source = ConfiguredSchool(school.place)
    wanted = Wanted(tmp_path / "out", contacts=True, reason="the visit of Friday")
    with pytest.raises(WrongUse, match="No pupil is in a return that waits"):
        run_export(source, wanted, io.StringIO())
    # The notice of P1 is held, since nobody has released returns: P1 alone is somebody's work.
    school.run("collect")
    run_export(ConfiguredSchool(school.place), wanted, io.StringIO())
    rows = table(tmp_path / "out" / "contacts.csv")
    assert [row["pupil_id"] for row in rows] == ["P1"]
    assert (tmp_path / "out" / "contacts.csv").stat().st_mode & 0o777 == 0o600
    line = school.sent()[0]
    assert "Contacts of 1 pupil written to a file on this machine" in line["words"]
    assert line["words"].endswith("with export: the visit of Friday")


def test_contacts_without_a_reason_are_refused(school: SchoolDesk, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--contacts needs a reason"):
        run_export(
            ConfiguredSchool(school.place), Wanted(tmp_path / "out", contacts=True), io.StringIO()
        )
