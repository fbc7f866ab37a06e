"""Each import contract is kept, and is broken when it is broken on purpose."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGES = (
    "core/linkwork",
    "agent/linkwork_agent",
    "hub/linkwork_hub",
    "plugins/csv/linkwork_csv",
    "plugins/sims/linkwork_sims",
    "plugins/arbor/linkwork_arbor",
)


@dataclass(frozen=True)
class Probe:
    """One forbidden line: the contract it breaks, the file it is put in, what it imports."""

    contract: str
    file: str
    line: str


PROBES = (
    Probe("packages", "linkwork_agent/cli.py", "import linkwork_hub.settings"),
    Probe("packages", "linkwork_hub/settings.py", "import linkwork_agent.config"),
    Probe("packages", "linkwork_csv/plugin.py", "import linkwork_agent.config"),
    Probe("packages", "linkwork_arbor/plugin.py", "import linkwork_csv.plugin"),
    Probe("packages", "linkwork/errors.py", "import linkwork_csv.plugin"),
    Probe("core", "linkwork/triggers.py", "import linkwork.wire"),
    Probe("core", "linkwork/helpers.py", ""),
    Probe("agent", "linkwork_agent/store/outbox.py", "import linkwork_agent.collect"),
    Probe("agent", "linkwork_agent/helpers.py", ""),
    Probe("hub", "linkwork_hub/feeds/models.py", "import linkwork_hub.cases.models"),
    Probe("hub", "linkwork_hub/access/rules.py", "import linkwork_hub.app"),
    Probe("hub", "linkwork_hub/helpers.py", ""),
    Probe("hub-files", "linkwork_hub/cases/models.py", "import linkwork_hub.cases.store"),
    Probe("hub-files", "linkwork_hub/cases/rules.py", "import linkwork_hub.cases.routes"),
    Probe("hub-files", "linkwork_hub/cases/helpers.py", ""),
    Probe("plugins", "linkwork_csv/mapping.py", "import linkwork_csv.plugin"),
    Probe("arbor", "linkwork_arbor/options.py", "import linkwork_arbor.client.rest"),
    Probe("arbor", "linkwork_arbor/helpers.py", ""),
    Probe("cycles", "linkwork_hub/web/site.py", "import linkwork_hub.web.routes"),
    Probe("core-io", "linkwork/summary.py", "import httpx"),
    Probe("core-io", "linkwork/triggers.py", "import socket"),
    Probe("decisions", "linkwork_hub/cases/rules.py", "import sqlalchemy"),
    Probe("decisions", "linkwork_hub/meetings/models.py", "import time"),
    Probe("pages", "linkwork_hub/cases/routes.py", "import sqlalchemy"),
    Probe("pages", "linkwork_hub/web/site.py", "import sqlite3"),
    Probe("school-web", "linkwork_agent/cli.py", "import starlette"),
    Probe("school-web", "linkwork_sims/plugin.py", "import lxml"),
)


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the packages that lie in `folder`."""
    only = ["--contract", contract] if contract else []
    start = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", start, "--no-cache", "--config", "pyproject.toml", *only],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages side by side in a folder of their own, with the contracts."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            root / package,
            folder / Path(package).name,
            ignore=lambda _, names: [n for n in names if Path(n).suffix not in ("", ".py")],
        )
    shutil.copy(root / "pyproject.toml", folder)
    return folder


def test_every_contract_is_kept(copy: Path) -> None:
    ran = lint(copy)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 broken" in ran.stdout


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: f"{p.contract}: {p.file} {p.line}")
def test_a_contract_broken_on_purpose_is_reported(copy: Path, probe: Probe) -> None:
    path = copy / probe.file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{probe.line}\n", encoding="utf-8")
    try:
        ran = lint(copy, probe.contract)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert " 1 broken" in ran.stdout, ran.stdout + ran.stderr


def test_every_contract_has_been_broken_by_some_probe(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert contracts == {probe.contract for probe in PROBES}


def test_the_core_imports_only_the_standard_library_and_its_three(root: Path) -> None:
    allowed = sys.stdlib_module_names | {"linkwork", "pluggy", "pydantic", "cryptography"}
    for path in (root / "core" / "linkwork").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                # The contract kit is tests that ship: whoever runs it has pytest.
                if path.name == "testing.py" and name == "pytest":
                    continue
                assert name.partition(".")[0] in allowed, f"{path}: {name}"
