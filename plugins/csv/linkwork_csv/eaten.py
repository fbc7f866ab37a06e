"""Marks that a spreadsheet ate: `/`, `\\` and `=` begin a formula there, and leave a blank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

from linkwork.errors import BadInput
from linkwork_csv.layout import Table
from linkwork_csv.marks import NO_MARK
from linkwork_csv.names import place_of
from linkwork_csv.shapes import Mark
from linkwork_csv.values import BadValue

#: The marks of a pupil who is there; a register without any of them in a half is none.
PRESENT = frozenset({"/", "\\", "L"})
#: From so many marks on so many days on, half of them blank, a half without presence is damage.
_MARKS, _DAYS = 20, 3


def looks_whole(written: Collection[str]) -> bool:
    """Whether both signs of presence were met: then no spreadsheet ate one of them."""
    return {"/", "\\"} <= {code.strip() for code in written}


def refuse(table: Table, marks: Iterable[Mark]) -> None:
    """Raise BadInput when one half of the day has blanks where its presence marks must have been.

    A half that is not taken yet, as on the day of the export, is no damage: three days are.
    """
    blank: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    present: set[str] = set()
    days: dict[str, set[date]] = {"AM": set(), "PM": set()}
    columns: dict[str, set[int]] = {"AM": set(), "PM": set()}
    for mark in marks:
        code = "" if isinstance(mark.code, BadValue) else mark.code.strip().upper()
        whole[mark.half] += 1
        days[mark.half].add(mark.day)
        columns[mark.half].add(mark.column)
        blank[mark.half] += code in NO_MARK
        if code in PRESENT:
            present.add(mark.half)
    for half in ("AM", "PM"):
        if half in present or whole[half] < _MARKS or len(days[half]) < _DAYS:
            continue
        if blank[half] * 2 >= whole[half]:
            first = min(columns[half])
            raise BadInput(
                f"{blank[half]:,} of {whole[half]:,} marks of {half} are blank and none says that "
                "a pupil was there: a spreadsheet takes / and \\ for formulas and empties them",
                remedy="Export again, and do not open the file in Excel before it is read",
                file=str(table.path),
                sheet=table.sheet or None,
                column=f"{place_of(first)} (code)",
            )
