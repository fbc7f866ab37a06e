"""The parameter file that goes back to SIMS is the one it wrote, with other dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from linkwork.errors import BadInput, ShapeChanged, WrongUse
from linkwork_sims import discovery
from linkwork_sims.options import Options
from linkwork_sims.parameters import dated
from linkwork_sims.plugin import SimsMis

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 22)


def dump(start: str, end: str, bypass: str = "FALSE") -> str:
    return (
        "<ReportParameters>\r\n"
        f"<Parameter id='a' subreportfilter='FALSE' bypass='{bypass}'><Name>Effective</Name>"
        "<Values><Date>01/09/2020 00:00:00</Date></Values></Parameter>\r\n"
        "<Parameter id='b'><Name>Marks from Café</Name><Type>DateRange</Type>"
        f"<Values>{start}{end}</Values></Parameter></ReportParameters>"
    )


@pytest.mark.parametrize(
    ("start", "end", "begins", "ends"),
    [
        (
            "2020-09-01T09:30:00",
            "2020-09-08T09:30:00",
            "2026-11-02T00:00:00",
            "2026-11-23T00:00:00",
        ),
        (
            "01/09/2020 00:00:00",
            "08/09/2020 00:00:00",
            "02/11/2026 00:00:00",
            "23/11/2026 00:00:00",
        ),
        ("01/09/2020", "08/09/2020", "02/11/2026", "23/11/2026"),
        ("2020-09-01 09:30", "2020-09-08 09:30", "2026-11-02 00:00", "2026-11-23 00:00"),
        ("", "", "2026-11-02T00:00:00", "2026-11-23T00:00:00"),
    ],
)
def test_dates_keep_the_form_that_stood_there(start: str, end: str, begins: str, ends: str) -> None:
    whole = dump(f"<Start>{start}</Start>", f"<End>{end}</End>", bypass="TRUE")
    made = dated(whole.encode(), FIRST, LAST)
    assert made.ranged
    assert made.content.decode() == dump(
        f"<Start>{begins}</Start>", f"<End>{ends}</End>", bypass="TRUE"
    )


def test_a_single_date_is_set_only_where_the_report_uses_it() -> None:
    range_ = "<Start/>", "<End/>"
    used, unused = (dated(dump(*range_, bypass=b).encode(), FIRST, LAST) for b in ("FALSE", "TRUE"))
    assert b"<Date>22/11/2026 00:00:00</Date>" in used.content
    assert b"<Date>01/09/2020 00:00:00</Date>" in unused.content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_file_goes_back_in_the_encoding_it_came_in(encoding: str) -> None:
    made = dated(dump("<Start/>", "<End/>").encode(encoding), FIRST, LAST)
    assert "Marks from Café" in made.content.decode(encoding)
    assert "2026-11-02T00:00:00" in made.content.decode(encoding)


def test_what_is_no_parameter_file_is_refused_and_one_without_a_range_is_told_apart() -> None:
    with pytest.raises(ShapeChanged, match="no ReportParameters"):
        dated(b"Report not found", FIRST, LAST)
    with pytest.raises(BadInput, match="DOCTYPE"):
        dated(b"<!DOCTYPE a><ReportParameters/>", FIRST, LAST)
    with pytest.raises(ShapeChanged, match="parameter Start holds a date in a form"):
        dated(dump("<Start>September</Start>", "<End/>").encode(), FIRST, LAST)
    assert not dated(b"<ReportParameters></ReportParameters>", FIRST, LAST).ranged


def test_the_program_is_found_where_sims_ini_says(tmp_path: Path) -> None:
    windows, sims = tmp_path / "Windows", tmp_path / "SIMS .net"
    windows.mkdir()
    sims.mkdir()
    (windows / "sims.ini").write_text(f"[SETUP]\nSIMSDotNetDirectory={sims}\n", encoding="cp1252")
    environment = {"WinDir": str(windows), "ProgramFiles": str(tmp_path / "Program Files")}
    missing, looked = discovery.find(environment, tmp_path)
    assert missing is None
    assert [place.split(" (")[1] for place in looked] == [
        f"named by {windows / 'sims.ini'})",
        "where it usually is)",
    ]
    (sims / discovery.PROGRAM).touch()
    assert discovery.find(environment, tmp_path)[0] == sims / discovery.PROGRAM


@pytest.mark.parametrize("text", ["", "[Setup]\n", "not an ini file", "[Setup]\nOther=1\n"])
def test_a_sims_ini_that_names_nothing_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "sims.ini").write_text(text, encoding="utf-8")
    assert discovery.find({}, tmp_path) == (None, [])


def test_a_machine_without_sims_is_pointed_to_a_dropped_report() -> None:
    mis = SimsMis(Options(report="Linkwork marks"), environment={})
    [check] = mis.check()
    assert not check.ok
    assert "If SIMS is hosted" in check.remedy
    assert "set path to that folder" in check.remedy
    with pytest.raises(WrongUse, match="no CommandReporter"):
        mis.source()
