"""Our plugins that read files, on files that arrive broken in every way the kit knows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import linkwork_csv.plugin
import linkwork_sims.plugin
from demo.fakes.sims import reports
from linkwork.plugin import Mis
from linkwork.register import Pupil, Register, RegisterBuilder
from linkwork.testing import Expected, FileContract, open_mis

MONDAY, FRIDAY = date(2026, 9, 7), date(2026, 9, 11)


def register() -> Register:
    """Two pupils with a week of marks."""
    into = RegisterBuilder()
    for pupil_id in ("17", "18"):
        into.add_pupil(Pupil(pupil_id, surname="Larkspur", sex="F", year_group="6", form="6A"))
        for day in range(7, 12):
            into.add(pupil_id, date(2026, 9, day), "AM", "/" if pupil_id == "17" else "O")
    return into.build()


class TestCsvFiles(FileContract):
    expected = Expected(MONDAY, FRIDAY, pupils=2)
    name = "register.csv"

    def open_file(self, path: Path) -> Mis:
        return open_mis(linkwork_csv.plugin, path=str(path))

    def good(self) -> bytes:
        rows = [
            f"{pupil_id},2026-09-{day:02},AM,{'/' if pupil_id == 17 else 'O'}\n"
            for pupil_id in (17, 18)
            for day in range(7, 12)
        ]
        return f"pupil_id,date,session,code\n{''.join(rows)}".encode()


class TestSimsFiles(FileContract):
    expected = Expected(MONDAY, FRIDAY, pupils=2)
    name = "register.xml"

    def open_file(self, path: Path) -> Mis:
        return open_mis(linkwork_sims.plugin, path=str(path))

    def good(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return reports.write(register(), Path(folder) / "good.xml").read_bytes()

    def broken(self) -> Iterator[tuple[str, bytes]]:
        yield from super().broken()
        good = self.good()
        yield "cut short", good[: len(good) // 2]
        yield "two registers in one file", good + good
        yield (
            "an error in the middle",
            good.replace(
                b"</Record>", b"<CommandReporterError>x</CommandReporterError></Record>", 1
            ),
        )
