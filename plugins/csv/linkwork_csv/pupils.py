"""Who the pupils are: details repeated on every row, gathered once and checked for conflict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from linkwork import upn as upns
from linkwork.register import Enrolment, Pupil, RegisterBuilder
from linkwork_csv import values
from linkwork_csv.values import BadCell, BadValue, cell

#: A pupil has one of each for life: two values mean two children, or a mistake.
_FOR_LIFE = ("upn", "date_of_birth")
#: Of an export alone: canonical files have no such columns.
DEMOGRAPHICS: Mapping[str, Callable[[str], str | None]] = {
    "sen": values.sen,
    "fsm": values.yes_no,
    "pupil_premium": values.yes_no,
    "ethnicity": values.ethnicity,
    "looked_after": values.yes_no,
}
_CHANGING = ("surname", "forename", "sex", "year_group", "form", *DEMOGRAPHICS)
_LISTED = {"sex": values.sex, "year_group": values.year_group, **DEMOGRAPHICS}


@dataclass
class _Known:
    """What the rows said of one pupil so far; `leaving` and `modes` by entry date."""

    texts: dict[str, str] = field(default_factory=dict)
    born: date | None = None
    leaving: dict[date | None, date | None] = field(default_factory=dict)
    modes: dict[date | None, str] = field(default_factory=dict)


class PupilDetails:
    """Gathers pupils' details from the rows of all files of one school into a builder."""

    def __init__(self, into: RegisterBuilder) -> None:
        self._into = into
        self._known: dict[str, _Known] = {}
        self._changed: defaultdict[str, set[str]] = defaultdict(set)
        self._upn_problems: Counter[str] = Counter()

    def add(self, pupil_id: str, cells: Mapping[str, str]) -> None:
        """Take one row's details. Raises BadCell for an unreadable or conflicting cell."""
        known = self._known.setdefault(pupil_id, _Known())
        for column in (*_FOR_LIFE, *_CHANGING):
            if column in cells:
                self._text(pupil_id, known, column, cells[column])
        self._enrolment(pupil_id, known, cells)
        upn = known.texts.get("upn")
        self._into.add_pupil(
            Pupil(
                pupil_id,
                upn=upn,
                upn_temporary=upn is not None and not upns.problem(upn) and upns.is_temporary(upn),
                surname=known.texts.get("surname"),
                forename=known.texts.get("forename"),
                date_of_birth=known.born,
                sex=known.texts.get("sex"),
                year_group=known.texts.get("year_group"),
                form=known.texts.get("form"),
                sen=known.texts.get("sen"),
                fsm=_yes(known.texts.get("fsm")),
                pupil_premium=_yes(known.texts.get("pupil_premium")),
                ethnicity=known.texts.get("ethnicity"),
                looked_after=_yes(known.texts.get("looked_after")),
                enrolments=_enrolments(known),
            )
        )

    def warn(self) -> None:
        """Say, once and without names, what was odd over all rows."""
        for column, pupils in sorted(self._changed.items()):
            self._into.warn(
                f"{column} differs between rows of {_counted(len(pupils), 'pupil')}: "
                "the last one read is used"
            )
        for problem, count in sorted(self._upn_problems.items()):
            self._into.warn(
                f"the UPN of {_counted(count, 'pupil')} {problem}: kept as it is. Correct it in "
                "the school system"
            )

    def _text(self, pupil_id: str, known: _Known, column: str, written: str) -> None:
        text = cell(column, values.plain, written)
        if text is not None and column in _LISTED:
            text = cell(column, _LISTED[column], text)
        if text is None:
            return
        if column == "upn":
            text = text.upper()
        if column == "date_of_birth":
            known.born = cell(column, values.day, text)
        before = known.texts.get(column)
        if before == text:
            return
        if before is None and column == "upn":
            self._new_upn(text)
        elif before is not None and column in _FOR_LIFE:
            raise BadCell(
                column,
                BadValue(
                    f"pupil {pupil_id} has another {column} here than in a row before",
                    "Correct it in the school system, or give two children two pupil_ids",
                ),
            )
        elif before is not None:
            self._changed[column].add(pupil_id)
        known.texts[column] = text

    def _new_upn(self, upn: str) -> None:
        problem = upns.problem(upn)
        if problem:
            self._upn_problems[problem] += 1

    def _enrolment(self, pupil_id: str, known: _Known, cells: Mapping[str, str]) -> None:
        entry = cell("entry_date", values.optional_day, cells.get("entry_date", "").strip())
        leaving = cell("leaving_date", values.optional_day, cells.get("leaving_date", "").strip())
        if entry and leaving and leaving < entry:
            raise BadCell(
                "leaving_date",
                BadValue("the pupil leaves before the entry date", "Correct one of the dates"),
            )
        before = known.leaving.get(entry)
        if before and leaving and before != leaving:
            self._changed["leaving_date"].add(pupil_id)
        known.leaving[entry] = leaving or before
        mode = cell("mode", values.mode, cells.get("mode", "").strip())
        if mode is not None:
            if known.modes.get(entry, mode) != mode:
                self._changed["mode"].add(pupil_id)
            known.modes[entry] = mode


def _yes(text: str | None) -> bool | None:
    return None if text is None else text == "Y"


def _enrolments(known: _Known) -> tuple[Enrolment, ...]:
    """One enrolment an entry date, in order. A row without dates adds none to rows with."""
    dated = {entry: leaving for entry, leaving in known.leaving.items() if entry or leaving}
    if len(dated) > 1 and None in dated:
        # A row that knows only the leaving date speaks of one of the dated enrolments.
        leaving = dated.pop(None)
        latest = max(entry for entry in dated if entry)
        dated[latest] = dated[latest] or leaving
    modes = known.modes
    whole = modes.get(None, "C")
    if not dated:
        return (Enrolment(mode=whole),)
    in_order = sorted(dated.items(), key=lambda item: item[0] or date.min)
    return tuple(Enrolment(entry, end, modes.get(entry, whole)) for entry, end in in_order)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
