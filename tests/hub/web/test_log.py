"""The hub's own log: set up in full, whatever the process did before."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from linkwork_hub.web import log


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def said_after_quiet() -> str:
    log.quiet()
    structlog.get_logger("linkwork_hub.before").info("while quiet")
    written = io.StringIO()
    with contextlib.redirect_stderr(written):
        log.configure("json")
    structlog.get_logger("linkwork_hub.after").info("enrolment settled", refused=False)
    return written.getvalue()


def test_a_process_that_was_quiet_writes_its_log_again_once_it_is_set_up() -> None:
    written = said_after_quiet()
    assert "enrolment settled" in written
    assert "while quiet" not in written
