"""A server on this computer that answers as Arbor's published interfaces do, faults included."""

from __future__ import annotations

from demo.fakes.arbor.peer import TOKEN, USER, FakeArbor
from demo.fakes.arbor.server import serving
from demo.fakes.arbor.tables import school_tables

__all__ = ["TOKEN", "USER", "FakeArbor", "school_tables", "serving"]
