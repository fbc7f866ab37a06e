"""Profiles: how one export is laid out, as a TOML file that a person can read and edit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linkwork import local_codes, toml_text
from linkwork.errors import WrongUse
from linkwork_csv.dates import STYLES
from linkwork_csv.layout import Layout
from linkwork_csv.names import IDS, NAMES, SHAPES
from linkwork_csv.strings import DAYS
from linkwork_csv.texts import DELIMITERS, ENCODINGS

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "shape": (*SHAPES, "ctf"),
    "dates": STYLES,
    "days": DAYS,
    "halves": ("", "am-pm"),
    "encoding": ("", *ENCODINGS),
    "delimiter": ("", *DELIMITERS),
}
_KEYS = (*_TEXTS, "sheet", "columns", "codes")


def load(path: Path) -> Layout:
    """Read a profile. Raises WrongUse naming the file, the key and what may stand there."""
    try:
        table = toml_text.loads(path.read_bytes())
    except FileNotFoundError:
        raise WrongUse(
            f"There is no profile {path}. Make one: linkwork-agent setup csv FILE --profile NAME"
        ) from None
    except toml_text.NotToml as problem:
        raise WrongUse(f"{path} is not valid TOML: {problem}. Correct it there.") from problem
    except OSError as problem:
        raise WrongUse(
            f"{path} cannot be read: {problem.strerror}. Run as the account that owns it."
        ) from problem
    return _checked(table, path)


def text_of(layout: Layout) -> str:
    """A profile as it stands in its file."""
    lines = [
        "# How one export is laid out. Written by: linkwork-agent setup csv; it may be edited.",
        "# shape: " + ", ".join(_TEXTS["shape"]) + ".",
        "# dates: " + ", ".join(STYLES) + " (how dates of numbers are to be read).",
        f"shape = {_quoted(layout.shape)}",
        f"dates = {_quoted(layout.dates)}",
    ]
    if layout.shape in {"marks-string", "ctf"}:
        lines += ["# days that the marks go through: " + ", ".join(DAYS) + "."]
        lines += [f"days = {_quoted(layout.days)}"]
    for key in ("halves", "encoding", "delimiter", "sheet"):
        value = getattr(layout, key)
        if value:
            lines.append(f"{key} = {_quoted(value)}")
    lines += ["", "# What is in which column of the file: meaning = the column's name there.", ""]
    lines += ["[columns]"]
    lines += [f"{meaning} = {_quoted(title)}" for meaning, title in layout.columns.items()]
    if layout.codes:
        lines += ["", "# The school's own codes: its code = the national one it stands for.", ""]
        lines += ["[codes]"]
    lines += [f"{_quoted(own)} = {_quoted(stands)}" for own, stands in layout.codes.items()]
    return "\n".join(lines) + "\n"


def save(layout: Layout, path: Path) -> None:
    """Write a profile, whole or not at all, for this account alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text_of(layout))
    beside.replace(path)


def _checked(table: Mapping[str, Any], path: Path) -> Layout:
    for key in table:
        if key not in _KEYS:
            raise _wrong(path, key, f"is no key of a profile; there are {', '.join(_KEYS)}")
    texts = {}
    for key, allowed in _TEXTS.items():
        value = table.get(key, "iso" if key == "dates" else "weekdays" if key == "days" else "")
        if not isinstance(value, str) or value not in allowed:
            shown = ", ".join(repr(one) for one in allowed if one)
            raise _wrong(path, key, f"must be one of {shown}")
        texts[key] = value
    columns = _texts(table, "columns", path)
    for meaning in columns:
        if meaning not in NAMES:
            raise _wrong(path, f"columns.{meaning}", f"means nothing; write {', '.join(NAMES)}")
    _refuse_lacking(texts["shape"], columns, path)
    codes = _texts(table, "codes", path)
    if codes:
        local_codes.read(codes, f"{path}: [codes]")
    sheet = table.get("sheet", "")
    if not isinstance(sheet, str):
        raise _wrong(path, "sheet", "must be text")
    return Layout(columns=columns, codes=codes, sheet=sheet, **texts)


def _refuse_lacking(shape: str, columns: Mapping[str, str], path: Path) -> None:
    if shape == "ctf":
        return
    if not any(name in columns for name in IDS):
        raise _wrong(path, "columns", f"must name at least one of {', '.join(IDS)}")
    needs = SHAPES[shape]
    lacking = [name for name in needs if name not in columns]
    if shape == "day-wide" and len(lacking) == 1 and lacking[0] in {"am", "pm"}:
        lacking = []
    if lacking:
        raise _wrong(path, "columns", f"must name {', '.join(lacking)} for the shape {shape}")
    titles = [title.lower() for title in columns.values()]
    doubled = sorted({title for title in titles if titles.count(title) > 1})
    if doubled:
        raise _wrong(path, "columns", f"names {doubled[0]!r} twice")


def _texts(table: Mapping[str, Any], key: str, path: Path) -> dict[str, str]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise _wrong(path, key, "must be a table: write [columns] or [codes] on a line of its own")
    for name, value in found.items():
        if not isinstance(value, str) or not value.strip():
            raise _wrong(path, f"{key}.{name}", "must be text in quotes")
    return dict(found)


def _wrong(path: Path, key: str, problem: str) -> WrongUse:
    return WrongUse(f"{path}: {key} {problem}. Correct it there.")


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
