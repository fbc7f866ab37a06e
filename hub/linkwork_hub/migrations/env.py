"""Run by alembic: uses the connection `upgrade` opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from linkwork_hub.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
