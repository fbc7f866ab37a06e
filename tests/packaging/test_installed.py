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


@pytest.fixture(scope="module")
def packages(root: Path) -> dict[str, Path]:
    """Two versions of the package, built here."""
    built: dict[str, Path] = {}
    for number in ("0.1.0", "0.1.1"):
        build(root, "deb", number=number)
        built[number] = root / "dist" / f"linkwork-agent_{number}-1_amd64.deb"
    return built


@pytest.fixture
def release() -> str:
    """Which Debian: 12 has Python 3.11, 13 has 3.13."""
    return "debian-12"


@pytest.fixture
def machine(root: Path, tmp_path: Path, release: str) -> Iterator[Machine]:
    """A fresh Debian, booted."""
    if not can_boot():
        pytest.fail("this needs root, debootstrap, systemd-nspawn, nsenter and dpkg-deb")
    with booted(make_base(root, release), tmp_path / "machine") as made:
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


@pytest.mark.parametrize("release", ["debian-12", "debian-13"])
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
    costs_little(machine)

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
    assert left_of_it(machine) != []
    machine.run("dpkg", "--purge", "linkwork-agent")
    assert left_of_it(machine) == []
    assert machine.run("find", "/var/lib/private").stdout.split() == ["/var/lib/private"]


def left_of_it(machine: Machine) -> list[str]:
    """Every file and folder of the machine that bears our name."""
    ours = ["-name", "*linkwork*", "-not", "-path", "/proc/*", "-not", "-path", "/sys/*"]
    return machine.run("find", "/", *ours).stdout.split()


#: Run inside: how long a command takes to start, in seconds, the fastest of thirty.
FASTEST = """
import subprocess, sys, time
def once():
    started = time.perf_counter()
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
print(min(once() for _ in range(30)))
"""
#: A Python that does nothing but say what it takes.
BARE = "print(open('/proc/self/status').read())"


def costs_little(machine: Machine) -> None:
    """At rest the supervisor, and `status` at its start, cost at most four bare Pythons each."""
    pid = machine.run("systemctl", "show", "--value", "-p", "MainPID", SERVICE).stdout.strip()
    children = f"/proc/{pid}/task/{pid}/children"
    wait_until(lambda: machine.run("cat", children).stdout.strip() == "", 60, "a time of rest")
    resting = _resident(machine.run("cat", f"/proc/{pid}/status").stdout)
    bare = _resident(machine.run("/usr/bin/python3", "-IPBc", BARE).stdout)
    print(f"supervisor {resting / 1024:.1f} MB at rest, {resting / bare:.1f} x a bare Python")
    assert resting <= 4 * bare

    owner = machine.run("stat", "-c", "%u", "/var/lib/private/linkwork-agent").stdout.strip()
    settings = ["LINKWORK_HOME=/var/lib/private/linkwork-agent"]
    settings += ["LINKWORK_CONFIG=/etc/linkwork-agent/agent.toml"]
    program = ["/usr/lib/linkwork-agent/linkwork-agent", "status"]
    # The program itself: what goes before it as an account of its own is systemd's.
    asked = _fastest(machine, "env", *settings, *program)
    bare_start = _fastest(machine, "env", *settings, "/usr/bin/python3", "-c", "pass")
    print(f"status {asked * 1000:.0f} ms, {asked / bare_start:.1f} x a bare Python")
    assert asked <= 4 * bare_start
    strangers = ["-not", "-uid", owner]
    assert machine.run("find", "/var/lib/private/linkwork-agent", *strangers).stdout == ""


def _fastest(machine: Machine, *command: str) -> float:
    return float(machine.run("/usr/bin/python3", "-c", FASTEST, *command).stdout)


def _resident(status_file: str) -> int:
    """Memory of a process in kB, as /proc says."""
    (line,) = [line for line in status_file.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1])


async def _away(_scope: object, _receive: object, send: object, _app: object) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


#: What can stand in a configuration, made from one that is good: what is said of it.
MISTAKES = {
    "an unknown table": (("[[school]]", "[shool]\n[[school]]"), "unknown key shool."),
    "an unknown key": (("name =", "nmae ="), "unknown key school.nmae."),
    "a literal secret": (("path =", 'password = "hunter2hunter2"\npath ='), "password is a secret"),
    "no TOML": (("name =", "name "), "is not valid TOML"),
}


def test_a_configuration_with_a_mistake_stops_the_service_once_with_its_sentence(
    machine: Machine, packages: dict[str, Path]
) -> None:
    machine.install(packages["0.1.0"])
    settings = machine.root / "etc/linkwork-agent/agent.toml"
    # Without any there is nothing to do, which is no failure for the service.
    machine.run("systemctl", "start", SERVICE)
    assert "skipped" in machine.journal(SERVICE)
    assert "There is no /etc/linkwork-agent/agent.toml" in refused(machine, "doctor")

    register(machine, 15)
    setup = ["linkwork-agent", "setup", "csv", "--urn", URN, "--name", "Fernhill Primary"]
    machine.run(*setup, "--path", "/srv/exports/register.csv")
    good = settings.read_text("utf-8")
    for what, ((before, after), said) in MISTAKES.items():
        assert before in good, what
        settings.write_text(good.replace(before, after, 1), encoding="utf-8")
        ends_once(machine, said)
        assert "hunter2" not in machine.journal(SERVICE)
    settings.write_text(good, encoding="utf-8")
    settings.chmod(0o600)
    ends_once(machine, "chmod a+r")
    settings.chmod(0o644)
    # The control: with the mistakes gone it runs.
    machine.run("systemctl", "restart", SERVICE)
    time.sleep(2)
    assert machine.is_active(SERVICE)


def ends_once(machine: Machine, said: str) -> None:
    """The service ends with 2 and one sentence, is not tried again, and commands say the same."""
    machine.run("systemctl", "reset-failed", SERVICE, ok=False)
    machine.run("systemctl", "restart", SERVICE, ok=False)
    wait_until(lambda: not machine.is_active(SERVICE), 20, "the end of the service")
    shown = machine.run("systemctl", "show", SERVICE, "-p", "NRestarts,ExecMainStatus").stdout
    assert "ExecMainStatus=2" in shown
    assert "NRestarts=0" in shown
    sentence = refused(machine, "doctor")
    assert said in sentence
    assert "/etc/linkwork-agent/agent.toml" in sentence
    assert sentence in machine.journal(SERVICE)


def refused(machine: Machine, *command: str) -> str:
    """What a command says when it ends with 2: one line."""
    ran = machine.run("linkwork-agent", *command, ok=False)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    (line,) = (ran.stdout + ran.stderr).strip().splitlines()
    return line


def test_a_path_that_is_not_there_and_a_key_that_others_may_read_are_named_with_the_remedy(
    machine: Machine, packages: dict[str, Path], hub: LiveHub
) -> None:
    machine.install(packages["0.1.0"])
    set_up(machine, hub)
    keys = machine.root / "var/lib/private/linkwork-agent/schools" / URN / "keys"
    key = min(path for path in keys.iterdir() if path.is_file())
    key.chmod(0o644)
    looked = machine.run("linkwork-agent", "doctor", ok=False)
    assert looked.returncode == 1
    assert key.name in looked.stdout
    assert "chmod" in looked.stdout
    key.chmod(0o600)
    assert key.name not in machine.run("linkwork-agent", "doctor", ok=False).stdout

    (machine.root / "srv/exports/register.csv").rename(machine.root / "srv/exports/moved.csv")
    looked = machine.run("linkwork-agent", "doctor", ok=False)
    assert looked.returncode == 1
    assert "/srv/exports/register.csv, which is not there" in looked.stdout
    read = machine.run("linkwork-agent", "once", "--job", "collect", ok=False)
    assert read.returncode == 2
    assert "/srv/exports/register.csv" in read.stdout + read.stderr
    assert machine.is_active(SERVICE), "it goes on for the other schools and jobs"


def test_someone_who_is_not_root_is_told_how(machine: Machine, packages: dict[str, Path]) -> None:
    machine.install(packages["0.1.0"])
    asked = machine.run("setpriv", "--reuid=nobody", "linkwork-agent", "status", ok=False)
    assert asked.returncode == 2
    assert "sudo linkwork-agent status" in asked.stderr
