"""`keys`: the hub's keys and their changes, and the authority's root, which is kept elsewhere."""

from __future__ import annotations

import os
import secrets
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from linkwork import seal
from linkwork.errors import WrongUse
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home, now
from linkwork_hub.access.output import Format, show
from linkwork_hub.cli.asking import FromStdin, passphrase
from linkwork_hub.db import Scope
from linkwork_hub.feeds import ceremony, inbox
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds.keys import PURPOSES

_SYSTEM = Scope.system()
ROOT, BACKUP = "root", "backup"
_COLUMNS = ("purpose", "key_id", "status", "since", "age", "private")
_RootFile = Annotated[Path, typer.Argument(help="The file of the root, sealed by its passphrase.")]

keys = typer.Typer(help="The hub's keys, and the authority's root that signs them.")
root = typer.Typer(no_args_is_help=True, help="The authority's root key: kept off this machine.")
keys.add_typer(root, name="root")


class Purpose(StrEnum):
    """What a key of the hub is for."""

    SEAL = "seal"
    IDENTITY = "identity"
    RECEIPT = "receipt"
    ISSUE = "issue"


@keys.callback(invoke_without_command=True)
def list_keys(
    ctx: typer.Context, fmt: Annotated[Format, typer.Option("--format")] = Format.TABLE
) -> None:
    """The hub's public keys: purpose, id, status, age. Private keys are never shown."""
    if ctx.invoked_subcommand is not None:
        return
    home: Home = ctx.obj
    folder = home.settings.keys_path
    keyset = key_files.load_keys(folder).receiver.keyset
    here = _here(folder)
    at = now()
    rows: list[dict[str, Any]] = [
        {
            "purpose": key.purpose,
            "key_id": key.key_id,
            "status": key.status,
            "since": f"{key.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            "age": _days((at - key.not_before).days),
            "suite": key.suite,
            "until": key.not_after.isoformat() if key.not_after else None,
            "private": key.key_id in here,
        }
        for key in keyset.keys
    ]
    show(rows, _COLUMNS, fmt, "There are no keys.")
    if fmt == Format.TABLE and (folder / key_files.ROOT).exists():
        typer.echo("The root is still on this hub. Carry it away: linkwork-hub keys root seal FILE")


@keys.command("rotate")
def rotate(
    ctx: typer.Context,
    purpose: Annotated[
        list[Purpose] | None, typer.Option(help="May be repeated; without it all four.")
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="The keys before are good no longer, at once.")
    ] = False,
    beside: Annotated[
        str, typer.Option(help="A suite: the new key stands beside the others of its purpose.")
    ] = "",
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Forget the change that waits to be signed.")
    ] = False,
) -> None:
    """Make new keys and write down the keyset that the root is to sign."""
    home: Home = ctx.obj
    folder = home.settings.keys_path
    if give_up:
        ceremony.give_up(folder)
        typer.echo("The change is given up; the keys in force stay.")
        return
    if beside and (beside not in seal.SUITES or not purpose):
        raise WrongUse(f"--beside takes one of {', '.join(seal.SUITES)}, with --purpose seal.")
    asked = {one.value for one in purpose or ()}
    wanted = [one for one in PURPOSES if one in asked or not asked]
    change = ceremony.propose(
        folder, wanted, now(), secrets.token_bytes, compromised=compromised, beside=beside
    )
    typer.echo("\n".join(change.lines()))
    typer.echo(
        f"Have {folder / key_files.REQUEST} signed where the root is (linkwork-hub keys root "
        "sign), then: linkwork-hub keys adopt FILE. Until then nothing changes."
    )


@keys.command("adopt")
def adopt(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The keyset that the root signed.")],
    fingerprint: Annotated[
        str, typer.Option("--root", help="The root's fingerprint, for a hub's first keyset.")
    ] = "",
) -> None:
    """Put a keyset that the root signed into force."""
    home: Home = ctx.obj
    keyset = ceremony.adopt(home.settings.keys_path, read(file), fingerprint)
    with home.db.write() as db:
        access.audit(_SYSTEM, db, "keyset adopted", "keyset", str(keyset.version))
    typer.echo(
        f"Keyset version {keyset.version} is in force. Start the hub's processes again: agents "
        "fetch it at their next call, and nobody joins anew."
    )


@keys.command("prune")
def prune(ctx: typer.Context) -> None:
    """Destroy the private keys that are retired, once nothing waits that they might open."""
    home: Home = ctx.obj
    with home.db.read() as db:
        waiting = inbox.unapplied(_SYSTEM, db)
    gone = ceremony.prune(home.settings.keys_path, waiting)
    with home.db.write() as db:
        for name in gone:
            access.audit(_SYSTEM, db, "private key destroyed", "key", name)
    typer.echo(f"Destroyed: {', '.join(gone)}." if gone else "No retired key is left here.")


@root.command("make")
def make_root(file: _RootFile, passphrase_stdin: FromStdin = False) -> None:
    """Make the authority's root, on a computer that is off every network."""
    seed = secrets.token_bytes(32)
    _lock(seed, ROOT, file, from_stdin=passphrase_stdin)
    _say_root(seed, file)


@root.command("seal")
def seal_root(
    ctx: typer.Context,
    file: _RootFile,
    remove: Annotated[
        bool, typer.Option("--remove", help="Then delete root.key from this hub.")
    ] = False,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Write the root that init made into a sealed file to carry away."""
    home: Home = ctx.obj
    path = home.settings.keys_path / key_files.ROOT
    if not path.is_file():
        raise WrongUse(f"{path} is not here: the root was carried away before.")
    seed = path.read_bytes()
    words = _lock(seed, ROOT, file, from_stdin=passphrase_stdin)
    if seal.unlock_secret(read(file), ROOT, words) != seed:
        raise WrongUse(f"{file} does not give the root back. Nothing was deleted; try again.")
    _say_root(seed, file)
    if remove:
        path.unlink()
        typer.echo(f"{path} is deleted. This hub cannot change its keys without {file}.")


@root.command("sign")
def sign(
    request: Annotated[Path, typer.Argument(help="The keyset.request of a hub.")],
    root_file: Annotated[Path, typer.Option("--root", help="The sealed file of the root.")],
    out: Annotated[Path, typer.Option(help="Where to write the signed keyset.")],
    yes: Annotated[bool, typer.Option("--yes", help="It was read and is right.")] = False,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Show what a keyset holds and sign it with the root."""
    keyset = ceremony.read_request(read(request))
    typer.echo(f"{keyset.authority}, keyset version {keyset.version}, {keyset.issued:%Y-%m-%d}")
    for key in keyset.keys:
        typer.echo(f"  {key.purpose:8}  {key.key_id}  {key.status:8}  {key.suite}")
    signer = seal.Signer(unlock(root_file, ROOT, from_stdin=passphrase_stdin))
    if not yes and not typer.confirm("Is this what the hub's screen shows?"):
        raise WrongUse("Nothing was signed.")
    write_new(out, seal.sign_keyset(keyset, signer))
    typer.echo(f"{out} is signed by root {seal.root_fingerprint(signer.public)}.")


@root.command("split")
def split(
    file: Annotated[Path, typer.Argument(help="A file sealed by a passphrase.")],
    into: Annotated[Path, typer.Option(help="The folder to write the three shares into.")],
    what: Annotated[str, typer.Option(help="root or backup")] = ROOT,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Write three shares, of which any two give the key back without its passphrase."""
    seed = unlock(file, what, from_stdin=passphrase_stdin)
    shares = seal.split_secret(seed, secrets.token_bytes)
    for share in shares:
        path = into / f"{what}-share-{share.number}.txt"
        write_new(path, f"{share.text()}\n".encode())
        typer.echo(f"{path}: print it, give it to one person, delete the file.")


@root.command("restore")
def restore_root(
    shares: Annotated[list[Path], typer.Argument(help="Two files with a share each.")],
    out: Annotated[Path, typer.Option(help="Where to write the sealed file.")],
    what: Annotated[str, typer.Option(help="root or backup")] = ROOT,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Make the sealed file again from two shares, under a new passphrase."""
    seed = seal.restore_secret([read(path).decode(errors="replace") for path in shares])
    _lock(seed, what, out, from_stdin=passphrase_stdin)
    if what == ROOT:
        _say_root(seed, out)
    else:
        typer.echo(f"{out} holds key {seal.Opener(seed).key_id}.")


@keys.command("backup-key")
def backup_key(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write the key that opens backups.")],
    passphrase_stdin: FromStdin = False,
) -> None:
    """Make the key that opens backups; here stays only what seals them."""
    home: Home = ctx.obj
    folder = home.settings.keys_path
    seed = secrets.token_bytes(32)
    opener = seal.Opener(seed)
    _lock(seed, BACKUP, file, from_stdin=passphrase_stdin)
    key_files.write_whole(folder / key_files.BACKUP, opener.public)
    typer.echo(
        f"Backups are sealed to key {opener.key_id}, which {file} holds. Carry it away: without "
        "it no backup opens, and this hub cannot read its own."
    )


def read(path: Path) -> bytes:
    """A file's bytes. Raises WrongUse when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{path} cannot be read ({error.strerror}). Check the path.") from None


def write_new(path: Path, data: bytes) -> None:
    """Write a file, 0600, that is not there yet. Raises WrongUse."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be written ({error.strerror}). Nothing is ever overwritten: choose "
            "another name or another folder."
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def unlock(path: Path, what: str, *, from_stdin: bool) -> bytes:
    """The seed in a sealed file. Raises WrongUse for a wrong file or passphrase."""
    data = read(path)
    return seal.unlock_secret(data, what, passphrase(str(path), from_stdin=from_stdin))


def _lock(seed: bytes, what: str, path: Path, *, from_stdin: bool) -> str:
    words = passphrase(str(path), from_stdin=from_stdin, new=True)
    write_new(path, seal.lock_secret(seed, what, words, secrets.token_bytes))
    return words


def _say_root(seed: bytes, file: Path) -> None:
    typer.echo(f"{file} holds the root {seal.root_fingerprint(seal.Signer(seed).public)}.")
    typer.echo("Write this fingerprint down: it is in every join string.")


def _here(folder: Path) -> set[str]:
    found: set[str] = set()
    for purpose in PURPOSES:
        for file in key_files.seed_files(folder, purpose).values():
            found |= key_files.key_ids_of(purpose, file)
    return found


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
