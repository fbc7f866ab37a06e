"""Sources damaged at random are read or refused in words; what once broke a reader stays a case."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from fuzz import FINDS, attempt, fuzz
from fuzzing import TARGETS, Target, damaged


@pytest.mark.parametrize("name", TARGETS)
def test_every_source_is_read_before_it_is_damaged(name: str) -> None:
    """Control: a reader that refuses everything would pass all else here."""
    target = TARGETS[name]
    good = list(enumerate(target.inputs()))
    # Of a server's answers each is one of the same read.
    assert {target.run(*each) for each in (good[-1:] if target.is_slow else good)} == {"read"}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_sources_are_read_or_refused_in_words(name: str) -> None:
    ended = {attempt(TARGETS[name], seed, None) for seed in range(12)}
    assert ended <= {"read", "refused"}


class Careless(Target):
    """Reads whatever begins as it should, and trips over the rest."""

    def attempt(self, number: int, content: bytes) -> None:
        assert content.startswith(b"Adno")


def test_a_reader_that_trips_is_found_and_its_case_kept(tmp_path: Path) -> None:
    target = Careless("careless", lambda: [b"Adno;Mark\n"])
    ended = [attempt(target, seed, tmp_path) for seed in range(40)]
    assert "find" in ended
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == ended.count("find")
    name, number, seed, _ = kept[0].name.split(".")
    assert (name, number) == ("careless", "0")
    random = Random(int(seed))
    random.randrange(1)
    assert kept[0].read_bytes() == damaged(b"Adno;Mark\n", random)


def test_what_was_found_is_read_or_refused_now() -> None:
    for path in sorted(FINDS.glob("*.bin")):
        name, number, *_ = path.name.split(".")
        assert TARGETS[name].run(int(number), path.read_bytes()) in {"read", "refused"}, path.name


@pytest.mark.long
@pytest.mark.timeout(0)
def test_an_hour_of_damage_finds_nothing() -> None:
    """LINKWORK_FUZZ_MINUTES says another length; the seeds are printed with each find."""
    minutes = float(os.environ.get("LINKWORK_FUZZ_MINUTES", "60"))
    assert fuzz(minutes, 0, list(TARGETS), 0, FINDS) == 0
