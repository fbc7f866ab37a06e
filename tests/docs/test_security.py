"""The key ceremonies of docs/security.md, every command as it stands there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hub_command import Command, Said

CEREMONY = re.compile(r"^<!-- ceremony: ([\w ]+) -->\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: These ask for a passphrase, which a test types on standard input; restore asks for a new one.
ASKS = re.compile(r"keys root (make|seal|sign|split|restore)|keys backup-key|^restore")
WORDS = "larkspur ferry anvil quiet moth"


class Ceremony:
    """Two computers and what is carried between them."""

    def __init__(self, hub: Command, usb: Path) -> None:
        self.hub, self.usb = hub, usb
        self.said: list[Said] = []

    def type(self, line: str, fingerprint: str = "") -> Said:
        """One command of the page, with its folders here."""
        line = line.removeprefix("linkwork-hub ").replace("FINGERPRINT", fingerprint)
        asks = ASKS.search(line)
        words = line.replace("/media/usb", str(self.usb)).split()
        said = self.hub(*words, *(["--passphrase-stdin"] if asks else []), stdin=WORDS)
        assert said.code == 0, (line, said)
        request = self.hub.home / "keys" / "keyset.request"
        if request.exists():
            shutil.copy(request, self.usb)
        self.said.append(said)
        return said


@pytest.fixture
def lines(root: Path) -> dict[str, list[str]]:
    """The commands of the page: the hub's and the safe's in their order, the last apart."""
    page = (root / "docs" / "security.md").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {"both": [], "born offline": []}
    for where, text in CEREMONY.findall(page):
        place = "born offline" if where == "born offline" else "both"
        found[place] += text.strip().splitlines()
    return found


@pytest.fixture
def ceremony(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ceremony:
    (tmp_path / "usb").mkdir()
    return Ceremony(Command(tmp_path / "hub", capsys), tmp_path / "usb")


def test_the_ceremonies_of_a_year_can_be_walked_as_they_stand(
    ceremony: Ceremony, lines: dict[str, list[str]]
) -> None:
    ceremony.hub("init", "--profile", "reading")
    assert len(lines["both"]) == 11
    for line in lines["both"]:
        ceremony.type(line)
    assert not (ceremony.hub.home / "keys" / "root.key").exists()
    assert any("wrong: nothing" in said.out for said in ceremony.said)
    assert "version 2 is in force" in "".join(said.out for said in ceremony.said)


def test_a_root_that_was_never_on_the_hub(ceremony: Ceremony, lines: dict[str, list[str]]) -> None:
    make, *rest = lines["born offline"]
    fingerprint = ceremony.type(make).out.split(" the root ")[1][:24]
    assert len(rest) == 3
    for line in rest:
        ceremony.type(line, fingerprint)
    assert not (ceremony.hub.home / "keys" / "root.key").exists()
    assert ceremony.hub("keys").code == 0
