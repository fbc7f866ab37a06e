"""A register of which a little could not be read: used, and said at the school and to the hub."""

from __future__ import annotations

import csv

from school_desk import SchoolDesk

from linkwork_agent.store import schedule


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
