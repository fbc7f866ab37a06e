"""What a backup says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

MANIFEST, SIGNATURE, SQLITE, TABLES = "manifest.json", "manifest.sig", "hub.db", "tables/"
#: What the files of a home folder may be called in a backup; nothing else is ever written.
HOME_FILES = ("hub.toml", "authority.toml")


class Manifest(BaseModel):
    """The last file in a backup, signed by the hub's issue key: what came before it.

    `files` are SHA-256 in hex by name, `rows` are counts by table, `revision` is the shape of the
    database, `audit` the number and digest of the last entry of the record of views.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: int = 1
    made: datetime
    version: str
    authority: str
    database: Literal["sqlite", "postgresql"]
    revision: str
    files: dict[str, str]
    rows: dict[str, int]
    keyset: int
    root: str
    root_inside: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a restore or a drill saw. `wrong` is empty when everything is as it was."""

    manifest: Manifest
    size: int
    rows: Mapping[str, int]
    audit: int
    sealed: int
    opened: int
    wrong: tuple[str, ...] = field(default=())
