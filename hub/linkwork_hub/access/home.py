"""A hub's home folder, opened: what every command works with."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from linkwork_hub import settings as settings_file
from linkwork_hub.access import profile as profile_file
from linkwork_hub.access.profile import Profile
from linkwork_hub.db import Box, Database, NoBox, open_engine
from linkwork_hub.settings import Settings


def now() -> datetime:
    """The present moment: read here and handed on as a clock, never read by a rule."""
    return datetime.now(UTC)


class Home:
    """Opens each part when it is first asked for, so that `init` can run where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def settings(self) -> Settings:
        """`hub.toml`. Raises WrongUse when this is no hub's home."""
        return settings_file.load(self.path)

    @cached_property
    def profile(self) -> Profile:
        """The authority's own profile. Raises WrongUse or BadInput."""
        return profile_file.load(self.settings.profile_path)

    @cached_property
    def db(self) -> Database:
        """The database, with the real clock and the system's randomness."""
        return self._database(Box(self.settings.column_key, secrets.token_bytes))

    @cached_property
    def closed_db(self) -> Database:
        """The same database for a process that needs no name: the column key is not read."""
        return self._database(NoBox())

    def _database(self, box: Box) -> Database:
        return Database(open_engine(self.settings.database_url), box, now, secrets.token_bytes)
