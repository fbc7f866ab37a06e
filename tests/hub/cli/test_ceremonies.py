"""The key ceremonies, walked as a hub team walks them: make, seal, split, sign, adopt, destroy."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from hub_command import Command
from school_post import SchoolPost

from linkwork import seal
from linkwork_hub.access.home import Home
from linkwork_hub.feeds import ceremony
from linkwork_hub.feeds.keys import load_keys

WORDS, OTHER = "larkspur ferry anvil quiet moth", "seven plain grey paper kites"


def keyset_of(command: Command) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads(command("keys", "--format", "json").out)
    return listed


def carry_root_away(command: Command, file: Path) -> None:
    said = command("keys", "root", "seal", str(file), "--remove", "--passphrase-stdin", stdin=WORDS)
    assert (said.code, said.err) == (0, "")


def signed(command: Command, root: Path, out: Path) -> Path:
    request = command.home / "keys" / "keyset.request"
    said = command(
        *("keys", "root", "sign", str(request), "--root", str(root), "--out", str(out)),
        *("--yes", "--passphrase-stdin"),
        stdin=WORDS,
    )
    assert (said.code, said.err) == (0, "")
    return out


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """What is carried between the two computers."""
    (tmp_path / "usb").mkdir()
    return tmp_path / "usb"


def test_the_root_is_carried_away_sealed_and_the_hub_goes_on(made: Command, usb: Path) -> None:
    seed = (made.home / "keys" / "root.key").read_bytes()
    carry_root_away(made, usb / "root.sealed")
    assert not (made.home / "keys" / "root.key").exists()
    sealed = (usb / "root.sealed").read_bytes()
    assert seed not in sealed
    assert stat.S_IMODE((usb / "root.sealed").stat().st_mode) == 0o600
    assert seal.unlock_secret(sealed, "root", WORDS) == seed
    assert load_keys(made.home / "keys").root_fingerprint
    again = made("keys", "root", "seal", str(usb / "r"), "--passphrase-stdin", stdin=WORDS)
    assert (again.code, "carried away before" in again.err) == (2, True)


def test_keys_are_rotated_without_the_root_on_the_hub(made: Command, usb: Path) -> None:
    carry_root_away(made, usb / "root.sealed")
    before = {row["key_id"] for row in keyset_of(made)}
    said = made("keys", "rotate")
    assert "keyset version 2" in said.out
    assert {row["key_id"] for row in keyset_of(made)} == before, "nothing changes before adopt"

    file = signed(made, usb / "root.sealed", usb / "keyset-2.lk1")
    adopted = made("keys", "adopt", str(file))
    assert "version 2 is in force" in adopted.out
    rows = keyset_of(made)
    assert {row["status"] for row in rows if row["key_id"] in before} == {"retiring"}
    assert {row["status"] for row in rows if row["key_id"] not in before} == {"active"}
    assert len(rows) == 8
    assert not (made.home / "keys" / "keyset.request").exists()


def test_a_keyset_that_another_root_signed_is_refused_and_both_are_named(
    made: Command, usb: Path
) -> None:
    made("keys", "root", "make", str(usb / "foreign"), "--passphrase-stdin", stdin=WORDS)
    made("keys", "rotate", "--purpose", "receipt")
    file = signed(made, usb / "foreign", usb / "keyset")
    before = (made.home / "keys" / "keyset.lk1").read_bytes()
    said = made("keys", "adopt", str(file))
    assert said.code != 0
    assert load_keys(made.home / "keys").root_fingerprint in said.err
    assert (made.home / "keys" / "keyset.lk1").read_bytes() == before


def test_an_older_keyset_cannot_be_put_back_into_force(made: Command, usb: Path) -> None:
    carry_root_away(made, usb / "root.sealed")
    first = (made.home / "keys" / "keyset.lk1").read_bytes()
    (usb / "keyset-1.lk1").write_bytes(first)
    made("keys", "rotate")
    made("keys", "adopt", str(signed(made, usb / "root.sealed", usb / "keyset-2.lk1")))
    said = made("keys", "adopt", str(usb / "keyset-1.lk1"))
    assert (said.code, "version 1, version 2 was seen" in said.err) == (1, True)
    again = made("keys", "adopt", str(usb / "keyset-2.lk1"))
    assert (again.code, "the next one here is 3" in again.err) == (2, True)


def test_a_keyset_whose_private_key_is_not_here_is_not_taken(made: Command, usb: Path) -> None:
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate", "--purpose", "seal")
    file = signed(made, usb / "root.sealed", usb / "keyset-2.lk1")
    (made.home / "keys" / "seal-2.key").unlink()
    said = made("keys", "adopt", str(file))
    assert (said.code, "nobody can open" in said.err) == (2, True)


def test_a_change_that_waits_is_not_forgotten_by_accident_and_can_be_given_up(
    made: Command,
) -> None:
    made("keys", "rotate")
    second = made("keys", "rotate")
    assert (second.code, "--give-up" in second.err) == (2, True)
    assert made("keys", "rotate", "--give-up").code == 0
    assert not list((made.home / "keys").glob("*-2.key"))
    assert made("keys", "rotate").code == 0


def test_any_two_of_three_shares_give_the_root_back_under_a_new_passphrase(
    made: Command, usb: Path
) -> None:
    carry_root_away(made, usb / "root.sealed")
    said = made(
        *("keys", "root", "split", str(usb / "root.sealed"), "--into", str(usb)),
        "--passphrase-stdin",
        stdin=WORDS,
    )
    assert said.code == 0
    shares = [usb / f"root-share-{n}.txt" for n in (1, 2, 3)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in shares} == {0o600}
    fingerprint = load_keys(made.home / "keys").root_fingerprint
    for one, other in ((0, 1), (1, 2), (0, 2)):
        out = usb / f"root-{one}{other}"
        back = made(
            *("keys", "root", "restore", str(shares[one]), str(shares[other])),
            *("--out", str(out), "--passphrase-stdin"),
            stdin=OTHER,
        )
        assert fingerprint in back.out
        assert seal.unlock_secret(out.read_bytes(), "root", OTHER)
    alone = made(
        *("keys", "root", "restore", str(shares[0]), "--out", str(usb / "x"), "--passphrase-stdin"),
        stdin=OTHER,
    )
    assert (alone.code, "two of the three" in alone.err) == (2, True)


def test_a_hub_whose_root_was_made_elsewhere_starts_once_that_has_signed(
    hub_command: Command, usb: Path
) -> None:
    made = hub_command("keys", "root", "make", str(usb / "r"), "--passphrase-stdin", stdin=WORDS)
    fingerprint = made.out.split(" the root ")[1][:24]
    assert hub_command("init", "--profile", "reading", "--root-elsewhere").code == 0
    assert not (hub_command.home / "keys" / "root.key").exists()
    unsigned = hub_command("keys")
    assert (unsigned.code, "not signed yet" in unsigned.err) == (2, True)

    file = signed(hub_command, usb / "r", usb / "keyset-1.lk1")
    without = hub_command("keys", "adopt", str(file))
    assert (without.code, "--root FINGERPRINT" in without.err) == (2, True)
    assert hub_command("keys", "adopt", str(file), "--root", "0" * 24).code == 1
    assert hub_command("keys", "adopt", str(file), "--root", fingerprint).code == 0
    assert load_keys(hub_command.home / "keys").root_fingerprint == fingerprint


def test_a_compromised_key_is_good_no_longer_and_its_file_can_be_destroyed(
    made: Command, usb: Path
) -> None:
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate", "--purpose", "seal", "--compromised")
    made("keys", "adopt", str(signed(made, usb / "root.sealed", usb / "k")))
    keys = load_keys(made.home / "keys")
    [old] = [key for key in keys.receiver.keyset.keys if key.status == "retired"]
    assert not keys.receiver.seals(old.key_id)
    assert old.key_id in keys.work.openers, "what came before can still be applied"
    assert "seal-1.key" in made("keys", "prune").out
    assert old.key_id not in load_keys(made.home / "keys").work.openers
    assert "No retired key" in made("keys", "prune").out


def test_no_key_is_destroyed_while_a_message_may_need_it(made: Command, usb: Path) -> None:
    home = Home(made.home)
    school = SchoolPost(home.db, load_keys(made.home / "keys")).joined()
    school.post(school.sealed(school.summary()))
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate", "--purpose", "seal", "--compromised")
    made("keys", "adopt", str(signed(made, usb / "root.sealed", usb / "k")))
    said = made("keys", "prune")
    assert (said.code, "1 messages wait" in said.err) == (2, True)
    SchoolPost(home.db, load_keys(made.home / "keys")).work()
    assert "seal-1.key" in made("keys", "prune").out
    home.db.close()


def test_a_key_that_was_followed_is_retired_by_the_first_change_after_its_time(
    made: Command, usb: Path
) -> None:
    folder = made.home / "keys"
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate", "--purpose", "receipt")
    made("keys", "adopt", str(signed(made, usb / "root.sealed", usb / "k2")))
    [old] = [key for key in ceremony.current(folder)[0].keys if key.status == "retiring"]
    assert old.not_after is not None
    later = old.not_after + timedelta(days=1)
    change = ceremony.propose(folder, (), later, bytes)
    assert [(key.key_id, key.status) for key in change.goes] == [(old.key_id, "retired")]


def test_a_suite_without_ml_kem_stands_beside_only_when_the_root_allows_it(
    made: Command, usb: Path
) -> None:
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate", "--purpose", "seal", "--beside", seal.CLASSICAL)
    made("keys", "adopt", str(signed(made, usb / "root.sealed", usb / "k")))
    keys = load_keys(made.home / "keys")
    assert {opener.suite for opener in keys.work.openers.values()} == set(seal.SUITES)
    now = keys.receiver.keyset.issued
    best, _ = seal.current_key(keys.receiver.keyset, "seal", now)
    lesser, public = seal.current_key(keys.receiver.keyset, "seal", now, (seal.CLASSICAL,))
    assert (best != lesser, len(public)) == (True, 32)


def test_a_wrong_passphrase_opens_nothing(made: Command, usb: Path) -> None:
    carry_root_away(made, usb / "root.sealed")
    made("keys", "rotate")
    request = str(made.home / "keys" / "keyset.request")
    said = made(
        *("keys", "root", "sign", request, "--root", str(usb / "root.sealed")),
        *("--out", str(usb / "k"), "--yes", "--passphrase-stdin"),
        stdin=OTHER,
    )
    assert (said.code, "passphrase is wrong" in said.err) == (2, True)
    assert not (usb / "k").exists()
