"""A school's secrets come from the environment, systemd or a key file, never the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkwork.errors import WrongUse
from linkwork.plugin import Question
from linkwork_agent import credentials, setup
from linkwork_agent.keys import KeyFolder

URN = "100001"
QUESTIONS = [
    Question("subdomain", "Address"),
    Question("username", "User", secret=True),
    Question("password", "Token", secret=True),
]


def test_the_nearer_source_of_a_secret_wins(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    for name in ("username", "password", "pin"):
        keys.keep_secret(name, f"file {name}")
    systemd = tmp_path / "credentials"
    systemd.mkdir()
    (systemd / f"mis_{URN}-password").write_text("systemd password\n")
    (systemd / f"mis_{URN}-pin").write_text("systemd pin\n")
    (systemd / "mis_999999-pin").write_text("another school's\n")
    environment = {
        "CREDENTIALS_DIRECTORY": str(systemd),
        f"LINKWORK_{URN}_PIN": "variable pin",
        "LINKWORK_999999_PIN": "another school's",
    }
    assert credentials.values(URN, keys, environment) == {
        "username": "file username",
        "password": "systemd password",
        "pin": "variable pin",
    }
    assert [each.source for each in credentials.credentials(URN, keys, environment)] == [
        f"the credential mis_{URN}-password",
        f"the variable LINKWORK_{URN}_PIN",
        "its key file",
    ]


def test_a_kept_secret_is_for_this_account_alone_and_one_that_is_not_is_refused(
    tmp_path: Path,
) -> None:
    keys = KeyFolder(tmp_path / "keys")
    path = keys.keep_secret("password", "quiet moon")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(WrongUse, match="chmod 600") as refused:
        credentials.values(URN, keys, {})
    assert "quiet moon" not in str(refused.value)


def test_a_credential_that_is_no_text_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / f"mis_{URN}-password").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUse, match=f"mis_{URN}-password cannot be read as text"):
        credentials.values(
            URN, KeyFolder(tmp_path / "keys"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}
        )


def test_a_person_is_asked_only_what_was_not_given_and_secrets_are_hidden() -> None:
    shown: list[str] = []
    hidden: list[str] = []

    def show(words: str) -> str:
        shown.append(words)
        return " quillbury "

    def hide(words: str) -> str:
        hidden.append(words)
        return "" if "User" in words else "made-up-token"

    found = setup.asked(QUESTIONS, {}, show, hide)
    assert found == ({"subdomain": "quillbury"}, {"password": "made-up-token"})
    assert (shown, hidden) == (["Address: "], ["User: ", "Token: "])
    shown.clear()
    setup.asked(QUESTIONS, {"subdomain": "given"}, show, hide)
    assert shown == []


def test_secrets_are_read_line_by_line() -> None:
    lines = ["username=linkwork\n", "\n", "password=a=b\n"]
    assert setup.secrets_of(lines, QUESTIONS) == {"username": "linkwork", "password": "a=b"}


@pytest.mark.parametrize("line", ["made-up-token", "subdomain=x", "=made-up-token", "password="])
def test_a_line_that_is_no_secret_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(WrongUse, match=r"Line 2 .* It has: username, password") as refused:
        setup.secrets_of(["username=x", line], QUESTIONS)
    assert "made-up" not in str(refused.value)
