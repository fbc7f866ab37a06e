"""The simulation's thousand requests are all made up: nothing is logged while it runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from linkwork_hub.web import log


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Quiet for one test, and then as it was: the next test of this process reads its log."""
    level = logging.getLogger().level
    log.quiet()
    yield
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()
