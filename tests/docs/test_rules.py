"""The pictures of the rules are true, line by line, and the sample answer is what is printed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from registers import marks, register

from linkwork import policy as policies
from linkwork.triggers import evaluate
from linkwork_agent import check

ENGLAND = policies.builtin("england-2024")
PICTURE = re.compile(r"^## (\S+)\n(?:(?!^## ).)*?^```rule\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(.+?) {2,}(met|not met|provisional) {2,}(\S.*)$")


def judged(story: str, trigger: str) -> str:
    """What the engine says of a story: met, not met or provisional."""
    held = register(story, "/*200")
    last = max(day for day, _ in marks(story))
    found = [
        f for f in evaluate(held, ENGLAND, last) if f.trigger == trigger and f.pupil_id == "P1"
    ]
    if not found:
        return "not met"
    return "provisional" if found[0].status == "provisional" else "met"


def test_every_rule_has_a_picture_and_every_line_of_it_is_true(pages: dict[str, str]) -> None:
    drawn = dict(PICTURE.findall(pages["docs/rules.md"]))
    assert set(drawn) == {rule.name for rule in ENGLAND.enabled}
    for trigger, picture in drawn.items():
        for line in picture.splitlines():
            match = LINE.match(line)
            assert match, line
            assert judged(match[1], trigger) == match[2], line


def test_a_picture_that_is_wrong_is_noticed() -> None:
    assert judged("O*9", "continuous-unauthorised") != "met"


def test_the_bounds_named_in_the_pictures_are_those_found() -> None:
    held = register("O*5 - O*5", "/*11")
    run = next(
        f for f in evaluate(held, ENGLAND, held.sessions[-1].date) if f.unit == "school days"
    )
    assert (run.at_least, run.at_most) == (5, 11)
    held = register("I /*9 -*5", "/*15")
    found = evaluate(held, ENGLAND, held.sessions[-1].date)
    [rate] = [each for each in found if each.trigger == "persistent-absence"]
    assert (rate.value, rate.at_most) == (2, 12)


def test_every_rule_names_its_source_on_the_page(pages: dict[str, str]) -> None:
    sections = re.split(r"^## ", pages["docs/rules.md"], flags=re.MULTILINE)
    for rule in ENGLAND.enabled:
        section = next(each for each in sections if each.startswith(rule.name))
        assert "Source: " in section


@pytest.mark.parametrize("page", ["docs/check.md"])
def test_the_sample_answer_is_what_check_prints(
    page: str, pages: dict[str, str], tmp_path: Path
) -> None:
    told = (("P1", marks("/*5 O*8 N*4")), ("P2", marks("/*17")))
    rows = [f"{who},{d},{half},{code}" for who, days in told for (d, half), code in days.items()]
    path = tmp_path / "register.csv"
    path.write_text("\n".join(["pupil_id,date,session,code", *rows]), encoding="utf-8")
    out = io.StringIO()
    assert check.run_check([str(path)], out=out) == 0
    sample = re.search(r"^```text\n(.*?)^```", pages[page], re.MULTILINE | re.DOTALL)
    assert sample
    assert out.getvalue().startswith(sample[1])
