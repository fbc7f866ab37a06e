"""Canary names and numbers of one pupil, and the hub's log as a process writes it."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from school_desk import number

from linkwork_hub.web import log

#: What `school_desk` gives its third pupil: names, street, number. None is short enough to come up
#: in sealed and random text by chance.
CANARIES = ("Thornapple3", "Quill3", "HawthornP3", "P3 Thistle", number(3), "2016-03-04")


class Everything(io.StringIO):
    """A log that keeps all it was told."""


@contextmanager
def hub_log() -> Iterator[Everything]:
    """The hub's log, configured as a process configures it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    kept = Everything()
    with contextlib.redirect_stderr(kept):
        log.configure("json")
    yield kept
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def nothing_of_a_pupil(text: str) -> None:
    """Fail when any canary stands in the text."""
    lowered = text.lower()
    assert [one for one in CANARIES if one.lower() in lowered] == []
