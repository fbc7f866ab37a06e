"""A whole Debian with a real systemd, booted in a container of this machine, to install on.

Needs root, debootstrap and systemd-nspawn. The container shares this machine's network, so a hub
that listens on loopback here is reached from inside.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What a plain server has; python3 and the rest are what the package asks for.
PACKAGES = "systemd,systemd-sysv,dbus,python3,ca-certificates,tzdata"
#: What is added where a hub is installed, and for the .rpm.
WITH_HUB = f"{PACKAGES},python3-venv,nginx-light,postgresql,openssl,sudo,curl,rpm"
#: Each kind of machine: the release of Debian and what is on it. Making one takes a minute or two,
#: copying it some seconds.
KINDS = {
    "debian-12": ("bookworm", PACKAGES),
    "debian-13": ("trixie", PACKAGES),
    "debian-12-hub": ("bookworm", WITH_HUB),
    # No machine, but what stands in for the base image of the hub's container.
    "python-3.11": ("bookworm", "python3,python3-venv"),
}
SOURCES = Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources")


def can_boot() -> bool:
    """Whether such a machine can be made here."""
    programs = ("debootstrap", "systemd-nspawn", "nsenter", "dpkg-deb")
    return hasattr(os, "geteuid") and os.geteuid() == 0 and all(map(shutil.which, programs))


@dataclass(frozen=True)
class Machine:
    """A booted machine; `root` is its file system as seen from here."""

    root: Path
    init: int

    def run(
        self, *command: str, ok: bool = True, given: str = "", seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside as root, with `given` as its input; with `ok` it must succeed."""
        inside = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "--", *command]
        ran = subprocess.run(
            inside,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            input=given,
        )
        assert not ok or ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
        return ran

    def type(self, lines: str, folder: str, seconds: float = 120) -> str:
        """Type command lines at a shell, each of which must succeed; what they printed."""
        script = f"set -e\ncd {folder}\n{lines}"
        return self.run("bash", "-c", script, seconds=seconds).stdout

    def install(self, deb: Path) -> None:
        """Install or change to a package as a technician does."""
        shutil.copyfile(deb, self.root / "root" / "agent.deb")
        self.run("dpkg", "--install", "/root/agent.deb")

    def journal(self, unit: str) -> str:
        """What a service has logged."""
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit).stdout

    def is_active(self, unit: str) -> bool:
        """Whether a service runs."""
        return self.run("systemctl", "is-active", unit, ok=False).stdout.strip() == "active"


def make_base(root: Path, kind: str = "debian-12") -> Path:
    """A file system to copy machines from, made once for a checkout, or once for all of them in
    the folder that LINKWORK_MACHINES names.
    """
    folder = Path(os.environ.get("LINKWORK_MACHINES") or root / "build" / "machines")
    suite, packages = KINDS[kind]
    base = folder / kind
    if not (base / "made").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite]
        ran = subprocess.run(
            [*command, str(base), *_mirror()], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout[-2000:]
        (base / "made").touch()
    return base


def _mirror() -> list[str]:
    """The archive this machine itself installs from."""
    for source in SOURCES:
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?) *(\S+)", text, re.MULTILINE)
        if found:
            return [found[1]]
    return []


@contextmanager
def booted(base: Path, root: Path, *, alone: bool = False) -> Iterator[Machine]:
    """Boot a fresh copy of `base` at `root` until the block ends; `alone` without any network but
    its own loopback.
    """
    subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(root)], check=True)
    command = ["systemd-nspawn", "--quiet", "--boot", f"--directory={root}", "--register=no"]
    command += ["--private-network"] if alone else []
    with (root.parent / f"{root.name}.console").open("wb") as console:
        nspawn = subprocess.Popen(
            [*command, "--keep-unit", "--kill-signal=SIGRTMIN+3"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Machine(root, _up(nspawn))
        finally:
            nspawn.terminate()
            try:
                nspawn.wait(30)
            except subprocess.TimeoutExpired:
                nspawn.kill()
                nspawn.wait()


def _up(nspawn: subprocess.Popen[bytes]) -> int:
    """The process id of the machine's first process, once everything has started."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text("ascii").split()
        if children:
            machine = Machine(Path("/"), int(children[0]))
            state = machine.run("systemctl", "is-system-running", ok=False).stdout.strip()
            if state in ("running", "degraded"):
                return machine.init
        time.sleep(0.3)
    raise AssertionError("the machine did not start within a minute")
