"""What a school's install is made of: our distributions, and the locked packages they need."""

from __future__ import annotations

import importlib.metadata
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: The workspace members that are installed at a school.
SCHOOL = ("core", "agent", "plugins/csv", "plugins/sims", "plugins/arbor", "plugins/wonde")
#: pip is asked for by a dependency and used by nothing that runs at a school; the time zones are
#: the system's own on Linux, which keeps them up to date.
NOT_SHIPPED = frozenset({"pip", "setuptools", "tzdata"})
#: Windows has no time zones of its own that Python can read.
NOT_SHIPPED_WINDOWS = NOT_SHIPPED - {"tzdata"}
#: What a package's metadata is asked for on Windows.
WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "python_version": "3.13",
    "python_full_version": "3.13.0",
}


def requirements(root: Path, members: Iterable[str]) -> set[str]:
    """The names that members ask for directly, ours left out."""
    asked: set[str] = set()
    for member in members:
        text = (root / member / "pyproject.toml").read_text(encoding="utf-8")
        for line in tomllib.loads(text)["project"]["dependencies"]:
            asked.add(canonicalize_name(Requirement(line).name))
    return {name for name in asked if not name.startswith("linkwork")}


def closure(names: Iterable[str], system: Mapping[str, str] | None = None) -> set[str]:
    """Those distributions and all they need, as their metadata says, on this system or another."""
    found: set[str] = set()
    waiting = [(name, frozenset[str]()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        if name in found and not extras:
            continue
        found.add(name)
        for line in _requires(name):
            needed = Requirement(line)
            environments = [{**(system or {}), "extra": extra} for extra in extras or {""}]
            if needed.marker is None or any(needed.marker.evaluate(env) for env in environments):
                wanted = canonicalize_name(needed.name)
                if wanted not in found or needed.extras:
                    waiting.append((wanted, frozenset(needed.extras)))
    return found


def _requires(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        # Made for another system and not installed here; those few need nothing themselves.
        return []


def version(root: Path) -> str:
    """The version of the agent, as its pyproject.toml says."""
    text = (root / "agent" / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def locked(lock: str, names: Collection[str]) -> str:
    """The part of a hash-locked requirements file that pins `names`.

    Raises ValueError naming a package that the lock does not hold: nothing unpinned is shipped.
    """
    kept: list[str] = []
    missing = set(names)
    keeping = False
    for line in lock.splitlines():
        if not line.startswith((" ", "#")):
            name = canonicalize_name(line.partition("==")[0].strip())
            keeping = name in names
            missing.discard(name)
        if keeping:
            kept.append(line)
    if missing:
        raise ValueError(f"requirements.lock does not pin: {', '.join(sorted(missing))}")
    return "\n".join(kept) + "\n"
