"""The offline wheelhouse: every package of hub and agent by its hash, for a machine alone."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import sys
import tarfile
from pathlib import Path

from schools import SCHOOL, closure, locked, requirements, version
from stage import run_pip

MEMBERS = (*SCHOOL, "hub")
#: Asked for by an extra of the hub: PostgreSQL.
EXTRAS = frozenset({"psycopg", "psycopg-binary"})
README = """\
Linkwork {number} for {system}, to install where no package index is reached:

    python{python} -m venv /usr/lib/linkwork-hub
    /usr/lib/linkwork-hub/bin/pip install --no-index --find-links wheels \\
        --require-hashes -r requirements.txt

It needs Python {python}. Every package is checked against the hash in requirements.txt. In hub/
are the units of systemd, the web server's example, the accounts of PostgreSQL and the container
file; docs/running-the-hub.md says how they are used.
"""


def make(root: Path, work: Path, into: Path, epoch: int) -> Path:
    """A .tar.gz for the Python and system this runs on; the same commit gives the same bytes."""
    shutil.rmtree(work, ignore_errors=True)
    wheels = work / "wheels"
    wheels.mkdir(parents=True)
    names = closure(requirements(root, MEMBERS)) | EXTRAS
    lock = locked((root / "requirements.lock").read_text(encoding="utf-8"), names)
    asked = work / "requirements.txt"
    asked.write_text(lock, encoding="utf-8")
    how = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:", "-d", str(wheels)]
    run_pip(how, "-r", str(asked))
    ours = work / "ours"
    members = [str(root / member) for member in MEMBERS]
    run_pip(["wheel", "--no-deps", "--no-build-isolation", "-w", str(ours), *members])
    lines = [_adopt(wheel, wheels) for wheel in sorted(ours.glob("*.whl"))]
    asked.write_text(lock + "".join(lines), encoding="utf-8")
    shutil.rmtree(ours)
    shutil.copytree(root / "packaging" / "hub", work / "hub")
    number, python = version(root), f"{sys.version_info[0]}.{sys.version_info[1]}"
    system = f"{sys.platform}-{python}"
    text = README.format(number=number, system=system, python=python)
    (work / "README.txt").write_text(text, encoding="utf-8")
    made = into / f"linkwork-wheelhouse-{number}-{system}.tar.gz"
    _pack(work, made, epoch)
    return made


def _adopt(wheel: Path, wheels: Path) -> str:
    """Put one of our own wheels among the others; its line for requirements.txt."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    name, number = wheel.name.split("-")[:2]
    shutil.move(wheel, wheels / wheel.name)
    return f"{name.replace('_', '-')}=={number} \\\n    --hash=sha256:{digest}\n"


def _pack(work: Path, made: Path, epoch: int) -> None:
    top = made.name.removesuffix(".tar.gz")

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = epoch
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    with (
        gzip.GzipFile(made, "wb", mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path in sorted(work.rglob("*")):
            archive.add(path, f"{top}/{path.relative_to(work)}", recursive=False, filter=plain)
