"""agent.toml to frozen settings: which schools, which plugin for each, and when."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from linkwork import toml_text
from linkwork.errors import WrongUse
from linkwork_agent import leave
from linkwork_agent.leave import LeaveRules, Wrong

if TYPE_CHECKING:
    from linkwork.local_codes import LocalCodes

JOBS = ("instruct", "collect", "deliver")
CONFIG_NAME = "agent.toml"

# Settings of a plugin that name files, by the names the bundled plugins use.
PATH_SETTINGS = {"path", "contacts", "calendar", "profile"}
# A folder that a plugin makes itself when it is not there.
MADE_SETTINGS = {"archive", "quarantine"}

# Words that mark a setting as a secret. A configuration file is copied, mailed and backed up.
SECRET_WORDS = ("password", "passphrase", "token", "secret", "api_key", "apikey", "private_key")


#: The commands that are of one school. `actions` finds the school by the action's id.
SCHOOL_COMMANDS = (
    *("join", "once", "status", "doctor", "outbox", "sent", "changes", "requests", "refer"),
)
_COMMAND = re.compile(r"(?<![\w/\\-])linkwork-agent (?P<command>[a-z]+)(?P<urn> --urn [0-9]+)?")


# NamedTuples here and in the store: making dataclasses costs a short command like `status` a
# third of its start.
class School(NamedTuple):
    """One school this agent serves. `settings` goes to the plugin untouched.

    `codes` says what the school's own attendance codes mean, as it is written in agent.toml.
    `calendar` names a file of its school days or terms, which stands for its system's calendar.
    `leave` says who grants leave, and under what.
    """

    urn: str
    name: str
    mis: str
    settings: Mapping[str, Any] = MappingProxyType({})
    codes: Mapping[str, Any] = MappingProxyType({})
    calendar: str | None = None
    leave: LeaveRules | None = None


class Network(NamedTuple):
    """The way to the hub. `ca_file` holds, in PEM, an authority that this machine does not trust
    by itself, such as that of the school's filter; `proxy` is asked in place of a direct call.
    """

    ca_file: str | None = None
    proxy: str | None = None


class Timing(NamedTuple):
    """When a job runs: at `times` of the local day ("HH:MM"), or `every` so many seconds.

    `limit` is the longest one run may take, in seconds, before it is ended.
    """

    times: tuple[str, ...] = ()
    every: int | None = None
    limit: int = 900


DEFAULT_SCHEDULE: Mapping[str, Timing] = {
    # After each half's registers close, and once overnight for marks that were corrected.
    "collect": Timing(times=("04:30", "10:15", "14:15"), limit=1800),
    "deliver": Timing(every=900, limit=600),
    "instruct": Timing(every=900, limit=300),
}


class Config(NamedTuple):
    """The whole of agent.toml, and the home folder: that of the stores and keys.

    `file` is agent.toml itself, where it does not stand in the home folder.
    """

    home: Path
    schools: tuple[School, ...]
    schedule: Mapping[str, Timing]
    file: Path | None = None
    network: Network = Network()

    def school(self, urn: str | None) -> School:
        """The school with this URN, or the only one. Raises WrongUse, naming the choices."""
        if urn is None and len(self.schools) == 1:
            return self.schools[0]
        for school in self.schools:
            if school.urn == urn:
                return school
        choices = ", ".join(f"{school.urn} ({school.name})" for school in self.schools)
        wrong = "Say which school" if urn is None else f"No school {urn} in {self.path}"
        raise WrongUse(f"{wrong}: add --urn with one of {choices}.")

    def chosen(self, urn: str | None) -> tuple[School, ...]:
        """Every school, or just the one named. Raises WrongUse when it is not configured."""
        return self.schools if urn is None else (self.school(urn),)

    def own_codes(self, school: School) -> LocalCodes:
        """What this school's own codes mean. Raises WrongUse naming the code and the remedy."""
        from linkwork import local_codes

        where = f"{self.path}: codes of school {school.urn}"
        return local_codes.read(school.codes, where) if school.codes else local_codes.NONE

    @property
    def path(self) -> Path:
        """Where agent.toml is."""
        return self.file or self.home / CONFIG_NAME

    def typable(self, school: School, text: str) -> str:
        """`typable` for one of these schools, which is named when there are several."""
        return typable(text, self.home, school.urn if len(self.schools) > 1 else None)

    def calendar(self, school: School) -> str | None:
        """The school's calendar file as an absolute path. Raises WrongUse when it is not there."""
        if school.calendar is None:
            return None
        where = f"{self.path}: calendar of school {school.urn}"
        return str(_absolute(school.calendar, self.path.parent, where))

    def folder(self, school: School) -> Path:
        """Where one school's store and keys are."""
        return self.home / "schools" / school.urn

    def options(self, school: School) -> dict[str, Any]:
        """The plugin's settings, with paths made absolute from the folder of agent.toml.

        Raises WrongUse for a file or folder that is not there.
        """
        options = dict(school.settings)
        for key in PATH_SETTINGS & options.keys():
            where = f"{self.path}: settings.{key}"
            options[key] = _absolute(options[key], self.path.parent, where)
        for key in MADE_SETTINGS & options.keys():
            options[key] = str(self.path.parent / Path(str(options[key])).expanduser())
        return options


def _absolute(value: Any, home: Path, where: str) -> Any:
    if isinstance(value, list):
        return [_absolute(item, home, where) for item in value]
    if not isinstance(value, str):
        raise WrongUse(f"{where} is not text. Write a path in quotes.")
    path = home / Path(value).expanduser()
    if not any(letter in value for letter in "*?[") and not path.exists():
        raise WrongUse(
            f"{where} names {path}, which is not there or cannot be reached. "
            "Correct the path, or connect the drive it is on."
        )
    return str(path)


def typable(text: str, home: Path, urn: str | None = None) -> str:
    """A sentence whose `linkwork-agent` commands can be typed as they stand: with the home folder,
    and with the school where it has to be named.
    """
    named = str(home)
    if sys.platform == "win32":
        folder = f'"{named}"' if " " in named else named
    else:
        folder = shlex.quote(named)
    school = f" --urn {urn}" if urn else ""

    def whole(found: re.Match[str]) -> str:
        command, already = found["command"], found["urn"] or ""
        of_school = already or (school if command in SCHOOL_COMMANDS else "")
        return f"linkwork-agent --home {folder} {command}{of_school}"

    return _COMMAND.sub(whole, text)


def home_of(given: str | None, environment: Mapping[str, str]) -> Path:
    """The home folder: `--home`, else LINKWORK_HOME, else this platform's place for it."""
    named = given or environment.get("LINKWORK_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        return Path(environment.get("PROGRAMDATA", "C:/ProgramData")) / "Linkwork Agent"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/Linkwork").expanduser()
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "linkwork"


def installed_urn(home: Path) -> str | None:
    """The school's number as it was given to the Windows setup program (/URN=), or None."""
    try:
        return (home / "urn.txt").read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def file_of(home: Path, environment: Mapping[str, str]) -> Path:
    """agent.toml: LINKWORK_CONFIG, where a package keeps it apart from the home, or in the home."""
    named = environment.get("LINKWORK_CONFIG")
    return Path(named).expanduser().absolute() if named else home / CONFIG_NAME


def load(home: Path, file: Path | None = None) -> Config:
    """Read HOME/agent.toml, or `file`. Raises WrongUse, one sentence that says what to change."""
    path = file or home / CONFIG_NAME
    try:
        raw = toml_text.loads(path.read_bytes())
    except FileNotFoundError:
        raise WrongUse(
            f"There is no {path}. Make it with: linkwork-agent setup csv "
            "--urn URN --name NAME --path FILE, or name another folder with --home."
        ) from None
    except toml_text.NotToml as problem:
        raise WrongUse(f"{path} is not valid TOML: {problem}. Correct it there.") from problem
    except PermissionError as problem:
        raise WrongUse(
            f"{path} is closed to the account this runs as. It holds no secret: let every account "
            "of this machine read it (on Linux: chmod a+r)."
        ) from problem
    except OSError as problem:
        raise WrongUse(
            f"{path} cannot be read: {problem.strerror}. What belongs there is a file of settings."
        ) from problem
    return read(raw, home, file)


def read(raw: Mapping[str, Any], home: Path, file: Path | None = None) -> Config:
    """Check what agent.toml holds. Raises WrongUse naming the key, the file and the remedy."""
    wrong = _wrong(file or home / CONFIG_NAME)
    _only(raw, {"school", "schedule", "codes", "calendar", "network"}, "", wrong)
    everywhere = _Everywhere(_codes(raw, "", wrong), _calendar(raw, "", wrong))
    tables = raw.get("school", [])
    if not isinstance(tables, list) or not tables:
        raise wrong("it names no school", "Add a [[school]] table with urn, name and mis")
    schools = tuple(_school(table, everywhere, wrong) for table in tables)
    urns = [school.urn for school in schools]
    for urn in urns:
        if urns.count(urn) > 1:
            raise wrong(f"school {urn} stands in it twice", "Keep one [[school]] table a school")
    network = _network(raw.get("network", {}), (file or home / CONFIG_NAME).parent, wrong)
    return Config(home, schools, _schedule(raw.get("schedule", {}), wrong), file, network)


def _wrong(path: Path) -> Wrong:
    return lambda problem, remedy: WrongUse(f"{path}: {problem}. {remedy}.")


def _only(table: Mapping[str, Any], allowed: set[str], place: str, wrong: Wrong) -> None:
    for key in table:
        if key not in allowed:
            raise wrong(
                f"unknown key {place}{key}",
                f"Remove it, or write one of: {', '.join(sorted(allowed))}",
            )


class _Everywhere(NamedTuple):
    """What holds for every school that does not say otherwise."""

    codes: Mapping[str, Any]
    calendar: str | None


def _calendar(table: Mapping[str, Any], place: str, wrong: Wrong) -> str | None:
    path = table.get("calendar")
    if path is not None and (not isinstance(path, str) or not path.strip()):
        raise wrong(f"{place}calendar is not text", "Write the path of the file in quotes")
    return path


def _codes(table: Mapping[str, Any], place: str, wrong: Wrong) -> Mapping[str, Any]:
    """A `codes` table, in capitals as codes are read; a school's line stands for the general."""
    codes = table.get("codes", {})
    if not isinstance(codes, dict):
        raise wrong(f"{place}codes is not a table", f"Write it as [{place}codes]")
    read = {code.upper(): meaning for code, meaning in codes.items()}
    if len(read) < len(codes):
        raise wrong(f"a code stands twice in {place}codes", "Capitals make no difference there")
    return read


def _school(table: Any, everywhere: _Everywhere, wrong: Wrong) -> School:
    if not isinstance(table, dict):
        raise wrong("school is not a table", "Write each school under its own [[school]] line")
    refuse_secrets(table, "school.", wrong)
    known = {"urn", "name", "mis", "settings", "codes", "calendar", "leave"}
    _only(table, known, "school.", wrong)
    texts: dict[str, str] = {}
    for key in ("urn", "name", "mis"):
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise wrong(
                f"school.{key} is missing or is not text", f'Write it in quotes: {key} = "…"'
            )
        texts[key] = value.strip()
    if not (texts["urn"].isascii() and texts["urn"].isdigit() and len(texts["urn"]) <= 12):
        raise wrong(
            f"school.urn {texts['urn']!r} is not a URN", "Write the school's number, digits only"
        )
    settings = table.get("settings", {})
    if not isinstance(settings, dict):
        raise wrong("school.settings is not a table", "Write it as [school.settings]")
    codes = {**everywhere.codes, **_codes(table, "school.", wrong)}
    calendar = _calendar(table, "school.", wrong) or everywhere.calendar
    rules = leave.read(table.get("leave"), "school.leave", wrong)
    return School(**texts, settings=settings, codes=codes, calendar=calendar, leave=rules)


def refuse_secrets(table: Mapping[str, Any], place: str, wrong: Wrong) -> None:
    """Raise when a key, at any depth, is named like a secret."""
    for key, value in table.items():
        if any(word in key.lower() for word in SECRET_WORDS):
            raise wrong(
                f"{place}{key} is a secret, and secrets do not stand in this file",
                f"Remove it here and write it alone into schools/URN/keys/mis-{key}, "
                "readable only by the agent's account",
            )
        if isinstance(value, dict):
            refuse_secrets(value, f"{place}{key}.", wrong)


def _network(table: Any, folder: Path, wrong: Wrong) -> Network:
    if not isinstance(table, dict):
        raise wrong("network is not a table", "Write it as [network]")
    _only(table, {"ca_file", "proxy"}, "network.", wrong)
    ca_file, proxy = table.get("ca_file"), table.get("proxy")
    if ca_file is not None:
        ca_file = _absolute(ca_file, folder, "network.ca_file")
    if proxy is not None:
        parts = urlsplit(proxy) if isinstance(proxy, str) else None
        if parts is None or parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
            raise wrong(
                "network.proxy is not a proxy's address", 'Write it as "http://proxy.school:8080"'
            )
        if parts.username or parts.password:
            raise wrong(
                "network.proxy holds a name or a password, and secrets do not stand in this file",
                "Let the proxy pass this machine without them",
            )
    return Network(ca_file, proxy)


def _schedule(table: Any, wrong: Wrong) -> dict[str, Timing]:
    if not isinstance(table, dict):
        raise wrong("schedule is not a table", "Write it as [schedule]")
    _only(table, set(JOBS), "schedule.", wrong)
    return {
        job: _timing(job, table[job], wrong) if job in table else DEFAULT_SCHEDULE[job]
        for job in JOBS
    }


def _timing(job: str, value: Any, wrong: Wrong) -> Timing:
    place = f"schedule.{job}"
    remedy = f'Write {job} = {{ times = ["10:15"] }} or {job} = {{ every = 900 }} (seconds)'
    if not isinstance(value, dict):
        raise wrong(f"{place} is not a table", remedy)
    _only(value, {"times", "every", "limit"}, f"{place}.", wrong)
    times, every = value.get("times", []), value.get("every")
    limit = value.get("limit", DEFAULT_SCHEDULE[job].limit)
    if (every is None) == (not times):
        raise wrong(f"{place} needs either times or every", remedy)
    if every is not None and not _is_count(every):
        raise wrong(f"{place}.every is not a whole number of seconds above 0", remedy)
    if not isinstance(times, list) or not all(_is_time(time) for time in times):
        raise wrong(f"{place}.times is not a list of times like 10:15", remedy)
    if not _is_count(limit):
        raise wrong(f"{place}.limit is not a whole number of seconds above 0", "Correct it")
    return Timing(tuple(sorted(times)), every, limit)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 5 or value[2] != ":":
        return False
    hours, minutes = value[:2], value[3:]
    return hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60
