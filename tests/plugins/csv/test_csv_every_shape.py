"""One made-up school in every shape of export is the same register, with the same findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import exports
import pytest

import linkwork_csv.plugin
from linkwork import policy, triggers
from linkwork.register import Pupil, Register
from linkwork.sample import make_school
from linkwork.testing import open_mis

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 20)
Reading = Callable[..., Register]


@pytest.fixture(scope="module")
def register() -> Register:
    """60 pupils over an autumn."""
    return make_school(11, phase="primary", pupils=60, first=FIRST, last=LAST).register


def one_sign(register: Register) -> Register:
    """The same with codes of one sign alone, as before August 2024."""
    codes = tuple(code[:1] for code in register.codes)
    return replace(register, codes=codes)


def by_upn(register: Register) -> Register:
    """The same with pupils known by their UPN, and without what a transfer file lacks."""
    pupils = tuple(replace(pupil, pupil_id=pupil.upn or "", form=None) for pupil in register.pupils)
    return replace(register, pupils=pupils)


def marked(register: Register) -> dict[tuple[str, object], str]:
    return {
        (pupil.pupil_id, session): code
        for place, pupil in enumerate(register.pupils)
        for session, code in register.marks(place)
        if code
    }


def same(found: Register, wanted: Register) -> None:
    england = policy.builtin("england-2024")
    assert found.pupils == wanted.pupils
    assert marked(found) == marked(wanted)
    assert triggers.evaluate(found, england, LAST) == triggers.evaluate(wanted, england, LAST)
    assert found.rejected_count == 0


@pytest.mark.parametrize("shape", exports.SHAPES)
def test_every_shape_gives_the_same_register_and_findings(
    shape: str, register: Register, read_csv: Reading, tmp_path: Path
) -> None:
    path = exports.SHAPES[shape](register, tmp_path)
    same(read_csv(path), register)


@pytest.mark.parametrize("shape", exports.SINGLE)
def test_every_shape_of_codes_of_one_sign_gives_the_same(
    shape: str, register: Register, read_csv: Reading, tmp_path: Path
) -> None:
    early = one_sign(register)
    same(read_csv(exports.SINGLE[shape](early, tmp_path)), early)


@pytest.mark.parametrize("version", exports.CTF)
def test_every_transfer_file_gives_the_same(
    version: str, register: Register, read_csv: Reading, tmp_path: Path
) -> None:
    wanted = by_upn(register if version != "CTF 21" else one_sign(register))
    same(read_csv(exports.CTF[version](wanted, tmp_path)), wanted)


def test_the_comparison_sees_one_mark_that_differs(
    register: Register, read_csv: Reading, tmp_path: Path
) -> None:
    """Control: one changed mark in one shape is found."""
    path = exports.SHAPES["day-wide, commas, BOM"](register, tmp_path)
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    at = next(n for n, row in enumerate(rows) if ",/,\\," in row)
    rows[at] = rows[at].replace(",/,\\,", ",O,\\,")
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(AssertionError):
        same(read_csv(path), register)


def test_a_pupil_has_the_details_that_were_written(
    register: Register, read_csv: Reading, tmp_path: Path
) -> None:
    """Control: the details compared are not all empty."""
    found: Pupil = read_csv(exports.SHAPES["Arbor BI extract"](register, tmp_path)).pupils[0]
    assert None not in (found.upn, found.surname, found.date_of_birth, found.sex, found.form)
    assert found.enrolments[0].start is not None


def test_the_technician_sees_tables_beside_the_marks_as_read(
    register: Register, tmp_path: Path
) -> None:
    folder = exports.SHAPES["Arbor BI extract"](register, tmp_path)
    checks = open_mis(linkwork_csv.plugin, path=folder).check()
    assert [check for check in checks if not check.ok] == []
    beside = [check.seen for check in checks if "read beside the marks" in check.seen]
    assert len(beside) == 2
    assert all("60 pupils" in seen for seen in beside)
