"""Build what is installed: `python3 run.py package [deb] [rpm] [exe] [msi] [wheelhouse]`.

Stages the tree, lists it as a bill of materials, and packs it; prints each size. The same commit
gives the same bytes: every time in a package is that of the commit, or SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import wheelhouse
from manpage import page
from pack_windows import pack_exe, pack_msi
from schools import version
from squeeze import squeeze
from stage import PLATFORMS, lay_out
from stage_windows import lay_out_windows

ROOT = Path(__file__).resolve().parent.parent
BUILD, DIST = ROOT / "build" / "package", ROOT / "dist"
TOOLS = ROOT / "build" / "tools"
TOOLS_LOCK = ROOT / "packaging" / "tools.lock"
LINUX, WINDOWS = ("deb", "rpm"), ("exe", "msi")
FORMATS = (*LINUX, *WINDOWS, "wheelhouse")
MAINTAINER = "The Linkwork contributors <linkwork@example.org>"


def main() -> int:
    """Build what was asked for, everything by default."""
    parser = argparse.ArgumentParser(prog="run.py package", description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=f"of {', '.join(FORMATS)}")
    parser.add_argument("--arch", choices=tuple(PLATFORMS), default="amd64")
    parser.add_argument("--version", help="default: that of the agent")
    given = parser.parse_args()
    formats = given.formats or LINUX
    if unknown := [name for name in formats if name not in FORMATS]:
        parser.error(f"no format {unknown[0]!r}; there are: {', '.join(FORMATS)}")
    number = given.version or version(ROOT)
    epoch = commit_time()
    DIST.mkdir(exist_ok=True)
    if for_linux := [kind for kind in formats if kind in LINUX]:
        _linux(for_linux, given.arch, number, epoch)
    if for_windows := [kind for kind in formats if kind in WINDOWS]:
        _windows(for_windows, number, epoch)
    if "wheelhouse" in formats:
        print("Gathering the wheels of hub and agent ...", flush=True)
        _say(wheelhouse.make(ROOT, BUILD / "wheelhouse", DIST, epoch))
    return 0


def _linux(formats: Sequence[str], arch: str, number: str, epoch: int) -> None:
    work = BUILD / arch
    work.mkdir(parents=True, exist_ok=True)
    print(f"Staging linkwork-agent {number} for {arch} ...", flush=True)
    tree = lay_out(ROOT, work, arch)
    _papers(work, number)
    _bill_of_materials(work)
    _same_times(work, epoch)
    print(f"  {_megabytes(size_of(tree))} installed, Python 3.11, 3.12 and 3.13 together")
    for kind in formats:
        _say(_pack(kind, work, arch, number, epoch))


def _windows(formats: Sequence[str], number: str, epoch: int) -> None:
    work = BUILD / "windows"
    work.mkdir(parents=True, exist_ok=True)
    print(f"Staging linkwork-agent {number} for Windows ...", flush=True)
    tree = lay_out_windows(ROOT, work)
    _bill_of_materials(work)
    shutil.copy(work / "sbom.cdx.json", tree)
    _same_times(tree, epoch)
    print(f"  {_megabytes(size_of(tree))} installed, with a Python of its own")
    pack = {"exe": pack_exe, "msi": pack_msi}
    for kind in formats:
        _say(pack[kind](ROOT, work, tree, number, epoch, DIST))


def _say(made: Path) -> None:
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    print(f"  {made.relative_to(ROOT)}  {_megabytes(made.stat().st_size)}  sha256 {digest}")


def commit_time() -> int:
    """The time every file gets, in seconds since 1970: SOURCE_DATE_EPOCH, else the commit's."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    asked = ["git", "log", "-1", "--format=%ct"]
    ran = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit("run.py package: this is no git clone; set SOURCE_DATE_EPOCH to a time in seconds")
    return int(ran.stdout)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _papers(work: Path, number: str) -> None:
    log = (ROOT / "CHANGELOG.md").read_bytes()
    for name, text in {"linkwork-agent.1": page(number).encode(), "changelog": log}.items():
        # No name and no time in the header: two builds are alike.
        (work / f"{name}.gz").write_bytes(gzip.compress(text, mtime=0))


def _bill_of_materials(work: Path) -> None:
    made = work / "sbom.cdx.json"
    command = [str(_tool("cyclonedx-py")), "requirements", str(work / "school.lock")]
    options = ["--output-reproducible", "--of", "JSON", "-o", str(made)]
    _run([*command, *options], "listing the packages")


def _same_times(work: Path, epoch: int) -> None:
    for path in work.rglob("*"):
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _pack(kind: str, work: Path, arch: str, number: str, epoch: int) -> Path:
    settings = {
        "LINKWORK_ARCH": arch,
        "LINKWORK_VERSION": number,
        "LINKWORK_MAINTAINER": MAINTAINER,
        "LINKWORK_STAGE": str(work.relative_to(ROOT)),
        "SOURCE_DATE_EPOCH": str(epoch),
    }
    target = work / "packed"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    packaging = ["--config", "packaging/nfpm.yaml", "--packager", kind, "--target", str(target)]
    _run([str(_tool("nfpm")), "package", *packaging], f"packing the .{kind}", settings)
    (packed,) = target.iterdir()
    if kind == "deb":
        squeeze(packed)
    return Path(shutil.move(packed, DIST / packed.name))


def _tool(name: str) -> Path:
    """A program of packaging/tools.lock, installed apart from the workspace on first use."""
    scripts = TOOLS / ("Scripts" if os.name == "nt" else "bin")
    mark = TOOLS / "lock.sha256"
    wanted = hashlib.sha256(TOOLS_LOCK.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        print("Installing the packaging tools ...", flush=True)
        venv.create(TOOLS, with_pip=True, clear=True)
        pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        _run([*pip, "--disable-pip-version-check", "-r", str(TOOLS_LOCK)], "installing them")
        mark.write_text(wanted, encoding="utf-8")
    return scripts / name


def _run(command: list[str], what: str, more: dict[str, str] | None = None) -> None:
    environment = os.environ | (more or {})
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        sys.exit(f"run.py package: {what} failed:\n{(ran.stderr or ran.stdout).strip()[-2000:]}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
