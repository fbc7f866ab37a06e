"""The profile file: loaded whole, or refused with the place of the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkwork.errors import BadInput, WrongUse
from linkwork_hub.access import profile

SMALL = """
[authority]
body = "authority"
name = "Test Borough"
service = "Attendance Team"
prefix = "TST"
nation = "england"

[policy]
name = "england-2024"
"""


def test_the_profile_that_ships_says_who_it_is(reading: profile.Profile) -> None:
    assert (reading.name, reading.prefix, reading.nation) == ("Reading", "RDG", "england")
    assert reading.authority.body == "authority"
    assert reading.section("tariff")


def test_a_section_nobody_wrote_is_empty_and_one_that_cannot_be_is_an_error() -> None:
    small = profile.loads(SMALL, "small.toml")
    assert small.section("meetings") == {}
    with pytest.raises(KeyError):
        small.section("colours")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('nation = "england"', 'nation = "scotland"', "authority.nation"),
        ('prefix = "TST"', 'prefix = "tst"', "authority.prefix"),
        ("[policy]", "[polcy]", "polcy: nothing reads this"),
        ('name = "Test Borough"', "", "authority.name is missing"),
        ('prefix = "TST"', 'prefix = "TST"\nprefx = 1', "authority.prefx: nothing reads this"),
        ("[policy]", "[policy", "line 9"),
    ],
)
def test_a_mistake_is_named_with_file_place_and_remedy(old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        profile.loads(SMALL.replace(old, new), "authority.toml")
    assert said in str(refused.value)
    assert str(refused.value).startswith("authority.toml: ")
    assert refused.value.remedy


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(WrongUse, match=r"There are: .*reading"):
        profile.builtin_text("atlantis")


def test_a_missing_file_or_wrong_encoding_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is missing"):
        profile.load(tmp_path / "authority.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes(b'name = "\xe9"')
    with pytest.raises(BadInput, match="byte 8 is not UTF-8"):
        profile.load(path)
