"""CommandReporter run as a child: the register, or the error its reader must act on, and no rest.

The program is the one of the demonstration: another process, with real files and pipes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import linkwork_sims.plugin
from demo.fakes.sims import faults, install, reports
from linkwork.errors import (
    BadInput,
    CredentialsRefused,
    EmptyRegister,
    LinkworkError,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
    WrongUse,
)
from linkwork.plugin import Mis
from linkwork.register import Pupil, Register, RegisterBuilder, Session
from linkwork.sample import SampleSchool
from linkwork.testing import Expected, MisContract, open_mis, read
from linkwork_sims.client import CommandReporter
from linkwork_sims.options import Options

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 9)
MONDAY = date(2026, 9, 7)
OpenSims = Callable[..., Mis]

#: What each fault must be called. Those that are no fault to a careful reader are below.
NAMED: dict[str, type[LinkworkError]] = {
    "no ids": PermissionMissing,
    "contradiction": BadInput,
    "half written": PartialData,
    "deep": ShapeChanged,
    "long field": ShapeChanged,
    "unending": ShapeChanged,
    "no records": EmptyRegister,
    "doctype": BadInput,
    "page": NotTheSource,
    "csv": BadInput,
    "password expired": CredentialsRefused,
    "no permission": PermissionMissing,
    "single user": SourceUnavailable,
    "plain words": ShapeChanged,
    "silent": EmptyRegister,
    "zero bytes": EmptyRegister,
}
READ = (*faults.WRITTEN, "cross product", "left child", "slow", "ignores dates")
#: Proved one by one below.
ELSEWHERE = {"hang", "hang with child", "flood", "late writer"}


class TestSimsProgramContract(MisContract):
    plugin = linkwork_sims.plugin
    expected = Expected(FIRST, LAST, pupils=60)

    @pytest.fixture(autouse=True)
    def _a_sims(self, sims: OpenSims) -> None:
        self.sims = sims

    def open(self) -> Mis:
        return self.sims()

    def hostile(self) -> Iterator[tuple[str, Mis]]:
        for fault in NAMED:
            yield fault, self.sims(fault)


def alive(pid: int) -> bool:
    """Whether a process is there and no mere entry of one that has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pids: list[int], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def noted(path: Path) -> list[int]:
    return [int(line) for line in path.read_text(encoding="utf-8").split()]


def test_every_fault_of_the_program_is_met_by_some_test() -> None:
    assert {*NAMED, *READ, *ELSEWHERE} == set(faults.FAULTS)


@pytest.mark.parametrize("output", ["stdout", "file"])
@pytest.mark.parametrize("fault", NAMED)
def test_each_way_to_fail_is_called_by_its_name(fault: str, output: str, sims: OpenSims) -> None:
    with pytest.raises(NAMED[fault]) as refused:
        read(sims(fault, output=output), FIRST, LAST)
    assert ". " in str(refused.value)
    kinds = type(refused.value).__mro__
    assert kinds[0] is NAMED[fault]


@pytest.mark.parametrize("output", ["stdout", "file"])
@pytest.mark.parametrize("fault", READ)
def test_what_a_careful_reader_gets_over_gives_the_same_register(
    fault: str, output: str, sims: OpenSims, school: SampleSchool
) -> None:
    register = read(sims(fault, output=output), FIRST, LAST)
    week = [s for s in school.register.sessions if FIRST <= s.date <= LAST]
    assert list(register.sessions) == week
    assert register.pupils == school.register.pupils
    for pupil in school.register.pupils:
        for session in week:
            mark = school.register.mark(pupil.pupil_id, session)
            assert register.mark(pupil.pupil_id, session) == mark


def test_a_file_that_is_written_after_the_program_ended_is_waited_for(
    sims: OpenSims, tmp_path: Path
) -> None:
    """Control: the file as it stands when the program ends is no report."""
    notes = tmp_path / "notes"
    mis = sims("late writer", output="file", knows={"notes": str(notes)})
    assert len(read(mis, FIRST, LAST).pupils) == 60
    command = [
        str(tmp_path / "CommandReporter.exe"),
        "/TRUSTED",
        f"/REPORT:{install.MARKS}",
        "/QUIET",
    ]
    subprocess.run([*command, f"/OUTPUT:{tmp_path / 'early.xml'}"], check=True)
    assert not (tmp_path / "early.xml").read_text(encoding="utf-8").endswith("</SuperStarReport>\n")
    assert gone(noted(notes))


@pytest.mark.parametrize("fault", ["hang", "hang with child"])
def test_a_program_that_waits_for_ever_is_ended_with_all_it_started(
    fault: str, sims: OpenSims, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    began = time.monotonic()
    with pytest.raises(TimedOut, match="a window is likely to wait") as refused:
        read(sims(fault, limit=1, knows={"notes": str(notes)}), FIRST, LAST)
    assert time.monotonic() - began < 8
    assert "within 1 seconds" in str(refused.value)
    pids = noted(notes)
    assert len(pids) == (2 if "child" in fault else 1)
    assert gone(pids)


def test_a_child_that_the_program_leaves_behind_is_ended_too(
    sims: OpenSims, tmp_path: Path
) -> None:
    """Control: the program run by itself leaves it alive."""
    notes = tmp_path / "notes"
    read(sims("left child", knows={"notes": str(notes)}), FIRST, LAST)
    assert gone(noted(notes))
    notes.unlink()
    command = [
        str(tmp_path / "CommandReporter.exe"),
        "/TRUSTED",
        f"/REPORT:{install.MARKS}",
        "/QUIET",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    left = noted(notes)[-1]
    try:
        assert alive(left)
    finally:
        os.kill(left, signal.SIGKILL)


def test_who_is_asked_to_end_while_a_report_runs_ends_the_report_first(
    sims: OpenSims, tmp_path: Path
) -> None:
    """The agent ends a job by its process group, which the report is not in.

    Control: a process that does not mind the signal leaves the report running.
    """
    code = (
        "import sys; from datetime import date; from linkwork.testing import open_mis, read;"
        "import linkwork_sims.plugin as p;"
        "mis = open_mis(p, program=sys.argv[1], report='Linkwork marks');"
        "read(mis, date(2026, 9, 7), date(2026, 9, 11))"
    )
    minding = "import signal; signal.signal(signal.SIGTERM, lambda *_: __import__('os')._exit(9));"
    for start, is_gone in (("", True), (minding, False)):
        notes = tmp_path / f"notes {is_gone}"
        sims("hang with child", knows={"notes": str(notes)})
        reader = subprocess.Popen(
            [sys.executable, "-c", start + code, str(tmp_path / "CommandReporter.exe")]
        )
        while not notes.exists() or len(noted(notes)) < 2:
            assert reader.poll() is None
            time.sleep(0.02)
        reader.terminate()
        reader.wait(10)
        pids = noted(notes)
        assert gone(pids, 5 if is_gone else 0.5) == is_gone
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_a_program_that_never_stops_writing_is_ended(sims: OpenSims, tmp_path: Path) -> None:
    sims("flood")
    options = Options(report=install.MARKS, limit=30)
    source = CommandReporter(tmp_path / "CommandReporter.exe", options, most_bytes=200_000)
    with pytest.raises(ShapeChanged, match="more than 200,000 bytes"), source.reports(FIRST, LAST):
        pass


def test_nothing_of_a_report_is_left_on_the_disk(
    sims: OpenSims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen = []
    options = Options(report=install.MARKS)
    sims()
    with CommandReporter(tmp_path / "CommandReporter.exe", options).reports(FIRST, LAST) as files:
        [private] = folder.iterdir()
        seen = [path.name for path in private.iterdir()]
        assert files[0].parent == private
        assert private.stat().st_mode & 0o077 == 0
    assert "words" in seen
    with pytest.raises(PartialData):
        read(sims("half written"), FIRST, LAST)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", ["iso", "english"])
def test_the_dates_asked_for_reach_the_report_in_the_form_it_uses(
    form: str, sims: OpenSims, tmp_path: Path
) -> None:
    day = date(2026, 9, 9)
    sims(knows={"form": form})
    source = CommandReporter(tmp_path / "CommandReporter.exe", Options(report=install.MARKS))
    with source.reports(day, day) as [path]:
        text = path.read_text(encoding="utf-8")
    # The day after comes too, in case SIMS leaves the last day out; reading leaves it out again.
    assert {line.split("<MarkDate>")[1][:10] for line in text.splitlines()[1:-1]} == {
        "2026-09-09",
        "2026-09-10",
    }
    assert {session.date for session in read(sims(knows={"form": form}), day, day).sessions} == {
        day
    }


def test_a_report_without_parameters_is_read_and_check_says_what_it_lacks(sims: OpenSims) -> None:
    mis = sims(knows={"form": ""})
    assert len(read(mis, FIRST, LAST).pupils) == 60
    [dates] = [check for check in mis.check() if check.name == "dates"]
    assert not dates.ok
    assert "date-range parameter" in dates.remedy


def test_each_school_of_a_server_is_read_from_its_own_database(tmp_path: Path) -> None:
    databases = {}
    for name in ("sims_north", "sims_south"):
        into = RegisterBuilder()
        into.add_pupil(Pupil("1", surname=name))
        into.add("1", MONDAY, "AM", "/")
        file = reports.write(into.build(), tmp_path / f"{name}.xml")
        databases[name] = {install.MARKS: file}
    program = install.program(tmp_path, databases, server="TRUST\\SIMS")

    def surname(**settings: Any) -> str | None:
        mis = open_mis(linkwork_sims.plugin, program=str(program), report=install.MARKS, **settings)
        return read(mis, FIRST, LAST).pupils[0].surname

    there = {"server": "TRUST\\SIMS"}
    assert surname(**there, database="sims_north") == "sims_north"
    assert surname(**there, database="sims_south") == "sims_south"
    with pytest.raises(CredentialsRefused, match="Cannot open database sims_west"):
        surname(**there, database="sims_west")
    with pytest.raises(SourceUnavailable, match="network-related"):
        surname(database="sims_north")


def test_a_password_is_only_for_a_sims_user_and_never_stands_in_a_message(sims: OpenSims) -> None:
    users = {"users": {"reporter": "right"}, "trusted": False}
    mis = sims(knows=users, user="reporter", secrets={"password": "right"})
    assert len(read(mis, FIRST, LAST).pupils) == 60
    [sign_in] = [check for check in mis.check() if check.name == "sign-in"]
    assert "list of processes shows the password" in sign_in.seen
    with pytest.raises(CredentialsRefused, match="Login failed") as refused:
        read(sims(knows=users, user="reporter", secrets={"password": "wrong"}), FIRST, LAST)
    assert "wrong" not in str(refused.value)
    with pytest.raises(CredentialsRefused, match="current Windows user"):
        read(sims(knows=users), FIRST, LAST)
    with pytest.raises(WrongUse, match="mis-password"):
        sims(user="reporter")


def test_a_schools_own_codes_are_known_from_its_own_report(tmp_path: Path, sims: OpenSims) -> None:
    into = RegisterBuilder()
    into.add("1", MONDAY, "AM", "7")
    into.add("2", MONDAY, "AM", "9")
    marks = reports.write(into.build(), tmp_path / "own.xml")
    codes = reports.write_codes(tmp_path / "codes.xml", {"7": "I", "9": "Y"})
    known = {"sims": {install.MARKS: marks, install.CODES: codes}}
    program = install.program(tmp_path, known)

    def register(**settings: Any) -> Register:
        mis = open_mis(linkwork_sims.plugin, program=str(program), report=install.MARKS, **settings)
        assert isinstance(mis, linkwork_sims.plugin.SimsMis)
        mis = replace(mis, today=lambda: MONDAY)
        [shown] = [check for check in mis.check() if check.name == "own codes"]
        assert ("7 = I" in shown.seen) == ("codes_report" in settings)
        return read(mis, FIRST, LAST)

    monday = Session(MONDAY, "AM")
    assert register().mark("1", monday) == "7"
    assert register(codes_report=install.CODES).mark("1", monday) == "I"
    listed = register(codes_report=install.CODES)
    assert (listed.mark("1", monday), listed.mark("2", monday)) == ("I", "Y")


def test_check_names_what_is_missing_on_the_way_and_the_remedy(sims: OpenSims) -> None:
    def wrong(**settings: Any) -> tuple[str, str]:
        [check] = [check for check in sims(**settings).check() if not check.ok]
        return check.seen, check.remedy

    assert all(check.ok for check in sims().check())
    assert "Third Party Reporter" in wrong(fault="no ids")[1]
    assert "My Reports" in wrong(report="Another")[1]
    assert "expired" in wrong(fault="password expired")[1]
    assert "window" in wrong(fault="hang", limit=0.5)[1]
    assert "not there" in wrong(program="/nowhere/CommandReporter.exe")[1]


@pytest.mark.parametrize("fault", ["half written", "no records", "page", "csv", "deep", "doctype"])
def test_a_message_names_the_report_and_never_a_file_that_is_gone(
    sims: OpenSims, fault: str
) -> None:
    """What the program wrote is removed with the read: its path would lead nobody anywhere."""
    mis = sims(fault)
    with pytest.raises(LinkworkError) as refused:
        mis.read(date(2026, 9, 1), date(2026, 10, 9), RegisterBuilder())
    said = [str(refused.value), *(f"{one.seen} {one.remedy}" for one in mis.check())]
    assert 'the report "Linkwork marks"' in said[0]
    assert not [words for words in said if "linkwork-sims-" in words]
