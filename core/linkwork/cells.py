"""Cells of a CSV file that a spreadsheet cannot take for a formula."""

from __future__ import annotations

_LEADS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def inert(cell: str) -> str:
    """The cell, with an apostrophe before it when a spreadsheet could run it.

    A negative whole number such as -5000 is a number and stays one. Rule: OWASP, CSV injection.
    """
    if cell[:1] in _LEADS and not cell.removeprefix("-").isdigit():
        return "'" + cell
    return cell
