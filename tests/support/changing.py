"""Registers that say something else than before, read again; and what a person decides."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

from school_desk import SchoolDesk

from linkwork import wire
from linkwork_agent import cli, corrections

ABSENT = "/*30 O*10"
RUN = "continuous-unauthorised"


def told(school: SchoolDesk, trigger: str = RUN) -> list[str]:
    """Every event of a trigger that was put into the outbox, in order."""
    found = [m for m in school.messages() if isinstance(m, wire.Return | wire.Summary)]
    return [n.event for message in found for n in message.notices if n.trigger == trigger]


def listed(school: SchoolDesk) -> dict[str, Any]:
    """What `changes --format json` prints."""
    return corrections.listed(school.place.config, school.place.school, 20)


def decide(school: SchoolDesk, verb: str, given: str | None = None) -> str:
    """A person decides."""
    with school.open() as store:
        return corrections.decide(
            store, school.place.school, verb, given, "B. Quill", lambda: school.now
        )


def configured(school: SchoolDesk) -> None:
    """The school with an agent.toml, for the commands."""
    (school.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{school.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        '[school.settings]\npath = "register.csv"\n',
        encoding="utf-8",
    )


def correct(school: SchoolDesk, **stories: str) -> str:
    """The register says something else now, and is read again; the sentence of the read."""
    school.stories |= stories
    school.write()
    return school.run("collect").sentence


def printed(*arguments: str) -> str:
    """What a command prints; it must do well."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert cli.main(arguments) == 0
    return out.getvalue()
