"""`plugins new` writes a package that passes its own tests, every promise of the kit among them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from linkwork.errors import WrongUse
from linkwork_agent import new_plugin
from linkwork_agent.cli import main


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module of this Python in a folder, with nothing of ours but what is installed."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a plugin called otherwise than the template."""
    folder = tmp_path_factory.mktemp("plugins")
    assert main(["plugins", "new", "quillbase", "--to", str(folder)]) == 0
    return folder / "linkwork-quillbase"


def test_the_package_passes_its_own_tests_and_fails_them_once_it_is_spoilt(written: Path) -> None:
    ran = run(written, "pytest", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert int(ran.stdout.split(" passed")[0].split()[-1]) > 20
    client = written / "linkwork_quillbase" / "client.py"
    right = client.read_text(encoding="utf-8")
    client.write_text(right.replace("follow_redirects=False", "follow_redirects=True"))
    ran = run(written, "pytest", "-q", "-p", "no:cacheprovider", "-k", "to_another")
    client.write_text(right)
    assert ran.returncode == 1, ran.stdout


def test_the_package_is_typed_tidy_and_named_throughout(written: Path, root: Path) -> None:
    mypy = run(written, "mypy", "--strict", "--cache-dir", os.devnull, "linkwork_quillbase")
    assert mypy.returncode == 0, mypy.stdout
    settings = str(root / "pyproject.toml")
    for check in (["check"], ["format", "--check"]):
        ruff = run(
            written, "ruff", *check, "--no-cache", "--config", settings, "linkwork_quillbase"
        )
        assert ruff.returncode == 0, ruff.stdout
    for path in written.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert "example" not in path.read_text(encoding="utf-8").lower(), path
            assert "example" not in str(path.relative_to(written))


@pytest.mark.parametrize("name", ["", "Ours", "our-own", "../ours", "x", "9lives"])
def test_a_name_that_cannot_be_a_packages_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be a plugin"):
        new_plugin.write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "linkwork-ours").mkdir()
    assert main(["plugins", "new", "ours", "--to", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["plugins", "new"]) == 2
    assert "Name the new plugin" in capsys.readouterr().err
