"""The hub's container: every line of its file built, and the image run as the page says.

The base image comes from a registry that is not asked here: a Debian of this machine's archive with
its own Python 3.11 stands in under the same name. Opt-in: `python3 run.py test --packages`, as root
with podman, buildah and runc; it takes some four minutes, most of them copying layers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from installing import build, wait_until
from machines import can_boot, make_base
from typed import blocks_of

pytestmark = [pytest.mark.packages, pytest.mark.timeout(1800)]
BASE = "docker.io/library/python:3.11-slim"
STORAGE = '[storage]\ndriver = "vfs"\nrunroot = "{0}/run"\ngraphroot = "{0}/images"\n'
#: No network, and nothing that a container cannot have inside another.
SETTINGS = """
[containers]
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


@dataclass(frozen=True)
class Engine:
    """podman and buildah with their images in a folder of their own, run at the top folder."""

    folder: Path
    root: Path

    def run(self, *command: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command; with `ok` it must succeed."""
        own = {
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }
        ran = subprocess.run(
            command,
            cwd=self.root,
            env=os.environ | own,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        assert not ok or ran.returncode == 0, f"{command}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}"
        return ran

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of the page."""
        return self.run("podman", "exec", "linkwork", *command, ok=False)


@pytest.fixture
def engine(root: Path, tmp_path: Path) -> Iterator[Engine]:
    """An engine that has the stand-in base image and nothing else."""
    if not (can_boot() and all(map(shutil.which, ("podman", "buildah", "runc")))):
        pytest.fail("this needs root, debootstrap, podman, buildah and runc")
    (tmp_path / "storage.conf").write_text(STORAGE.format(tmp_path), "utf-8")
    (tmp_path / "containers.conf").write_text(SETTINGS, "utf-8")
    made = Engine(tmp_path, root)
    new = made.run("buildah", "from", "scratch").stdout.strip()
    made.run("buildah", "add", "-q", new, str(make_base(root, "python-3.11")), "/")
    made.run("buildah", "run", new, "--", "ln", "-s", "/usr/bin/python3", "/usr/local/bin/python")
    path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    made.run("buildah", "config", "--env", path, new)
    made.run("buildah", "commit", "-q", "--rm", new, BASE)
    yield made
    made.run("podman", "rm", "--all", "--force", "--time", "2", ok=False)
    made.run("buildah", "rm", "--all", ok=False)
    made.run("podman", "rmi", "--all", "--force", ok=False)


def test_the_container_is_built_and_serves_as_the_page_says(engine: Engine, root: Path) -> None:
    build(root, "wheelhouse")
    (page,) = blocks_of(root / "docs" / "running-the-hub.md", "Containers")
    wheelhouse, made, init, serve, health = page.strip().splitlines()
    assert wheelhouse == "python3 run.py package wheelhouse"
    engine.run(*made.split(), "--pull=never")
    engine.run(*init.split())
    port = "-p 127.0.0.1:8420:8420 "
    assert port in serve
    engine.run(*serve.replace(port, "").split())
    wait_until(lambda: engine.run(*health.split(), ok=False).returncode == 0, 60, "its health")

    assert engine.inside("id", "-u").stdout.strip() == "10420"
    status = engine.inside("cat", "/proc/1/status").stdout
    assert "CapEff:\t0000000000000000" in status
    assert "linkwork-hub" in engine.inside("cat", "/proc/1/cmdline").stdout
    assert engine.inside("touch", "/opt/linkwork/x").returncode != 0
    assert engine.inside("touch", "/var/lib/linkwork-hub/x").returncode == 0, "but its volume is"

    # A health that is always well would prove nothing.
    engine.run("podman", "kill", "--signal", "STOP", "linkwork")
    assert engine.run(*health.split(), ok=False).returncode != 0, "a hub that hangs is not well"
    engine.run("podman", "kill", "--signal", "CONT", "linkwork")
    assert engine.run(*health.split(), ok=False).returncode == 0
    started = time.monotonic()
    engine.run("podman", "stop", "--time", "30", "linkwork")
    assert time.monotonic() - started < 30
    code = engine.run("podman", "inspect", "--format", "{{.State.ExitCode}}", "linkwork").stdout
    assert code.strip() == "0", "it ends by itself when asked to"
