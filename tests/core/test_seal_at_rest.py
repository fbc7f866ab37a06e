"""Secrets that are kept for years: under a passphrase, in three shares, in a sealed parcel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkwork import seal
from linkwork.errors import EnvelopeRefused, WrongUse
from linkwork.seal.escrow import Share

WORDS = "larkspur ferry anvil quiet moth"
RANDOM = Random(5)
OPENER = seal.Opener(b"b" * 32)


@given(st.binary(min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_any_two_of_the_three_shares_restore_the_secret(secret: bytes, random: Random) -> None:
    texts = [share.text() for share in seal.split_secret(secret, random.randbytes)]
    for one, other in permutations(texts, 2):
        assert seal.restore_secret([one, other]) == secret


def these(bits: Sequence[int]) -> seal.Random:
    """Randomness that is these bits, each as a byte, after the id of the splitting."""
    left = [bytes(4), *(bytes([bit]) for bit in bits)]
    return lambda _count: left.pop(0)


def one_bit_shares(secret: int) -> Counter[tuple[int, tuple[bytes, ...]]]:
    """How often each share is seen, over every randomness there is, for a secret of one bit."""
    seen: Counter[tuple[int, tuple[bytes, ...]]] = Counter()
    for bits in product((0, 1), repeat=3):
        for share in seal.split_secret(bytes([secret]), these(bits)):
            seen[share.number, tuple(half[-1:] for half in share.halves.values())] += 1
    return seen


def test_one_share_alone_says_nothing_of_the_secret() -> None:
    """All there is to see is seen equally often whatever the secret is: no more can be proven."""
    assert one_bit_shares(0) == one_bit_shares(1)
    assert len(one_bit_shares(0)) == 12


def test_two_shares_together_do_say_it() -> None:
    """The control: over pairs of shares the two secrets look different."""

    def pairs(secret: int) -> Counter[tuple[bytes, ...]]:
        seen: Counter[tuple[bytes, ...]] = Counter()
        for bits in product((0, 1), repeat=3):
            one, other, _ = seal.split_secret(bytes([secret]), these(bits))
            seen[(one.halves[1, 2], other.halves[1, 2])] += 1
        return seen

    assert not pairs(0).keys() & pairs(1).keys()


def test_a_mistyped_repeated_or_foreign_share_is_named() -> None:
    first, second, _ = (share.text() for share in seal.split_secret(b"s" * 32, RANDOM.randbytes))
    other = seal.split_secret(b"s" * 32, RANDOM.randbytes)[1].text()
    for wrong, said in (
        ([first], "two of the three"),
        ([first, first.lower()], "Both are share 1"),
        ([first, other], "different splittings"),
        ([first, second[:-1]], "mistyped"),
        ([first, "LW1.ABC"], "no share"),
        ([first, second.replace("LS1.", "LS1.U")], "mistyped"),
    ):
        with pytest.raises(WrongUse, match=said):
            seal.restore_secret(wrong)


def test_every_single_mistyped_letter_of_a_share_is_caught() -> None:
    first, second, _ = (share.text() for share in seal.split_secret(b"s" * 32, RANDOM.randbytes))
    for place in range(4, len(second)):
        if second[place] not in "-Z":
            with pytest.raises(WrongUse):
                seal.restore_secret([first, f"{second[:place]}Z{second[place + 1 :]}"])


def test_a_share_can_be_read_aloud() -> None:
    share: Share = seal.split_secret(b"s" * 32, RANDOM.randbytes)[0]
    assert all(len(group) <= 5 for group in share.text().removeprefix("LS1.").split("-"))


def test_a_secret_opens_with_its_passphrase_and_no_other() -> None:
    locked = seal.lock_secret(b"s" * 32, "root", WORDS, RANDOM.randbytes, log_n=10)
    assert seal.unlock_secret(locked, "root", WORDS) == b"s" * 32
    assert b"s" * 8 not in locked
    with pytest.raises(WrongUse, match="passphrase is wrong"):
        seal.unlock_secret(locked, "root", WORDS.title())
    with pytest.raises(WrongUse, match="does not hold a backup"):
        seal.unlock_secret(locked, "backup", WORDS)


def test_no_bit_of_a_locked_file_can_be_changed() -> None:
    locked = seal.lock_secret(b"s" * 32, "root", WORDS, RANDOM.randbytes, log_n=4)
    for place in range(len(locked)):
        changed = bytearray(locked)
        changed[place] ^= 1
        with pytest.raises(WrongUse):
            seal.unlock_secret(bytes(changed), "root", WORDS)
    for length in range(len(locked)):
        with pytest.raises(WrongUse):
            seal.unlock_secret(locked[:length], "root", WORDS)


def test_a_short_passphrase_is_refused_with_what_would_do() -> None:
    with pytest.raises(WrongUse, match="12 or more"):
        seal.lock_secret(b"s", "root", "tiger", RANDOM.randbytes)


def test_a_file_that_asks_for_too_much_memory_is_not_obeyed() -> None:
    locked = bytearray(seal.lock_secret(b"s", "root", WORDS, RANDOM.randbytes, log_n=4))
    locked[20] = 30
    with pytest.raises(WrongUse, match="does not hold"):
        seal.unlock_secret(bytes(locked), "root", WORDS)


def parcel_of(data: bytes, size: int = 1000) -> bytes:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(seal.seal_parcel(parts, OPENER.public, RANDOM.randbytes))


@pytest.mark.parametrize("size", [0, 1, seal.PIECE - 1, seal.PIECE, seal.PIECE + 1, 200_000])
def test_a_parcel_gives_back_its_bytes_whatever_their_number(size: int) -> None:
    data = Random(size).randbytes(size)
    made = parcel_of(data)
    parts = (made[at : at + 777] for at in range(0, len(made), 777))
    assert b"".join(seal.open_parcel(parts, OPENER)) == data


def test_a_parcel_that_was_cut_changed_or_put_together_anew_is_refused() -> None:
    data = Random(1).randbytes(3 * seal.PIECE)
    made = parcel_of(data)
    sealed = seal.PIECE + 16
    start = len(made) - 3 * sealed
    first, second, third = (made[start + sealed * n :][:sealed] for n in range(3))
    head = made[:start]
    for wrong in (
        head + first + second,
        head + first + second + third[:-1],
        head + second + first + third,
        head + first + third,
        head + first + second + third + b"\0",
        head + first + second + second + third,
        head[:40],
        b"PK" + made,
    ):
        with pytest.raises(EnvelopeRefused):
            b"".join(seal.open_parcel([wrong], OPENER))
    for place in range(0, len(made), 499):
        changed = bytearray(made)
        changed[place] ^= 1
        with pytest.raises(EnvelopeRefused):
            b"".join(seal.open_parcel([bytes(changed)], OPENER))


def test_a_parcel_names_the_key_it_needs() -> None:
    made = parcel_of(b"x")
    assert seal.parcel_recipient(made) == OPENER.key_id
    with pytest.raises(EnvelopeRefused, match=OPENER.key_id):
        b"".join(seal.open_parcel([made], seal.Opener(bytes(32))))


def test_a_parcel_is_made_and_opened_a_piece_at_a_time() -> None:
    taken = 0

    def parts() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(64):
            taken += 1
            yield bytes(seal.PIECE)

    made = seal.seal_parcel(parts(), OPENER.public, RANDOM.randbytes)
    assert [len(next(made)) > 0 for _ in range(3)] == [True] * 3
    assert taken <= 4
