"""The hook, and a school whose SIMS writes its register as a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from linkwork.errors import (
    ContactsUnavailable,
    EmptyRegister,
    LinkworkError,
    SourceUnavailable,
    WrongUse,
)
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_sims.client import Record, ReportFile
from linkwork_sims.mapping import CAPTIONS, ReportReader, captions, plain

_SETTINGS = ("path", "columns")


@dataclass(frozen=True, slots=True)
class Options:
    """`[school.settings]` of a school on SIMS.

    `path`: the XML file that the report writes, or a folder of such files. `columns`: captions
    of the school's own report, by field (see `CAPTIONS`).
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Check the settings. Raises WrongUse naming the setting that is wrong."""
        for name in given:
            if name == "codes":
                raise WrongUse("sims: what own codes mean stands in [school.codes] of agent.toml")
            if name not in _SETTINGS:
                raise WrongUse(f"sims knows no setting {name!r}. It knows {', '.join(_SETTINGS)}")
        if not given.get("path"):
            raise WrongUse("sims needs the setting path: the XML file that the report writes")
        columns = dict(given.get("columns") or {})
        for name in columns:
            if name not in CAPTIONS:
                raise WrongUse(f"columns names {name!r}. It may name {', '.join(CAPTIONS)}")
        return cls(Path(str(given["path"])), columns)

    def files(self) -> list[Path]:
        """The report files there are now. Raises SourceUnavailable when there are none."""
        files = sorted(self.path.glob("*.xml")) if self.path.is_dir() else [self.path]
        if not files or not all(path.exists() for path in files):
            raise SourceUnavailable(
                f"{self.path} holds no report",
                remedy="Check that the scheduled report ran and writes its XML there",
            )
        return files


class SimsMis:
    """A school on SIMS, read from the files its scheduled report writes."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self) -> list[Check]:
        """Each report file with its age, records and columns; no marks are kept."""
        try:
            files = self._options.files()
        except SourceUnavailable as error:
            return [Check("report", False, "none", str(error))]
        return [*(self._look_at(path) for path in files), _NO_CONTACTS]

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream every report file into the builder. Raises a MisError or BadInput."""
        reader = ReportReader(into, first, last, self._options.columns)
        records = 0
        for path in self._options.files():
            records += self._each(path, reader)
        reader.finish(records)
        if reader.marks == 0:
            raise EmptyRegister(
                f"{self._options.path}: no marks from {first.isoformat()} to {last.isoformat()}",
                remedy="Check the report's date parameter, and that it ran lately",
            )

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """A marks report holds no contacts. Raises ContactsUnavailable."""
        raise ContactsUnavailable(
            "the SIMS report holds no contacts", remedy="The school desk asks the person once"
        )

    def _each(self, path: Path, reader: ReportReader) -> int:
        file = str(path)
        return ReportFile(path).each(lambda record, number: reader.take(record, number, file))

    def _look_at(self, path: Path) -> Check:
        known = captions(self._options.columns)
        found: set[str] = set()

        def note(record: Record, _number: int) -> None:
            found.update(record)

        try:
            records = ReportFile(path).each(note)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except LinkworkError as error:
            return Check(str(path), False, "not a whole report", str(error))
        fields = {known.get(plain(name)) for name in found}
        lacking = [name for name in ("pupil_id", "date") if name not in fields]
        seen = f"{records} records, written {written:%Y-%m-%d %H:%M} UTC"
        if lacking:
            remedy = (
                f"Add a column for {' and '.join(lacking)} to the report, or name it in columns"
            )
            return Check(str(path), False, f"{seen}; no {', '.join(lacking)}", remedy)
        return Check(str(path), True, seen)


_NO_CONTACTS = Check("contacts", True, "not in a marks report: the school is asked instead")


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on SIMS report files; its settings are those of `Options`. Raises WrongUse."""
    return SimsMis(Options.of(settings.options))
