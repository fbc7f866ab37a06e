"""Report files of SIMS, written for one test, and read as a school reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import linkwork_sims.plugin
from linkwork.register import Register
from linkwork.testing import open_mis, read


def read_report(path: Path, **options: Any) -> Register:
    mis = open_mis(linkwork_sims.plugin, path=str(path), **options)
    return read(mis, date(2026, 9, 1), date(2026, 12, 31))


def records_of(*rows: dict[str, str]) -> str:
    return "".join(
        f"<Record>{''.join(f'<{name}>{text}</{name}>' for name, text in row.items())}</Record>"
        for row in rows
    )
