"""Row security of PostgreSQL: each row within its school's reach, whatever a query forgot.

A transaction says how far it reaches (`linkwork.schools`, set by `db.Database`): "*", or ids of
schools between commas. One that says nothing reaches nothing. The guard binds every account but
the tables' owner, so the hub works as another one. It stands behind the queries' own scope: it
catches a query that was written wrongly, not someone who can run SQL of their own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text

from linkwork.errors import WrongUse

_POLICY = "within_reach"
_REACH = "current_setting('linkwork.schools', true)"
_TABLES = """
    SELECT c.table_name AS name, c.is_nullable = 'YES' AS nullable
    FROM information_schema.columns c JOIN information_schema.tables t
      ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = current_schema() AND c.column_name = 'school_id'
      AND t.table_type = 'BASE TABLE'
"""
# Each foreign key of one column: the table and column it stands in, and where it leads.
_LINKS = """
    SELECT child.relname AS child, here.attname AS "column", here.attnotnull AS needed,
      parent.relname AS parent, there.attname AS key
    FROM pg_constraint k
    JOIN pg_class child ON child.oid = k.conrelid
    JOIN pg_class parent ON parent.oid = k.confrelid
    JOIN pg_attribute here ON here.attrelid = child.oid AND here.attnum = k.conkey[1]
    JOIN pg_attribute there ON there.attrelid = parent.oid AND there.attnum = k.confkey[1]
    WHERE k.contype = 'f' AND array_length(k.conkey, 1) = 1
      AND child.relnamespace = current_schema()::regnamespace
    ORDER BY k.conname
"""
_OF_DOWNLINK = (
    "id, school_id, agent_id, kind, sealed, issued, delivered, acknowledged, expires, expired"
)
#: What a receiver kept apart may do, table by table. Locking an agent's row needs the right to
#: change one column of it; the hub reads nothing from this one after joining.
_RECEIVER = (
    "SELECT ON agents, agent_former_keys, inbox, feed_marks, enrolments, feed_alarms, audit_head",
    "INSERT ON inbox, feed_marks, enrolments, feed_alarms",
    "UPDATE (host) ON agents",
    "UPDATE (contiguous) ON feed_marks",
    f"SELECT ({_OF_DOWNLINK}) ON downlink",
    "UPDATE (delivered) ON downlink",
)


def guard(conn: Connection) -> None:
    """Put every table of schools' rows under the guard; one that stands is left as it is.

    A table with `school_id` is guarded by it; one that hangs on a guarded table by a key that is
    always set is guarded by the row it leads to.
    """
    standing = set(conn.execute(text(_STANDING), {"policy": _POLICY}).scalars())
    rules = {row.name: _of_school(row.nullable) for row in conn.execute(text(_TABLES))}
    links = list(conn.execute(text(_LINKS)))
    found = True
    while found:
        found = False
        for link in links:
            if link.child not in rules and link.parent in rules and link.needed:
                rules[link.child] = _of_parent(link)
                found = True
    for table, rule in sorted(rules.items()):
        if table not in standing:
            conn.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            conn.exec_driver_sql(f'CREATE POLICY {_POLICY} ON "{table}" USING ({rule})')


def let_work(conn: Connection, role: str) -> None:
    """Give the hub's account what it works with: every row in reach, no table's shape.

    Its record of who did what is only added to. Raises WrongUse for an account the guard would
    not bind.
    """
    _refuse_unbound(conn, role)
    for granted in (
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
        f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM "{role}"',
        f'REVOKE UPDATE, DELETE ON audit FROM "{role}"',
    ):
        conn.exec_driver_sql(granted)


def let_receive(conn: Connection, role: str) -> None:
    """Give a receiver's account what `feeds.receive` touches and nothing more."""
    _refuse_unbound(conn, role)
    for granted in (*_RECEIVER, "SELECT ON alembic_version"):
        conn.exec_driver_sql(f'GRANT {granted} TO "{role}"')


def foreign(conn: Connection) -> bool:
    """Whether the tables are there and the account of this connection does not own them."""
    owner = conn.execute(text(_OWNER)).scalar()
    return owner is not None and not owner


def _of_school(nullable: bool) -> str:
    named = f"{_REACH} = '*' OR school_id = ANY (string_to_array({_REACH}, ','))"
    # What is of no school is of all: the authority's own terms, a case without a school.
    return f"{named} OR school_id IS NULL AND {_REACH} <> ''" if nullable else named


def _of_parent(link: Row[Any]) -> str:
    parent = f'"{link.parent}" p'
    # The names are the schema's own. The child's column is named in full: the parent may have one
    # of the same name.
    leads = f'SELECT 1 FROM {parent} WHERE p."{link.key}" = "{link.child}"."{link.column}"'  # noqa: S608
    return f"{_REACH} = '*' OR EXISTS ({leads})"


def _refuse_unbound(conn: Connection, role: str) -> None:
    found = conn.execute(text(_ROLE), {"role": role}).first()
    if found is None:
        raise WrongUse(
            f"The database has no account {role}. Make it first: "
            f"CREATE ROLE {role} LOGIN PASSWORD '…' NOSUPERUSER NOBYPASSRLS"
        )
    if found.free or found.owns:
        raise WrongUse(
            f"The account {role} is a superuser, has BYPASSRLS or owns the tables, so that row "
            "security would not bind it. Name another account in hub.toml."
        )


_STANDING = """
    SELECT tablename FROM pg_policies
    WHERE schemaname = current_schema() AND policyname = :policy
"""
_OWNER = """
    SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
    WHERE relname = 'alembic_version' AND relnamespace = current_schema()::regnamespace
"""
_ROLE = """
    SELECT rolsuper OR rolbypassrls AS free,
      EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relkind = 'r'
        AND c.relnamespace = current_schema()::regnamespace) AS owns
    FROM pg_roles r WHERE rolname = :role
"""
