"""A hub on a machine with a real systemd, nginx and PostgreSQL, installed as its page says, and an
agent installed beside it that joins over TLS.

Opt-in: `python3 run.py test --packages`. The machine has no network but its own loopback. Making it
takes some three minutes the first time, each walk two.
"""

from __future__ import annotations

import base64
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from installing import SERVICE, URN, build, register, status, wait_until
from machines import Machine, booted, can_boot, make_base
from typed import blocks_of

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900)]
PEOPLE, POST = "linkwork.authority.example", "post.authority.example"
HOME, RECEIVER = "var/lib/linkwork-hub", "var/lib/linkwork-hub-receive"
#: From the package to the first receipt, in seconds.
LONGEST = 120
#: systemd's own measure of what a service could still do, in tenths: 15 is 1.5 of 10.
EXPOSURE = 15
#: A self-made authority of certificates, and one certificate for both names.
CERTIFICATES = f"""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \\
  -subj "/CN=Council test CA" -keyout ca.key -out /usr/local/share/ca-certificates/council.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={PEOPLE} \\
  -keyout leaf.key -out leaf.csr
echo "subjectAltName=DNS:{PEOPLE},DNS:{POST}" > leaf.ext
openssl x509 -req -in leaf.csr -CA /usr/local/share/ca-certificates/council.crt -CAkey ca.key \\
  -CAcreateserial -days 60 -extfile leaf.ext -out leaf.pem
update-ca-certificates
mkdir -p /etc/linkwork-hub/tls
for name in people post; do
  cp leaf.pem /etc/linkwork-hub/tls/$name.pem; cp leaf.key /etc/linkwork-hub/tls/$name.key
done
echo "127.0.0.1 {PEOPLE} {POST}" >> /etc/hosts
"""


@pytest.fixture(scope="module")
def made(root: Path) -> tuple[Path, Path]:
    """The agent's package and the hub's wheelhouse, built here for this Python and machine."""
    build(root, "deb", "wheelhouse")
    (wheelhouse,) = (root / "dist").glob("linkwork-wheelhouse-0.1.0-linux-3.11.tar.gz")
    return root / "dist" / "linkwork-agent_0.1.0-1_amd64.deb", wheelhouse


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Iterator[Machine]:
    """A fresh Debian with nginx and PostgreSQL, booted without a network."""
    if not can_boot():
        pytest.fail("this needs root, debootstrap, systemd-nspawn, nsenter and dpkg-deb")
    with booted(make_base(root, "debian-12-hub"), tmp_path / "machine", alone=True) as it:
        yield it


def hub(machine: Machine, *command: str) -> str:
    """A command of the hub, as its page says; what it printed."""
    program = ["sudo", "-u", "linkwork-hub", "/usr/lib/linkwork-hub/bin/linkwork-hub"]
    return machine.run(*program, "--home", f"/{HOME}", *command).stdout


def answered(machine: Machine, url: str) -> str:
    """The status that a web address answers with, over TLS that is checked."""
    asked = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", url]
    return machine.run(*asked, ok=False).stdout


def add_school(machine: Machine) -> str:
    """One officer and one school; the join string."""
    folder = machine.root / "srv" / "lists"
    folder.mkdir()
    (folder / "staff.csv").write_text(
        "email,name,role,latitude,longitude,days\n"
        "m.larkspur@authority.example,M. Larkspur,officer,51.45,-0.97,mon-am\n"
    )
    (folder / "schools.csv").write_text(
        "urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude\n"
        f"{URN},Fernhill Primary,LA,primary,210,2026-10-01,m.larkspur@authority.example,51.5,-1\n"
    )
    for kind in ("staff", "schools"):
        hub(machine, "import", kind, f"/srv/lists/{kind}.csv")
    found = re.search(r"LW1\.\S+", hub(machine, "feeds", "join", URN))
    assert found is not None
    return found[0]


def connect(machine: Machine, deb: Path, join_string: str) -> float:
    """Install the agent, join, confirm, and wait for the first receipt; how long that took."""
    register(machine, 15)
    shutil.copy(deb, machine.root / "root")
    started = time.monotonic()
    machine.run("apt-get", "install", "--yes", f"/root/{deb.name}")
    setup = ["linkwork-agent", "setup", "csv", "--urn", URN, "--name", "Fernhill Primary"]
    machine.run(*setup, "--path", "/srv/exports/register.csv")
    machine.run("linkwork-agent", "doctor", ok=False)
    release = ["--released-by", "A. Penhallow, head teacher", "--release", "return"]
    joined = machine.run("linkwork-agent", "join", "-", *release, given=f"{join_string}\n").stdout
    machine.run("systemctl", "enable", "--now", SERVICE)
    words = re.search(r"Compare these six words with the authority: (.+)", joined)
    assert words is not None
    assert words[1] in hub(machine, "feeds", "confirm", URN, "--yes")
    machine.run("linkwork-agent", "once")
    wait_until(lambda: status(machine)["last_receipt"] is not None, LONGEST, "the first receipt")
    return time.monotonic() - started


def installed(machine: Machine, root: Path, made: tuple[Path, Path], *headings: str) -> list[str]:
    """Type what stands under these headings of the page; what each block printed.

    Where the page leaves something to the technician, it is done between its blocks.
    """
    page = root / "docs" / "running-the-hub.md"
    folder = machine.root / "srv" / "setup"
    folder.mkdir()
    shutil.copy(made[1], folder)
    machine.type(CERTIFICATES, "/root")
    inside, printed = "/srv/setup", []
    for heading in headings:
        for block in blocks_of(page, heading):
            printed.append(machine.type(block, inside, seconds=600))
            inside = f"/srv/setup/{made[1].name.removesuffix('.tar.gz')}"
            if "roles.sql" in block:
                _by_hand(machine, printed[-1])
    return printed


def _by_hand(machine: Machine, printed: str) -> None:
    first, last = printed.split("# For the end of /var/lib/linkwork-hub-receive/hub.toml:\n")
    for home, lines in ((HOME, first), (RECEIVER, last)):
        with (machine.root / home / "hub.toml").open("a", encoding="utf-8") as file:
            file.write(lines)
    site = machine.root / "etc/nginx/conf.d/linkwork.conf"
    text = site.read_text("utf-8")
    post = text.replace("server 127.0.0.1:8420;", "server 127.0.0.1:8421;")
    assert post != text
    site.write_text(post, "utf-8")


def secrets(machine: Machine) -> list[str]:
    """Every password and private key on the machine, in the ways a log could hold them."""
    found: list[str] = []
    for home in (HOME, RECEIVER):
        toml = machine.root / home / "hub.toml"
        text = toml.read_text("utf-8") if toml.exists() else ""
        found += re.findall(r"://linkwork\w*:([^@]+)@", text)
    folders = (machine.root / HOME / "keys", machine.root / "var/lib/private/linkwork-agent")
    for path in (path for folder in folders for path in folder.rglob("*.key")):
        key = path.read_bytes()
        found += [key.hex(), base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()]
        found.append(key.decode("utf-8", "replace").strip())
    return [one.rstrip("=") for one in found if len(one) > 15]


def spilled(machine: Machine, hidden: Iterable[str]) -> list[str]:
    """Which of these stand in the journal or in a log file."""
    journal = machine.run("journalctl", "--no-pager", "-o", "export").stdout
    files = (path for path in (machine.root / "var" / "log").rglob("*.log"))
    whole = journal + "".join(path.read_text("utf-8", "replace") for path in files)
    assert "Linkwork" in whole
    return [one for one in hidden if one in whole]


def restarts(machine: Machine, unit: str) -> int:
    """How often systemd has started a unit again by itself."""
    return int(machine.run("systemctl", "show", "--value", "-p", "NRestarts", unit).stdout)


def ready(machine: Machine, port: int) -> bool:
    """Whether a process of the hub says that it and its database answer."""
    return answered(machine, f"http://127.0.0.1:{port}/readyz") == "200"


def killed_and_back(machine: Machine, units: Iterable[str]) -> None:
    """Kill each unit's process outright: systemd starts it again."""
    for unit in units:
        before = restarts(machine, unit)
        machine.run("systemctl", "kill", "--signal=KILL", unit)
        wait_until(lambda: restarts(machine, unit) > before, 60, f"{unit} after a kill")  # noqa: B023
        wait_until(lambda: machine.is_active(unit), 60, f"{unit} at work again")  # noqa: B023


def fenced(machine: Machine, unit: str) -> str:
    """systemd's verdict on a unit that is loaded: it must be fenced in far enough."""
    ran = machine.run("systemd-analyze", "security", f"--threshold={EXPOSURE}", unit, ok=False)
    verdict = ran.stdout.strip().splitlines()[-1]
    assert ran.returncode == 0, verdict
    return verdict


def test_in_one_process_from_the_page_to_the_first_receipt_and_through_a_crash(
    machine: Machine, root: Path, made: tuple[Path, Path]
) -> None:
    installed(machine, root, made, "One machine")
    wait_until(lambda: ready(machine, 8420), 30, "the hub")
    join_string = add_school(machine)
    print(f"install to first receipt: {connect(machine, made[0], join_string):.0f} s")

    assert answered(machine, f"https://{PEOPLE}/healthz") == "200"
    assert answered(machine, f"https://{PEOPLE}/v1/keyset") == "404", "agents have another name"
    assert answered(machine, f"https://{POST}/healthz") == "404", "people have another name"
    assert answered(machine, f"http://{POST}/v1/keyset") == "308"
    for unit in ("linkwork-hub", SERVICE):
        print(fenced(machine, unit))
    killed_and_back(machine, ["linkwork-hub", SERVICE])
    wait_until(lambda: ready(machine, 8420), 30, "the hub after a kill")
    received_again(machine, 16)

    hidden = [*secrets(machine), join_string, "p1,", "A. Penhallow"]
    assert len(hidden) > 20
    assert spilled(machine, hidden) == []
    machine.run("logger", hidden[0])
    assert spilled(machine, hidden) == hidden[:1], "a secret in the log must be found"

    settings = machine.root / HOME / "hub.toml"
    settings.write_text(settings.read_text("utf-8") + "prot = 8420\n", "utf-8")
    stopped_for_good(machine, "linkwork-hub", "prot")


def received_again(machine: Machine, days: int) -> None:
    """One more register, of so many days, is read, sent and receipted."""
    before = status(machine)["last_receipt"]
    time.sleep(1)
    register(machine, days)
    # The service may be at the same work: then one of the two says so and does nothing.
    machine.run("linkwork-agent", "once", ok=False)
    wait_until(lambda: status(machine)["last_receipt"] != before, 60, "one more receipt")
    wait_until(lambda: status(machine)["waiting"] == 0, 60, "the rest of the messages")


def stopped_for_good(machine: Machine, unit: str, said: str) -> None:
    """A mistake in its settings ends a unit once, with one sentence."""
    before = restarts(machine, unit)
    machine.run("systemctl", "restart", unit, ok=False)
    wait_until(lambda: not machine.is_active(unit), 30, f"the end of {unit}")
    time.sleep(7)
    shown = machine.run("systemctl", "show", unit, "-p", "ExecMainStatus,ActiveState").stdout
    assert "ExecMainStatus=2" in shown
    assert "ActiveState=failed" in shown
    assert restarts(machine, unit) <= before
    assert said in machine.journal(unit)


def test_apart_on_postgresql_from_the_page_to_the_first_receipt_and_through_crashes(
    machine: Machine, root: Path, made: tuple[Path, Path]
) -> None:
    units = ["linkwork-hub", "linkwork-hub-receive", "linkwork-hub-work", "linkwork-hub-jobs"]
    headings = ["One machine", "On PostgreSQL, in several processes"]
    installed(machine, root, made, *headings)
    for port in (8420, 8421):
        wait_until(lambda: ready(machine, port), 60, f"port {port}")  # noqa: B023
    join_string = add_school(machine)
    print(f"install to first receipt: {connect(machine, made[0], join_string):.0f} s")
    assert not (machine.root / HOME / "hub.db").exists(), "it works on PostgreSQL alone"
    keys = sorted(path.name for path in (machine.root / RECEIVER / "keys").iterdir())
    assert keys == ["keyset.lk1", "receipt-1.key"], "the receiver holds nothing that opens"
    for unit in units:
        print(unit, fenced(machine, unit))

    killed_and_back(machine, units)
    wait_until(lambda: ready(machine, 8421), 30, "the receiver after a kill")
    received_again(machine, 17)
    # Without the worker a receipt still comes: the receiver opens nothing and waits for nobody.
    machine.run("systemctl", "stop", "linkwork-hub", "linkwork-hub-work", "linkwork-hub-jobs")
    received_again(machine, 18)
    machine.run("systemctl", "start", "linkwork-hub", "linkwork-hub-work", "linkwork-hub-jobs")

    # The database goes away under them and comes back.
    machine.run("systemctl", "restart", "postgresql@15-main")
    wait_until(lambda: ready(machine, 8420) and ready(machine, 8421), 60, "the hub again")
    received_again(machine, 19)
    wait_until(lambda: all(map(machine.is_active, units)), 30, "every unit")

    hidden = [*secrets(machine), join_string]
    assert len([one for one in hidden if len(one) == 64 and one.isalnum()]) >= 3
    assert spilled(machine, hidden) == []
    settings = machine.root / RECEIVER / "hub.toml"
    settings.write_text(settings.read_text("utf-8").replace("port = 8421", 'port = "x"'), "utf-8")
    stopped_for_good(machine, "linkwork-hub-receive", "setting port")
