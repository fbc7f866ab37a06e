"""A register of which a little could not be read: used, and said at the school and to the hub."""

from __future__ import annotations

import csv
import os

from school_desk import ALWAYS, SchoolDesk

from linkwork import wire
from linkwork_agent.store import schedule
from linkwork_hub.db import Scope
from linkwork_hub.feeds import rules
from linkwork_hub.feeds import store as feeds


def as_export(school: SchoolDesk, *, damaged: bool) -> None:
    """The school's register as an export of another shape, one mark of it spoilt by Excel."""
    with school.register.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if damaged:
        rows[-1]["code"] = "#NAME?"
    lines = ["Adno;Mark Date;Session;Mark"]
    lines += [f"{r['pupil_id']};{r['date']};{r['session']};{r['code']}" for r in rows]
    school.register.write_text("\n".join((*lines, "")), encoding="utf-8")


def problems(school: SchoolDesk) -> list[tuple[str, str]]:
    with school.open() as store:
        return [(one.sentence, one.shared) for one in schedule.problems(store.read)]


def test_a_partial_read_is_used_and_stands_as_a_problem_until_a_whole_one(
    school: SchoolDesk,
) -> None:
    school.joined()
    as_export(school, damaged=True)
    outcome = school.run("collect")
    assert outcome.exit_code == 0
    assert "partial: 1 row could not be read, the first:" in outcome.sentence
    [(sentence, shared)] = problems(school)
    assert "D (code)" in sentence
    # What may leave says how much and nothing of where or what.
    assert shared == "collect: partial: 1 row could not be read (plugin csv)"
    # The control: a whole read ends it.
    school.write()
    as_export(school, damaged=False)
    assert school.run("collect").exit_code == 0
    assert problems(school) == []


def in_two_files(school: SchoolDesk, *, damaged: bool = False) -> None:
    """The register in a folder of two exports, of which P3's may be cut off in the middle."""
    school.write()
    head, *rows = school.register.read_text(encoding="utf-8").splitlines(keepends=True)
    folder = school.home / "exports"
    folder.mkdir(exist_ok=True)
    parts = {
        "most.csv": [row for row in rows if not row.startswith("P3,")],
        "Quill.csv": [row for row in rows if row.startswith("P3,")],
    }
    for name, part in parts.items():
        text = head + "".join(part)
        text = text[: len(text) // 2] + '"' if damaged and name == "Quill.csv" else text
        (folder / name).write_text(text, encoding="utf-8")
        os.utime(folder / name, (0, 0))
    school.settings = {
        "path": str(folder),
        "settle": 30,
        "quarantine": str(school.home / "set-aside"),
    }


def returns(school: SchoolDesk) -> list[wire.Return]:
    return [each for each in school.messages() if isinstance(each, wire.Return)]


def hub_says(school: SchoolDesk) -> str:
    """What the authority's page of this school's feed says is wrong."""
    assert school.run("deliver").exit_code == 0
    assert school.run("instruct").exit_code == 0
    school.hub.work()
    with school.hub.db.read() as db:
        feed = feeds.feed(Scope.system(), db, school.school_id)
    return " ".join(rules.problems(feed, rules.lateness(None, [], school.now.date()), school.now))


def test_a_damaged_file_of_several_takes_nothing_back_and_the_hub_says_partial(
    school: SchoolDesk,
) -> None:
    """Of the pupil in the damaged file nothing is known that day, and a finding stands."""
    school.stories["P3"] = "/*30 O*10"
    in_two_files(school)
    school.joined("return")
    school.run("collect")
    assert [notice.event for notice in returns(school)[-1].notices] == ["opened"]
    made = len(returns(school))
    school.later(days=3)
    school.stories |= dict.fromkeys(("P1", "P2"), f"{ALWAYS} /")
    in_two_files(school, damaged=True)
    outcome = school.run("collect")
    assert outcome.exit_code == 0, outcome.sentence
    assert "partial: 1 file is damaged and set aside" in outcome.sentence
    # What a person at the school is told names the file; what leaves does not.
    [(sentence, shared)] = problems(school)
    assert "Quill.csv is set aside" in sentence
    assert "Quill" not in shared
    assert "no nil return is made while a file of the register is set aside" in outcome.sentence
    assert len(returns(school)) == made
    last = [each for each in school.messages() if isinstance(each, wire.Summary)][-1]
    assert not [notice for notice in last.notices if notice.event in ("withdrawn", "ended")]
    said = hub_says(school)
    assert "Partial: 1 file is damaged and set aside" in said
    assert "Quill" not in said
    # The control: once the file is whole, the day's return is made and nobody says partial.
    school.later(hours=1)
    in_two_files(school)
    outcome = school.run("collect")
    assert "partial" not in outcome.sentence
    assert len(returns(school)) == made + 1
    assert "Partial" not in hub_says(school)
