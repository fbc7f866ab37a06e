"""The policies the authority sent, in the order they are followed: the newest is the last."""

from __future__ import annotations

from linkwork_agent.store.base import Db, Tx


def texts(db: Db) -> list[str]:
    """Each policy's TOML, the first to be followed first."""
    return [row["toml"] for row in db.execute("SELECT toml FROM policies ORDER BY valid_from")]


def follow(tx: Tx, toml: str, valid_from: str) -> None:
    """Follow this policy from its first day (ISO) on; what began no earlier is replaced by it."""
    tx.execute("DELETE FROM policies WHERE valid_from >= ?", [valid_from])
    tx.execute("INSERT INTO policies (valid_from, toml) VALUES (?, ?)", [valid_from, toml])


def forget(tx: Tx) -> None:
    """Another authority's policies are not followed here."""
    tx.execute("DELETE FROM policies")
