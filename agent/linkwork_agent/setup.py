"""Write agent.toml: one more school, checked before it is kept."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from linkwork import toml_text
from linkwork.errors import WrongUse
from linkwork_agent import plugins
from linkwork_agent.config import CONFIG_NAME, Config, School, read, typable
from linkwork_agent.keys import permissions_here

if TYPE_CHECKING:
    from linkwork.plugin import Person, Question

#: The folder of the home that holds profiles.
PROFILES = "profiles"


def settings_of(
    path: str | None, contacts: str | None, calendar: str | None, others: Sequence[str]
) -> dict[str, str]:
    """The plugin's settings from the command line; files as absolute paths.

    Raises WrongUse when `others` holds something that is not KEY=VALUE.
    """
    named = {"path": path, "contacts": contacts, "calendar": calendar}
    settings = {
        key: str(Path(value).expanduser().absolute()) for key, value in named.items() if value
    }
    for pair in others:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise WrongUse(f"--set {pair!r} is not KEY=VALUE. Write it as --set base_url=https://…")
        settings[key] = value
    return settings


def profile_path(given: str | None, home: Path) -> str | None:
    """The file of a profile that the command line names, by path or by its name in the home."""
    if given is None or Path(given).is_file():
        return given
    return str(home / PROFILES / f"{given}.toml")


def understand(
    given: Namespace, home: Path, person: Person, out: TextIO, file: Path | None = None
) -> int:
    """Understand an export with a person's help; keep its profile, and the school with --urn.

    Raises BadInput or WrongUse, having kept nothing.
    """
    name = given.profile or f"{given.mis}-{given.urn or 'export'}"
    if not name.replace("-", "").replace("_", "").isalnum():
        raise WrongUse(f"--profile {name!r} is no name. Use letters, digits, - and _")
    if bool(given.urn) != bool(given.name):
        raise WrongUse(
            "--urn and --name belong together: give both, or neither for a profile alone"
        )
    if given.urn:
        # Before anything is asked, and before the profile that the school reads by is replaced.
        refuse_known(file or home / CONFIG_NAME, given.urn, home)
    from linkwork.plugin import FileSetup

    files = tuple(str(Path(file).expanduser().absolute()) for file in given.files)
    asked = FileSetup(files, str(home / PROFILES), name, given.urn or "")
    found = plugins.understand_files(given.mis, asked, person)
    kept = "profile" in found.settings
    if kept:
        print(f"Kept the profile {name} in {home / PROFILES}.", file=out)
    if not given.urn:
        with_it = f" --profile {name}" if kept else ", which needs no profile"
        print(f"Use it: linkwork-agent check FILE{with_it}", file=out)
        return 0
    settings: dict[str, str | Sequence[str]] = {**found.settings}
    settings |= settings_of(given.path, given.contacts, given.calendar, given.set)
    config = add_school(home, given.urn, given.name, given.mis, settings, file, found.codes)
    print(f"Wrote {config.path}. Next: {typable('linkwork-agent doctor', home)}", file=out)
    return 0


#: Asks a person for one line: the words shown before it, the line without its end.
Ask = Callable[[str], str]


def asked(
    questions: Sequence[Question], given: Mapping[str, str], show: Ask, hide: Ask
) -> tuple[dict[str, str], dict[str, str]]:
    """Settings and secrets that a person types for what the command line did not say.

    `show` shows what is typed, `hide` does not. An empty answer leaves a thing out.
    """
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for question in questions:
        if question.name not in given:
            text = (hide if question.secret else show)(f"{question.ask}: ").strip()
            if text:
                (secrets if question.secret else settings)[question.name] = text
    return settings, secrets


def secrets_of(lines: Iterable[str], questions: Sequence[Question]) -> dict[str, str]:
    """Secrets from lines NAME=VALUE. Raises WrongUse for a line or name that is not one.

    No message repeats a line: it may hold a secret.
    """
    known = [question.name for question in questions if question.secret]
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().partition("=")
        if not line.strip():
            continue
        if not equals or not value or name not in known:
            raise WrongUse(
                f"Line {number} on standard input is not NAME=VALUE with a secret this plugin "
                f"has. It has: {', '.join(known) or 'none'}"
            )
        found[name] = value
    return found


def add_school(
    home: Path,
    urn: str,
    name: str,
    mis: str,
    settings: Mapping[str, str | Sequence[str]],
    file: Path | None = None,
    codes: Mapping[str, str] = MappingProxyType({}),
) -> Config:
    """Add one school to HOME/agent.toml or `file`, or make it; what it gives is what was written.

    Raises WrongUse, and changes nothing, for a plugin that is not installed, a file that is not
    there, a secret, or a school that stands in it already.
    """
    if mis not in plugins.available():
        raise WrongUse(
            f"No plugin named {mis!r} is installed; there are: "
            f"{', '.join(plugins.available()) or 'none'}."
        )
    path = file or home / CONFIG_NAME
    before = path.read_bytes() if path.exists() else b""
    try:
        _refuse_known(toml_text.loads(before), urn, home, path)
        kept = before.decode("utf-8-sig").replace("\r\n", "\n").rstrip()
        text = (f"{kept}\n\n" if kept else "") + _table(School(urn, name, mis, settings, codes))
        config = read(toml_text.loads(text), home, file)
    except toml_text.NotToml as problem:
        raise WrongUse(f"{path} is not valid TOML: {problem}. Correct it there first.") from problem
    config.options(config.school(urn))
    _write(path, text, private=path.parent == home)
    return config


def refuse_known(path: Path, urn: str, home: Path) -> None:
    """Raise WrongUse for a school that stands in agent.toml already, or for a file that is none."""
    try:
        before = path.read_bytes() if path.exists() else b""
        _refuse_known(toml_text.loads(before), urn, home, path)
    except toml_text.NotToml as problem:
        raise WrongUse(f"{path} is not valid TOML: {problem}. Correct it there first.") from problem


def _refuse_known(before: Mapping[str, Any], urn: str, home: Path, path: Path) -> None:
    if before and any(school.urn == urn.strip() for school in read(before, home, path).schools):
        look = typable("linkwork-agent doctor", home)
        raise WrongUse(
            f"School {urn} is set up already. To change it, edit its [[school]] table in "
            f"{path}, then run: {look}"
        )


def _table(school: School) -> str:
    own = {"urn": school.urn, "name": school.name, "mis": school.mis}
    settings = dict(school.settings)
    if school.mis != plugins.CALENDARS and "calendar" in settings:
        # The plugin that reads such files takes it itself; beside any other the agent reads it.
        own["calendar"] = settings.pop("calendar")
    lines = ["[[school]]", *(f"{key} = {_text(value)}" for key, value in own.items())]
    for name, table in (("settings", settings), ("codes", school.codes)):
        if table:
            lines += ["", f"[school.{name}]"]
            key = str if name == "settings" else _text
            lines += [f"{key(left)} = {_text(right)}" for left, right in table.items()]
    return "\n".join(lines) + "\n"


def _text(value: str | Sequence[str]) -> str:
    # A JSON string, or a list of them, is TOML's as well, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, text: str, private: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    if private:
        permissions_here().restrict(path.parent)
        permissions_here().restrict(beside)
    else:
        # Apart from the home folder the service's own account reads it. No secret is in it.
        beside.chmod(0o644)
    beside.replace(path)
