"""run.py says in one sentence what is wrong, on an old Python too."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

Ran = subprocess.CompletedProcess[str]


def start(folder: Path, *arguments: str, before: str = "pass") -> Ran:
    """Run the folder's run.py as a program, with `before` done to the interpreter first."""
    code = f"import runpy, sys; {before}; sys.argv[:] = ['run.py', *sys.argv[1:]]; "
    code += "runpy.run_path('run.py', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fresh(root: Path, tmp_path: Path) -> Path:
    """A folder with run.py and nothing installed; its locks ask for nothing."""
    shutil.copy(root / "run.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    for lock in ("requirements.lock", "requirements-demo.lock"):
        (tmp_path / lock).write_text("", encoding="utf-8")
    return tmp_path


def sentence(ran: Ran) -> str:
    """The one line it ended with, and nothing of a traceback."""
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr.strip().splitlines()[-1]


def test_it_still_parses_on_the_pythons_that_it_turns_away(root: Path) -> None:
    text = (root / "run.py").read_text(encoding="utf-8")
    assert ast.parse(text, feature_version=(3, 8)).body
    # The control: what those Pythons cannot read is noticed.
    with pytest.raises(SyntaxError):
        ast.parse(text + "\nmatch 1:\n    case _: pass\n", feature_version=(3, 8))


def test_an_old_python_is_told_which_one_is_needed(fresh: Path) -> None:
    ran = start(fresh, "demo", before="sys.version_info = (3, 8, 18, 'final', 0)")
    assert "needs Python 3.11 or newer and this is 3.8.18" in sentence(ran)
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_how_to_get_it(fresh: Path, module: str) -> None:
    ran = start(fresh, "setup", before=f"sys.modules[{module!r}] = None")
    assert f"has no `{module}` module" in sentence(ran)
    assert "apt-get install python" in sentence(ran)
    assert not (fresh / ".venv").exists()


def test_a_failed_installation_shows_the_end_of_its_log_and_the_remedy(fresh: Path) -> None:
    (fresh / "requirements.lock").write_text("wanted==1.0\n", encoding="utf-8")
    ran = start(fresh, "setup")
    said = sentence(ran)
    assert "installing 1 package from requirements.lock failed (exit 1)" in said
    assert "install.log" in said
    assert "run the same command again" in said
    assert "  | " in ran.stderr
    assert "hash" in ran.stderr.lower()
    assert "Making .venv" in ran.stdout


def start_with_lock(fresh: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start where the one package that is wanted cannot be had."""
    (fresh / "requirements.lock").write_text("wanted==1.0\n", encoding="utf-8")
    return start(fresh, *arguments)


def test_an_unknown_benchmark_names_the_known_ones(fresh: Path) -> None:
    (fresh / "benchmarks").mkdir()
    (fresh / "benchmarks" / "check.py").touch()
    assert "there is no benchmark 'chekc'; there are: check." in sentence(
        start(fresh, "bench", "chekc")
    )


def test_a_name_that_begins_several_benchmarks_runs_them_one_after_another(fresh: Path) -> None:
    (fresh / "benchmarks").mkdir()
    for name in ("post_seal", "post_agent", "poster"):
        (fresh / "benchmarks" / f"{name}.py").touch()
    # Nothing is installed here, so it ends there: after the name was taken.
    assert "installing" in sentence(start_with_lock(fresh, "bench", "post"))
    # Control: the beginning of a word is no name.
    assert "no benchmark 'pos'" in sentence(start(fresh, "bench", "pos"))


def test_help_says_what_every_command_does(fresh: Path) -> None:
    ran = start(fresh, "--help")
    assert ran.returncode == 0
    for name in ("setup", "demo", "test", "check", "bench", "checklist"):
        [line] = [line for line in ran.stdout.splitlines() if line.startswith(f"{name} ")]
        assert len(line.split()) > 4
