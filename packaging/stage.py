"""Lay out what a school's package holds: our code and locked wheels for three Pythons, one tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from schools import NOT_SHIPPED, SCHOOL, closure, locked, requirements

#: The Pythons one package serves; Debian 12, Ubuntu 24.04 and Debian 13 have one each.
PYTHONS = ("3.11", "3.12", "3.13")
#: The oldest C library first: a wheel for it runs on all newer ones.
PLATFORMS = {
    "amd64": ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"),
    "arm64": ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64"),
}


def lay_out(root: Path, work: Path, arch: str) -> Path:
    """The tree of /usr/lib/linkwork-agent/lib in `work`. Fetches locked wheels, builds ours.

    A compiled module's name says for which Python it is, so three sets lie in one folder.
    """
    tree = work / "lib"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    names = closure(requirements(root, SCHOOL)) - NOT_SHIPPED
    lock = work / "school.lock"
    lock.write_text(
        locked((root / "requirements.lock").read_text(encoding="utf-8"), names), encoding="utf-8"
    )
    for python in PYTHONS:
        target = work / f"python{python}"
        shutil.rmtree(target, ignore_errors=True)
        run_pip(_for_python(python, arch), "--target", str(target), "-r", str(lock))
        shutil.copytree(target, tree, dirs_exist_ok=True)
    add_ours(root, work, tree)
    strip(tree)
    return tree


def _for_python(python: str, arch: str) -> list[str]:
    short = python.replace(".", "")
    platforms = [f"--platform={name}" for name in PLATFORMS[arch]]
    abis = [f"--abi={abi}" for abi in (f"cp{short}", "abi3", "none")]
    return [
        *("install", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *(f"--python-version={python}", "--implementation=cp", *abis, *platforms),
    ]


def add_ours(root: Path, work: Path, tree: Path) -> None:
    """Build our own distributions and unpack them into `tree`."""
    wheels = work / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    members = [str(root / member) for member in SCHOOL]
    run_pip(["wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), *members])
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tree)


def strip(tree: Path) -> None:
    """Take out what a service never uses: scripts, byte code and tests of other people."""
    for name in ("bin", "man", "share"):
        shutil.rmtree(tree / name, ignore_errors=True)
    for folder in [*tree.rglob("__pycache__"), *tree.rglob("tests"), *tree.rglob("test")]:
        shutil.rmtree(folder, ignore_errors=True)
    for path in tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def run_pip(arguments: Sequence[str], *more: str) -> None:
    """Run pip quietly; end with its own words when it fails."""
    command = [sys.executable, "-m", "pip", *arguments, *more]
    quiet = ["--disable-pip-version-check", "--no-input", "--quiet"]
    ran = subprocess.run([*command, *quiet], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"pip {arguments[0]} failed:\n{ran.stderr.strip()[-2000:]}")
