"""A backup opens, into an empty machine, with everything that was in it; or says what is wrong."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from hub_command import Command, Said
from school_post import SchoolPost
from sqlalchemy import make_url, text

from linkwork import seal
from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.wire import RequestItem
from linkwork_hub.access.home import Home
from linkwork_hub.backup.reading import restore
from linkwork_hub.backup.writing import back_up
from linkwork_hub.db import Scope, open_engine
from linkwork_hub.feeds import store
from linkwork_hub.feeds.keys import load_keys

WORDS = "larkspur ferry anvil quiet moth"
CANARY = "Quillfeather asks about the Exampleton family"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """Where backups and their key are carried."""
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


@pytest.fixture
def lived_in(made: Command, away: Path) -> Command:
    """A hub with a school whose messages came, one applied and one not, and a question to it."""
    home = Home(made.home)
    school = SchoolPost(home.db, load_keys(made.home / "keys")).joined()
    school.send(school.summary())
    school.work()
    school.send(school.summary())
    asked = RequestItem(
        request_id="r1",
        asks="question",
        pseudonym="p_a",
        trigger="not-seen",
        message=CANARY,
        asked_by="An officer",
        asked_on=school.db.clock().date(),
    )
    with home.db.write() as db:
        keys = load_keys(made.home / "keys")
        store.issue(Scope.system(), db, school.school_id, "request", asked, keys.issuer, "r1")
    home.db.close()
    key = made("keys", "backup-key", str(away / "key"), "--passphrase-stdin", stdin=WORDS)
    assert (key.code, key.err) == (0, "")
    return made


def backup(command: Command, file: Path) -> Said:
    return command("backup", str(file))


def restored(command: Command, file: Path, *more: str) -> Said:
    return command(
        *("restore", str(file), "--key", str(file.parent / "key"), "--passphrase-stdin"),
        *("--format", "json", *more),
        stdin=WORDS,
    )


def opener_of(away: Path) -> seal.Opener:
    return seal.Opener(seal.unlock_secret((away / "key").read_bytes(), "backup", WORDS))


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: sorted(db.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608


def test_a_backup_restored_to_an_empty_machine_is_the_hub_it_was(
    lived_in: Command, away: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(lived_in.home / "hub.db")
    assert backup(lived_in, away / "b").code == 0
    elsewhere = Command(tmp_path / "elsewhere", capsys)
    said = restored(elsewhere, away / "b")
    assert (said.code, said.err) == (0, "")
    assert rows_of(elsewhere.home / "hub.db") == before
    for file in (lived_in.home / "keys").iterdir():
        if file.name != "root.key":
            assert (elsewhere.home / "keys" / file.name).read_bytes() == file.read_bytes()
    assert not (elsewhere.home / "keys" / "root.key").exists()
    for path in [elsewhere.home, *elsewhere.home.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_an_agent_goes_on_with_the_restored_hub_as_if_nothing_had_been(
    lived_in: Command, away: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(lived_in, away / "b")
    elsewhere = Command(tmp_path / "elsewhere", capsys)
    restored(elsewhere, away / "b")
    home = Home(elsewhere.home)
    school = SchoolPost(home.db, load_keys(elsewhere.home / "keys"), seq=2)
    school.work()
    answer = school.send(school.summary())
    assert (answer.state, answer.contiguous_through, answer.applied_through) == ("active", 3, 2)
    home.db.close()


def test_the_drill_says_what_it_saw_and_leaves_nothing(
    lived_in: Command, away: Path, tmp_path: Path
) -> None:
    backup(lived_in, away / "b")
    there = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    said = restored(lived_in, away / "b", "--drill")
    seen = json.loads(said.out)
    assert said.code == 0
    assert (seen["authority"], seen["schools"], seen["keyset"]) == ("Reading", 1, 1)
    assert seen["sealed_values"] == seen["sealed_values_that_open"] > 0
    assert seen["record_of_views"] > 0
    assert seen["root"] == load_keys(lived_in.home / "keys").root_fingerprint
    assert seen["wrong"] == []
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == there


def test_the_drill_fails_for_a_value_that_does_not_open(lived_in: Command, away: Path) -> None:
    """The control: a damaged database is backed up as it is, and is not called good."""
    with closing(sqlite3.connect(lived_in.home / "hub.db")) as db:
        db.execute("UPDATE downlink SET body = CAST(body || X'00' AS BLOB) WHERE id='r1'")
        db.commit()
    backup(lived_in, away / "b")
    said = restored(lived_in, away / "b", "--drill")
    assert (said.code, said.err) == (1, "")
    assert "1 of" in json.loads(said.out)["wrong"][0]


def test_the_drill_fails_for_a_record_of_views_that_was_changed(
    lived_in: Command, away: Path
) -> None:
    with closing(sqlite3.connect(lived_in.home / "hub.db")) as db:
        db.execute("UPDATE audit SET what = 'nothing' WHERE number = 2")
        db.commit()
    backup(lived_in, away / "b")
    said = restored(lived_in, away / "b", "--drill")
    assert (said.code, json.loads(said.out)["wrong"]) == (
        1,
        ["entry 2 of the record of views was changed or is missing"],
    )


def test_the_hub_that_made_a_backup_cannot_read_it_and_nothing_shows_in_it(
    lived_in: Command, away: Path
) -> None:
    backup(lived_in, away / "b")
    data = (away / "b").read_bytes()
    for file in [*(lived_in.home / "keys").glob("*.key")]:
        assert file.read_bytes() not in data
        with pytest.raises(EnvelopeRefused):
            b"".join(seal.open_parcel([data], seal.Opener(file.read_bytes())))
    assert b"SQLite format" not in data
    assert CANARY.encode() not in data


def test_a_backup_changed_or_cut_anywhere_is_refused_and_leaves_nothing(
    lived_in: Command, away: Path, tmp_path: Path
) -> None:
    backup(lived_in, away / "b")
    data, opener, random = (away / "b").read_bytes(), opener_of(away), Random(4)
    into = tmp_path / "into"
    wrong = [data[: random.randrange(len(data))] for _ in range(6)]
    for _ in range(12):
        changed = bytearray(data)
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
        wrong.append(bytes(changed))
    for each in wrong:
        (away / "w").write_bytes(each)
        with pytest.raises((EnvelopeRefused, WrongUse)):
            restore(away / "w", into, opener)
        assert not into.exists()


def test_a_backup_somebody_else_sealed_to_our_key_is_not_taken_for_ours(
    lived_in: Command, away: Path, tmp_path: Path
) -> None:
    """Anyone who has the public half can seal: what counts is who signed what is inside."""
    backup(lived_in, away / "b")
    opener = opener_of(away)
    inside = b"".join(seal.open_parcel([(away / "b").read_bytes()], opener))
    before, name, after = inside.rpartition(b'"authority":"Reading"')
    assert name
    forged = before + b'"authority":"Raeding"' + after
    parcel = b"".join(seal.seal_parcel([forged], opener.public, Random(1).randbytes))
    (away / "f").write_bytes(parcel)
    with pytest.raises(WrongUse, match="not made by the hub"):
        restore(away / "f", tmp_path / "into", opener)


def test_nothing_is_restored_or_backed_up_over_something(lived_in: Command, away: Path) -> None:
    backup(lived_in, away / "b")
    over = restored(lived_in, away / "b")
    assert (over.code, "is not empty" in over.err) == (2, True)
    again = backup(lived_in, away / "b")
    assert (again.code, "never overwritten" in again.err) == (2, True)


def test_without_a_key_for_backups_none_is_made(made: Command, away: Path) -> None:
    said = backup(made, away / "b")
    assert (said.code, "keys backup-key" in said.err) == (2, True)
    assert not list(away.iterdir())


def test_a_backup_is_taken_while_the_hub_writes(lived_in: Command, away: Path) -> None:
    home = Home(lived_in.home)
    school = SchoolPost(home.db, load_keys(lived_in.home / "keys"), seq=2)

    def writing(count: int) -> bytes:
        school.post(school.sealed(school.summary()))
        return Random(count).randbytes(count)

    back_up(home, away / "b", home.db.clock(), writing)
    home.db.close()
    said = restored(lived_in, away / "b", "--drill")
    assert (said.code, json.loads(said.out)["wrong"]) == (0, [])


@pytest.fixture
def empty_databases(postgresql_url: str) -> Iterator[tuple[str, str]]:
    """Two empty PostgreSQL databases, gone afterwards."""
    address = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    engine = open_engine(address.render_as_string(hide_password=False))
    names = ("linkwork_backup_a", "linkwork_backup_b")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for one in names:
            conn.execute(text(f"DROP DATABASE IF EXISTS {one}"))
            conn.execute(text(f"CREATE DATABASE {one}"))
    first, second = (address.set(database=one).render_as_string(False) for one in names)
    yield first, second
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for one in names:
            conn.execute(text(f"DROP DATABASE {one} WITH (FORCE)"))
    engine.dispose()


@pytest.mark.needs("postgresql")
def test_a_hub_on_postgresql_is_restored_into_an_empty_database(
    away: Path, empty_databases: tuple[str, str], tmp_path: Path
) -> None:
    first, second = empty_databases

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "linkwork_hub", "--home", str(tmp_path / "hub"), *arguments]
        return subprocess.run(line, input=WORDS, capture_output=True, text=True, check=False)

    opened_by = ("--key", str(away / "key"), "--passphrase-stdin")
    drill = ("restore", str(away / "b"), *opened_by, "--drill", "--format", "json")
    assert run("init", "--profile", "reading", "--database", first).returncode == 0
    home = Home(tmp_path / "hub")
    school = SchoolPost(home.db, load_keys(tmp_path / "hub" / "keys")).joined()
    school.send(school.summary())
    school.work()
    home.db.close()
    run("keys", "backup-key", str(away / "key"), "--passphrase-stdin")
    assert run("backup", str(away / "b")).returncode == 0
    unnamed = run(*drill)
    assert (unnamed.returncode, "--database" in unnamed.stderr) == (2, True)
    said = run(*drill, "--database", second)
    assert (said.returncode, said.stderr) == (0, "")
    seen = json.loads(said.stdout)
    assert (seen["wrong"], seen["schools"]) == ([], 1)
    assert seen["sealed_values"] == seen["sealed_values_that_open"] > 0
    full = run(*drill, "--database", second)
    assert (full.returncode, "not empty" in full.stderr) == (2, True)
