"""Customers, orders, the ledger and its documents; what is only added to is so by trigger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linkwork_hub.append_only import append_only_statements
from linkwork_hub.db import SealedText, Utc

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_ADDED_TO = (
    "additional_costs", "customers", "payers", "orders", "order_shares", "order_events",
    "documents", "charges", "document_events",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, and the triggers that keep them."""
    _customers()
    _orders()
    _documents()
    dialect = op.get_bind().dialect.name
    for table in _ADDED_TO:
        for statement in append_only_statements(table, dialect):
            op.get_bind().exec_driver_sql(statement)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _who(name: str) -> tuple[sa.Column[str], sa.Column[object]]:
    return _text(f"{name}_by"), sa.Column(name, Utc, nullable=False)


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("ref", sa.String, primary_key=True),
        sa.Column("from_day", sa.Date, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        *map(_text, ("name", "kind", "purchase_order", "cost_centre", "subjective")),
        *_who("added"),
    )
    op.create_table(
        "payers",
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("from_day", sa.Date, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("ref", sa.String, primary_key=True),
        sa.Column("share", sa.Integer, nullable=False),
        *_who("added"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String, primary_key=True),
        *map(_text, ("item", "kind", "name", "unit")),
        sa.Column("day", sa.Date, nullable=False),
        _text("quantity"),
        sa.Column("unit_pence", sa.Integer, nullable=False),
        sa.Column("surcharge_pence", sa.Integer, nullable=False),
        _text("surcharge"),
        sa.Column("expires", sa.Date),
        sa.Column("note", SealedText),
        _text("ordered_by"),
        sa.Column("added", Utc, nullable=False),
    )
    op.create_index("ix_orders_day", "orders", ["day"])
    op.create_index("ix_orders_expires", "orders", ["expires"])
    op.create_table(
        "order_shares",
        sa.Column("order_id", sa.String, sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("share", sa.Integer, nullable=False),
    )
    op.create_index("ix_order_shares_school_id", "order_shares", ["school_id"])
    op.create_table(
        "order_events",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("order_id", sa.String, sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *map(_text, ("kind", "quantity")),
        sa.Column("until", sa.Date),
        sa.Column("note", SealedText),
        _text("who"),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("order_id", "position"),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String, primary_key=True),
        _text("series"),
        sa.Column("number", sa.Integer, nullable=False),
        *map(_text, ("kind", "year", "part", "what", "payer")),
        sa.Column("customer", sa.JSON, nullable=False),
        sa.Column("issued", sa.Date, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("corrects", sa.String, sa.ForeignKey("documents.id")),
        sa.Column("reason", SealedText),
        sa.Column("net_pence", sa.Integer, nullable=False),
        sa.Column("vat_pence", sa.Integer, nullable=False),
        _text("issued_by"),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("series", "number"),
    )
    op.create_index("ix_documents_year", "documents", ["year"])
    op.create_index("ix_documents_payer", "documents", ["payer"])
    op.create_table(
        "charges",
        sa.Column("document_id", sa.String, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("school_id", sa.String, sa.ForeignKey("schools.id"), nullable=False),
        *map(_text, ("year", "part", "unit", "payer", "kind", "item")),
        sa.Column("what", SealedText, nullable=False),
        sa.Column("cause", sa.JSON, nullable=False),
        sa.Column("amount_pence", sa.Integer, nullable=False),
        _text("vat_code"),
        sa.Column("vat_rate", sa.Integer, nullable=False),
    )
    op.create_index("ix_charges_year_school_id", "charges", ["year", "school_id"])
    op.create_index("ix_charges_school_id", "charges", ["school_id"])
    op.create_table(
        "document_events",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("document_id", sa.String, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        _text("kind"),
        sa.Column("note", SealedText),
        _text("who"),
        sa.Column("at", Utc, nullable=False),
        sa.UniqueConstraint("document_id", "position"),
    )
    op.create_table(
        "document_numbers",
        sa.Column("series", sa.String, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
