"""The ladder of a plugin's quality, and what its QUALITY.toml must show for the rung it claims."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What each rung asks, over all of those below it.
LADDER: Mapping[str, Mapping[str, str]] = {
    "bronze": {
        "contract": "passes MisContract",
        "errors": "every foreign error becomes one of linkwork.errors, with the remedy",
        "silence": "an empty or missing answer is an error, never an empty register",
        "secrets": "no password or token stands in a setting, a message or a log",
        "set-up": "a page says how to connect a school and how to test it",
        "typed": "typed, and every public name has a docstring",
        "limits": "what it was never tried on is said",
    },
    "silver": {
        "hostile": "passes HttpContract or FileContract",
        "any-input": "whatever comes is read or refused in words, by generated input",
        "half": "a failure half way leaves nothing",
        "same-register": "a made-up school comes back through it as it was",
        "check": "check() names what is missing and the remedy",
        "memory": "memory does not grow with the rows read",
        "contacts": "gives contacts of the pupils asked for, or says plainly that it cannot",
    },
    "gold": {
        "measured": "its speed is measured against a named floor",
        "live": "a school has read its own system with it, and its counts agreed",
        "changes": "a mark that is corrected later is read again",
        "removal": "a page says how to disconnect a school",
    },
}
_TABLES = {"level", "done", "exempt"}


def problems(table: Mapping[str, Any], root: Path) -> list[str]:
    """What is wrong with a QUALITY.toml, in sentences; nothing for one that holds.

    `done` has for each rule the places that prove it, from `root` on: a path, or a path and
    `::` and the name of a test or a class in it. `exempt` has the reason why a rule is none here.
    """
    level = str(table.get("level"))
    if level not in LADDER:
        return [f"level is {level!r}. Write one of {', '.join(LADDER)}"]
    known = {rule for rules in LADDER.values() for rule in rules}
    done, exempt = table.get("done", {}), table.get("exempt", {})
    found = [f"there is no table {name!r}" for name in table.keys() - _TABLES]
    found += [f"there is no rule {rule!r}" for rule in (done.keys() | exempt.keys()) - known]
    for name in list(LADDER)[: list(LADDER).index(level) + 1]:
        for rule in LADDER[name]:
            if (rule in done) == (rule in exempt):
                found.append(f"{rule} ({name}) must be either done or exempt")
    found += [f"{rule} is exempt without a reason" for rule, why in exempt.items() if not why]
    for rule, places in done.items():
        if not places or isinstance(places, str):
            found.append(f"{rule} is done without a list of places that show it")
            continue
        found += [f"{rule}: {place} is not there" for place in places if not _there(place, root)]
    return found


def _there(place: str, root: Path) -> bool:
    """Whether a place is there: a file, and in it a test or class of that name."""
    name, _, inside = place.partition("::")
    path = root / name
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    return all(
        f"def {part}(" in text or f"class {part}" in text for part in inside.split("::")
    ) or (not inside)


class QualityContract:
    """Inherit this in a class named Test..., and say where the plugin's QUALITY.toml is.

    `root` is the folder from which its places count: that of your repository.
    """

    quality: Path
    root: Path

    def test_the_rung_that_is_claimed_is_shown(self) -> None:
        table = tomllib.loads(self.quality.read_text(encoding="utf-8"))
        assert problems(table, self.root) == []
