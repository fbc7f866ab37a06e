"""The database's history, run from the installed package: `upgrade` brings one up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from linkwork.errors import WrongUse
from linkwork_hub.migrations import row_security

_HERE = Path(__file__).parent
# Any number will do as long as every process of the hub asks for the same one.
_LOCK = 7_710_221


def upgrade(
    engine: Engine, to: str = "head", *, works_as: str | None = None, receives_as: str = ""
) -> None:
    """Bring a database to the newest shape, in one transaction. Does nothing when it is there.

    `to` names an older shape, for filling a database from a backup of that time.

    On PostgreSQL every row is put under its school's guard, and the accounts `works_as` (the hub)
    and `receives_as` (a receiver kept apart) are given what they need, when they are named.
    Raises WrongUse when the database was written by a newer version of the hub.
    """
    with engine.connect() as conn, conn.begin():
        if engine.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_newer(conn)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, to)
        if engine.dialect.name == "postgresql":
            row_security.guard(conn)
            if works_as:
                row_security.let_work(conn, works_as)
            if receives_as:
                row_security.let_receive(conn, receives_as)


def belongs_to_another(engine: Engine) -> bool:
    """Whether the tables are there and another account of the database owns them."""
    if engine.dialect.name != "postgresql":
        return False
    with engine.connect() as conn, conn.begin():
        return row_security.foreign(conn)


def is_current(engine: Engine) -> bool:
    """Whether the database has the shape this version expects."""
    with engine.connect() as conn:
        return _revision(conn) == _script().get_current_head()


def revision(engine: Engine) -> str | None:
    """The shape a database has; None when it was never made."""
    with engine.connect() as conn:
        return _revision(conn)


def _refuse_newer(conn: Connection) -> None:
    found = _revision(conn)
    known = {revision.revision for revision in _script().walk_revisions()}
    if found is not None and found not in known:
        raise WrongUse(
            f"The database has the shape {found}, which this version does not know: it was "
            "written by a newer one. Install that version again."
        )


def _revision(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
