"""The Windows setup program and the .msi under Wine: installed, run as a service, removed.

Opt-in: `python3 run.py test --packages`. Nothing here proves anything of Windows itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from live_hub import LiveHub, live_hub
from wine import Windows, can_run, make

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900)]
#: What the setup program may weigh, in bytes.
LARGEST = 20_000_000


@pytest.fixture(scope="module")
def built(root: Path) -> dict[str, Path]:
    """Both packages, built here."""
    command = [sys.executable, "packaging/build.py", "exe", "msi"]
    subprocess.run(command, cwd=root, check=True, timeout=900, capture_output=True)
    (exe,), (msi,) = (root / "dist").glob("*-setup.exe"), (root / "dist").glob("*-x64.msi")
    return {"exe": exe, "msi": msi}


@pytest.fixture
def windows(root: Path, tmp_path: Path) -> Iterator[Windows]:
    """A fresh Wine."""
    if not can_run():
        pytest.fail("this needs wine and x86_64-w64-mingw32-gcc")
    made = make(root, tmp_path / "wine")
    yield made
    made.end()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub on this machine's loopback, whose worker works by itself."""
    folder = tmp_path / "hub"
    folder.mkdir()
    with live_hub(folder) as served:
        served.working.set()
        yield served


def register(windows: Windows) -> str:
    """Fifteen school days of two pupils, one of them absent throughout; its path inside."""
    day, lines = date.today(), ["pupil_id,date,session,code"]  # noqa: DTZ011 - Wine has this clock
    while len(lines) < 61:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            lines += [
                f"{pupil},{day},{half},{'O' if pupil == 'p1' else present}"
                for pupil in ("p1", "p2")
                for half, present in (("AM", "/"), ("PM", "\\"))
            ]
    folder = windows.prefix / "drive_c" / "exports"
    folder.mkdir()
    (folder / "register.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return r"C:\exports\register.csv"


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"{what} did not come within {seconds:.0f} s"
        time.sleep(1)


def test_the_setup_program_is_small_enough(built: dict[str, Path]) -> None:
    size = built["exe"].stat().st_size
    print(f"setup {size / 1e6:.1f} MB, msi {built['msi'].stat().st_size / 1e6:.1f} MB")
    assert size <= LARGEST


def test_silent_install_join_service_and_removal(
    windows: Windows, built: dict[str, Path], hub: LiveHub
) -> None:
    windows.run(str(built["exe"]), "/S", "/URN=100001")
    # Wine 8 ends a program that asks its WMI anything; Python asks another way without this.
    (windows.program / "python" / "_wmi.pyd").unlink()
    assert windows.service() == "STOPPED", "a service that is not set up must not start"
    assert windows.state.is_dir()
    windows.run("sc", "start", "LinkworkAgent", ok=False)
    log = windows.state / "agent.log"
    wait_until(lambda: log.exists() and "agent.toml" in log.read_text(encoding="utf-8"), 90, "why")
    wait_until(lambda: windows.service() == "STOPPED", 120, "the end without settings")

    path = register(windows)
    windows.agent("setup", "csv", "--name", "Fernhill Primary", "--path", path)
    school = hub.add_school("100001")
    joined = windows.agent(
        *("join", hub.join_string(school), "--released-by", "A. Penhallow, head teacher"),
        *("--release", "return"),
    )
    assert hub.six_words(school) in " ".join(joined.stdout.split())
    hub.confirm(school)
    windows.run("sc", "start", "LinkworkAgent")
    wait_until(lambda: "event=up" in log.read_text(encoding="utf-8"), 90, "the running service")
    assert windows.service() == "RUNNING"
    windows.agent("once")
    (status,) = [json.loads(windows.agent("status", "--format", "json", ok=False).stdout)]
    assert status["last_receipt"] is not None
    assert hub.count("SELECT count(*) FROM inbox") > 0
    windows.run("sc", "stop", "LinkworkAgent")
    wait_until(lambda: windows.service() == "STOPPED", 60, "the stopped service")
    assert "event=down" in log.read_text(encoding="utf-8")

    windows.run(str(windows.program / "uninstall.exe"), "/S", ok=False)
    wait_until(lambda: not windows.program.exists(), 60, "the removal of the program")
    assert windows.service() == ""
    assert (windows.state / "agent.toml").exists(), "configuration and keys stay"


def test_the_msi_installs_the_service_and_takes_it_away(
    windows: Windows, built: dict[str, Path]
) -> None:
    windows.run("msiexec", "/i", str(built["msi"]), "/qn")
    assert (windows.program / "python" / "python.exe").exists()
    assert windows.service() == "STOPPED"
    assert windows.state.is_dir(), "made, and closed, before anyone puts a key there"
    windows.run("msiexec", "/x", str(built["msi"]), "/qn")
    assert windows.service() == ""
    left = [path for path in windows.program.rglob("*") if path.is_file()]
    assert not left


@pytest.mark.parametrize("kind", ["exe", "msi"])
def test_an_installation_without_a_data_folder_of_its_own_fails_and_says_why(
    windows: Windows, built: dict[str, Path], kind: str
) -> None:
    windows.state.write_text("a file in the way", encoding="utf-8")
    install = {"exe": [str(built["exe"]), "/S"], "msi": ["msiexec", "/i", str(built["msi"]), "/qn"]}
    assert windows.run(*install[kind], ok=False).returncode != 0
    said = [path.read_text("utf-8") for path in windows.prefix.rglob("linkwork-agent-setup.log")]
    assert any("Making the data folder failed" in text for text in said)
