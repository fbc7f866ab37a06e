"""The totals by SEN and free meals that leave the school are the same from every plugin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import exports
import pytest
from arbor_answers import answering, opened

import linkwork_csv.plugin
import linkwork_sims.plugin
from demo.fakes.arbor import FakeArbor, school_tables
from demo.fakes.arbor.model import Ref
from demo.fakes.sims import reports
from linkwork import policy as policies
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.sample import SampleSchool, make_school
from linkwork.summary import totals
from linkwork.testing import open_mis, read, serving

FIRST, LAST = date(2026, 9, 7), date(2026, 9, 18)
SEN, FSM = ("N", "N", "K", "E"), ("N", "Y", "N")


@pytest.fixture(scope="module")
def made() -> SampleSchool:
    """40 pupils, whose needs and meals go by their place."""
    found = make_school(5, phase="primary", pupils=40, first=FIRST, last=LAST)
    pupils = tuple(
        replace(pupil, sen=SEN[n % 4], fsm=FSM[n % 3] == "Y")
        for n, pupil in enumerate(found.register.pupils)
    )
    return replace(found, register=replace(found.register, pupils=pupils))


def with_columns(rows: Iterator[list[str]], register: Register, at: int = 0) -> list[list[str]]:
    """An export's rows with columns SEN Status and FSM."""
    by_id = {pupil.pupil_id: pupil for pupil in register.pupils}
    header, *rest = rows
    found = [["SEN Status", "FSM", *header]]
    for row in rest:
        pupil = by_id[row[at]]
        found.append([f"{pupil.sen} - as the census has it", "T" if pupil.fsm else "F", *row])
    return found


def of_export(made: SampleSchool, folder: Path) -> Mis:
    rows = with_columns(exports.long_rows(made.register), made.register)
    return open_mis(linkwork_csv.plugin, path=str(exports.text(rows, folder / "marks.csv")))


def of_extract(made: SampleSchool, folder: Path) -> Mis:
    extract = exports.arbor_bi(made.register, folder / "bi")
    students = extract / "STUDENTS.csv"
    header, *rows = students.read_text(encoding="utf-8").splitlines()
    by_id = {pupil.pupil_id: pupil for pupil in made.register.pupils}
    lines = [f"{header},CURRENT_SEN_STATUS,FSM"]
    for row in rows:
        pupil = by_id[row.partition(",")[0]]
        lines.append(f"{row},{pupil.sen},{pupil.fsm}")
    students.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return open_mis(linkwork_csv.plugin, path=str(extract))


def of_sims(made: SampleSchool, folder: Path) -> Mis:
    path = reports.write(made.register, folder / "register.xml")
    text = path.read_text(encoding="utf-8")
    for pupil in made.register.pupils:
        here = f"<PersonID>{pupil.pupil_id}</PersonID>"
        more = f"<SENStatus>{pupil.sen}</SENStatus><FSM>{'T' if pupil.fsm else 'F'}</FSM>"
        text = text.replace(here, here + more)
    path.write_text(text, encoding="utf-8")
    return open_mis(linkwork_sims.plugin, path=str(path))


def groups(register: Register) -> dict[str, object]:
    found = totals(register, policies.builtin("england-2024"), LAST).groups
    return {name: found.get(name) for name in ("sen", "fsm")}


@pytest.mark.parametrize("source", [of_export, of_extract, of_sims])
def test_totals_by_need_and_meals_are_those_of_the_school(
    source: object, made: SampleSchool, tmp_path: Path
) -> None:
    assert callable(source)
    known = groups(made.register)
    assert set(known["sen"] or ()) == {"N", "K", "E"}  # type: ignore[call-overload]
    assert groups(read(source(made, tmp_path), FIRST, LAST)) == known


@pytest.mark.parametrize("api", ["graphql", "rest"])
def test_totals_from_arbor_are_those_of_the_school(api: str, made: SampleSchool) -> None:
    fake = FakeArbor(*school_tables(made))
    fake.tables["SenStatus"] = [{"id": s, "code": s, "exportCode": s} for s in "KE"]
    fake.tables["SenStatusAssignment"] = [
        {
            "id": pupil.pupil_id,
            "student": Ref("Student", pupil.pupil_id),
            "senStatus": Ref("SenStatus", str(pupil.sen)),
            "startDate": "2026-09-01",
            "endDate": None,
        }
        for pupil in made.register.pupils
        if pupil.sen != "N"
    ]
    fake.tables["Eligibility"] = [{"id": "1", "code": "FSM", "eligibilityName": "Meals"}]
    fake.tables["EligibilityRecord"] = [
        {
            "id": pupil.pupil_id,
            "person": Ref("Person", pupil.pupil_id),
            "eligibility": Ref("Eligibility", "1"),
            "startDate": "2026-09-01",
            "endDate": None,
        }
        for pupil in made.register.pupils
        if pupil.fsm
    ]
    with serving(answering(fake)) as address:
        found = read(opened(address, api, demographics=["sen", "fsm"]), FIRST, LAST)
    assert groups(found) == groups(made.register)


def test_a_value_nobody_knows_is_unknown_and_counted_never_guessed(
    made: SampleSchool, tmp_path: Path
) -> None:
    rows = with_columns(exports.long_rows(made.register), made.register)
    text = [["Ever 6" if n and cell in {"T", "F"} else cell for n, cell in enumerate(row)]
            for row in rows]  # fmt: skip
    path = exports.text(text, tmp_path / "marks.csv")
    register = read(open_mis(linkwork_csv.plugin, path=str(path)), FIRST, LAST)
    assert {pupil.fsm for pupil in register.pupils} == {None}
    assert any("fsm could not be read for 40 pupils" in words for words in register.warnings)
    assert {pupil.sen for pupil in register.pupils} == {"N", "K", "E"}
