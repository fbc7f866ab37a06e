"""A school whose SIMS is run, with whatever is to go wrong there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import linkwork_sims.plugin
from demo.fakes.sims import install
from linkwork.plugin import Mis
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import open_mis

#: Opens the school: settings of the plugin, and under `knows` what the program is to know.
OpenSims = Callable[..., Mis]


@pytest.fixture(scope="session")
def school() -> SampleSchool:
    """60 pupils over some weeks."""
    return make_school(
        5, phase="primary", pupils=60, first=date(2026, 9, 1), last=date(2026, 10, 9)
    )


@pytest.fixture
def sims(school: SampleSchool, tmp_path: Path) -> OpenSims:
    """What opens the school through the program."""

    def opened(
        fault: str = "",
        *,
        knows: dict[str, Any] | None = None,
        secrets: dict[str, str] | None = None,
        **options: Any,
    ) -> Mis:
        program = install.school(tmp_path, school.register, **({"fault": fault} | (knows or {})))
        settings = {"program": str(program), "report": install.MARKS} | options
        mis = open_mis(linkwork_sims.plugin, secrets=secrets, **settings)
        assert isinstance(mis, linkwork_sims.plugin.SimsMis)
        return replace(mis, today=lambda: school.register.sessions[-1].date)

    return opened


@pytest.fixture
def report(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write records (or a whole file, as bytes) to a report file."""

    def write(records: str | bytes) -> Path:
        path = tmp_path / "report.xml"
        whole = f"<SuperStarReport>{records}</SuperStarReport>" if isinstance(records, str) else ""
        path.write_bytes(records if isinstance(records, bytes) else whole.encode())
        return path

    return write
