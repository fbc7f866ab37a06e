"""Tables that are only ever added to, held so by the database itself."""

from __future__ import annotations

from sqlalchemy import Connection, Table, event


def append_only(table: Table) -> Table:
    """The same table, in which a row can be added and never changed or taken away again.

    Held by triggers of the database itself, so that no later program can do it either.
    """

    def after_create(_table: object, conn: Connection, **_rest: object) -> None:
        for statement in append_only_statements(table.name, conn.dialect.name):
            conn.exec_driver_sql(statement)

    event.listen(table, "after_create", after_create)
    return table


def append_only_statements(name: str, dialect: str) -> list[str]:
    """The SQL that makes a table append-only; for migrations. `name` is one of our own tables."""
    said = f"{name} is only ever added to: a correction is a new row"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger AS $$ BEGIN "
        f"RAISE EXCEPTION '{said}'; END $$ LANGUAGE plpgsql"
    )
    trigger = (
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()"
    )
    return [function, trigger]
