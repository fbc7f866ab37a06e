"""`backup` and `restore`: one sealed file, and the drill that proves it opens."""

from __future__ import annotations

import json
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from linkwork import seal
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home, now
from linkwork_hub.access.output import Format
from linkwork_hub.cli.asking import FromStdin
from linkwork_hub.cli.ceremonies import BACKUP, unlock
from linkwork_hub.db import Scope

_SYSTEM = Scope.system()


def mount(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="The sealed file to write.")]
) -> None:
    """Write settings, keys and database into one file that this hub itself cannot open."""
    from linkwork_hub.backup.writing import back_up

    home: Home = ctx.obj
    made = back_up(home, file, now(), secrets.token_bytes)
    with home.db.write() as db:
        access.audit(_SYSTEM, db, "backup made", "backup", made.made.isoformat())
    rows = sum(made.rows.values())
    typer.echo(
        f"{file}: {made.authority}, {rows} rows of {len(made.rows)} tables, keyset version "
        f"{made.keyset}, {file.stat().st_size} bytes. Prove it: linkwork-hub restore --drill"
    )


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    key: Annotated[Path, typer.Option(help="The sealed file of the key that opens backups.")],
    drill: Annotated[
        bool, typer.Option("--drill", help="Restore beside, look at everything, delete it again.")
    ] = False,
    database: Annotated[
        str, typer.Option(help="An empty PostgreSQL database, for a backup of one.")
    ] = "",
    fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Restore a backup into an empty home folder, or with --drill only prove that it could be."""
    from linkwork_hub.backup.reading import restore as unpack

    home: Home = ctx.obj
    opener = seal.Opener(unlock(key, BACKUP, from_stdin=passphrase_stdin))
    if drill:
        with tempfile.TemporaryDirectory(prefix="linkwork-drill-") as scratch:
            said = _said(unpack(file, Path(scratch) / "home", opener, database))
    else:
        said = _said(unpack(file, home.path, opener, database))
        said["restored_to"] = str(home.path)
    if fmt == Format.JSON:
        typer.echo(json.dumps(said, indent=2, default=str))
    else:
        for name, value in said.items():
            words = "; ".join(value) if isinstance(value, list) else value
            typer.echo(f"{name.replace('_', ' ')}: {words if words != '' else 'nothing'}")
    raise typer.Exit(1 if said["wrong"] else 0)


def _said(seen: Any) -> dict[str, Any]:
    manifest = seen.manifest
    return {
        "authority": manifest.authority,
        "made": manifest.made,
        "bytes": seen.size,
        "tables": len(seen.rows),
        "rows": sum(seen.rows.values()),
        "schools": seen.rows.get("schools", 0),
        "record_of_views": seen.audit,
        "sealed_values": seen.sealed,
        "sealed_values_that_open": seen.opened,
        "keyset": manifest.keyset,
        "root": manifest.root,
        "wrong": list(seen.wrong),
    }
