"""The hub's home folder: what `hub.toml` says, where each file lies, the column key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linkwork import toml_text
from linkwork.errors import WrongUse

CONFIG, PROFILE, SERVING = "hub.toml", "authority.toml", "serving-at"


class Settings(BaseModel):
    """`hub.toml`, frozen. `address` is the web address schools and staff use.

    Without an address in the file it is the one at which `serve` last listened here.
    `schools_address` is where agents call, when that is a host name of its own;
    they spread what is due at one time of day over `spread_seconds`. With
    `database_owner` the tables belong to that account, and the one in `database` works with them
    under row security; `receiver_role` is the account of a `receive` kept apart.
    `mail` is the server invitations go out by; without it they wait.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path
    address: str = "http://127.0.0.1:8420"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8420
    database: str = ""
    mail: Annotated[str, Field(pattern="^(smtps?://.+)?$")] = ""
    mail_from: Annotated[str, Field(pattern="^([^@ ]+@[^@ ]+)?$")] = ""
    schools_address: str = ""
    spread_seconds: Annotated[int, Field(ge=60, le=7200)] = 600
    database_owner: str = ""
    receiver_role: Annotated[str, Field(pattern="^[a-z_][a-z0-9_]*$|^$")] = ""
    log: Annotated[str, Field(pattern="^(text|json)$")] = "text"

    @property
    def database_url(self) -> str:
        """The database named in the file, or SQLite in the home folder."""
        return self.database or f"sqlite:///{self.home / 'hub.db'}"

    @property
    def post_address(self) -> str:
        """The address that goes into join strings."""
        return self.schools_address or self.address

    @property
    def secure(self) -> bool:
        """Whether people reach the hub over https."""
        return self.address.startswith("https://")

    @property
    def profile_path(self) -> Path:
        """The authority's own copy of its profile."""
        return self.home / PROFILE

    @property
    def keys_path(self) -> Path:
        """The folder of private keys, readable by the hub's account alone."""
        return self.home / "keys"

    @property
    def column_key(self) -> bytes:
        """The 32 bytes that seal identifying columns. Raises WrongUse when missing."""
        path = self.keys_path / "columns.key"
        if not path.is_file():
            raise WrongUse(
                f"{path} is missing. Restore it from the backup of this home folder: "
                "without it no name in the database can be read."
            )
        return path.read_bytes()


def load(home: Path) -> Settings:
    """Read HOME/hub.toml. Raises WrongUse naming the file, the setting and the remedy."""
    path = home / CONFIG
    if not path.is_file():
        raise WrongUse(
            f"{home} is not a hub's home folder: {CONFIG} is missing. "
            f"Make one with: linkwork-hub --home {home} init --profile NAME"
        )
    try:
        values = toml_text.loads(path.read_bytes())
        serving = home / SERVING
        if "address" not in values and serving.is_file():
            values["address"] = serving.read_text(encoding="utf-8").strip()
        return Settings(home=home, **values)
    except toml_text.NotToml as error:
        raise WrongUse(f"{path} is not valid TOML: {error}. Correct the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"])
        raise WrongUse(f"{path}, setting {setting}: {first['msg']}. Correct the file.") from error


def make_column_key(folder: Path, key: bytes) -> None:
    """Write a new column key, readable by this account alone. Raises WrongUse if there is one."""
    path = folder / "columns.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise WrongUse(f"{path} exists already and is never overwritten.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key)
