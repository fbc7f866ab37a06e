"""`[school.settings]` of a school on SIMS, checked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linkwork.errors import WrongUse
from linkwork_sims import values
from linkwork_sims.captions import CAPTIONS

_OF_BOTH = ("columns", "codes_report", "encoding")
_OF_A_DROP = ("path",)
_OF_A_PROGRAM = ("report", "program", "user", "server", "database", "output", "limit")
SETTINGS = (*_OF_A_DROP, *_OF_A_PROGRAM, *_OF_BOTH)
OUTPUTS = ("stdout", "file")
#: As long as a report may run, in seconds: no limit is documented by SIMS, so there is ours.
DEFAULT_LIMIT = 900


@dataclass(frozen=True, slots=True)
class Options:
    """How to reach a school's register: either `path`, or `report` and how it is run.

    `path`: the XML file that a scheduled report writes, or a folder of such files.
    `report`: the name of a report in SIMS, run with `program` (default: where sims.ini says),
    on `server` and `database` (default: SIMS's own), as the Windows account or as the SIMS
    `user`; its XML read from `output`, within `limit` seconds.
    `columns`: captions of the school's own report, by field (see `CAPTIONS`). `codes_report`: a
    report of SIMS's own list of codes, by name, or for a `path` its file. `encoding`: of text
    that does not say its own. What other codes mean stands in `[school.codes]` of agent.toml.
    """

    path: Path | None = None
    report: str = ""
    program: Path | None = None
    user: str = ""
    server: str = ""
    database: str = ""
    output: str = "stdout"
    limit: float = DEFAULT_LIMIT
    columns: Mapping[str, str] = field(default_factory=dict)
    codes_report: str = ""
    encoding: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Check the settings. Raises WrongUse naming the setting that is wrong."""
        for name in given:
            if name == "codes":
                raise WrongUse("sims: what own codes mean stands in [school.codes] of agent.toml")
            if name not in SETTINGS:
                raise WrongUse(f"sims knows no setting {name!r}. It knows {', '.join(SETTINGS)}")
        _one_way(given)
        texts = {name: _text(given, name) for name in ("report", "user", "server", "database")}
        return cls(
            path=Path(str(given["path"])) if given.get("path") else None,
            program=Path(_text(given, "program")) if given.get("program") else None,
            output=_output(given),
            limit=_limit(given),
            columns=_columns(given),
            codes_report=_text(given, "codes_report"),
            encoding=_encoding(_text(given, "encoding")),
            **texts,
        )


def own_codes(given: Mapping[str, Any]) -> dict[str, str]:
    """A school's own codes with the statutory ones. Raises WrongUse for what is no code."""
    try:
        return {values.code(str(own)): values.code(str(stands)) for own, stands in given.items()}
    except ValueError as error:
        raise WrongUse(f"codes: {error}. Write own = statutory, both codes") from error


def _one_way(given: Mapping[str, Any]) -> None:
    if given.get("path") and given.get("report"):
        raise WrongUse(
            "sims has both path and report. Keep path for files that a scheduled report writes, "
            "or report to have the agent run it"
        )
    if not given.get("path") and not given.get("report"):
        raise WrongUse(
            "sims needs the setting report, the name of a report in SIMS, or path, the XML file "
            "that a scheduled report writes. docs/connecting-sims.md says which"
        )
    if given.get("path"):
        extra = [name for name in _OF_A_PROGRAM if name in given]
        if extra:
            raise WrongUse(f"{', '.join(extra)} goes with report, not with path. Take it out")


def _text(given: Mapping[str, Any], name: str) -> str:
    text = str(given.get(name) or "").strip()
    # A quotation mark would end the value on the command line, a line break the line.
    if any(sign in text for sign in '"\r\n\0'):
        raise WrongUse(f"{name} holds a quotation mark or a line break. Write it without")
    return text


def _table(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = given.get(name) or {}
    if not isinstance(table, Mapping):
        raise WrongUse(f"{name} is not a table. Write it as [school.settings.{name}]")
    return table


def _columns(given: Mapping[str, Any]) -> dict[str, str]:
    columns = {str(name): str(caption) for name, caption in _table(given, "columns").items()}
    for name in columns:
        if name not in CAPTIONS:
            raise WrongUse(f"columns names {name!r}. It may name {', '.join(CAPTIONS)}")
    return columns


def _output(given: Mapping[str, Any]) -> str:
    output = str(given.get("output") or OUTPUTS[0])
    if output not in OUTPUTS:
        raise WrongUse(f"output is {output!r}. Write one of {', '.join(OUTPUTS)}")
    return output


def _limit(given: Mapping[str, Any]) -> float:
    parse: Callable[[Any], float] = float
    try:
        limit = parse(given.get("limit", DEFAULT_LIMIT))
    except (TypeError, ValueError):
        limit = 0
    if not 0 < limit <= 24 * 3600:
        raise WrongUse("limit is not a number of seconds above 0. Write limit = 900")
    return limit


def _encoding(name: str) -> str:
    try:
        "".encode(name or "utf-8")
    except LookupError:
        raise WrongUse(
            f"encoding {name!r} is not known. Write cp1252 or cp850, or leave it out"
        ) from None
    return name
