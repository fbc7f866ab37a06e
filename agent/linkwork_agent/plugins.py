"""List the installed MIS plugins, and open the one a school's configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from linkwork.errors import WrongUse

if TYPE_CHECKING:
    from datetime import date

    import pluggy

    from linkwork.plugin import (
        FileSetup,
        Mis,
        MisSettings,
        Person,
        Question,
        SchoolAction,
        Understanding,
    )
    from linkwork.register import RegisterBuilder

# Written out so that listing does not import pluggy; a test keeps it equal to plugin.GROUP.
GROUP = "linkwork.mis"
#: The plugin that reads calendar files, whatever system a school is on.
CALENDARS = "csv"


def available() -> list[str]:
    """The names of the installed plugins, sorted. Imports none of them."""
    # One name twice is the same plugin installed twice (editable root and member): pluggy
    # takes the first, so it is listed once.
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def open_mis(name: str, settings: MisSettings) -> Mis:
    """Open the school system `name` with these settings, loading only that plugin.

    Raises WrongUse when no such plugin is installed or it cannot be loaded, and whatever
    MisError the plugin itself raises.
    """
    mis: Mis | None = _manager(name).hook.open_mis(settings=settings)
    if mis is None:
        raise WrongUse(
            f"The plugin {name!r} is installed but has no open_mis hook. "
            "Update it, or tell its author."
        )
    return mis


def understand_files(name: str, given: FileSetup, person: Person) -> Understanding:
    """Let the plugin `name` understand files. Raises WrongUse when it cannot do that."""
    found: Understanding | None = _manager(name).hook.understand_files(given=given, person=person)
    if found is None:
        raise WrongUse(
            f"The plugin {name!r} cannot be set up from a file. "
            "Give --urn, --name and its settings."
        )
    return found


def questions(name: str) -> Sequence[Question]:
    """What the plugin wants a person to be asked at `setup`. Raises WrongUse as `open_mis`."""
    found: Sequence[Question] | None = _manager(name).hook.questions()
    return found or ()


def read_calendar(path: str, first: date, last: date, into: RegisterBuilder) -> None:
    """Read a calendar file into the builder. Raises BadInput, or WrongUse without a reader."""
    if not _manager(CALENDARS).hook.read_calendar(path=path, first=first, last=last, into=into):
        raise WrongUse(f"The plugin {CALENDARS!r} reads no calendar. Update it.")


def receive_actions(name: str, settings: MisSettings, actions: Sequence[SchoolAction]) -> bool:
    """Give a plugin the school's actions; False when it has no use for them.

    Raises WrongUse when it is not installed or cannot be loaded, and its own MisError.
    """
    manager = _manager(name)
    if not manager.hook.receive_actions.get_hookimpls():
        return False
    manager.hook.receive_actions(settings=settings, actions=actions)
    return True


def _manager(name: str) -> pluggy.PluginManager:
    """A plugin manager with just this plugin, its hooks checked."""
    import pluggy

    from linkwork.plugin import Hooks

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    _load(manager, name)
    return manager


def _load(manager: pluggy.PluginManager, name: str) -> None:
    import pluggy

    try:
        found = manager.load_setuptools_entrypoints(GROUP, name)
        manager.check_pending()
    except ImportError as problem:
        raise WrongUse(
            f"The plugin {name!r} is installed but cannot be loaded: {problem}. "
            f"Install it again with what it needs: pip install 'linkwork-{name}'."
        ) from problem
    except pluggy.PluginValidationError as problem:
        raise WrongUse(
            f"The plugin {name!r} does not fit this version of Linkwork: {problem}. "
            "Update the plugin."
        ) from problem
    if not found:
        raise WrongUse(
            f"No plugin named {name!r} is installed here; there are: "
            f"{', '.join(available()) or 'none'}. Correct `mis` in agent.toml, "
            f"or install it: pip install 'linkwork-{name}'."
        )
