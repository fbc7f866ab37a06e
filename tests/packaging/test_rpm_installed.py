"""The .rpm on a booted machine: installed with its scripts, upgraded, rolled back, erased.

The machine is a Debian with rpm on it, so what the package asks for by its Fedora names cannot be
looked up: opt-in, `python3 run.py test --packages`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from installing import SERVICE, URN, build, register
from machines import Machine, booted, can_boot, make_base

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900)]
LIBRARY = "/usr/lib/linkwork-agent/lib"
DEB = "linkwork-agent_0.1.0-1_amd64.deb"


@pytest.fixture(scope="module")
def packages(root: Path) -> dict[str, Path]:
    """Two versions of the package, built here."""
    built: dict[str, Path] = {}
    for number in ("0.1.0", "0.1.1"):
        build(root, "rpm", number=number)
        built[number] = root / "dist" / f"linkwork-agent-{number}-1.x86_64.rpm"
    return built


@pytest.fixture
def machine(root: Path, tmp_path: Path, packages: dict[str, Path]) -> Iterator[Machine]:
    """A fresh Debian with rpm, booted, and both packages in root's folder."""
    if not can_boot():
        pytest.fail("this needs root, debootstrap, systemd-nspawn, nsenter and dpkg-deb")
    with booted(make_base(root, "debian-12-hub"), tmp_path / "machine", alone=True) as it:
        for number, path in packages.items():
            shutil.copy(path, it.root / "root" / f"{number}.rpm")
        yield it


def rpm(machine: Machine, *words: str, ok: bool = True) -> str:
    """What rpm says."""
    ran = machine.run("rpm", "--force-debian", *words, ok=ok)
    return ran.stdout + ran.stderr


def without_byte_code(machine: Machine) -> list[str]:
    """Modules that would be compiled anew at every start, for the service may not write there."""
    library = machine.root / LIBRARY.lstrip("/")
    return [
        str(path.relative_to(library))
        for path in library.rglob("*.py")
        if not list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-311.pyc"))
    ]


def test_the_rpm_is_installed_upgraded_rolled_back_and_erased(machine: Machine) -> None:
    asked = rpm(machine, "-qpR", "/root/0.1.0.rpm").split("\n")
    assert {"python3 >= 3.11", "python3 < 3.14"} <= set(asked)
    assert "Failed dependencies" in rpm(machine, "-i", "/root/0.1.0.rpm", ok=False)
    rpm(machine, "-i", "--nodeps", "/root/0.1.0.rpm")
    assert without_byte_code(machine) == []
    assert not machine.is_active(SERVICE), "a service that is not set up must not start"
    register(machine, 15)
    setup = ["linkwork-agent", "setup", "csv", "--urn", URN, "--name", "Fernhill Primary"]
    machine.run(*setup, "--path", "/srv/exports/register.csv")
    machine.run("systemctl", "enable", "--now", SERVICE)
    assert machine.is_active(SERVICE)

    # A module that the next version has no more: it goes, and its byte code with it.
    gone = machine.root / LIBRARY.lstrip("/") / "linkwork_agent" / "__pycache__" / "gone.pyc"
    gone.touch()
    for number, how in (("0.1.1", []), ("0.1.0", ["--oldpackage"])):
        rpm(machine, "-U", "--nodeps", *how, f"/root/{number}.rpm")
        assert number in rpm(machine, "-q", "linkwork-agent")
        assert machine.is_active(SERVICE), "a service that ran goes on after an upgrade"
        assert without_byte_code(machine) == []
        assert not gone.exists()
    assert "linkwork-agent 0.1.0" in machine.run("linkwork-agent", "--version").stdout
    assert rpm(machine, "-V", "--nodeps", "linkwork-agent") == "", "every file is as packed"

    rpm(machine, "-e", "linkwork-agent")
    assert not machine.is_active(SERVICE)
    assert not (machine.root / "usr/lib/linkwork-agent").exists()
    assert not (machine.root / "usr/bin/linkwork-agent").exists()
    assert (machine.root / "etc/linkwork-agent/agent.toml").exists(), "configuration stays"
    assert (machine.root / "var/lib/private/linkwork-agent").exists(), "keys and messages stay"


def test_the_same_sources_and_time_give_the_same_bytes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else it is that of the commit.
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    made = [root / "dist" / name for name in ("linkwork-agent-0.1.0-1.x86_64.rpm", DEB)]
    digests = []
    for _ in range(2):
        build(root, "deb", "rpm")
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in made])
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 2
