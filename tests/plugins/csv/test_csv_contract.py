"""The CSV plugin keeps the promises of every plugin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import linkwork_csv.plugin
from linkwork.plugin import Mis
from linkwork.register import Enrolment
from linkwork.sample import make_school
from linkwork.testing import Expected, MisContract, open_mis

HEADER = b"pupil_id,date,session,code\n"
HOSTILE = {
    "empty": b"",
    "header only": HEADER,
    "missing column": b"pupil_id,date,session\np1,2026-09-07,AM\n",
    "unknown column": b"pupil_id,date,session,code,notes\np1,2026-09-07,AM,/,x\n",
    "doubled column": b"pupil_id,date,session,code,date\np1,2026-09-07,AM,/,2026-09-07\n",
    "NUL": HEADER + b"p1,2026-09-07,AM,/\x00\n",
    "UTF-16 cut short": (HEADER + b"p1,2026-09-07,AM,/\n").decode().encode("utf-16")[:-1],
    "workbook": b"PK\x03\x04" + b"\x00" * 40,
    "page of HTML": b"<!DOCTYPE html><html><body>Blocked</body></html>\n",
    "unclosed quote": HEADER + b'"p1,2026-09-07,AM,/\np2,2026-09-07,AM,/\n',
    "one endless row": HEADER + b"p" * 600_000,
    "two marks": HEADER + b"p1,2026-09-07,AM,/\np1,2026-09-07,AM,N\n",
}


class TestCsvContract(MisContract):
    plugin = linkwork_csv.plugin
    expected = Expected(
        date(2026, 9, 7),
        date(2026, 9, 11),
        pupils=60,
        marks={("P00001", date(2026, 9, 12), "AM"): None},
    )

    @pytest.fixture(autouse=True)
    def _a_school(self, tmp_path: Path) -> None:
        school = make_school(
            5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 10, 9)
        )
        self.folder, self.hostile_folder = tmp_path / "school", tmp_path / "hostile"
        school.write_csv(self.folder)
        self.hostile_folder.mkdir()

    def open(self) -> Mis:
        return open_mis(self.plugin, path=self.folder)

    def hostile(self) -> Iterator[tuple[str, Mis]]:
        for number, (word, content) in enumerate(HOSTILE.items()):
            path = self.hostile_folder / f"{number}.csv"
            path.write_bytes(content)
            yield word, open_mis(self.plugin, path=path)

    def test_contacts_come_from_the_file_beside_the_register(self) -> None:
        (found,) = self.open().contacts(["P00003"])
        assert found.contacts
        assert found.contacts[0].phones[0].startswith("07700 900")


class TestCsvContractOfPupilsWhoComeAndGo(MisContract):
    """Two enrolments in one year, a dual registration, a guest, and nothing else said."""

    plugin = linkwork_csv.plugin
    expected = Expected(
        date(2026, 9, 7),
        date(2026, 9, 11),
        pupils=4,
        marks={("1", date(2026, 9, 11), "AM"): "/", ("4", date(2026, 9, 8), "AM"): None},
        enrolments={
            "1": (
                Enrolment(date(2026, 9, 1), date(2026, 9, 8)),
                Enrolment(date(2026, 9, 10), None),
            ),
            "2": (Enrolment(None, None, "S"),),
            "3": (Enrolment(date(2026, 9, 7), None, "G"),),
            "4": (Enrolment(),),
        },
        silent=frozenset({"upn", "surname", "date_of_birth", "fsm", "sen", "looked_after"}),
    )

    @pytest.fixture(autouse=True)
    def _a_register(self, tmp_path: Path) -> None:
        rows = [
            "pupil_id,entry_date,leaving_date,mode,date,session,code",
            "1,2026-09-01,2026-09-08,,2026-09-07,AM,/",
            "1,2026-09-10,,C,2026-09-11,AM,/",
            "2,,,s,2026-09-08,AM,D",
            "3,2026-09-07,,G,2026-09-08,AM,/",
            "4,,,,2026-09-08,AM,-",
        ]
        self.path = tmp_path / "register.csv"
        self.path.write_text("\n".join(rows), encoding="utf-8")

    def open(self) -> Mis:
        return open_mis(self.plugin, path=self.path)
