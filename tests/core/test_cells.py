"""What a spreadsheet could run is made inert; what is a number stays one."""

from __future__ import annotations

import pytest

from linkwork.cells import inert


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-2+3", "@SUM(A1)", "\tx", "\rx", "\uff1dx", "-"])
def test_a_cell_that_could_be_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert inert(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "12", "-5000", "P1", "2026-11-20 AM O", "a=b"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert inert(cell) == cell
