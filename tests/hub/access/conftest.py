"""Files to import."""

from __future__ import annotations

from pathlib import Path

import pytest
from import_files import Write, writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of lines."""
    return writer(tmp_path)
