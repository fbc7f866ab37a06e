"""The hostile server and files, the recorded answers and the ladder: each finds what it is for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from linkwork.errors import (
    CredentialsRefused,
    LinkworkError,
    NotTheSource,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
)
from linkwork.plugin import Check, Mis, PupilContacts
from linkwork.register import RegisterBuilder
from linkwork.testing import (
    Answer,
    Expected,
    FileContract,
    HttpContract,
    Request,
    recording,
    replaying,
    scrubbed,
    serving,
)
from linkwork.testing.quality import LADDER, problems

MONDAY = date(2026, 9, 7)
GOOD = b"17,2026-09-07,AM,O\n18,2026-09-07,AM,/\n"


@dataclass(frozen=True)
class Careless:
    """A source that takes whatever comes for no marks, or for marks."""

    address: str = ""
    path: Path | None = None
    invents: int = 0

    def check(self) -> Sequence[Check]:
        return [Check("careless", True, "nothing")]

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        if self.address:
            try:
                httpx.get(self.address, timeout=2, trust_env=False, follow_redirects=True)
            except httpx.HTTPError:
                into.warn("no answer")
            into.add("17", MONDAY, "AM", "/")
            return
        if self.path is not None and self.path.is_file():
            for line in self.path.read_bytes().decode("latin-1").splitlines():
                if line.count(",") == 3:
                    pupil_id, _, half, code = line.split(",")
                    into.add(pupil_id, MONDAY, half, code)
        for number in range(self.invents):
            into.add(f"invented {number}", MONDAY, "AM", "N")

    def contacts(self, pupil_ids: Sequence[str]) -> Sequence[PupilContacts]:
        return []


class CarelessServer(HttpContract):
    expected = Expected(MONDAY, MONDAY, pupils=1)

    def open_at(self, address: str) -> Mis:
        return Careless(address)

    def answer(self, request: Request) -> Answer:
        return Answer(200, b"{}")


class CarelessFiles(FileContract):
    expected = Expected(MONDAY, MONDAY, pupils=2)

    def open_file(self, path: Path) -> Mis:
        return Careless(path=path)

    def good(self) -> bytes:
        return GOOD


@pytest.mark.parametrize(
    "promise",
    [name for name in dir(HttpContract) if name.startswith("test_") and "behaves" not in name],
)
def test_a_plugin_that_minds_nothing_fails_every_promise_about_servers(promise: str) -> None:
    with pytest.raises(AssertionError):
        getattr(CarelessServer(), promise)()


@pytest.mark.parametrize("promise", ["test_each_broken_file", "test_a_file_that_is_not_there"])
def test_a_plugin_that_minds_nothing_fails_the_promises_about_files(promise: str) -> None:
    kit = CarelessFiles()
    kit.test_a_good_file_is_read()
    [name] = [each for each in dir(FileContract) if each.startswith(promise)]
    with pytest.raises(AssertionError):
        getattr(kit, name)()


def test_a_file_that_was_cut_may_lose_marks_and_never_change_them() -> None:
    class Inventing(CarelessFiles):
        def open_file(self, path: Path) -> Mis:
            size = path.stat().st_size
            return Careless(path=path, invents=size if size < len(GOOD) else 0)

    CarelessFiles().test_wherever_a_file_is_cut_no_mark_becomes_another()
    with pytest.raises(AssertionError, match="are not those of the whole"):
        Inventing().test_wherever_a_file_is_cut_no_mark_becomes_another()


def test_each_misbehaviour_names_an_error_that_a_plugin_may_raise() -> None:
    kinds: set[type[LinkworkError]] = set()
    for _, (_, named) in CarelessServer().misbehaving():
        kinds |= set(named)
    assert {
        *(CredentialsRefused, NotTheSource, PermissionMissing, ShapeChanged, SourceUnavailable),
    } <= kinds


PUPIL = {"id": 4711, "surname": "Larkspur", "phone": 1189, "year": "7", "sen": None, "fsm": True}


def fetch(address: str, path: str) -> Any:
    headers = {"authorization": "Bearer s3cret"}
    got = httpx.get(address + path, headers=headers, timeout=5, trust_env=False)
    got.raise_for_status()
    return got.json()


def test_answers_are_recorded_without_names_or_secrets_and_given_again(tmp_path: Path) -> None:
    """Control: the system itself gives the name, and asks for the token."""
    path = tmp_path / "answers.json"
    asked: list[Request] = []

    def system(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, json.dumps({"data": [PUPIL, PUPIL | {"id": 4712}]}).encode())

    with serving(system) as there:
        assert fetch(there, "/pupils")["data"][0]["surname"] == "Larkspur"
        with recording(there, path, keep={"year"}) as here:
            first = fetch(here, "/pupils?page=1&api_key=s3cret")
    assert asked[-1].headers["authorization"] == "Bearer s3cret"
    text = path.read_text(encoding="utf-8")
    for private in ("Larkspur", "4711", "1189", "s3cret"):
        assert private not in text
    with replaying(path) as again:
        assert fetch(again, "/pupils?page=1&api_key=other") == first
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            fetch(again, "/marks")
    one, other = first["data"]
    assert (one["year"], one["sen"], one["fsm"]) == ("7", None, True)
    assert one["surname"] == other["surname"]
    assert one["id"] != other["id"]


def test_what_is_no_json_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    with (
        serving(lambda _: Answer(200, b"<p>Larkspur</p>", "text/html")) as there,
        recording(there, path, keep=()) as here,
        pytest.raises(httpx.HTTPStatusError, match="500"),
    ):
        fetch(here, "/")
    assert not path.exists()


def test_a_value_becomes_the_same_made_up_one_wherever_it_stands() -> None:
    made = scrubbed([{"id": 5}, {"pupil": 5}, {"id": 6}], ())
    assert made[0]["id"] == made[1]["pupil"] != made[2]["id"]


def whole(level: str) -> dict[str, Any]:
    """A QUALITY.toml that shows every rule of this rung and those below it."""
    names = list(LADDER)[: list(LADDER).index(level) + 1]
    return {
        "level": level,
        "done": {rule: ["proof.py::test_it"] for name in names for rule in LADDER[name]},
    }


def test_a_rung_must_be_shown_rule_by_rule(tmp_path: Path) -> None:
    (tmp_path / "proof.py").write_text("def test_it() -> None: ...\n", encoding="utf-8")
    for level in LADDER:
        assert problems(whole(level), tmp_path) == []
    lacking = whole("silver")
    del lacking["done"]["memory"]
    assert problems(lacking, tmp_path) == ["memory (silver) must be either done or exempt"]
    assert problems(lacking | {"exempt": {"memory": "it holds ten rows"}}, tmp_path) == []
    assert problems(lacking | {"exempt": {"memory": ""}}, tmp_path) == [
        "memory is exempt without a reason"
    ]
    for places in (["proof.py::test_other"], ["none.py"]):
        table = whole("bronze")
        table["done"]["typed"] = places
        assert problems(table, tmp_path) == [f"typed: {places[0]} is not there"]
    assert problems(whole("bronze") | {"level": "lead"}, tmp_path)
    assert problems(whole("bronze") | {"exempt": {"speed": "none"}}, tmp_path) == [
        "there is no rule 'speed'"
    ]
