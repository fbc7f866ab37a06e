"""The built package: what it holds, how large it is, and how far its service is fenced in."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from optional_parts import find_deb
from packaging.utils import canonicalize_name

#: What a package may weigh, in bytes: to fetch, and installed, for three Pythons at once.
LARGEST, LARGEST_INSTALLED = 8_000_000, 60_000_000
#: systemd's own measure of what a service could still do, in tenths: 15 is 1.5 of 10.
EXPOSURE = 15
UNIT = "usr/lib/systemd/system/linkwork-agent.service"
LIBRARY = "usr/lib/linkwork-agent/lib"
needs_package = pytest.mark.needs("package")
needs_systemd = pytest.mark.needs("systemd")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of the package, unpacked."""
    deb = find_deb()
    assert deb is not None
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "-x", str(deb), str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


@needs_package
def test_the_package_is_small_enough_to_fetch_on_a_schools_line(tree: Path) -> None:
    deb = find_deb()
    assert deb is not None
    installed = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    print(f"package {deb.stat().st_size / 1e6:.1f} MB, installed {installed / 1e6:.1f} MB")
    assert deb.stat().st_size <= LARGEST
    assert installed <= LARGEST_INSTALLED


@needs_package
def test_it_holds_the_agent_and_its_plugins_and_nothing_of_the_hub(tree: Path) -> None:
    names = {path.name for path in (tree / LIBRARY).iterdir()}
    ours = {"linkwork", "linkwork_agent", "linkwork_csv", "linkwork_sims", "linkwork_arbor"}
    ours |= {"linkwork_wonde"}
    assert ours <= names
    assert names & {"linkwork_hub", "sqlalchemy", "starlette", "jinja2", "pip", "pytest"} == set()


@needs_package
def test_one_tree_serves_three_pythons(tree: Path) -> None:
    for compiled in ("_pydantic_core", "_cffi_backend"):
        found = {path.name for path in (tree / LIBRARY).rglob(f"{compiled}.cpython-*.so")}
        assert {name.split("-")[1] for name in found} == {"311", "312", "313"}, compiled


@needs_package
def test_the_agent_starts_from_the_packages_own_files(tree: Path, tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    register.write_text("pupil_id,date,session,code\np1,2026-11-02,AM,/\n", encoding="utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(tree / LIBRARY)!r}); sys.argv[0] = 'linkwork-agent'; "
        "from linkwork_agent.cli import main; sys.exit(main())"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, "check", str(register), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["pupils"] == 1


#: Loads every compiled part that says it is for this Python, then works: as the launcher does.
ALL_COMPILED = """
import importlib, pathlib, sys, sysconfig
library, register = sys.argv[1:]
sys.path.insert(0, library)
suffix = sysconfig.get_config_var("EXT_SUFFIX")
found = [path for path in pathlib.Path(library).rglob("*.so") if path.name.endswith(suffix)]
for path in found:
    parts = path.relative_to(library).parts
    importlib.import_module(".".join([*parts[:-1], parts[-1].removesuffix(suffix)]))
print(len(found), file=sys.stderr)
sys.argv = ["linkwork-agent", "check", register, "--format", "json"]
from linkwork_agent.cli import main
sys.exit(main())
"""


def find_python(version: str) -> str | None:
    """A Python of this version that starts: on the path, or one that pyenv has built."""
    built = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for program in (shutil.which(f"python{version}"), *map(str, built)):
        if (
            program
            and subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode
            == 0
        ):
            return program
    return None


@needs_package
@pytest.mark.packages
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_compiled_part_of_each_pythons_tree_loads_there(
    tree: Path, tmp_path: Path, version: str
) -> None:
    program = find_python(version)
    if program is None:
        pytest.skip(f"Python {version} was not found; install it, or build it with pyenv")
    register = tmp_path / "register.csv"
    register.write_text("pupil_id,date,session,code\np1,2026-11-02,AM,/\n", encoding="utf-8")
    ran = subprocess.run(
        [program, "-I", "-S", "-B", "-c", ALL_COMPILED, str(tree / LIBRARY), str(register)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["pupils"] == 1
    assert int(ran.stderr) >= 2, "pydantic and cffi each have a part of this Python's own"


@needs_package
def test_the_bill_of_materials_names_every_package_with_its_version(tree: Path) -> None:
    listed = json.loads((tree / "usr/share/doc/linkwork-agent/sbom.cdx.json").read_text("utf-8"))
    named = {(canonicalize_name(one["name"]), one["version"]) for one in listed["components"]}
    shipped = {
        (canonicalize_name(name), version)
        for info in (tree / LIBRARY).glob("*.dist-info")
        for name, version in [info.name.removesuffix(".dist-info").rsplit("-", 1)]
        if not name.startswith("linkwork")
    }
    assert len(shipped) > 15
    assert named == shipped


@needs_package
def test_the_manual_page_names_every_command(tree: Path) -> None:
    manual = tree / "usr/share/man/man1/linkwork-agent.1.gz"
    text = gzip.decompress(manual.read_bytes()).decode()
    for command in ("check", "setup", "join", "run", "status", "doctor", "actions"):
        assert f".TP\n.B {command}\n" in text


@needs_package
def test_what_only_root_may_read_is_closed_in_the_package(tree: Path) -> None:
    assert (tree / "etc/linkwork-agent/credentials").stat().st_mode & 0o777 == 0o700
    open_to_change = [path for path in tree.rglob("*") if path.stat().st_mode & 0o022]
    assert open_to_change == []


def exposure(tree: Path) -> subprocess.CompletedProcess[str]:
    """systemd's verdict on the unit in a tree: exit 0 when it is fenced in far enough."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"]
    return subprocess.run(
        [*command, f"--root={tree}", "linkwork-agent.service"],
        capture_output=True,
        text=True,
        check=False,
    )


@needs_systemd
def test_the_service_can_do_little_besides_its_work(root: Path, tmp_path: Path) -> None:
    unit = tmp_path / UNIT
    unit.parent.mkdir(parents=True)
    shutil.copyfile(root / "packaging/linux/linkwork-agent.service", unit)
    fenced = exposure(tmp_path)
    assert fenced.returncode == 0, fenced.stdout[-300:]
    lines = unit.read_text("utf-8").splitlines()
    unit.write_text("\n".join(line for line in lines if "SystemCall" not in line), "utf-8")
    assert exposure(tmp_path).returncode != 0, "a service with fewer fences must be told apart"
