"""The command line: making a home, people, imports, and one clear sentence for each mistake."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest
from hub_command import Command
from hub_under_test import CHEAP, PASSWORD

from linkwork.errors import WrongUse
from linkwork_hub import migrations
from linkwork_hub.access import profile, store
from linkwork_hub.access.home import Home
from linkwork_hub.db import Scope
from linkwork_hub.feeds.keys import HubKeys
from linkwork_hub.feeds.policy import policy_item

SCHOOLS = "urn,name,school_type,phase,roll,roll_date,link_officer,latitude,longitude"
FERNHILL = "900001,Fernhill Primary,LA,primary,210,2025-01-16,,,"


def test_init_makes_a_home_only_its_owner_can_read(made: Command) -> None:
    names = {path.name for path in made.home.iterdir()}
    assert {"hub.toml", "authority.toml", "hub.db", "keys"} <= names
    if os.name == "posix":
        for path in [made.home, *made.home.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode & 0o077 == 0, path
    home = Home(made.home)
    assert migrations.is_current(home.db.engine)
    home.db.close()


def test_init_never_touches_a_home_that_is_there(made: Command) -> None:
    before = {path: path.read_bytes() for path in made.home.rglob("*") if path.is_file()}
    again = made("init", "--profile", "reading")
    assert again.code == 2
    assert "is a hub's home already; nothing was changed" in again.err
    assert {p: p.read_bytes() for p in made.home.rglob("*") if p.is_file()} == before


def test_init_with_an_unknown_profile_names_those_there_are(hub_command: Command) -> None:
    said = hub_command("init", "--profile", "atlantis")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "reading" in said.err
    assert not hub_command.home.exists()


@pytest.mark.parametrize("command", [("serve",), ("user", "list"), ("feeds",), ("candidates",)])
def test_without_a_home_every_command_says_how_to_make_one(
    hub_command: Command, command: tuple[str, ...]
) -> None:
    said = hub_command(*command)
    assert said.code == 2
    assert "init --profile NAME" in said.err
    assert said.err.count("\n") == 1


def test_a_setting_nobody_reads_is_named_with_its_file(made: Command) -> None:
    with (made.home / "hub.toml").open("a") as file:
        file.write("colour = 'red'\n")
    said = made("user", "list")
    assert said.code == 2
    assert "hub.toml, setting colour" in said.err


def test_a_lost_column_key_is_named_with_the_remedy(made: Command) -> None:
    (made.home / "keys" / "columns.key").unlink()
    said = made("user", "list")
    assert said.code == 2
    assert "columns.key is missing. Restore it" in said.err


def test_a_database_without_tables_is_one_sentence_with_a_remedy(made: Command) -> None:
    (made.home / "hub.db").unlink()
    said = made("user", "list")
    assert said.code == 1
    assert "no such table" in said.err
    assert "linkwork-hub serve" in said.err
    assert "Traceback" not in said.err


def test_a_person_is_added_listed_and_given_a_new_password(made: Command) -> None:
    add = ("user", "add", "Quill@example.test", "--name", "P. Quill", "--role", "manager")
    assert made(*add, "--password-stdin", stdin=PASSWORD + "\n").code == 0
    listed = json.loads(made("user", "list", "--format", "json").out)
    assert listed == [
        {"email": "quill@example.test", "name": "P. Quill", "role": "manager", "active": True}
    ]
    assert made(*add, "--password-stdin", stdin=PASSWORD).code == 2
    change = made("user", "password", "quill@example.test", "--password-stdin", stdin="x" * 12)
    assert "The password of P. Quill is set" in change.out
    assert CHEAP.verify(_hash(made), "x" * 12)


def test_a_short_password_and_a_missing_terminal_are_said(made: Command) -> None:
    add = ("user", "add", "q@example.test", "--name", "Q", "--role", "finance")
    assert "at least 12 characters" in made(*add, "--password-stdin", stdin="short").err
    assert "Use --password-stdin" in made(*add).err


def test_a_person_of_a_school_needs_a_school_that_is_known(made: Command) -> None:
    add = ("user", "add", "s@example.test", "--name", "S", "--role", "school", "--password-stdin")
    assert "--school URN" in made(*add, stdin=PASSWORD).err
    assert "No school has URN 900001" in made(*add, "--school", "900001", stdin=PASSWORD).err


def test_an_import_is_tried_first_and_then_done(made: Command, tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(f"{SCHOOLS}\n{FERNHILL}\n")
    dry = made("import", "schools", str(path), "--dry-run")
    assert (dry.code, dry.out.splitlines()[-1]) == (0, "Dry run, nothing was changed: 1 change.")
    assert _schools(made) == 0
    assert made("import", "schools", str(path)).out.splitlines() == [
        "new school 900001 Fernhill Primary",
        "Imported schools.csv: 1 change.",
    ]
    assert _schools(made) == 1


def test_an_import_with_mistakes_names_them_all_and_changes_nothing(
    made: Command, tmp_path: Path
) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(f"{SCHOOLS}\n{FERNHILL}\n{FERNHILL}\nx,,,,,,,,\n")
    said = made("import", "schools", str(path))
    assert said.code == 3
    assert "schools.csv, row 3, column urn" in said.err
    assert "schools.csv, row 4, column urn" in said.err
    assert said.err.splitlines()[-1] == "Nothing was imported: 5 problems."
    assert _schools(made) == 0


def test_keys_are_listed_and_none_of_them_is_private(made: Command) -> None:
    listed = json.loads(made("keys", "--format", "json").out)
    assert {key["purpose"] for key in listed} == {"seal", "identity", "receipt", "issue"}
    assert "public" not in listed[0]
    assert listed[0]["age"] == "0 days"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", listed[0]["since"])


def test_the_profile_is_linted_down_to_its_domains(made: Command) -> None:
    path = made.home / "authority.toml"
    assert "is sound: Reading" in made("profile", "lint", str(path)).out
    for old, new in (
        ("[tariff]", "[tariff]\ncolour = 1"),
        ("[meetings]", "[meetings]\ncolour = 1"),
        ("[pathway]", "[pathway]\ncolour = 1"),
        ("[referral]", "[referral]\ncolour = 1"),
        ("[referral]", "[strategies]\ncolour = 1\n[referral]"),
        ('name = "england-2024"', 'name = "england-1066"'),
        ("[authority]", "[authority]\ncolour = 1"),
    ):
        wrong = made.home / "wrong.toml"
        wrong.write_text(path.read_text().replace(old, new, 1))
        said = made("profile", "lint", str(wrong))
        assert said.code in (2, 3), old
        assert ("colour" in said.err) == ("colour" in new), said.err


def test_overrides_that_no_school_could_be_sent_are_refused_by_lint_and_by_init(
    made: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], hub_keys: HubKeys
) -> None:
    path = tmp_path / "own.toml"
    text = (made.home / "authority.toml").read_text()
    path.write_text(f"{text}\n[policy.overrides]\nu_breaks_run = true\n")
    with pytest.raises(WrongUse) as refused:
        policy_item(profile.load(path), hub_keys.work)
    for said in (
        made("profile", "lint", str(path)),
        Command(tmp_path / "home", capsys)("init", "--profile", str(path)),
    ):
        assert (said.code, said.err.strip()) == (2, str(refused.value))
    assert not (tmp_path / "home").exists()


def test_a_policy_is_linted(made: Command, root: Path) -> None:
    path = root / "core" / "linkwork" / "policies" / "england-2024.toml"
    assert "is sound" in made("policy", "lint", str(path)).out
    assert made("policy", "lint", str(made.home / "hub.toml")).code in (2, 3)


@pytest.mark.parametrize("command", ["receive", "work", "jobs"])
def test_on_sqlite_a_second_process_is_refused_in_words(made: Command, command: str) -> None:
    said = made(command)
    assert said.code == 2
    assert "needs PostgreSQL: on SQLite one process writes. Use serve" in said.err


def _schools(command: Command) -> int:
    home = Home(command.home)
    with home.db.read() as db:
        found = len(store.schools(Scope.system(), db))
    home.db.close()
    return found


def _hash(command: Command) -> str:
    from sqlalchemy import select

    from linkwork_hub.access.tables import people

    home = Home(command.home)
    with home.db.read() as db:
        found = db.execute(select(people.c.password)).scalar_one()
    home.db.close()
    return str(found)


def test_every_mistake_of_a_policy_is_a_line_with_its_remedy(
    made: Command, root: Path, tmp_path: Path
) -> None:
    shipped = root / "core" / "linkwork" / "policies" / "england-2024.toml"
    text = shipped.read_text(encoding="utf-8").replace("points = 15", "pionts = 15")
    wrong = tmp_path / "ours.toml"
    wrong.write_text(text.replace('kind = "comparison"', 'kind = "comparison"\nlast = 3'), "utf-8")
    said = made("policy", "lint", str(wrong))
    assert (said.code, said.out) == (3, "")
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert any("pionts: there is no such setting here" in line for line in lines)
    assert any("Did you mean points?" in line for line in lines)
    sound = made("policy", "lint", str(shipped))
    assert sound.code == 0
    assert "Look at this twice: trigger irregular carries a doubt to settle" in sound.out
