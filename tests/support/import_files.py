"""Import files of a test: written, planned, applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hub_under_test import SYSTEM

from linkwork_hub.access.import_plan import Plan
from linkwork_hub.db import Database, Scope, Tx

SCHOOLS = "urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude"
TERMS = "name,first,last,kind,urn"
FERNHILL = "900001,Fernhill Primary,LA,primary,210,2025-01-16,,51.45,-0.97"
Planner = Callable[[Scope, Tx, Path], Plan]
Write = Callable[..., Path]


def writer(folder: Path) -> Write:
    """`write(heading, row, …)` makes a file with these lines."""

    def make(*lines: str) -> Path:
        path = folder / "given.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


def apply(database: Database, planner: Planner, path: Path) -> list[str]:
    """Import the file; what it did in words."""
    with database.write() as db:
        plan = planner(SYSTEM, db, path)
        plan.apply(SYSTEM, db)
    return [step.words for step in plan.steps]


def problems(database: Database, planner: Planner, path: Path) -> list[str]:
    """What is wrong with a file."""
    with database.read() as db:
        return [str(problem) for problem in planner(SYSTEM, db, path).problems]
