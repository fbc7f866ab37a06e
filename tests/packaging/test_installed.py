"""The package on a machine with a real systemd: installed, upgraded, rolled back, removed, purged.

Opt-in, for it boots a machine of its own: `python3 run.py test --packages`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from installing import SERVICE, URN, build, register, status, wait_until
from live_hub import LiveHub, live_hub
from machines import Machine, booted, can_boot, make_base

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900)]
OURS = ("/etc/linkwork-agent", "/var/lib/linkwork-agent", "/usr/lib/linkwork-agent")


@pytest.fixture(scope="module")
def packages(root: Path) -> dict[str, Path]:
    """Two versions of the package, built here."""
    built: dict[str, Path] = {}
    for number in ("0.1.0", "0.1.1"):
        build(root, "deb", number=number)
        built[number] = root / "dist" / f"linkwork-agent_{number}-1_amd64.deb"
    return built


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Iterator[Machine]:
    """A fresh Debian, booted."""
    if not can_boot():
        pytest.fail("this needs root, debootstrap, systemd-nspawn, nsenter and dpkg-deb")
    with booted(make_base(root), tmp_path / "machine") as made:
        yield made


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A hub on this machine's loopback, whose worker works by itself."""
    folder = tmp_path / "hub"
    folder.mkdir()
    with live_hub(folder) as served:
        served.working.set()
        yield served


def set_up(machine: Machine, hub: LiveHub) -> None:
    """What the page for technicians says, to the first receipt."""
    register(machine, 15)
    path = "/srv/exports/register.csv"
    setup = ["linkwork-agent", "setup", "csv", "--urn", URN, "--name", "Fernhill Primary"]
    machine.run(*setup, "--path", path)
    school = hub.add_school(URN)
    joined = machine.run(
        *("linkwork-agent", "join", hub.join_string(school)),
        *("--released-by", "A. Penhallow, head teacher", "--release", "return"),
    )
    machine.run("systemctl", "enable", "--now", SERVICE)
    wait_until(lambda: _waits(hub, school), 60, "the enrolment")
    assert hub.six_words(school) in " ".join(joined.stdout.split())
    hub.confirm(school)


def _waits(hub: LiveHub, school: str) -> bool:
    try:
        hub.six_words(school)
    except ValueError:
        return False
    return True


def test_from_install_to_purge_nothing_is_lost_doubled_or_left(
    machine: Machine, packages: dict[str, Path], hub: LiveHub, tmp_path: Path
) -> None:
    started = time.monotonic()
    machine.install(packages["0.1.0"])
    assert not machine.is_active(SERVICE), "a service that is not set up must not start"
    set_up(machine, hub)
    machine.run("linkwork-agent", "once")
    wait_until(lambda: status(machine)["last_receipt"] is not None, 120, "the first receipt")
    print(f"install to first receipt: {time.monotonic() - started:.0f} s")
    owner = machine.run("stat", "-c", "%U %a", "/var/lib/private/linkwork-agent").stdout.split()
    assert owner[1] == "700"
    assert owner[0] != "root"

    # The hub goes away; a new register is read; then the technician upgrades.
    before = hub.count("SELECT count(*) FROM inbox")
    hub.between = _away
    register(machine, 16)
    machine.run("linkwork-agent", "once", ok=False)
    waiting = status(machine)["waiting"]
    assert isinstance(waiting, int)
    assert waiting > 0
    machine.install(packages["0.1.1"])
    assert machine.is_active(SERVICE), "a service that ran goes on after an upgrade"
    assert "0.1.1" in machine.run("dpkg-query", "-W", "linkwork-agent").stdout
    assert status(machine)["waiting"] == waiting
    machine.install(packages["0.1.0"])
    assert status(machine)["waiting"] == waiting, "a rollback keeps what waits"
    hub.between = None
    machine.run("linkwork-agent", "once")
    wait_until(lambda: status(machine)["waiting"] == 0, 120, "delivery")
    hub.work()
    assert hub.count("SELECT count(*) FROM inbox") >= before + waiting
    assert hub.count("SELECT count(*) - count(DISTINCT message_id) FROM inbox") == 0

    machine.run("dpkg", "--remove", "linkwork-agent")
    assert not machine.is_active(SERVICE)
    assert (machine.root / "etc/linkwork-agent/agent.toml").exists()
    assert (machine.root / "var/lib/private/linkwork-agent/schools" / URN / "agent.db").exists()
    assert not (machine.root / "usr/lib/linkwork-agent").exists()
    machine.install(packages["0.1.0"])
    assert status(machine)["waiting"] == 0, "installed again, it goes on where it was"
    machine.run("dpkg", "--purge", "linkwork-agent")
    left = [path for path in OURS if machine.run("test", "-e", path, ok=False).returncode == 0]
    assert left == []
    assert machine.run("find", "/var/lib/private", "-name", "linkwork*").stdout == ""


async def _away(_scope: object, _receive: object, send: object, _app: object) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


def test_a_configuration_with_a_mistake_stops_the_service_once_with_its_sentence(
    machine: Machine, packages: dict[str, Path]
) -> None:
    machine.install(packages["0.1.0"])
    (machine.root / "etc/linkwork-agent/agent.toml").write_text("[shool]\n", encoding="utf-8")
    machine.run("systemctl", "start", SERVICE, ok=False)
    wait_until(lambda: not machine.is_active(SERVICE), 20, "the end of the service")
    shown = machine.run("systemctl", "show", SERVICE, "-p", "NRestarts,ExecMainStatus").stdout
    assert "ExecMainStatus=2" in shown
    assert "NRestarts=0" in shown
    assert "/etc/linkwork-agent/agent.toml" in machine.journal(SERVICE)
    assert "shool" in machine.journal(SERVICE)


def test_someone_who_is_not_root_is_told_how(machine: Machine, packages: dict[str, Path]) -> None:
    machine.install(packages["0.1.0"])
    asked = machine.run("setpriv", "--reuid=nobody", "linkwork-agent", "status", ok=False)
    assert asked.returncode == 2
    assert "sudo linkwork-agent status" in asked.stderr
