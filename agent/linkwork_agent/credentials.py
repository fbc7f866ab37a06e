"""A school's MIS secrets: from the environment, a credential of systemd, or a key file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from linkwork.errors import WrongUse
from linkwork_agent.keys import KeyFolder
from linkwork_agent.protection import SYSTEMD


class Credential(NamedTuple):
    """One secret and where it came from, which may be shown; its value never."""

    name: str
    value: str
    source: str


def credentials(urn: str, keys: KeyFolder, environment: Mapping[str, str]) -> list[Credential]:
    """The secrets of one school, sorted by name. A nearer source wins over a farther:

    the variable `LINKWORK_URN_NAME`, the systemd credential `mis_URN-NAME`, the key file
    `mis-NAME`. Raises WrongUse for a file that others can read, or that is not text.
    """
    found = {name: Credential(name, text, "its key file") for name, text in keys.secrets().items()}
    for each in (*_of_systemd(urn, environment), *_of_environment(urn, environment)):
        found[each.name] = each
    return [found[name] for name in sorted(found)]


def values(urn: str, keys: KeyFolder, environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets by name, as a plugin is given them."""
    return {each.name: each.value for each in credentials(urn, keys, environment)}


def _of_environment(urn: str, environment: Mapping[str, str]) -> Iterator[Credential]:
    prefix = f"LINKWORK_{urn}_"
    for variable, text in environment.items():
        if variable.startswith(prefix) and text.strip():
            name = variable.removeprefix(prefix).lower()
            yield Credential(name, text.strip(), f"the variable {variable}")


def _of_systemd(urn: str, environment: Mapping[str, str]) -> Iterator[Credential]:
    folder = environment.get(SYSTEMD)
    # The package's service has LoadCredential=mis:FOLDER: each file there comes as mis_FILE.
    prefix = f"mis_{urn}-"
    for path in sorted(Path(folder).glob(f"{prefix}*")) if folder else ():
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise WrongUse(
                f"The systemd credential {path.name} cannot be read as text. Write the secret "
                "alone into it, and let the service's own account read it."
            ) from None
        yield Credential(path.name.removeprefix(prefix), text, f"the credential {path.name}")
