"""The page about one pupil shows what the command prints."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from command import agent
from registers import marks, weekdays

#: Four weeks, a holiday of one, and a week.
DAYS = [*weekdays(date(2026, 1, 19), 20), *weekdays(date(2026, 2, 23), 5)]


def test_the_pupil_of_the_page_is_explained_as_the_page_shows(
    pages: dict[str, str], tmp_path: Path
) -> None:
    told = (("P1", "/*5 O*4 I+O /*4 - /*5 O*3 /*2"), ("P2", "/*25"))
    rows = [
        f"{who},{day},{half},{code}"
        for who, story in told
        for (day, half), code in marks(story, DAYS).items()
    ]
    path = tmp_path / "register.csv"
    path.write_text("\n".join(["pupil_id,date,session,code", *rows]), encoding="utf-8")
    shown = re.search(r"^```text\n(.*?)^```", pages["docs/explain.md"], re.MULTILINE | re.DOTALL)
    assert shown
    assert agent("explain", "P1", path, "--trigger", "penalty-window").out == shown[1]


def test_every_sign_of_the_strip_is_on_the_page(pages: dict[str, str]) -> None:
    from linkwork_agent import strip

    for sign in (strip.NO_MARK, strip.NO_SCHOOL, strip.CLOSED, strip.OFF_ROLL):
        assert f"`{sign}`" in pages["docs/explain.md"]
