"""A school's install is small and holds nothing that only the hub needs."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from schools import SCHOOL, closure, requirements

#: The whole of a school's install may be this large, without pip (which a dependency asks for).
LARGEST = 45_000_000

#: Fifteen school days: one pupil absent without leave, two there.
REGISTER = "pupil_id,date,session,code\n" + "".join(
    f"{pupil},2026-09-{day:02},{half},{'O' if pupil == 'p1' else present}\n"
    for pupil in ("p1", "p2", "p3")
    for day in (*range(7, 12), *range(14, 19), *range(21, 26))
    for half, present in (("AM", "/"), ("PM", "\\"))
)


@pytest.fixture(scope="module")
def school(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what a school installs: our wheels, built, and what they need, copied."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("school")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
        + ["--disable-pip-version-check", "-w", str(wheels)]
        + [str(root / member) for member in SCHOOL],
        check=True,
    )
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    for name in closure(requirements(root, SCHOOL)) - {"pip"}:
        for file in importlib.metadata.distribution(name).files or ():
            if ".." not in file.parts:
                to = target / file
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), to)
    return target


def run(school: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with nothing but its standard library and the school's folder."""
    start = f"import sys; sys.path.insert(0, {str(school)!r}); {code}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_nothing_a_school_needs_needs_the_hubs_libraries(root: Path) -> None:
    shared = requirements(root, SCHOOL)
    hubs_own = requirements(root, ["hub"]) - shared
    assert {"starlette", "sqlalchemy", "jinja2"} <= hubs_own
    assert closure(shared) & hubs_own == set()


def test_the_hubs_libraries_and_pages_cannot_be_imported_at_a_school(
    root: Path, school: Path
) -> None:
    absent = "import importlib.util as u; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    names = ["linkwork_hub", "starlette", "sqlalchemy", "alembic", "jinja2", "typer", "uvicorn"]
    assert run(school, absent, *names).stdout.strip() == "[]"
    control = run(school, absent, "linkwork", "httpx")
    assert control.stdout.strip() == "['linkwork', 'httpx']"


def test_the_agent_starts_from_the_schools_install_alone(school: Path, tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    register.write_text(REGISTER, encoding="utf-8")
    code = "sys.argv[0] = 'linkwork-agent'; from linkwork_agent.cli import main; sys.exit(main())"
    ran = run(school, code, "check", str(register), "--format", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert '"continuous-unauthorised"' in ran.stdout


def test_every_plugin_is_found_in_the_schools_install(school: Path) -> None:
    code = (
        "from importlib.metadata import entry_points; "
        "print(*sorted(e.load().__name__ for e in entry_points(group='linkwork.mis')))"
    )
    ran = run(school, code)
    assert ran.stdout.split() == [
        "linkwork_arbor.plugin",
        "linkwork_csv.plugin",
        "linkwork_sims.plugin",
    ]


def test_a_schools_install_is_small(school: Path) -> None:
    size = sum(path.stat().st_size for path in school.rglob("*") if path.is_file())
    print(f"a school's install: {size / 1e6:.1f} MB without pip")
    assert size <= LARGEST
