"""What the tests of the CSV plugin share: writing a small register, and reading it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import linkwork_csv.plugin
from linkwork.register import Register
from linkwork.testing import open_mis, read

HEADER = "pupil_id,date,session,code"
Write = Callable[..., Path]
Reading = Callable[..., Register]


@pytest.fixture
def write_register(tmp_path: Path) -> Write:
    """Write a register from its lines, as text or bytes; its path."""

    def write(*lines: str, header: str = HEADER, name: str = "register.csv") -> Path:
        path = tmp_path / name
        path.write_bytes("\n".join((header, *lines, "")).encode())
        return path

    return write


@pytest.fixture
def read_csv() -> Reading:
    """Read files through the plugin as the agent does."""

    def reading(path: Path | list[Path] | str, *, urn: str = "", **options: Any) -> Register:
        mis = open_mis(linkwork_csv.plugin, urn=urn, path=path, **options)
        return read(mis, date(2000, 1, 1), date(2099, 12, 31))

    return reading


@pytest.fixture
def read_lines(write_register: Write, read_csv: Reading) -> Reading:
    """Write these lines under a header, and read them."""

    def reading(*lines: str, header: str = HEADER, **options: Any) -> Register:
        return read_csv(write_register(*lines, header=header), **options)

    return reading
