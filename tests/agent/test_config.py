"""agent.toml: every mistake is one sentence that says what to change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linkwork.errors import WrongUse
from linkwork_agent import setup
from linkwork_agent.config import DEFAULT_SCHEDULE, Timing, file_of, home_of, load, typable

SCHOOL = '[[school]]\nurn = "100001"\nname = "Fernhill Primary"\nmis = "csv"\n'


def written(home: Path, text: str) -> Path:
    """A home folder with this agent.toml."""
    (home / "agent.toml").write_text(text, encoding="utf-8")
    return home


def test_a_school_needs_three_lines(tmp_path: Path) -> None:
    config = load(written(tmp_path, SCHOOL))
    assert config.school(None).name == "Fernhill Primary"
    assert config.schedule == DEFAULT_SCHEDULE


def test_one_agent_serves_several_schools(tmp_path: Path) -> None:
    config = load(written(tmp_path, SCHOOL + SCHOOL.replace("100001", "100002")))
    assert [school.urn for school in config.chosen(None)] == ["100001", "100002"]
    with pytest.raises(WrongUse, match=r"add --urn with one of 100001 \(Fernhill Primary\)"):
        config.school(None)
    with pytest.raises(WrongUse, match="No school 100009"):
        config.school("100009")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no school"),
        ("[[school]\n", "not valid TOML"),
        (SCHOOL + "colour = 1\n", "unknown key school.colour"),
        ("speed = 1\n" + SCHOOL, "unknown key speed"),
        (SCHOOL.replace('"100001"', '"abc"'), "is not a URN"),
        (SCHOOL.replace('"100001"', '"../../etc"'), "is not a URN"),
        (SCHOOL.replace('mis = "csv"\n', ""), "school.mis is missing"),
        (SCHOOL + SCHOOL, "stands in it twice"),
        (SCHOOL + '[school.settings]\npassword = "x"\n', "settings.password is a secret"),
        (SCHOOL + '[school.settings.web]\nAPI_Token = "x"\n', "web.API_Token is a secret"),
        (SCHOOL + "codes = 1\n", "school.codes is not a table"),
        ("codes = 1\n" + SCHOOL, "codes is not a table"),
        (SCHOOL + '[school.codes]\nq9 = "O"\nQ9 = "I"\n', "a code stands twice in school.codes"),
        (SCHOOL + "[schedule]\nsleep = {every = 1}\n", "unknown key schedule.sleep"),
        (SCHOOL + "[schedule]\ncollect = {every = 0}\n", "above 0"),
        (SCHOOL + '[schedule]\ncollect = {times = ["25:00"]}\n', "not a list of times"),
        (SCHOOL + '[schedule]\ncollect = {times = ["8:00"]}\n', "not a list of times"),
        (SCHOOL + "[schedule]\ncollect = {}\n", "needs either times or every"),
        (SCHOOL + "[schedule]\ncollect = {every = 5, limit = true}\n", "limit"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_file_and_the_remedy(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(WrongUse, match=says) as found:
        load(written(tmp_path, text))
    assert str(tmp_path / "agent.toml") in str(found.value)
    assert found.value.exit_code == 2


def test_own_codes_are_of_every_school_or_of_one_whose_line_stands(tmp_path: Path) -> None:
    general = '[codes]\nX01 = "X"\nI02 = "I"\n'
    own = '[school.codes]\ni02 = "unknown"\n'
    config = load(written(tmp_path, general + SCHOOL + own + SCHOOL.replace("100001", "100002")))
    first, second = (config.own_codes(school) for school in config.schools)
    assert first.meanings == {"X01": "X", "I02": None}
    assert second.meanings == {"X01": "X", "I02": "I"}
    assert "agent.toml: codes of school 100002" in second.where


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="setup csv"):
        load(tmp_path)


def test_a_schedule_takes_times_or_a_number_of_seconds(tmp_path: Path) -> None:
    text = '[schedule]\ncollect = {times = ["14:15", "08:05"], limit = 60}\ndeliver = {every = 5}\n'
    schedule = load(written(tmp_path, SCHOOL + text)).schedule
    assert schedule["collect"] == Timing(("08:05", "14:15"), None, 60)
    assert schedule["deliver"].every == 5


def test_paths_are_read_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "register.csv").touch()
    config = load(written(tmp_path, SCHOOL + '[school.settings]\npath = "register.csv"\n'))
    assert config.options(config.school(None))["path"] == str(tmp_path / "register.csv")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = load(written(tmp_path, SCHOOL + '[school.settings]\npath = "gone.csv"\n'))
    with pytest.raises(WrongUse, match=r"settings.path names .*gone.csv, which is not there"):
        config.options(config.school(None))


def test_the_home_folder_is_the_one_named_first(tmp_path: Path) -> None:
    environment = {"LINKWORK_HOME": str(tmp_path / "b")}
    assert home_of(str(tmp_path / "a"), environment) == tmp_path / "a"
    assert home_of(None, environment) == tmp_path / "b"
    assert home_of(None, {}).name.lower() == "linkwork"


def test_setup_adds_schools_one_by_one_and_keeps_what_is_there(tmp_path: Path) -> None:
    register = tmp_path / 'exports "new"' / "register.csv"
    register.parent.mkdir()
    register.touch()
    settings = setup.settings_of(str(register), None, None, [])
    home = tmp_path / "home"
    setup.add_school(home, "100001", "Fernhill Primary", "csv", settings)
    (home / "agent.toml").write_text("# by hand\n" + (home / "agent.toml").read_text())
    config = setup.add_school(home, "100002", "Ysgol Bryn Glas", "csv", settings)
    assert load(home) == config
    assert [school.urn for school in config.schools] == ["100001", "100002"]
    assert (home / "agent.toml").read_text().startswith("# by hand")


@pytest.mark.parametrize(
    ("urn", "mis", "settings", "says"),
    [
        ("100001", "unheard", {}, "No plugin named 'unheard'"),
        ("100001", "csv", {"path": "/nowhere/at/all.csv"}, "not there"),
        ("100001", "csv", {"password": "x"}, "is a secret"),
        ("one", "csv", {}, "is not a URN"),
    ],
)
def test_setup_refuses_a_mistake_and_writes_nothing(
    tmp_path: Path, urn: str, mis: str, settings: dict[str, str], says: str
) -> None:
    with pytest.raises(WrongUse, match=says):
        setup.add_school(tmp_path / "home", urn, "Fernhill Primary", mis, settings)
    assert not (tmp_path / "home").exists()


def test_a_school_set_up_twice_is_said_to_stand_there_and_how_to_change_it(tmp_path: Path) -> None:
    setup.add_school(tmp_path, "100001", "Fernhill Primary", "csv", {})
    before = (tmp_path / "agent.toml").read_bytes()
    with pytest.raises(WrongUse, match="School 100001 is set up already") as found:
        setup.add_school(tmp_path, "100001", "Fernhill", "csv", {})
    assert f"edit its [[school]] table in {tmp_path / 'agent.toml'}" in str(found.value)
    assert (tmp_path / "agent.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Run: linkwork-agent join STRING.", "--home '/srv/a b' join --urn 100001 STRING."),
        ("linkwork-agent doctor --urn 100002", "--home '/srv/a b' doctor --urn 100002"),
        ("linkwork-agent plugins", "--home '/srv/a b' plugins"),
    ],
)
def test_a_command_in_a_sentence_can_be_typed_as_it_stands(said: str, typed: str) -> None:
    home = Path("/srv/a b")
    assert f"linkwork-agent {typed}" in typable(said, home, "100001")
    assert " --urn 100001" not in typable(said, home)
    assert typable(f"linkwork-agent --home {home} doctor", home).count("--home") == 1


def test_a_setting_that_is_no_pair_is_refused() -> None:
    with pytest.raises(WrongUse, match="KEY=VALUE"):
        setup.settings_of(None, None, None, ["base_url"])


def test_a_configuration_apart_from_the_home_folder_is_read_and_written_there(
    tmp_path: Path,
) -> None:
    home, apart = tmp_path / "state", tmp_path / "etc" / "agent.toml"
    assert file_of(home, {}) == home / "agent.toml"
    assert file_of(home, {"LINKWORK_CONFIG": str(apart)}) == apart
    made = setup.add_school(home, "100001", "Fernhill Primary", "csv", {}, apart)
    assert made == load(home, apart)
    assert made.path == apart
    assert made.folder(made.schools[0]).is_relative_to(home)
    assert not home.exists()
    assert apart.stat().st_mode & 0o777 == 0o644, "the service's own account reads it"
    apart.write_text("[shool]\n", encoding="utf-8")
    with pytest.raises(WrongUse, match=re.escape(str(apart))):
        load(home, apart)


def test_a_home_folder_named_like_the_program_is_not_taken_for_a_command() -> None:
    home = Path("/var/lib/linkwork-agent")
    said = typable(f"Read {home} doctor; run: linkwork-agent doctor", home)
    assert said == f"Read {home} doctor; run: linkwork-agent --home {home} doctor"
