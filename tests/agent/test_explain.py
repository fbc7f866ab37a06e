"""`explain`: one pupil's year as a strip, and why each rule is met or how far away it is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from command import agent
from registers import MONDAY, marks, weekdays
from school_desk import SchoolDesk

from linkwork.sample import SampleSchool, make_school
from linkwork_agent import explain, strip
from linkwork_agent.source import ConfiguredSchool, Files, InHand

HEADER = (
    "pupil_id,upn,surname,forename,date_of_birth,form,entry_date,leaving_date,date,session,code"
)
#: Two weeks before a holiday of a week, three after it.
DAYS = [*weekdays(MONDAY, 10), *weekdays(date(2026, 1, 26), 15)]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a register of one pupil a story, P1 and on, each with the dates on roll given."""

    def written(*stories: str, entry: str = "", leaving: str = "", name: str = "r.csv") -> Path:
        lines = [HEADER]
        for number, story in enumerate(stories, 1):
            for (day, half), code in marks(story, DAYS).items():
                dates = f"{entry},{leaving}" if number == 1 else ","
                who = f"P{number},,Example{number},Ash,2014-05-01,7A"
                lines.append(f"{who},{dates},{day},{half},{code}")
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleSchool, Path]:
    """A made-up school's year and its register file."""
    made = make_school(11, pupils=60, first=date(2025, 9, 3), last=date(2026, 7, 17))
    made.write_csv(folder := tmp_path_factory.mktemp("school"))
    return made, folder / "register.csv"


def test_the_year_is_a_line_a_week_with_what_each_rule_counted_under_it(write: Write) -> None:
    said = agent("explain", "P1", write("/*9 - O*5 # I+O O*3 /*5", "/*25"))
    assert said.code == 0
    strip_lines = said.out[said.out.index("Week from") : said.out.index("\n\na  ")]
    assert strip_lines == (
        "Week from        Mon   Tue   Wed   Thu   Fri\n"
        "Mon 5 Jan 2026   / \\   / \\   / \\   / \\   / \\\n"
        "Mon 12 Jan 2026  / \\   / \\   / \\   / \\   _ _\n"
        "                 no school from Sat 17 Jan 2026\n"
        "Mon 26 Jan 2026  O O   O O   O O   O O   O O\n"
        "              a  a a   a a   a a   a a   a a\n"
        "              b  b b   b b   b b   b b   b b\n"
        "              c  c c   c c   c c   c c   c c\n"
        "              d  d d   d d   d d   d d   d d\n"
        "Mon 2 Feb 2026   # #   I O   O O   O O   O O\n"
        "              b        b b   b b   b b   b b\n"
        "              d          d   d d   d d   d d\n"
        "Mon 9 Feb 2026   / \\   / \\   / \\   / \\   / \\"
    )
    for letter, rule in (
        ("a", "(penalty-window)"),
        ("b", "(persistent-absence)"),
    ):
        assert re.search(rf"^{letter}  .*\n?.*{re.escape(rule)}", said.out, re.MULTILINE), rule
    assert "10 sessions (5 days) within 10 school weeks, Mon 26 Jan 2026" in said.words
    assert "Counted: Mon 26 Jan 2026 AM O, PM O; Tue 27 Jan 2026 AM O, PM O;" in said.words


@pytest.mark.serves("C55")
def test_no_line_is_wider_than_a_terminal_of_80_columns(
    made_up: tuple[SampleSchool, Path],
) -> None:
    made, path = made_up
    for planted in made.planted[:6]:
        said = agent("explain", planted.pupil_id, path)
        assert max(len(line) for line in said.out.splitlines()) <= 80


def test_days_not_on_roll_and_closures_are_seen(write: Write) -> None:
    said = agent(
        "explain", "P1", write("/*12 # /*7 /*5", "/*25", entry="2026-01-14", leaving="2026-02-06")
    )
    assert "On roll Wed 14 Jan 2026 to Fri 6 Feb 2026." in said.words
    assert "Mon 5 Jan 2026   not on roll up to Fri 9 Jan 2026\n" in said.out
    assert "Mon 12 Jan 2026  ~ ~   ~ ~   / \\   / \\   / \\\n" in said.out
    assert "Mon 26 Jan 2026  / \\   / \\   # #   / \\   / \\\n" in said.out
    assert "Mon 9 Feb 2026   not on roll up to Fri 13 Feb 2026\n" in said.out


def test_a_day_on_which_the_school_was_closed_for_all_is_drawn_as_closed(write: Write) -> None:
    said = agent("explain", "P1", write("/*12 # /*12", "/*12 # /*12"))
    assert "Mon 26 Jan 2026  / \\   / \\   #     / \\   / \\\n" in said.out


def test_a_rule_not_met_says_how_far_away_it_is(write: Write) -> None:
    said = agent("explain", "P1", write("/*18 O*3 N /*3", "/*25"))
    assert "NOT MET" in said.out
    assert (
        "0 of 10 school days in a row, up to Fri 13 Feb 2026; the most there was is 4."
        in said.words
    )
    assert "8 of 10 sessions (5 days) in the 10 school weeks up to Fri 13 Feb 2026." in said.words
    assert (
        "Absent for half of the school year so far, or more: 8 of 50 possible sessions (16.0 %); "
        "met after 34 sessions (17 days) more like that in a row." in said.words
    )
    assert (
        "Fifteen days of sickness: 0 of 30 sessions (15 days) in the time that counts" in said.words
    )


def test_a_run_that_goes_on_says_since_when(write: Write) -> None:
    said = agent("explain", "P1", write("/*19 O*6", "/*25"), "--trigger", "continuous-unauthorised")
    assert "6 of 10 school days in a row since Fri 6 Feb 2026, up to Fri 13 Feb" in said.words
    assert "penalty-window" not in said.out


def test_a_provisional_finding_says_so_and_bounds_are_in_words(write: Write) -> None:
    said = agent("explain", "P1", write("/*14 O*5 - O N*4", "/*25"))
    assert "(continuous-unauthorised) PROVISIONAL" in said.words
    assert "Provisional: not met without the N marks" in said.words
    assert "At least" in said.words


def test_the_sessions_marked_are_those_check_says_were_counted(
    made_up: tuple[SampleSchool, Path],
) -> None:
    made, path = made_up
    findings = agent("check", path, "--format", "json").json["findings"]
    asked = {each.pupil_id for each in made.planted if each.pupil_id} & {
        each["pupil_id"] for each in findings
    }
    assert len(asked) > 3
    for pupil_id in sorted(asked)[:8]:
        explained = agent("explain", pupil_id, path, "--format", "json").json
        ours = [each for each in findings if each["pupil_id"] == pupil_id]
        shown = [{k: v for k, v in each.items() if k in ours[0]} for each in explained["findings"]]
        assert shown == ours
        counted = {
            (each["date"], each["session"], trigger)
            for each in explained["sessions"]
            for trigger in each["counted_by"]
        }
        assert counted == {
            (mark["date"], mark["session"], each["trigger"])
            for each in ours
            for mark in each["why"]
        }
        # Every rule is answered once: met or not.
        met = {each["trigger"] for each in explained["findings"]}
        assert met.isdisjoint(each["trigger"] for each in explained["not_met"])


def test_the_year_by_half_term_is_shown_and_said_to_be_inferred(write: Write) -> None:
    said = agent("explain", "P1", write("/*8 I*2 O*5 /*10", "/*25"))
    assert "2025-26: absent for 14 of 50 possible sessions (28.0 %), 4 with" in said.words
    assert "half terms inferred from the breaks" in said.words
    assert "half term 1, Mon 5 Jan 2026 to Fri 16 Jan 2026: 4 of 20, 0 without" in said.words


def test_in_the_first_half_term_lists_go_by_last_years_rate(tmp_path: Path) -> None:
    days = [*weekdays(date(2026, 6, 1), 20), *weekdays(date(2026, 9, 7), 10)]
    rows = [f"P1,{d},{half},{code}" for (d, half), code in marks("O*5 /*15 I /*9", days).items()]
    (path := tmp_path / "r.csv").write_text("\n".join(["pupil_id,date,session,code", *rows]))
    said = agent("explain", "P1", path)
    assert "lists of pupils to work with go by last year's rate: that of 2025-26." in said.words
    assert agent("explain", "P1", path, "--as-of", "2026-06-26").words.count("last year's") == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("P22", "No pupil 'P22' in this register. Near: P2  Ash Example2, 7A"),
        ("Ash Exampel2", "Near: P2  Ash Example2, 7A"),
        ("quite another", "Nothing is near it."),
    ],
)
def test_an_unknown_pupil_is_named_with_near_matches(write: Write, asked: str, says: str) -> None:
    said = agent("explain", asked, write("/*25", "/*25"))
    assert (said.code, said.out) == (2, "")
    assert says in said.err


def test_a_name_finds_its_pupil_and_two_of_a_name_are_both_named(
    write: Write, tmp_path: Path
) -> None:
    path = write("/*25", "/*25")
    assert agent("explain", "ash  example2", path).out.startswith("P2  Ash Example2, 7A\n")
    twins = tmp_path / "twins.csv"
    twins.write_text(path.read_text(encoding="utf-8").replace("Example2", "Example1"))
    said = agent("explain", "Ash Example1", twins)
    assert said.code == 2
    assert "is 2 pupils: P1  Ash Example1, 7A; P2  Ash Example1, 7A." in said.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--trigger", "tenday"], "Policy england-2024 has no trigger 'tenday'. It has:"),
        (["--as-of", "2020-01-01"], "There is no mark up to 2020-01-01"),
        (["--as-of", "soon"], "--as-of 'soon' is not a date"),
        (["--policy", "none"], "There is no policy 'none'"),
    ],
)
def test_wrong_use_is_named(write: Write, arguments: list[str], says: str) -> None:
    said = agent("explain", "P1", write("/*25"), *arguments)
    assert said.code == 2
    assert says in said.err


def test_own_codes_are_read_as_check_reads_them(write: Write, tmp_path: Path) -> None:
    path = write("X01*12 /*13", "/*25")
    (codes := tmp_path / "codes.toml").write_text('[codes]\nX01 = "O"\n')
    assert agent("explain", "P1", path).code == 3
    given = ("--codes", codes, "--format", "json")
    found = agent("check", path, *given).json["findings"]
    told = agent("explain", "P1", path, *given).json["findings"]
    assert [each["trigger"] for each in told] == [each["trigger"] for each in found] != []
    refused = agent("explain", "P1", "--codes", codes)
    assert "--codes goes with register files" in refused.err


def test_a_pupil_who_is_kept_back_is_told_so_with_the_reason(write: Write) -> None:
    path = write("O*25", "/*25", "/*25")
    text = path.read_text()
    for each in ("P1", "P2"):
        text = text.replace(f"{each},,", f"{each},R999999926001,")
    path.write_text(text)
    said = agent("explain", "P1", path)
    assert said.code == 3
    assert "pupil P1 is kept back, and no rule judges it: two records have this UPN (with P2)" in (
        said.err
    )
    assert agent("explain", "Ash Example2", path).err.count("P2 is kept back") == 1
    assert agent("explain", "P3", path).code == 0


def test_colour_is_for_screens_alone_and_carries_nothing_by_itself(write: Write) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    source = Files(InHand([str(write("/*20 O*3 I*2", "/*25"))]))
    screen, paper = Screen(), io.StringIO()
    explain.run_explain("P1", source, out=screen)
    explain.run_explain("P1", source, out=paper)
    assert "\x1b[1mO\x1b[0m" in screen.getvalue()
    assert "\x1b[4mI\x1b[0m" in screen.getvalue()
    plain = screen.getvalue()
    for code in ("\x1b[1m", "\x1b[4m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == paper.getvalue()


def test_the_signs_of_the_strip_are_no_attendance_codes() -> None:
    from linkwork import codes

    known = {code for name in codes.names() for code in codes.builtin(name).codes}
    assert {strip.NO_MARK, strip.NO_SCHOOL, strip.OFF_ROLL}.isdisjoint(known)
    assert strip.CLOSED in known


def told(school: SchoolDesk, asked: str) -> str:
    """What `explain` says of a pupil of a configured school."""
    out = io.StringIO()
    assert explain.run_explain(asked, ConfiguredSchool(school.place), out=out) == 0
    return out.getvalue()


def test_a_configured_school_is_asked_by_mis_id_upn_and_pseudonym(school: SchoolDesk) -> None:
    school.stories["P1"] = "/*20 O*12 /*8"
    school.joined("return")
    school.run("collect")
    with school.open() as store:
        upn, pseudonym = store.read.execute(
            "SELECT upn, pseudonym FROM pupils WHERE mis_id = 'P1'"
        ).fetchone()
    whole = told(school, "P1")
    assert whole.startswith("P1  Quill1 Thornapple1")
    assert "(continuous-unauthorised)" in whole
    assert told(school, upn) == told(school, pseudonym) == whole


def test_a_school_that_has_not_joined_can_ask_too(school: SchoolDesk) -> None:
    assert "Policy england-2024" in told(school, "P1")


def test_marks_that_vanished_stand_in_the_explanation_as_in_what_was_told(
    school: SchoolDesk,
) -> None:
    school.stories["P1"] = "/*20 O*12 /*8"
    school.joined("return")
    school.run("collect")
    school.stories["P1"] = "/*20 -*12 /*8"
    school.write()
    again = told(school, "P1")
    assert "(continuous-unauthorised)" in again
    assert "24 marks that findings rest on and the school system no longer has" in again


def test_what_a_year_came_to_is_kept_at_the_school_and_shown(school: SchoolDesk) -> None:
    school.stories["P1"] = "/*20 O*12 /*8"
    school.joined()
    school.run("collect")
    with school.open() as store:
        found = store.read.execute("SELECT year, expected FROM year_results").fetchall()
    assert [tuple(row) for row in found] == [("2025-08-01", 80)] * 2
    # In September the source starts anew; the year before is still known here.
    school.later(days=200)
    first = weekdays(date(2026, 9, 7), 5)
    lines = [school.register.read_text(encoding="utf-8").splitlines()[0]]
    for number in (1, 2):
        start = f"P{number},,Thornapple{number},Quill{number},2016-03-04,5"
        lines += [f"{start},{d},{half},/" for d in first for half in ("AM", "PM")]
    school.register.write_text("\n".join(lines), encoding="utf-8")
    said = " ".join(told(school, "P1").split())
    assert "2025-26: absent for 24 of 80 possible sessions (30.0 %)" in said
    assert "go by last year's rate: that of 2025-26." in said
