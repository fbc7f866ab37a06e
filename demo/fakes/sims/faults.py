"""The ways in which CommandReporter is known, or must be expected, to fail its callers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

_FOREVER = 600
_IDS = re.compile(r"<(PersonID|UPN)>[^<]*</\1>")
_MARK = re.compile(r"<Mark>([^<]*)</Mark>")
_WAIT = "import time; time.sleep({seconds})"

Lines = Iterable[str]


class Said(Exception):
    """What it says instead of a report, as it stands."""


def _without_ids(lines: Lines) -> Iterator[str]:
    return (_IDS.sub("", line) for line in lines)


def _thrice(lines: Lines) -> Iterator[str]:
    for line in lines:
        yield from [line] * 3 if line.startswith("<Record>") else [line]


def _contradicting(lines: Lines) -> Iterator[str]:
    for line in lines:
        yield line
        if line.startswith("<Record>"):
            yield _MARK.sub(lambda mark: f"<Mark>{'N' if mark[1] != 'N' else 'O'}</Mark>", line)


def _half(lines: Lines) -> Iterator[str]:
    every = list(lines)
    yield from every[: max(2, len(every) // 2)]
    yield "<Record><PersonID>1"


def _deep(lines: Lines) -> Iterator[str]:
    yield from list(lines)[:1]
    yield "<Record>" + "<a>" * 200_000


def _long_field(lines: Lines) -> Iterator[str]:
    every = list(lines)
    yield every[0] + every[1].replace("</Record>", f"<Note>{'x' * 30_000}</Note></Record>")
    yield from every[2:]


def _unending(lines: Lines) -> Iterator[str]:
    yield from list(lines)[:1]
    yield '<Record note="' + "x" * 4_000_000


def _flood(lines: Lines) -> Iterator[str]:
    every = list(lines)
    yield every[0]
    while True:
        yield from every[1:-1]


def _empty(lines: Lines) -> Iterator[str]:
    yield from [line for line in lines if not line.startswith("<Record>")]


_BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
#: What becomes of the lines of a good report.
SPOILT: dict[str, Callable[[Lines], Iterator[str]]] = {
    "no ids": _without_ids,
    "cross product": _thrice,
    "contradiction": _contradicting,
    "half written": _half,
    "deep": _deep,
    "long field": _long_field,
    "unending": _unending,
    "flood": _flood,
    "no records": _empty,
    "doctype": lambda lines: iter([_BOMB, *lines]),
    "page": lambda _: iter(["<html><body>The site is blocked</body></html>"]),
    "csv": lambda _: iter(["PersonID,MarkDate,Mark\n1,2026-09-07,/\n"]),
}
#: How the same text is written otherwise: a declaration, and an encoding.
WRITTEN = {
    "cp1252": ("", "cp1252"),
    "utf-16": ("", "utf-16"),
    "byte order mark": ("", "utf-8-sig"),
    "latin-1": ('<?xml version="1.0" encoding="iso-8859-1" standalone="yes"?>', "iso-8859-1"),
    "utf-16 in a console": ('<?xml version="1.0" encoding="utf-16"?>', "cp1252"),
}
#: What it says instead.
WORDS = {
    "password expired": "<CommandReporterError>Your password has expired</CommandReporterError>",
    "no permission": "<CommandReporterError>You do not have permission</CommandReporterError>",
    "single user": "<CommandReporterError>Database is in single user mode</CommandReporterError>",
    "plain words": "Logging in to SIMS.net\nReport not found",
}
HANGING = ("hang", "hang with child")
OTHERS = ("silent", "zero bytes", "late writer", "left child", "slow", "ignores dates")
FAULTS = (*SPOILT, *WRITTEN, *WORDS, *HANGING, *OTHERS)


def before(fault: str, knows: dict[str, Any]) -> None:
    """What goes wrong before any report is run."""
    _note(knows, os.getpid())
    if fault in WORDS:
        raise Said(WORDS[fault])
    if fault == "hang with child":
        _note(knows, _child(_WAIT.format(seconds=_FOREVER)))
    if fault in HANGING:
        # A window waits for an answer that nobody is there to give.
        time.sleep(_FOREVER)


def write(fault: str, lines: Lines, output: str | None, knows: dict[str, Any]) -> None:
    """Write the report, as the fault has it."""
    if fault == "silent":
        return
    if fault == "zero bytes":
        if output:
            Path(output).touch()
        return
    if fault == "late writer" and output:
        _write_late(list(lines), output, knows)
        return
    if fault == "left child":
        _note(knows, _child(_WAIT.format(seconds=_FOREVER)))
    declaration, encoding = WRITTEN.get(fault, ("", "utf-8"))
    spoil = SPOILT.get(fault, iter)
    if output:
        with Path(output).open("wb") as file:
            _put(file, spoil(lines), declaration, encoding, slowly=fault == "slow")
    else:
        _put(sys.stdout.buffer, spoil(lines), declaration, encoding, slowly=fault == "slow")


def _put(file: BinaryIO, lines: Lines, declaration: str, encoding: str, *, slowly: bool) -> None:
    if encoding in {"utf-16", "utf-8-sig"}:
        file.write((declaration + "".join(lines)).encode(encoding))
        return
    file.write(declaration.encode(encoding))
    for number, line in enumerate(lines):
        file.write(line.encode(encoding))
        if slowly and number % 50 == 0:
            file.flush()
            time.sleep(0.02)


def _write_late(lines: list[str], output: str, knows: dict[str, Any]) -> None:
    """End at once, and let a child write the file in pieces over a second or so."""
    waiting = Path(f"{output}.waiting")
    waiting.write_text("".join(lines), encoding="utf-8")
    code = (
        "import pathlib, sys, time\n"
        "text = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "piece = len(text) // 6 + 1\n"
        "with open(sys.argv[2], 'ab', buffering=0) as out:\n"
        "    for at in range(0, len(text), piece):\n"
        "        out.write(text[at:at + piece])\n"
        "        time.sleep(0.2)\n"
    )
    Path(output).touch()
    _note(knows, _child(code, str(waiting), output))


def _child(code: str, *arguments: str) -> int:
    # It keeps nothing of ours open but what it was given, as a helper of a real program does.
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return child.pid


def _note(knows: dict[str, Any], pid: int) -> None:
    if knows.get("notes"):
        with Path(knows["notes"]).open("a", encoding="utf-8") as notes:
            notes.write(f"{pid}\n")
