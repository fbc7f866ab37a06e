"""Links lead somewhere, examples are sound, and what a reader needs is described."""

from __future__ import annotations

import inspect
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import linkwork.errors
import linkwork.plugin
from linkwork.plugin import MisSettings
from linkwork.register import RegisterBuilder, Session
from linkwork.testing import LADDER, Answer, serving
from linkwork_agent import new_plugin
from linkwork_csv import calendar_file, contacts, mapping, names, profiles
from linkwork_csv.options import Options
from linkwork_csv.plugin import open_mis

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The addresses of a page's headings, as they are made where pages are shown."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    }


def broken_links(pages: dict[str, str], root: Path) -> list[str]:
    broken = []
    for page, text in pages.items():
        for target in LINK.findall(FENCED.sub("", text)):
            if target.startswith(("https://", "mailto:")):
                continue
            path, _, anchor = target.partition("#")
            found = (root / page).parent / path if path else root / page
            if not found.exists():
                broken.append(f"{page}: {target}")
            elif anchor and anchor not in anchors(found.read_text(encoding="utf-8")):
                broken.append(f"{page}: {target} has no such heading")
    return broken


def test_every_link_leads_somewhere(pages: dict[str, str], root: Path) -> None:
    assert broken_links(pages, root) == []


def test_a_link_that_leads_nowhere_is_found(root: Path) -> None:
    page = {"README.md": "[a](docs/none.md) [b](docs/index.md) [c](docs/index.md#none)"}
    assert broken_links(page, root) == [
        "README.md: docs/none.md",
        "README.md: docs/index.md#none has no such heading",
    ]


def test_every_page_of_the_docs_is_in_the_index(pages: dict[str, str]) -> None:
    index = pages["docs/index.md"]
    unlisted = [
        page
        for page in pages
        if re.fullmatch(r"docs/[\w-]+\.md", page)
        and page != "docs/index.md"
        and f"({page.removeprefix('docs/')})" not in index
    ]
    assert unlisted == []


def test_every_decision_is_in_the_list_of_decisions(pages: dict[str, str]) -> None:
    listed = pages["docs/decisions/README.md"]
    numbered = [page.rpartition("/")[2] for page in pages if re.match(r"docs/decisions/\d", page)]
    assert numbered
    assert [page for page in numbered if f"({page})" not in listed] == []


def test_every_toml_example_is_toml(blocks: list[Any]) -> None:
    examples = [block for block in blocks if block.language == "toml"]
    assert examples
    for block in examples:
        tomllib.loads(block.text)


def test_every_python_example_compiles(blocks: list[Any]) -> None:
    examples = [block for block in blocks if block.language == "python"]
    assert examples
    for block in examples:
        compile(block.text, block.page, "exec")


def test_the_plugin_api_is_described_where_plugin_authors_look(pages: dict[str, str]) -> None:
    text = pages["docs/writing-a-plugin.md"]
    public = {
        name: thing
        for name, thing in vars(linkwork.plugin).items()
        if not name.startswith("_") and getattr(thing, "__module__", "") == "linkwork.plugin"
    }
    assert {"Mis", "MisSettings", "Check"} <= set(public)
    for name, thing in public.items():
        assert inspect.getdoc(thing), name
    for name in (
        "open_mis",
        "hookimpl",
        "MisSettings",
        "Mis",
        "Check",
        "PupilContacts",
        "SchoolAction",
    ):
        assert name in text, name
    for method in ("check", "read", "contacts"):
        assert inspect.getdoc(getattr(linkwork.plugin.Mis, method)), method
        assert f"def {method}(" in text, method


def test_every_error_a_plugin_may_raise_is_described(pages: dict[str, str]) -> None:
    text = pages["docs/writing-a-plugin.md"]
    for error in linkwork.errors.MisError.__subclasses__():
        assert error.__name__ in text, error.__name__
    for name, thing in vars(linkwork.errors).items():
        if inspect.isclass(thing) and thing.__module__ == "linkwork.errors":
            assert thing.__doc__, name


def test_the_page_on_plugins_shows_the_package_that_is_written(pages: dict[str, str]) -> None:
    """Its tests are run, as they stand here, by tests/agent/test_new_plugin.py."""
    text = pages["docs/writing-a-plugin.md"]
    shown = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    written = {str(place): content for place, content in new_plugin.files("example")}
    assert {"linkwork_example/plugin.py", "tests/test_example.py"} <= dict(shown).keys()
    for place, content in shown:
        assert content == written[place], place


def test_the_other_examples_on_plugins_run(blocks: list[Any], tmp_path: Path) -> None:
    written = {content for _, content in new_plugin.files("example")}
    own = [
        block.text
        for block in blocks
        if (block.page, block.language) == ("docs/writing-a-plugin.md", "python")
        and block.text not in written
    ]
    names: dict[str, Any] = {}
    for text in own:
        exec(compile(text, "docs/writing-a-plugin.md", "exec"), names)  # noqa: S102 -- our own page
    said = b'{"data": [{"surname": "Larkspur", "code": "O"}], "more": false}'
    with serving(lambda _: Answer(200, said)) as address:
        names["record"](address, "t0ken", tmp_path / "answers.json")
    [row] = names["replayed"](tmp_path / "answers.json")["data"]
    assert row["code"] == "O"
    assert row["surname"] != "Larkspur"
    day = date(2026, 9, 7)
    names["receive_actions"](
        MisSettings(""), [linkwork.plugin.SchoolAction("a", "", "Office", day, day, "open")]
    )


def test_every_rule_of_the_ladder_is_on_the_page_on_plugins(pages: dict[str, str]) -> None:
    text = pages["docs/writing-a-plugin.md"]
    for rung, rules in LADDER.items():
        for rule, asks in rules.items():
            assert f"| {rung} | `{rule}` | {asks} |" in text


def test_every_column_of_the_canonical_files_is_described(pages: dict[str, str]) -> None:
    text = pages["docs/canonical-files.md"]
    for column in (
        *mapping.COLUMNS,
        *contacts.COLUMNS,
        *calendar_file.DAY_COLUMNS,
        *calendar_file.TERM_COLUMNS,
    ):
        assert f"`{column}`" in text, column


def test_the_example_register_is_read_as_it_stands(blocks: list[Any], tmp_path: Path) -> None:
    [example] = [block for block in blocks if block.language == "csv"]
    (tmp_path / "register.csv").write_text(example.text, encoding="utf-8")
    into = RegisterBuilder()
    mis = open_mis(MisSettings("100001", {"path": str(tmp_path / "register.csv")}))
    mis.read(date(2026, 9, 1), date(2026, 9, 30), into)
    assert [pupil.pupil_id for pupil in into.build().pupils] == ["17", "18"]


def test_every_example_export_is_read_as_it_stands(blocks: list[Any], tmp_path: Path) -> None:
    examples = [block for block in blocks if block.language == "export"]
    assert len(examples) == 4
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.csv"
        path.write_text(example.text, encoding="utf-8")
        into = RegisterBuilder()
        mis = open_mis(MisSettings("100001", {"path": str(path)}))
        mis.read(date(2026, 9, 1), date(2026, 9, 30), into)
        register = into.build()
        assert register.mark(register.pupils[0].pupil_id, Session(date(2026, 9, 16), "AM"))
        assert {session.half for session in register.sessions} == {"AM", "PM"}
        assert register.rejected_count == 0


def test_every_name_of_a_column_is_on_the_page_and_no_other(pages: dict[str, str]) -> None:
    page = pages["docs/reading-exports.md"]
    rows = re.findall(r"^\| `([a-z_]+)` \| (`.*`) \|$", page, re.MULTILINE)
    listed = {meaning: tuple(re.findall("`([^`]+)`", titles)) for meaning, titles in rows}
    assert listed == dict(names.NAMES)


def test_the_example_profile_and_folder_are_read(blocks: list[Any], tmp_path: Path) -> None:
    profile, folder = (
        block.text
        for block in blocks
        if block.page == "docs/reading-exports.md" and block.language == "toml"
    )
    (tmp_path / "p.toml").write_text(profile, encoding="utf-8")
    assert profiles.load(tmp_path / "p.toml").shape == "long"
    settings = tomllib.loads(folder)["school"][0]["settings"]
    assert Options.of(settings, "100001").newest_only
