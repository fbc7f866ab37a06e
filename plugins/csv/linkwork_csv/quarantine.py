"""Damaged files of several: set aside with the reason, so that the rest of the school goes on."""

from __future__ import annotations

import errno
import json
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from linkwork.errors import BadInput, Rejected
from linkwork_csv import exports
from linkwork_csv.watch import kind_of

#: What stands beside a file that is set aside, and what that becomes once the file was replaced.
WHY, SOLVED = ".why.toml", ".solved.toml"
_FOLDER = "%Y-%m-%d %H%M%S"

#: Reads one file alone and keeps nothing. Raises BadInput when it cannot be read.
ReadAlone = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that is set aside: where it is now, and what is wrong with it."""

    path: Path
    why: Rejected


def damaged(files: Sequence[Path], read_alone: ReadAlone) -> dict[Path, BadInput]:
    """Which files cannot be read by themselves, where the others may be read without them.

    Empty where that is not safe: tables that say who the pupils of other files are stand among
    them; each can be read alone, so that two of them contradict each other and nobody knows which
    is wrong; or more than half are damaged, and it is the settings or the export itself.
    """
    found: dict[Path, BadInput] = {}
    for path in files:
        try:
            if exports.beside_marks(path):
                return {}
            read_alone(path)
        except BadInput as error:
            found[path] = error
    return found if 2 * len(found) <= len(files) else {}


def put_aside(found: dict[Path, BadInput], folder: Path, now: datetime) -> list[Aside]:
    """Move the files into a folder of this moment, each with its reason beside it.

    For this account alone. One that cannot be moved stays where it is, and its reason says so.
    """
    to = folder / now.strftime(_FOLDER)
    put = []
    for path, error in found.items():
        why = _reason(path.name, error)
        try:
            to.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = "".join(
                f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
                for name, value in why._asdict().items()
                if value is not None
            )
            (to / f"{path.name}{WHY}").write_text(text, encoding="utf-8")
            new = _moved(path, to / path.name)
        except OSError as problem:
            words = f"{why.problem}; it could not be moved to {folder} ({problem.strerror})"
            put.append(Aside(path, why._replace(problem=words)))
        else:
            put.append(Aside(new, why))
    return put


def standing(folder: Path) -> list[Aside]:
    """What is set aside and was not replaced. One that a person took away or deleted is over."""
    found = []
    for note in sorted(folder.glob(f"*/*{WHY}")):
        path = note.with_name(note.name.removesuffix(WHY))
        if path.is_file():
            found.append(Aside(path, _read(note, path.name)))
    return found


def solve(aside: Sequence[Aside], read: Collection[Path], *, newest_only: bool) -> list[Aside]:
    """What still stands after these files were read; what was replaced is marked as such.

    A file of the same name replaces one; of dated exports of which just the newest is read, one
    of the same kind that is as new or newer does, too.
    """
    names = {path.name for path in read}
    kinds = [kind_of(path.name) for path in read]
    still = []
    for one in aside:
        stamp, kind = kind_of(one.path.name)
        newer = any(kind == its and stamp <= its_stamp for its_stamp, its in kinds)
        if one.path.name in names or (newest_only and newer):
            note = one.path.with_name(one.path.name + WHY)
            note.replace(note.with_name(one.path.name + SOLVED))
        else:
            still.append(one)
    return still


def end_old(folder: Path, days: int, today: date) -> None:
    """Remove files that were replaced and were set aside over `days` ago; what stands is kept."""
    for note in list(folder.glob(f"*/*{SOLVED}")):
        try:
            put_on = datetime.strptime(note.parent.name, _FOLDER).date()  # noqa: DTZ007 -- a day
        except ValueError:
            continue
        if put_on < today - timedelta(days):
            note.with_name(note.name.removesuffix(SOLVED)).unlink(missing_ok=True)
            note.unlink(missing_ok=True)
            if not any(note.parent.iterdir()):
                note.parent.rmdir()


def said(aside: Sequence[Aside]) -> Iterator[Rejected]:
    """What is missing, for the register: which file, why, and how it is put right."""
    for one in aside:
        problem = f"{one.path.name} is set aside, and its marks are unknown: {one.why.problem}"
        remedy = (
            f"{one.why.remedy}. A corrected file of the same name in its old place is read and "
            "ends this; so does deleting the one set aside"
        )
        yield one.why._replace(problem=problem, remedy=remedy, file=str(one.path))


def _moved(path: Path, to: Path) -> Path:
    """Move a file, to another disk too. Raises OSError, having left no second copy."""
    try:
        path.replace(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(path, to)
        try:
            path.unlink()
        except OSError:
            to.unlink()
            raise
    to.chmod(0o600)
    return to


def _reason(name: str, error: BadInput) -> Rejected:
    return Rejected(error.problem, error.remedy, name, error.sheet, error.row, error.column)


def _read(note: Path, name: str) -> Rejected:
    try:
        given: dict[str, Any] = tomllib.loads(note.read_text(encoding="utf-8"))
        return Rejected(
            str(given["problem"]),
            str(given["remedy"]),
            name,
            given.get("sheet"),
            given.get("row"),
            given.get("column"),
        )
    except (OSError, ValueError, KeyError, RecursionError):
        return Rejected("its reason cannot be read any more", "Look at the file", name)
