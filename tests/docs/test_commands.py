"""Every command and option is described, and every command in the docs can be typed."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from linkwork_agent.cli import parser as agent_parser
from linkwork_hub.cli.main import app as hub_app

SECTION = re.compile(
    r"^### `(linkwork-(?:agent|hub) [a-z -]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)
OPTION = re.compile(r"`(--[a-z][a-z-]*)")
TYPED = re.compile(r"^\s*(?:\S*/)?linkwork-(agent|hub) (.*)$", re.MULTILINE)
# Described once, at the top of the page.
EVERYWHERE = {"--help", "--home", "--version"}

# What the hub's command line raises for wrong use, which typer does not name in public.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

Options = dict[str, set[str]]


def agent_commands() -> Options:
    """Each of the agent's commands, with its long options."""
    [group] = [
        action
        for action in agent_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return {
        f"linkwork-agent {name}": {
            option
            for action in command._actions
            if action.help != argparse.SUPPRESS
            for option in action.option_strings
            if option.startswith("--")
        }
        - EVERYWHERE
        for name, command in group.choices.items()
    }


def walk(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    """A command of the hub and those below it, by whole name; groups that do nothing left out."""
    children = getattr(command, "commands", {})
    for child_name, child in children.items():
        if not child.hidden:
            yield from walk(child, f"{name} {child_name}")
    if not children or command.invoke_without_command:
        options = [one for one in command.params if one.param_type_name == "option"]
        shown = {long for one in options if not one.hidden for long in one.opts}
        yield name, {option for option in shown if option.startswith("--")} - EVERYWHERE


def hub_commands() -> Options:
    """Each of the hub's commands, with its long options."""
    found = dict(walk(typer.main.get_command(hub_app), "linkwork-hub"))
    found.pop("linkwork-hub", None)
    return found


@pytest.fixture(scope="module")
def commands() -> Options:
    return agent_commands() | hub_commands()


@pytest.fixture(scope="module")
def sections(pages: dict[str, str]) -> dict[str, str]:
    """The sections of docs/commands.md, by the command they describe."""
    return {match[1]: match[2] for match in SECTION.finditer(pages["docs/commands.md"])}


def test_every_command_has_a_section_and_every_section_a_command(
    commands: Options, sections: dict[str, str]
) -> None:
    assert set(sections) == set(commands)


def test_every_option_is_described_and_every_described_option_exists(
    commands: Options, sections: dict[str, str]
) -> None:
    described = {name: set(OPTION.findall(text)) for name, text in sections.items()}
    wrong = {
        name: described.get(name, set()) ^ options
        for name, options in commands.items()
        if described.get(name, set()) != options
    }
    assert wrong == {}


def parse_agent(arguments: list[str]) -> None:
    """Parse as the agent would. SystemExit when it would refuse."""
    agent_parser().parse_args(arguments)


def parse_hub(arguments: list[str]) -> None:
    """Parse as the hub would, down to the last sub-command. UsageError when it would refuse."""
    command: Any = typer.main.get_command(hub_app)
    context = command.make_context("linkwork-hub", list(arguments))
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            return
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def test_every_command_in_the_pages_can_be_typed(blocks: list[Any]) -> None:
    typed = [
        (block.page, program, line)
        for block in blocks
        for program, line in TYPED.findall(block.text)
    ]
    assert len(typed) > 20
    refused = []
    for page, program, line in typed:
        arguments = shlex.split(line, comments=True)
        try:
            (parse_agent if program == "agent" else parse_hub)(arguments)
        except (SystemExit, UsageError) as error:
            refused.append(f"{page}: linkwork-{program} {line}: {error}")
    assert refused == []


def test_a_command_that_cannot_be_typed_is_refused() -> None:
    with pytest.raises(SystemExit):
        parse_agent(["chekc", "register.csv"])
    with pytest.raises(UsageError):
        parse_hub(["init", "--profiel", "reading"])
