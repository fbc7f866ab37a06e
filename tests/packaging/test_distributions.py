"""The root is the sum of its members, everything has one version, and nothing names a registry."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import linkwork
from linkwork.simulation import GROUP

MEMBERS = ("core", "agent", "hub", "plugins/csv", "plugins/sims", "plugins/arbor", "plugins/wonde")
OURS = {"linkwork", "linkwork-agent", "linkwork-hub"} | {
    f"linkwork-{mis}" for mis in ("csv", "sims", "arbor", "wonde")
}


def project(root: Path, member: str = ".") -> dict[str, Any]:
    """The [project] table of one pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((root / member / "pyproject.toml").read_text())["project"]
    return table


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~;@ ]", requirement, maxsplit=1)[0]


def test_the_root_depends_on_exactly_what_its_members_depend_on(root: Path) -> None:
    wanted = {
        requirement
        for member in MEMBERS
        for requirement in project(root, member)["dependencies"]
        if name_of(requirement) not in OURS
    }
    assert set(project(root)["dependencies"]) == wanted


def test_the_root_offers_every_optional_set_of_its_members(root: Path) -> None:
    offered = project(root)["optional-dependencies"]
    for member in MEMBERS:
        for extra, requirements in project(root, member).get("optional-dependencies", {}).items():
            outside = {item for item in requirements if name_of(item) not in OURS}
            assert outside <= set(offered.get(extra, [])), f"{member}[{extra}]"


def test_the_root_installs_the_scripts_and_plugins_of_its_members(root: Path) -> None:
    scripts: dict[str, str] = {}
    plugins: dict[str, str] = {}
    simulated: dict[str, str] = {}
    for member in MEMBERS:
        table = project(root, member)
        scripts |= table.get("scripts", {})
        plugins |= table.get("entry-points", {}).get("linkwork.mis", {})
        simulated |= table.get("entry-points", {}).get(GROUP, {})
    assert project(root)["scripts"] == scripts
    assert project(root)["entry-points"] == {"linkwork.mis": plugins, GROUP: simulated}


def test_everything_has_the_version_that_the_core_states(root: Path) -> None:
    for member in (".", *MEMBERS):
        assert project(root, member)["version"] == linkwork.__version__, member
    for member in MEMBERS:
        for requirement in project(root, member)["dependencies"]:
            if name_of(requirement) in OURS:
                assert requirement == f"{name_of(requirement)}=={linkwork.__version__}"


def test_every_member_has_a_page_of_its_own_and_says_it_is_typed(root: Path) -> None:
    for member in MEMBERS:
        assert (root / member / project(root, member)["readme"]).is_file(), member
        assert list((root / member).glob("linkwork*/py.typed")), member


def imported(path: Path) -> Iterator[str]:
    """The top names a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_every_member_imports_only_what_it_declares(root: Path) -> None:
    distributions = packages_distributions()
    core = project(root, "core")["dependencies"]
    for member in MEMBERS:
        table = project(root, member)
        optional = table.get("optional-dependencies", {}).values()
        # The core's own libraries are part of what it promises to those who depend on it.
        asked = chain(core, table["dependencies"], *optional)
        declared = {name_of(requirement).lower() for requirement in asked}
        for path in (root / member).glob("linkwork*/**/*.py"):
            for name in set(imported(path)) - sys.stdlib_module_names - {"_typeshed"}:
                # The contract kit is tests that ship: whoever runs it has pytest.
                if name.startswith("linkwork") or ("testing" in path.parts and name == "pytest"):
                    continue
                found = {dist.lower() for dist in distributions.get(name, ())}
                assert found & declared, f"{path.relative_to(root)} imports {name}, undeclared"


def test_no_folder_that_would_hide_another_package_is_a_package(root: Path) -> None:
    # `packaging` is the installers' own library, `csv` the standard library's.
    for folder in (
        "packaging",
        "plugins",
        "plugins/csv",
        "plugins/sims",
        "plugins/arbor",
        "plugins/wonde",
    ):
        assert not (root / folder / "__init__.py").exists(), folder
    assert list((root / "tests").rglob("__init__.py")) == []


def test_no_lock_or_settings_file_names_a_registry(root: Path) -> None:
    names = ["pyproject.toml", *(f"{member}/pyproject.toml" for member in MEMBERS)]
    names += [path.name for path in root.glob("requirements*.lock")]
    for name in names:
        text = (root / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert "index-url" not in text, name
        assert "find-links" not in text, name


def test_every_locked_package_carries_hashes(root: Path) -> None:
    for lock in root.glob("requirements*.lock"):
        for entry in re.split(r"(?<!\\)\n(?=\S)", lock.read_text(encoding="utf-8").strip()):
            assert "--hash=sha256:" in entry, f"{lock.name}: {entry.splitlines()[0]}"


def test_the_locks_hold_every_requirement(root: Path) -> None:
    held = {
        lock.name: {name_of(line).lower() for line in lock.read_text().splitlines() if "==" in line}
        for lock in root.glob("requirements*.lock")
    }
    table = project(root)
    runtime = {name_of(requirement).lower() for requirement in table["dependencies"]}
    build = {name_of(item).lower() for item in table["optional-dependencies"]["build"]}
    tools = {name_of(item).lower() for item in table["optional-dependencies"]["dev"]}
    assert held["requirements-demo.lock"] >= runtime | build
    assert held["requirements.lock"] >= runtime | build | tools - {"linkwork-workspace"}


def test_a_lock_of_another_tool_is_not_kept(root: Path) -> None:
    ignored = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "uv.lock" in ignored
    kept = subprocess.run(
        ["git", "ls-files", "uv.lock"], cwd=root, capture_output=True, text=True, check=False
    )
    assert kept.stdout == ""
