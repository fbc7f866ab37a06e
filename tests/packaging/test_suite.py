"""The test suite keeps its own promises: optional parts named, no network, warnings are errors."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import warnings, pytest

@pytest.mark.needs("chromium")
def test_pages() -> None: ...

@pytest.mark.long
def test_minutes() -> None: ...

def test_quick() -> None: ...
"""


@pytest.fixture
def suite(root: Path, tmp_path: Path) -> Path:
    """A suite of three tests under our settings, in a folder of its own."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    shutil.copytree(root / "tests" / "support", tmp_path / "tests" / "support")
    shutil.copy(root / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tests" / "test_it.py").write_text(SUITE, encoding="utf-8")
    return tmp_path


def run(suite: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as a program where no browser can be found."""
    without_browser = {**os.environ, "PATH": str(suite), "LINKWORK_ALL": "0", **environment}
    without_browser.pop("LINKWORK_CHROMIUM", None)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=suite,
        env=without_browser,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "workers"])
def test_a_missing_part_is_named_with_its_remedy_just_above_the_closing_line(
    suite: Path, workers: tuple[str, ...]
) -> None:
    ran = run(suite, *workers)
    assert ran.returncode == 0, ran.stdout
    *_, named, closing = ran.stdout.strip().splitlines()
    assert named.startswith("Did not run: 1 test. Chromium was not found; install it")
    assert closing.startswith("1 passed, 1 skipped")


def test_when_every_part_is_asked_for_a_missing_one_fails(suite: Path) -> None:
    ran = run(suite, LINKWORK_ALL="1")
    assert ran.returncode == 1
    assert "Chromium was not found" in ran.stdout
    assert "1 error" in ran.stdout


def test_long_tests_run_when_they_are_asked_for(suite: Path) -> None:
    assert "2 passed, 1 skipped" in run(suite, "--long").stdout


def test_a_warning_fails_the_test_that_caused_it(suite: Path) -> None:
    (suite / "tests" / "test_it.py").write_text(
        "import warnings\ndef test_old() -> None: warnings.warn('old', DeprecationWarning)\n",
        encoding="utf-8",
    )
    assert "1 failed" in run(suite).stdout


def test_no_test_can_reach_beyond_this_machine() -> None:
    with socket.socket() as here, pytest.raises(RuntimeError, match="tests use loopback only"):
        here.connect(("192.0.2.1", 9))
