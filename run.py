"""The one command of this folder: `python3 run.py COMMAND`; without one it lists them.

Standard library only, on Linux, macOS and Windows. It makes `.venv` beside this file, installs the
locked packages there once, and runs everything else inside. It still parses on Python 3.8, so that
an old Python is told so in a sentence.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
MARKER = VENV / "linkwork-installed.json"
LOG = VENV / "install.log"
#: What each command needs: the demonstration runs without the developers' tools.
LOCKS = {"demo": "requirements-demo.lock", "full": "requirements.lock"}
#: A line of progress this often where the output is not a terminal, in seconds.
PROGRESS_EVERY = 15.0


def stop(sentence: str) -> NoReturn:
    """End with one sentence that says what is wrong and what to do."""
    print(f"run.py: {sentence}", file=sys.stderr)
    sys.exit(1)


def require_python() -> None:
    """Refuse a Python that is too old, naming a newer one on this machine when there is one."""
    if sys.version_info >= OLDEST:
        return
    found = ".".join(str(part) for part in sys.version_info[:3])
    newer = [name for minor in (14, 13, 12, 11) if shutil.which(name := f"python3.{minor}")]
    remedy = (
        f"run `{newer[0]} run.py` instead"
        if newer
        else "install it (Debian, Ubuntu: apt-get install python3.11 python3.11-venv)"
    )
    stop(f"Linkwork needs Python 3.11 or newer and this is {found}; {remedy}.")


def require_venv() -> None:
    """Refuse a Python without venv or ensurepip, which some systems package apart."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            stop(
                f"this Python has no `{module}` module, so no `.venv` can be made; install it "
                f"(Debian, Ubuntu: apt-get install python{version}-venv) and run this again."
            )


class Progress:
    """Says what is being done and for how long: one live line, or a line now and then."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()
        self.live = sys.stdout.isatty()
        self.said = self.started
        print(f"{what} ...", end="" if self.live else "\n", flush=True)

    def elapsed(self) -> str:
        """Whole seconds since the start, in words."""
        return f"{time.monotonic() - self.started:.0f} s"

    def tell(self, detail: str) -> None:
        """Show `detail` beside the elapsed time."""
        if self.live:
            print(f"\r{self.what} ... {detail}, {self.elapsed()}\033[K", end="", flush=True)
        elif time.monotonic() - self.said >= PROGRESS_EVERY:
            self.said = time.monotonic()
            print(f"  {detail}, {self.elapsed()}", flush=True)

    def done(self) -> None:
        """Close the line."""
        line = f"{self.what}: done in {self.elapsed()}"
        print(f"\r{line}\033[K" if self.live else f"  done in {self.elapsed()}", flush=True)


def watched(command: list[str], what: str, expected: int = 0) -> None:
    """Run a long command with its output in the log; stop with the log's tail if it fails.

    `expected` is the number of packages it will name as it collects them, for the progress.
    """
    progress = Progress(what)
    with LOG.open("ab") as log:
        start = log.tell()
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                progress.tell(stage(start, expected))
                time.sleep(0.3)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            stop("interrupted; run the same command again to go on.")
    if process.returncode != 0:
        lines = log_from(start).strip().splitlines()
        print("\n" + "\n".join(f"  | {line}" for line in lines[-8:]), file=sys.stderr)
        stop(
            f"{what[0].lower()}{what[1:]} failed (exit {process.returncode}); the lines above are "
            f"the end of {LOG.relative_to(ROOT)}, which says why. With the cause removed (most "
            "often: no network, no disk space), run the same command again."
        )
    progress.done()


def log_from(start: int) -> str:
    """The log's text from a position on."""
    with LOG.open("rb") as log:
        log.seek(start)
        return log.read().decode("utf-8", "replace")


def stage(start: int, expected: int) -> str:
    """What the installer is doing, read from its own lines."""
    if not expected:
        return "working"
    text = log_from(start)
    if "\nInstalling collected packages" in text:
        return f"unpacking {expected} packages"
    seen = text.count("\nCollecting ") + text.count("\nRequirement already satisfied")
    return f"fetching package {min(seen, expected)} of {expected}"


def fingerprint(level: str) -> str:
    """Changes when the packages, the workspace's own settings, the place or the Python change."""
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for name in (LOCKS[level], "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed(level: str) -> bool:
    """True when `.venv` holds what `level` needs; the full set holds the demonstration's too."""
    try:
        marked = json.loads(MARKER.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    levels = ("full",) if level == "full" else ("full", "demo")
    return any(marked.get(name) == fingerprint(name) for name in levels) and usable()


def usable() -> bool:
    """True when the Python in `.venv` starts and is new enough (its base may have been removed)."""
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(PYTHON), "-c", probe], check=False).returncode == 0
    except OSError:
        return False


def install(level: str) -> None:
    """Make `.venv` and install what `level` needs, unless that was already done."""
    if installed(level):
        return
    require_venv()
    if VENV.exists() and not usable():
        shutil.rmtree(VENV)
    if not VENV.exists():
        progress = Progress("Making .venv")
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            said = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
            shutil.rmtree(VENV, ignore_errors=True)
            stop(f"`{sys.executable} -m venv .venv` failed: {said[-1]}")
        progress.done()
    MARKER.unlink(missing_ok=True)
    LOG.write_bytes(b"")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    lock = LOCKS[level]
    count = sum(
        1 for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if "==" in line
    )
    watched(
        [*pip, "install", "--progress-bar", "off", "--require-hashes", "-r", lock],
        f"Installing {count} package{'' if count == 1 else 's'} from {lock}",
        count,
    )
    watched(
        [*pip, "install", "--no-deps", "--no-build-isolation", "-e", "."],
        "Installing Linkwork itself",
    )
    MARKER.write_text(json.dumps({level: fingerprint(level)}), encoding="utf-8")


def compile_own() -> None:
    """Compile our own modules once, as pip does those of the packages.

    The journey starts some eighty short commands; where Python is told to keep no compiled files,
    each of them would compile a hundred modules again.
    """
    sources = ["core", "agent", "hub", "plugins", "demo"]
    subprocess.run([str(PYTHON), "-m", "compileall", "-q", *sources], cwd=ROOT, check=False)


def inside(arguments: list[str]) -> int:
    """Run the Python of `.venv` at the root and return its exit code; Ctrl-C goes to it alone."""
    process = subprocess.Popen([str(PYTHON), *arguments], cwd=ROOT)
    while process.poll() is None:
        # It had the signal too, and ends in its own time.
        with contextlib.suppress(KeyboardInterrupt):
            process.wait()
    return process.returncode


def setup(_: list[str]) -> int:
    """Install everything for work on Linkwork; say which optional parts are missing."""
    install("full")
    print("Ready. Next: `python3 run.py demo`, `python3 run.py test` or `python3 run.py check`.")
    return inside(["tests/support/optional_parts.py"])


def demo(arguments: list[str]) -> int:
    """Three schools and a hub on this machine; `--check` walks the journey by itself."""
    install("demo")
    compile_own()
    command = [str(PYTHON), "-m", "demo", *arguments]
    if os.name == "nt":
        return inside(command[1:])
    # Taking this process's place, so that whoever ends it ends the demonstration itself.
    os.chdir(ROOT)
    sys.stdout.flush()
    return os.execv(command[0], command)  # noqa: S606 -- a fixed command, no shell


def test(arguments: list[str]) -> int:
    """Run the tests on every core; the closing lines name what could not run here."""
    install("full")
    compile_own()
    spread = ["-n", str(os.cpu_count() or 2), "--dist", "loadfile"]
    if any(argument.startswith("-n") for argument in arguments):
        spread = []
    return inside(["-m", "pytest", *spread, *arguments])


def check(_: list[str]) -> int:
    """Run every check that needs no judgement; one line each, output only of what failed."""
    install("full")
    python = str(PYTHON)
    checks = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        # Its cache goes by file times and has kept an old answer: without it is as fast.
        "import contracts": [str(SCRIPTS / "lint-imports"), "--no-cache"],
        "docs and packaging tests": [python, "-m", "pytest", "-q", "tests/docs", "tests/packaging"],
    }
    failed = 0
    for name, command in checks.items():
        started = time.monotonic()
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        good = ran.returncode == 0
        failed += not good
        print(
            f"{'ok  ' if good else 'FAIL'}  {name}  {time.monotonic() - started:.1f} s", flush=True
        )
        if not good:
            print(ran.stdout + ran.stderr, flush=True)
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Run one benchmark by name, or all of a name's (post: post_agent, ...), or list them."""
    names = sorted(
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_")
    )
    if not arguments:
        print("benchmarks: " + (", ".join(names) or "none yet"))
        return 0
    wanted, *rest = arguments
    chosen = [name for name in names if name == wanted]
    chosen = chosen or [name for name in names if name.startswith(f"{wanted}_")]
    if not chosen:
        stop(f"there is no benchmark {wanted!r}; there are: {', '.join(names) or 'none yet'}.")
    install("full")
    compile_own()
    return max(inside([f"benchmarks/{name}.py", *rest]) for name in chosen)


def fuzz(arguments: list[str]) -> int:
    """Damage sources at random for an hour (--minutes N) and keep what breaks a reader."""
    install("full")
    return inside(["tests/support/fuzz.py", *arguments])


def package(arguments: list[str]) -> int:
    """Build the packages a school installs (.deb, .rpm) into dist/, and print their sizes."""
    install("full")
    return inside(["packaging/build.py", *arguments])


def checklist(arguments: list[str]) -> int:
    """Count the lines of tests/checklist.csv that a test proves, and list the others."""
    return subprocess.run(
        [sys.executable, "tests/support/checklist.py", *arguments], cwd=ROOT, check=False
    ).returncode


COMMANDS = {
    "setup": setup,
    "demo": demo,
    "test": test,
    "check": check,
    "bench": bench,
    "fuzz": fuzz,
    "package": package,
    "checklist": checklist,
}


def main() -> int:
    """Read the command line and run one command."""
    require_python()
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Set up, show, test and check Linkwork.",
        epilog="\n".join(f"{name:10} {run.__doc__}" for name, run in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=list(COMMANDS))
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to the command")
    options = parser.parse_args()
    return COMMANDS[options.command](options.rest)


if __name__ == "__main__":
    sys.exit(main())
