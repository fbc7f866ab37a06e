"""Letters home: one for each run of absence, in the school's own words, noted when sent."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from changing import configured, correct
from command import agent
from school_desk import SchoolDesk

from linkwork.errors import BadInput, Refused, WrongUse
from linkwork_agent import contacted, letters
from linkwork_agent.letters import Sent

FRIDAY = "2026-02-27"


@pytest.fixture
def away(school: SchoolDesk) -> SchoolDesk:
    """A school whose P2 is away without permission for the third school day."""
    school.grow().stories["P2"] = "/*37 O G N"
    school.stories["P3"] = "/*38 O*2"
    school.joined().run("collect")
    return school


def listed(school: SchoolDesk, write: Path | None = None) -> list[dict[str, Any]]:
    """What the command lists on the school's day."""
    place = school.place
    return letters.listed(place.config, place.school, today=school.now.date(), write=write)


def rows(school: SchoolDesk) -> list[tuple[str, str, int, str]]:
    """Pupil, first day, days and state of each letter to send."""
    return [(r["mis_id"], r["first"], r["days"], r["state"]) for r in listed(school)]


def sent(school: SchoolDesk, whom: str = "P2", **more: Any) -> str:
    """Note that a letter was sent, and say what the command printed."""
    with school.open() as store:
        given = Sent(whom, "A. Reed", **more)
        place = school.place.config, school.place.school
        return letters.note_sent(store, place, given, lambda: school.now)


@pytest.mark.serves("C29")
def test_a_letter_is_due_on_the_third_day_without_permission_once_and_never_again(
    away: SchoolDesk, tmp_path: Path
) -> None:
    # P3 has been away for two days: nothing is due yet.
    assert rows(away) == [("P2", "2026-02-25", 3, "due")]
    folder = tmp_path / "letters"
    (row,) = listed(away, folder)
    text = Path(row["file"]).read_text(encoding="utf-8")
    assert text.startswith(
        "# Fernhill Primary\n\nFri 27 Feb 2026\n\nTo the parents or carers of Qui"
    )
    assert "Quill2 Thornapple2 was away, or came after the register had closed, on 3 sch" in text
    assert "- Wed 25 Feb 2026: morning and afternoon\n- Thu 26 Feb 2026: morning and" in text
    assert "Please tell us what kept Quill2 away" in text
    assert "{" not in text
    assert sent(away).startswith("1: Quill2 Thornapple2: letter about the absence from 2026-02-25")
    assert rows(away) == []
    (line,) = contacted.listed(away.place.config, away.place.school, whom="P2")
    assert (line["how"], line["with"], line["letter"]) == ("letter", "parent", "third-day")
    with pytest.raises(Refused, match="noted already"):
        sent(away)
    # The absence goes on, and its first day turns out to be another: it had its letter.
    away.later(days=3)
    correct(away, P2="/*37 I G N O", P3="/*38 O*3")
    assert rows(away) == [("P3", "2026-02-26", 3, "due")]


def test_another_absence_asks_for_another_letter(away: SchoolDesk) -> None:
    sent(away)
    away.later(days=6)
    correct(away, P2="/*37 O*3 / O*3")
    assert rows(away) == [("P2", "2026-03-03", 3, "due")]


def test_a_letter_that_was_never_sent_stays_to_be_seen(away: SchoolDesk, tmp_path: Path) -> None:
    away.later(days=14)
    correct(away, P2="/*37 O*3 /*10", P3="/*50", P1="/*50")
    assert rows(away) == [("P2", "2026-02-25", 3, "missed")]
    # It is too late to write it, and it can still be noted.
    assert [each["file"] for each in listed(away, tmp_path)] == [None]
    assert list(tmp_path.glob("*.md")) == []
    sent(away, at="2026-03-02")
    assert rows(away) == []


def test_a_letter_is_for_the_schools_own_account_and_what_stands_is_not_written_over(
    away: SchoolDesk, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "letters"
    (row,) = listed(away, folder)
    file = Path(row["file"])
    assert file.name == "P2-third-day-2026-02-25.md"
    if sys.platform != "win32":
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, folder)]
        assert modes == [0o600, 0o700]
    file.write_text("As the head changed it", encoding="utf-8")
    assert listed(away, folder)[0]["file"] == str(file)
    assert file.read_text(encoding="utf-8") == "As the head changed it"


def test_a_school_has_words_of_its_own(away: SchoolDesk, tmp_path: Path) -> None:
    own = letters.own_texts(away.place.config, away.place.school)
    own.mkdir()
    (own / "third-day.md").write_text("{pupil}, form {form}: {days}.\n", encoding="utf-8")
    (row,) = listed(away, tmp_path / "out")
    text = Path(row["file"]).read_text(encoding="utf-8")
    assert text == "Quill2 Thornapple2, form : 3 school days.\n"
    (own / "third-day.md").write_text("Dear parent\n\nof {pupils}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"third-day\.md, row 3: there is no field \{pupils\}"):
        listed(away, tmp_path / "other")
    assert not (tmp_path / "other").exists()
    (own / "third-day.md").unlink()
    (own / "forth-day.md").write_text("{pupil}", encoding="utf-8")
    with pytest.raises(BadInput, match="named after no rule of the policy"):
        listed(away)
    (own / "forth-day.md").rename(own / "continuous-unauthorised.md")
    assert rows(away) == [("P2", "2026-02-25", 3, "due")]


def test_a_broken_text_is_named_whenever_letters_are_listed_though_none_is_due(
    school: SchoolDesk,
) -> None:
    school.grow().joined().run("collect")
    configured(school)
    assert agent("--home", school.home, "letters").out.strip() == "No letter is to be sent."
    own = letters.own_texts(school.place.config, school.place.school)
    own.mkdir()
    (own / "third-day.md").write_text("Dear parent\n\nof {pupils}\n", encoding="utf-8")
    said = agent("--home", school.home, "letters")
    assert (said.code, said.out) == (3, "")
    assert "third-day.md, row 3: there is no field {pupils}" in said.err


def test_what_cannot_be_a_letter_sent_is_refused_and_nothing_is_noted(away: SchoolDesk) -> None:
    with pytest.raises(Refused, match="No letter is to be sent for Quill1"):
        sent(away, "P1")
    with pytest.raises(WrongUse, match="with --from, the first day away: 2026-02-25"):
        sent(away, first="2026-02-24")
    with pytest.raises(WrongUse, match="lies before the absence"):
        sent(away, at="2026-02-24")
    assert contacted.listed(away.place.config, away.place.school) == []


def test_a_letter_noted_by_mistake_is_due_again_once_it_is_taken_back(away: SchoolDesk) -> None:
    sent(away)
    fields = {"with_whom": "parent", "by": "A. Reed"}
    with away.open() as store:
        better = contacted.Said("P2", how="letter", note="By first post", corrects=1, **fields)
        contacted.record(store, better, lambda: away.now)
    assert rows(away) == []
    with away.open() as store:
        never = contacted.Said("P2", how="none", note="It never went", corrects=2, **fields)
        contacted.record(store, never, lambda: away.now)
    assert rows(away) == [("P2", "2026-02-25", 3, "due")]


def test_the_commands_list_write_and_note_a_letter(away: SchoolDesk, tmp_path: Path) -> None:
    configured(away)
    base = ("--home", away.home, "letters")
    (row,) = agent(*base, "--write", tmp_path / "out", "--format", "json").json
    assert Path(row["file"]).exists()
    assert "P2 Quill2 Thornapple2 - third-day 2026-02-25 2026-02-27 3 due" in agent(*base).words
    assert agent(*base, "sent").code == 2
    nobody = agent(*base, "sent", "P2")
    assert (nobody.code, "Say who sent it: --by NAME" in nobody.err) == (2, True)
    done = agent(*base, "sent", "P2", "--by", "A. Reed")
    assert done.words.endswith("sent by A. Reed. It stays at the school.")
    assert agent(*base).out.strip() == "No letter is to be sent."
    assert "{dates}" in agent(*base, "template").out


def test_before_a_register_was_read_no_list_says_that_nothing_is_to_be_done(
    school: SchoolDesk,
) -> None:
    school.grow()
    configured(school)
    for command in (["letters"], ["letters", "--format", "json"], ["leave"]):
        said = agent("--home", school.home, *command)
        assert (said.code, said.out) == (1, "")
        assert "No register was read here yet. Not joined yet." in said.err
        assert f"linkwork-agent --home {school.home} join STRING" in said.err
    school.joined()
    said = agent("--home", school.home, "letters")
    assert said.err.strip().endswith(f"linkwork-agent --home {school.home} once --job collect")
    assert "Not joined" not in said.err
    school.run("collect")
    assert agent("--home", school.home, "letters").out.strip() == "No letter is to be sent."
    assert agent("--home", school.home, "leave").out.startswith("No leave is coded G")


@pytest.mark.parametrize(
    "command",
    [
        ("letters", "sent", "P2", "--by", "A. Reed"),
        ("contacted", "P2", "--with", "parent", "--how", "call", "--note", "x", "--by", "A. Reed"),
        ("declare", "sickness", "P2", "--reason", "Ill", "--by", "A. Reed"),
    ],
)
def test_a_school_that_has_not_joined_is_told_to_join_before_anything_else(
    school: SchoolDesk, command: tuple[str, ...]
) -> None:
    configured(school)
    said = agent("--home", school.home, *command)
    assert said.code == 1
    join = "Not joined yet. Ask the authority for a join string and run: "
    assert said.err.index(join) < said.err.index("once --job")
    assert f"linkwork-agent --home {school.home} join STRING" in said.err
    assert "Once the authority has confirmed the school" in said.err
