"""The strip of counted sessions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from casework import TEN_DAYS, marks

from linkwork.wire import Mark
from linkwork_hub.referrals import strip


def test_every_counted_session_is_one_signed_cell() -> None:
    drawn = [cell for cell in strip.cells(marks()) if cell.sign]
    assert len(drawn) == 20
    assert {cell.sign for cell in drawn} == {"O"}


def test_a_session_between_that_was_not_counted_has_no_sign() -> None:
    gap = marks([TEN_DAYS[0], TEN_DAYS[4]])
    unsigned = [cell for cell in strip.cells(gap) if not cell.sign]
    assert len(unsigned) == 6
    assert all(cell.words.endswith("not counted") for cell in unsigned)


def test_a_code_that_stayed_at_the_school_shows_its_class() -> None:
    signs = {cell.sign for cell in strip.cells(marks(code=None, counts="authorised"))}
    assert signs == {"a"}


def test_a_counted_saturday_gets_a_column_and_no_other_week_shows_one() -> None:
    saturday = Mark(date=date(2026, 2, 21), half="AM", code="G")
    assert max(cell.weekday for cell in strip.cells((*marks(), saturday))) == 5
    assert max(cell.weekday for cell in strip.cells(marks())) == 4


@pytest.mark.parametrize("weeks", [1, 39])
def test_the_drawing_is_sound_and_as_tall_as_its_weeks(weeks: int) -> None:
    days = [TEN_DAYS[0] + timedelta(weeks=n) for n in range(weeks)]
    root = ET.fromstring(strip.svg(marks(days), "spell-1"))  # noqa: S314 -- our own
    rects = root.findall("{http://www.w3.org/2000/svg}rect")
    assert len(rects) == weeks * 10
    assert int(root.attrib["height"]) == strip.TOP + weeks * strip.ROW + 2
    assert int(root.attrib["width"]) <= 360, "it fits a telephone"


def test_the_drawing_has_a_title_a_description_and_no_inline_style() -> None:
    drawn = strip.svg(marks(), "spell-1")
    assert 'role="img" aria-labelledby="spell-1-t spell-1-d"' in drawn
    assert "20 counted sessions on 10 days in 2 weeks, 16 to 27 February 2026" in drawn
    assert not re.search(r"\bstyle=|<style", drawn)


def test_what_a_school_sends_is_never_markup() -> None:
    # No message can bring such a code; the drawing does not rely on that.
    odd = (Mark.model_construct(date=TEN_DAYS[0], half="AM", code="<b>"),)
    assert "<b>" not in strip.svg(odd, "x")
    assert "&lt;b&gt;" in strip.svg(odd, "x")


def test_without_sessions_nothing_is_drawn() -> None:
    assert strip.svg((), "x") == ""
    assert strip.describe(()) == "No sessions were counted."
