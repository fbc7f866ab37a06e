"""A hub's home folder, opened: what every command works with."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from linkwork.errors import LinkworkError
from linkwork_hub import settings as settings_file
from linkwork_hub.access import profile as profile_file
from linkwork_hub.access.profile import Profile
from linkwork_hub.box import Box, NoBox
from linkwork_hub.db import Database, open_engine
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

    def upgrade(self) -> None:
        """Bring the database up to date, as the account that owns its tables.

        Raises LinkworkError when it is not up to date and this home does not know that account:
        where services start together another brings it up to date, and this one is tried again.
        Raises WrongUse when a newer version of the hub wrote it.
        """
        # Heavy, and needed once a start: other commands go without it.
        from linkwork_hub import migrations

        settings = self.settings
        engine = self.closed_db.engine
        works = engine.url.username if settings.database_owner else None
        owner = open_engine(settings.database_owner or settings.database_url)
        try:
            if settings.database_owner or not migrations.belongs_to_another(engine):
                migrations.upgrade(owner, works_as=works, receives_as=settings.receiver_role)
            elif not migrations.is_current(engine):
                raise LinkworkError(
                    "The database is not up to date, and this account does not own its tables. "
                    "Start linkwork-hub jobs or work once where hub.toml names database_owner."
                )
        finally:
            owner.dispose()

    def _database(self, box: Box) -> Database:
        return Database(open_engine(self.settings.database_url), box, now, secrets.token_bytes)
