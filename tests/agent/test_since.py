"""`check NEW --since OLD`: what changed between two exports, and what that changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command import Said, agent
from hypothesis import given
from random_registers import registers
from registers import MONDAY, marks, register, weekdays

from linkwork import policy as policies
from linkwork.register import Register
from linkwork.sample import make_school
from linkwork.school_days import last_held_day
from linkwork_agent.since import compare

ENGLAND = policies.builtin("england-2024")
DAYS = weekdays(MONDAY, 30)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a register of one pupil a story; `ids` and `upns` name them otherwise."""

    def written(
        name: str,
        *stories: str,
        ids: str = "P1 P2 P3",
        urn: str = "100001",
        first: date = MONDAY,
        upns: bool = False,
    ) -> Path:
        lines = ["pupil_id,upn,date,session,code,urn"]
        for number, (who, story) in enumerate(zip(ids.split(), stories, strict=False)):
            told = marks(story, weekdays(first, len(marks(story)) // 2))
            upn = f"A12345678900{number}" if upns else ""
            lines += [f"{who},{upn},{d},{half},{code},{urn}" for (d, half), code in told.items()]
        (path := tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        return path

    return written


def since(new: Path, *old: Path, form: str = "table") -> Said:
    """The comparison of a new export with an older one."""
    options = [part for each in old for part in ("--since", each)]
    return agent("check", new, *options, "--format", form)


def changes(said: Said) -> dict[str, str]:
    """What became of each finding, by trigger."""
    return {each["trigger"]: each["change"] for each in said.json["since"]["findings"]}


def test_nothing_changed_is_said_in_words(write: Write) -> None:
    old, new = write("old.csv", "/*20 O*10", "/*30"), write("new.csv", "/*20 O*10", "/*30")
    said = since(new, old)
    assert said.code == 0
    assert (
        "Nothing changed: the same marks, pupils and school days, and 7 findings stand"
        in said.words
    )
    assert "WHAT CHANGED" not in said.out
    assert since(new, old, form="json").json["since"]["nothing_changed"] is True
    # The control: one mark is enough for another answer.
    other = write("other.csv", "/*20 O*10", "/*29 I")
    assert "Nothing changed" not in since(other, old).out


def test_a_corrected_mark_is_named_old_and_new_with_the_finding_it_takes_away(write: Write) -> None:
    old = write("old.csv", "/*20 O*10", "/*30")
    new = write("new.csv", "/*20 O*4 /+\\ O*5", "/*30")
    said = since(new, old)
    assert (
        "2 marks changed: P1 Fri 6 Feb 2026 AM O to /; P1 Fri 6 Feb 2026 PM O to \\." in said.words
    )
    assert "GONE: " in said.out
    assert "P1, continuous-unauthorised: 10 school days, Mon 2 Feb 2026 to Fri 13 Feb" in said.words
    assert "Why: 2026-02-06 AM was O and is now / and 1 more." in said.words
    assert "Marks: Fri 6 Feb 2026 AM O to /; Fri 6 Feb 2026 PM O to \\." in said.words


def test_a_vanished_mark_withdraws_nothing_and_says_so(write: Write) -> None:
    old = write("old.csv", "/*20 O*10", "/*30")
    new = write("new.csv", "/*20 O*4 - O*5", "/*30")
    said = since(new, old)
    assert "2 marks vanished: they correct nothing" in said.words
    assert "GONE" not in said.out
    assert "Stands on marks that vanished: Fri 6 Feb 2026 AM O to no mark" in said.words
    found = since(new, old, form="json").json["since"]
    run = next(f for f in found["findings"] if f["trigger"] == "continuous-unauthorised")
    assert (run["new"]["value"], len(run["rests_on_vanished"])) == (10, 2)
    # The control: the new register by itself has no such finding.
    alone = agent("check", new, "--format", "json").json["findings"]
    assert "continuous-unauthorised" not in {each["trigger"] for each in alone}


def test_new_weeks_open_and_grow_findings_with_the_marks_responsible(write: Write) -> None:
    old = write("old.csv", "/*8 O*12", "/*20")
    new = write("new.csv", "/*8 O*15 /*2", "/*15 O*10")
    found = since(new, old, form="json").json["since"]
    assert found["marks"]["added"] == 20
    by = {(f["pupil_id"], f["trigger"]): f for f in found["findings"]}
    run = by["P1", "continuous-unauthorised"]
    assert (run["change"], run["old"]["value"], run["new"]["value"]) == ("ended", 12, 15)
    assert [mark["old"] for mark in run["marks"]] == [None] * 8
    opened = by["P2", "continuous-unauthorised"]
    assert (opened["change"], opened["old"], opened["new"]["value"]) == ("opened", None, 10)
    assert by["P1", "penalty-window"]["change"] == "opened"


def test_a_run_that_goes_on_has_grown_and_one_that_lost_a_day_has_shrunk(write: Write) -> None:
    old = write("old.csv", "/*8 O*12", "/*20")
    assert (
        changes(since(write("a.csv", "/*8 O*15", "/*23"), old, form="json"))[
            "continuous-unauthorised"
        ]
        == "grown"
    )
    assert (
        changes(since(write("b.csv", "/*8 /+\\ O*11", "/*20"), old, form="json"))[
            "continuous-unauthorised"
        ]
        == "shrunk"
    )


def test_a_rate_left_behind_has_ended(write: Write) -> None:
    old, new = write("old.csv", "/*17 I*2", "/*19"), write("new.csv", "/*17 I*2 /*11", "/*30")
    said = since(new, old, form="json").json["since"]["findings"]
    [rate] = [each for each in said if each["trigger"] == "persistent-absence"]
    assert (rate["change"], rate["new"]) == ("ended", None)
    assert rate["why"] == "later sessions brought the rate below the threshold"


def test_an_answered_n_confirms(write: Write) -> None:
    old, new = write("old.csv", "/*10 O*8 N*2", "/*20"), write("new.csv", "/*10 O*10", "/*20")
    assert changes(since(new, old, form="json"))["continuous-unauthorised"] == "confirmed"


def test_pupils_new_and_gone_and_school_days_are_named(write: Write) -> None:
    old = write("old.csv", "/*20", "O*20", "/*20", ids="P1 P2 P3")
    new = write("new.csv", "/*9 #*1 /*10", "/*9 # /*10", ids="P1 P4")
    said = since(new, old)
    assert "1 pupil new: P4." in said.words
    assert (
        "2 pupils gone: what was found of them stands, it is not withdrawn: P2; P3." in said.words
    )
    assert "Fri 16 Jan 2026 is no more a school day." in said.words
    assert "GONE" not in said.out


def test_what_is_said_of_a_pupil_who_is_gone_is_said_under_the_pupils_own_id(write: Write) -> None:
    old = write("old.csv", "/*20", "O*17 -*3", ids="P1 P2")
    new = write("new.csv", "/*20", ids="P1")
    [gone] = since(new, old, form="json").json["since"]["findings"]
    assert (gone["change"], gone["pupil_id"], gone["trigger"]) == ("gone", "P2", "first-day")
    assert gone["pupil_gone"] is True
    assert gone["why"].startswith("the pupil is not in the new export")
    assert "P2 (gone), first-day" in since(new, old).words
    rows = csv.DictReader(io.StringIO(since(new, old, form="csv").out))
    assert {row["pupil_id"] for row in rows} == {"P2"}


def test_the_same_child_under_a_new_id_is_known_by_its_upn(write: Write) -> None:
    old = write("old.csv", "/*20 O*10", "/*30", upns=True)
    new = write("new.csv", "/*20 O*10", "/*30", ids="X1 X2", upns=True)
    assert since(new, old, form="json").json["since"]["nothing_changed"] is True
    without = write("new.csv", "/*20 O*10", "/*30", ids="X1 X2")
    said = since(without, old)
    assert said.code == 3
    assert "have no pupil in common, by id or UPN" in said.err


def test_older_marks_that_the_new_export_does_not_reach_are_counted_and_left(write: Write) -> None:
    old = write("old.csv", "/*10 O*10 /*10", "/*30")
    new = write("new.csv", "/*10", "/*10", first=DAYS[20])
    said = since(new, old)
    assert "80 marks of the older export lie before the new register starts" in said.words
    assert "GONE" not in said.out


def test_the_older_export_may_be_several_files(write: Write) -> None:
    first = write("a.csv", "/*10", "/*10")
    second = write("b.csv", "O*10", "/*10", first=DAYS[10])
    new = write("new.csv", "/*10 O*10", "/*20")
    assert "Nothing changed" in since(new, first, second).out


def test_every_difference_is_a_row_of_the_csv(write: Write) -> None:
    old = write("old.csv", "/*20 O*10", "/*30", "/*30")
    new = write("new.csv", "/*20 O*4 /+\\ O*5", "/*28 -*2", "/*30")
    rows = list(csv.DictReader(io.StringIO(since(new, old, form="csv").out)))
    whats = [row["what"] for row in rows]
    assert whats.count("mark changed") == 2
    assert whats.count("mark vanished") == 4
    gone = next(row for row in rows if row["what"] == "finding gone")
    assert (gone["pupil_id"], gone["trigger"], gone["old"], gone["new"]) == (
        "P1",
        "continuous-unauthorised",
        "10",
        "",
    )


def test_the_json_of_check_stays_whole_beside_the_comparison(write: Write) -> None:
    old, new = write("old.csv", "/*30"), write("new.csv", "/*20 O*10")
    plain = agent("check", new, "--format", "json").json
    compared = since(new, old, form="json").json
    assert {key: compared[key] for key in plain} == plain


@pytest.mark.parametrize(
    ("old", "code", "says"),
    [
        ({"urn": "100002"}, 3, "--since is the register of school 100002, and the new one that of"),
        ({"ids": "Q1 Q2"}, 3, "have no pupil in common"),
        ({"stories": ("/*30", "/*30")}, 2, "they have changed places"),
    ],
    ids=["another school", "other pupils", "newer"],
)
def test_an_older_export_that_is_none_is_named(
    write: Write, old: dict[str, Any], code: int, says: str
) -> None:
    stories = old.pop("stories", ("/*20", "/*20"))
    said = since(write("new.csv", "/*20", "/*20"), write("old.csv", *stories, **old))
    assert (said.code, said.out) == (code, "")
    assert says in said.err


def test_an_older_file_of_another_layout_is_named_with_its_columns(
    write: Write, tmp_path: Path
) -> None:
    (old := tmp_path / "old.csv").write_text("id,day,mark\n1,2026-01-05,/\n", encoding="utf-8")
    said = since(write("new.csv", "/*20"), old)
    assert said.code == 3
    assert "old.csv: no row among the first is the header" in said.err
    assert "setup csv FILE asks" in said.err


@given(registers())
def test_a_register_compared_with_itself_has_not_changed(told: tuple[Register, date]) -> None:
    held, _ = told
    assert compare(held, held, ENGLAND, last_held_day(held) or held.sessions[-1].date).nothing


def test_half_a_year_and_the_whole_are_told_apart_of_a_made_up_school() -> None:
    whole = make_school(5, pupils=80, first=date(2025, 9, 3), last=date(2026, 7, 17)).register
    half = make_school(5, pupils=80, first=date(2025, 9, 3), last=date(2026, 7, 17)).register
    keep = [n for n, session in enumerate(half.sessions) if session.date < date(2026, 2, 1)]
    half = Register(
        half.pupils,
        tuple(half.sessions[n] for n in keep),
        half.codes,
        [half.rows[n] for n in keep],
    )
    found = compare(half, whole, ENGLAND, date(2026, 7, 17))
    assert (found.changed, found.vanished, found.filled) == ((), (), ())
    assert found.added > 10_000
    assert {each.change for each in found.findings} >= {"opened", "ended"}
    assert not found.vanished


def test_the_marks_of_other_pupils_are_not_held_responsible() -> None:
    old = register("/*20 O*10", "/*30")
    new = register("/*20 O*5 /+\\ O*4", "/*25 I*5")
    found = compare(old, new, ENGLAND, DAYS[-1])
    gone = [each for each in found.findings if each.change == "gone"]
    assert {each.pupil_id for each in gone} == {"P1"}
    assert {mark.pupil_id for each in gone for mark in each.marks} == {"P1"}
    assert {len(each.marks) for each in gone} == {2}
    assert {mark.pupil_id for mark in found.changed} == {"P1", "P2"}


def test_a_finding_that_other_dates_on_roll_take_away_says_so(tmp_path: Path) -> None:
    header, told = "pupil_id,leaving_date,date,session,code", marks("/*5 O*10 /*5")

    def export(name: str, leaving: str) -> Path:
        rows = [f"P1,{leaving},{day},{half},{code}" for (day, half), code in told.items()]
        rows += [f"P2,,{day},{half},/" for day, half in told]
        (path := tmp_path / name).write_text("\n".join([header, *rows]), encoding="utf-8")
        return path

    old, new = export("old.csv", ""), export("new.csv", str(DAYS[9]))
    found = since(new, old, form="json").json["since"]["findings"]
    [gone] = [each for each in found if each["trigger"] == "continuous-unauthorised"]
    assert (gone["change"], gone["why"]) == ("gone", "the pupil's dates on roll are others")
