"""The wheelhouse: the same bytes twice, and a hub from it without any index.

Opt-in, for it builds all wheels: `python3 run.py test --packages`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900)]


def build(root: Path) -> Path:
    """The wheelhouse, built here."""
    command = [sys.executable, "packaging/build.py", "wheelhouse"]
    subprocess.run(command, cwd=root, check=True, timeout=600, capture_output=True)
    (made,) = (root / "dist").glob("linkwork-wheelhouse-*.tar.gz")
    return made


def test_a_hub_is_installed_from_it_without_a_network(root: Path, tmp_path: Path) -> None:
    made = build(root)
    first = hashlib.sha256(made.read_bytes()).hexdigest()
    assert hashlib.sha256(build(root).read_bytes()).hexdigest() == first
    with tarfile.open(made) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=folder, check=True)
    pip = ["venv/bin/pip", "install", "--no-index", "--find-links", "wheels", "--require-hashes"]
    install = [*pip, "-r", "requirements.txt"]
    alone = {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null", "HOME": str(tmp_path)}
    subprocess.run(install, cwd=folder, check=True, env=alone, timeout=300, capture_output=True)
    program = [str(folder / "venv/bin/linkwork-hub"), "--home", str(tmp_path / "hub")]
    init = subprocess.run([*program, "init", "--profile", "reading"], check=True, env=alone)
    assert init.returncode == 0

    asked = folder / "requirements.txt"
    # Every hash of every package, for a package may have several: pip takes any one of them.
    other = re.sub(r"(--hash=sha256:)(.)", lambda m: m[1] + "0f"[m[2] == "0"], asked.read_text())
    asked.write_text(other, "utf-8")
    changed = subprocess.run([*install, "--force-reinstall"], cwd=folder, env=alone, check=False)
    assert changed.returncode != 0, "a package that is not the one pinned must be refused"
