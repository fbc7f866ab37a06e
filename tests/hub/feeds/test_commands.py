"""The feeds commands: a join string, a confirmation, a revocation, a list."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from school_post import SchoolPost
from typer.testing import CliRunner

from linkwork import join
from linkwork import policy as policies
from linkwork.errors import WrongUse
from linkwork_hub.access.home import Home
from linkwork_hub.db import metadata
from linkwork_hub.feeds import keys as key_files
from linkwork_hub.feeds.commands import feeds

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A hub's home of Reading."""
    made = Home(tmp_path)
    (tmp_path / "hub.toml").write_text('address = "https://hub.example.gov.uk"\n')
    profile = Path(key_files.__file__).parent.parent / "authorities" / "reading.toml"
    (tmp_path / "authority.toml").write_text(profile.read_text(encoding="utf-8"), encoding="utf-8")
    random = Random(3).randbytes
    key_files.make_keys(tmp_path / "keys", "Reading", datetime(2026, 1, 1, tzinfo=UTC), random)
    (tmp_path / "keys" / "columns.key").write_bytes(random(32))
    (tmp_path / "keys" / "columns.key").chmod(0o600)
    metadata.create_all(made.db.engine)
    return made


@pytest.fixture
def post(home: Home) -> SchoolPost:
    """A school of that hub."""
    keys = key_files.load_keys(home.settings.keys_path)
    return SchoolPost(home.db, keys).add_school()


def run(home: Home, *words: str) -> str:
    done = RUNNER.invoke(feeds, [*words], obj=home, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_join_string_is_printed_and_carries_the_hubs_address(
    home: Home, post: SchoolPost
) -> None:
    made = join.parse(run(home, "join", post.urn))
    assert made.url == "https://hub.example.gov.uk"
    assert post.enrol(made.code).state == "pending"


def test_confirming_shows_the_six_words_and_needs_yes_without_a_terminal(
    home: Home, post: SchoolPost
) -> None:
    post.enrol(join.parse(run(home, "join", post.urn)).code)
    with pytest.raises(WrongUse, match="--yes"):
        run(home, "confirm", post.urn)
    printed = run(home, "confirm", post.urn, "--yes")
    assert "Fernhill Primary: " in printed
    assert "is confirmed and may send" in printed
    assert post.send(post.summary()).state == "active"


def test_the_list_is_json_for_other_tools(home: Home, post: SchoolPost) -> None:
    assert "Fernhill Primary" in run(home)
    (row,) = json.loads(run(home, "--format", "json"))
    assert (row["urn"], row["agent"], row["problems"]) == ("900001", None, [])


def test_revoking_takes_effect(home: Home, post: SchoolPost) -> None:
    post.enrol(join.parse(run(home, "join", post.urn)).code)
    assert "1 agent revoked" in run(home, "revoke", post.urn, "--why", "a test")
    assert post.send(post.heartbeat()).state == "revoked"


def test_a_policy_is_sent_to_the_schools_that_have_joined(
    tmp_path: Path, home: Home, post: SchoolPost
) -> None:
    assert "england-2024 goes to 0 schools" in run(home, "policy")
    post.enrol(join.parse(run(home, "join", post.urn)).code)
    run(home, "confirm", post.urn, "--yes")
    own = tmp_path / "ours.toml"
    text = policies.builtin("england-2024").text
    own.write_text(
        text.replace('name = "england-2024"', 'name = "ours-2026"', 1).replace(
            "valid_from = 2024-08-19", "valid_from = 2026-02-16", 1
        ),
        encoding="utf-8",
    )
    profile = tmp_path / "authority.toml"
    now = profile.read_text(encoding="utf-8").replace('name = "england-2024"', f'name = "{own}"')
    profile.write_text(now, encoding="utf-8")
    again = Home(tmp_path)
    assert "ours-2026 goes to 1 school with the next call of each." in run(again, "policy")
    (item,) = post.opened(post.send(post.heartbeat()))
    assert item.kind == "policy"
    assert item.policy_name == "ours-2026"
    assert "goes to 1 school" in run(again, "policy", "--urn", post.urn)


@pytest.mark.parametrize(
    "words", [("join", "1"), ("confirm", "1", "--yes"), ("policy", "--urn", "1")]
)
def test_an_unknown_school_is_named_with_what_to_do(home: Home, words: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match=r"No school has URN 1\. Import schools first"):
        run(home, *words)


def test_a_school_without_a_waiting_agent_is_told_to_be_invited(
    home: Home, post: SchoolPost
) -> None:
    with pytest.raises(WrongUse, match="linkwork-hub feeds join 900001"):
        run(home, "confirm", post.urn, "--yes")
