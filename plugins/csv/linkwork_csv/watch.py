"""A folder that exports drop into: what is ready, what is newest, what has been replaced."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from linkwork.errors import SourceUnavailable

#: The numbers in a file's name that say when it was made: six digits or more, or a whole date.
_STAMP = re.compile(r"\d{4}[-_.]\d\d[-_.]\d\d(?:[-_. T]?\d\d[-_.:]?\d\d(?:[-_.:]?\d\d)?)?|\d{6,14}")
_KEPT = re.compile(r"(\d{4}-\d\d-\d\d) .+")

#: The time as seconds since 1970, and waiting: arguments, so that tests need not wait.
Now = Callable[[], float]
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files to read, those that a newer set replaces, and what a person should know."""

    files: tuple[Path, ...]
    replaced: tuple[Path, ...] = ()
    said: tuple[str, ...] = ()


def kind_of(name: str) -> tuple[str, str]:
    """When a file was made by its name, as 14 digits ("" for no date), and the name without it."""
    found = _STAMP.search(name)
    return (_digits(found[0]), _STAMP.sub("", name, count=1)) if found else ("", name)


def newest(files: Sequence[Path], aside: Sequence[str] = ()) -> Chosen:
    """The newest complete set of dated exports.

    Files belong together when the date in their names is the same; a set is complete when it has
    every kind of file that any set has, the kind being the name without its date. Files without a
    date are always read. What is older is replaced, and an older file that came later is named.
    `aside` are names of files that are set aside: a set that lacks just these is no older one's.
    """
    undated = [path for path in files if not _STAMP.search(path.name)]
    sets: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for path in files:
        stamp, kind = kind_of(path.name)
        if stamp:
            sets[stamp][kind] = path
    if not sets:
        return Chosen(tuple(undated))
    missing = {kind_of(name) for name in aside}
    kinds = {kind for one in sets.values() for kind in one}
    stamps = sorted(sets)
    whole = [
        stamp
        for stamp in stamps
        if all(kind in sets[stamp] or (stamp, kind) in missing for kind in kinds)
    ]
    best = whole[-1] if whole else stamps[-1]
    said = [
        f"the export of {stamp} is not complete (no "
        f"{', '.join(sorted(kinds - sets[stamp].keys()))}): the one of {best} is read"
        for stamp in stamps
        if stamp > best
    ]
    chosen = sorted(sets[best].values())
    read_at = max(path.stat().st_mtime for path in chosen)
    older = [path for stamp in stamps if stamp < best for path in sets[stamp].values()]
    said += [
        f"{path.name} arrived after the export of {best} and is older: it is not read"
        for path in sorted(older)
        if path.stat().st_mtime > read_at
    ]
    return Chosen(tuple(sorted([*undated, *chosen])), tuple(sorted(older)), tuple(said))


def settled(files: Sequence[Path], seconds: float, now: Now, sleep: Sleep) -> None:
    """Wait until no file has changed for so many seconds, once. Raises SourceUnavailable.

    A file still being written changes its size or its time while we look, or has only just.
    """
    if seconds <= 0:
        return
    before = [_state(path) for path in files]
    youngest = max((changed for _, changed in before), default=0.0)
    # A clock that a file is ahead of says nothing of its age; then the whole time is waited.
    age = now() - youngest
    if age < seconds:
        sleep(seconds - max(age, 0.0))
    for path, state in zip(files, before, strict=True):
        if _state(path) != state:
            raise SourceUnavailable(
                f"{path} is still being written",
                remedy="Nothing is to be done: it is read at the next collection",
                retry_after=max(seconds, 60.0),
            )


def unchanged(files: Sequence[Path], before: Sequence[tuple[int, float]]) -> None:
    """Raise SourceUnavailable when a file changed while it was read: `before` is its `state`."""
    for path, state in zip(files, before, strict=True):
        if _state(path) != state:
            raise SourceUnavailable(
                f"{path} changed while it was read",
                remedy="Nothing of it was used; it is read again at the next collection",
                retry_after=60.0,
            )


def state(files: Sequence[Path]) -> list[tuple[int, float]]:
    """Size and time of each file. Raises SourceUnavailable for one that cannot be looked at."""
    return [_state(path) for path in files]


def archive(files: Sequence[Path], folder: Path, days: int, today: date) -> list[Path]:
    """Move files that a newer export replaced into `folder`, and end those kept over `days`.

    Each is kept under the day it was moved and its name, readable by this account alone. Only
    files that were put there in this way are ever removed. Gives the new paths.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    kept = []
    for path in files:
        to = folder / f"{today.isoformat()} {path.name}"
        number = 1
        while to.exists():
            number += 1
            to = folder / f"{today.isoformat()} {number} {path.name}"
        path.replace(to)
        to.chmod(0o600)
        kept.append(to)
    for path in folder.iterdir():
        found = _KEPT.fullmatch(path.name)
        if found and date.fromisoformat(found[1]) < today - timedelta(days):
            path.unlink()
    return kept


def _state(path: Path) -> tuple[int, float]:
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        raise SourceUnavailable(
            f"{path} cannot be opened now ({error.strerror}): another program may be writing it",
            remedy="Close it there; it is read at the next collection",
            retry_after=60.0,
        ) from error
    return found.st_size, found.st_mtime


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit()).ljust(14, "0")
