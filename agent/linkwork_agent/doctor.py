"""What is wrong on this machine and the remedy, one line a thing looked at."""

from __future__ import annotations

import getpass
import json
import os
import platform
import shlex
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from linkwork import wording
from linkwork.errors import LinkworkError
from linkwork_agent import joining, network, redact, show
from linkwork_agent.config import Config, Network, School
from linkwork_agent.credentials import credentials
from linkwork_agent.ports import Clock, Random
from linkwork_agent.store import base, changes, outbox, registers
from linkwork_agent.store.base import Store, open_existing
from linkwork_agent.work import Place, desk_of, hub_of, mis_of

LEAST_FREE_BYTES = 256 << 20
MOST_CLOCK_SECONDS = 300

NOT_JOINED = (
    "Ask the authority for a join string and run: "
    'linkwork-agent join STRING --released-by "NAME OF THE HEAD"'
)

Seen = dict[str, Any]

#: States in which nothing is sent any more, and what ends them.
_ENDED = {
    "refused": "Ask the authority for a new join string and run: linkwork-agent join STRING.",
    "revoked": "Ask the authority why, and for a new join string: linkwork-agent join STRING.",
}


def examine(config: Config, schools: Sequence[School], clock: Clock, random: Random) -> list[Seen]:
    """Everything looked at: `what`, `ok`, `seen`, and a `remedy` where it is not well."""
    rows = [*_machine(config)]
    for school in schools:
        place = Place(config, school, clock, random)
        for look in (_keys, plugin_rows, _codes, _completeness, _last_read, _hub):
            rows += _named(config, school, look(place))
    return rows


def withheld(config: Config, schools: Sequence[School], clock: Clock, random: Random) -> list[Seen]:
    """The same, so that it may be mailed: what would name a person, a machine or a school, or
    open something, is taken out.
    """
    known = [platform.node(), getpass.getuser(), str(config.home), str(Path.home())]
    for school in schools:
        place = Place(config, school, clock, random)
        known += [school.name, *(text for text in _texts(school.settings) if len(text) > 3)]
        with suppress(LinkworkError):
            known += redact.file_names(_texts(config.options(school)))
        with suppress(LinkworkError):
            known += [each.value for each in credentials(school.urn, place.keys, os.environ)]
        with suppress(LinkworkError):
            known += _of_store(place)
    return redact.rows(examine(config, schools, clock, random), known)


def _of_store(place: Place) -> list[str]:
    """The six words, the hub's address, and who released what."""
    store = open_existing(place.folder / "agent.db")
    if store is None:
        return []
    with store:
        url = base.text(store.read, "hub_url") or ""
        known = [urlsplit(url).hostname or "", *(r.who for r in registers.releases(store.read))]
        with suppress(LinkworkError):
            known.append(joining.six_words_of(desk_of(place, store)))
    return known


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _named(config: Config, school: School, rows: Iterator[Seen]) -> Iterator[Seen]:
    for row in rows:
        remedy = config.typable(school, row["remedy"])
        yield row | {"what": f"{school.urn} {row['what']}", "remedy": remedy}


def _row(what: str, seen: str, remedy: str = "") -> Seen:
    return {"what": what, "ok": not remedy, "seen": seen, "remedy": remedy}


def _machine(config: Config) -> Iterator[Seen]:
    yield _row("configuration", f"{config.path}: {wording.number(len(config.schools), 'school')}")
    yield _written_by(config)
    free = shutil.disk_usage(config.home).free
    enough = free >= LEAST_FREE_BYTES
    remedy = f"Make {LEAST_FREE_BYTES >> 20} MB free there: messages are kept until they are sent."
    yield _row("disk", f"{free >> 20} MB free at {config.home}", "" if enough else remedy)
    mode, synchronous = base.journal(sqlite3.sqlite_version_info)
    yield _row("store", f"SQLite {sqlite3.sqlite_version}, journal {mode}, sync {synchronous}")


def _written_by(config: Config) -> Seen:
    """No secret stands in agent.toml: others may read it, and may not change what it says."""
    if sys.platform == "win32":
        return _row("permissions", f"{config.path}: not told by file modes here")
    for path in (config.path.parent, config.path):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o022:
            remedy = f"Close it with: chmod go-w {shlex.quote(str(path))}"
            return _row("permissions", f"{path} can be changed by others (mode {mode:o})", remedy)
    return _row("permissions", f"{config.path}: changed by this account alone")


def _keys(place: Place) -> Iterator[Seen]:
    if not place.keys.has(joining.SIGN_KEY):
        yield _row("keys", "none yet: they are made when the school joins")
        return
    try:
        place.keys.refuse_wider()
        # Opening the store refuses it, and the school's folder, when others can read them.
        with place.store() as store:
            words = joining.six_words_of(desk_of(place, store))
        yield _row("keys", f"with the store readable by this account alone; six words: {words}")
    except LinkworkError as problem:
        yield _row("keys", "not as they must be", str(problem))


def plugin_rows(place: Place) -> Iterator[Seen]:
    """What a school's plugin says of itself and of the school system."""
    name = f"plugin {place.school.mis}"
    try:
        given = credentials(place.school.urn, place.keys, os.environ)
        if given:
            seen = ", ".join(f"{each.name} from {each.source}" for each in given)
            yield _row(f"{name}: secrets", seen)
        checks = list(mis_of(place).check())
    except LinkworkError as problem:
        yield _row(name, "could not be opened", str(problem))
        return
    for check in checks:
        remedy = "" if check.ok else check.remedy or "See the plugin's documentation."
        yield _row(f"{name}: {check.name}", check.seen, remedy)
        if check.count is not None:
            yield _counts(place, check.count)


def _counts(place: Place, in_mis: int) -> Seen:
    """Pupils side by side: in the MIS, read, sent, received. Those who left are read only while
    they are on the year's roll, so that fewer read than held is no fault; none read is.
    """
    told = [f"{place.school.mis} {in_mis:,}"]
    store = open_existing(place.folder / "agent.db")
    if store is None:
        return _row("pupils", f"{told[0]}; none read yet")
    with store:
        run = registers.last_run(store.read)
        if run is None:
            return _row("pupils", f"{told[0]}; none read yet")
        told.append(f"read {run.pupils:,} on {run.read_at[:10]}")
        last = outbox.last_of(store.read, "summary")
        if last is not None:
            receipt = f"received {last.acked_at[:10]}" if last.acked_at else "no receipt yet"
            told.append(f"sent as totals {last.created[:10]}, {receipt}")
    more = run.pupils > in_mis
    remedy = "More were read than the MIS shows now: compare, and read again."
    return _row("pupils", "; ".join(told), remedy if more else "")


def _completeness(place: Place) -> Iterator[Seen]:
    """How whole the last read was; what is missing is named where the register is, not here."""
    try:
        store = open_existing(place.folder / "agent.db")
    except LinkworkError:
        return  # The look at the hub says what is wrong with the store.
    if store is None:
        return
    with store:
        whole = show.completeness(store.read)
    if whole is None:
        yield _row("completeness", "not read yet")
        return
    missing = whole["to_look_at"]
    remedy = (
        f"To look at: {missing}. Which they are: linkwork-agent export --out DIR, then "
        "linkwork-agent check DIR/register.csv"
    )
    yield _row("completeness", whole["words"], remedy if missing else "")


def _codes(place: Place) -> Iterator[Seen]:
    """What the school's own codes mean, both ways round."""
    from linkwork import codes, local_codes

    try:
        own = place.config.own_codes(place.school)
        sets = [codes.builtin(name) for name in codes.names()]
        local_codes.refuse_senseless(own, sets)
    except LinkworkError as problem:
        yield _row("codes", "not as they must be", str(problem))
        return
    if not own.meanings:
        yield _row("codes", "the nation's alone; [codes] in agent.toml says what others mean")
    for meaning, written in own.written_as().items():
        name = next((s.codes[meaning].name for s in reversed(sets) if meaning in s.codes), None)
        what = f"{meaning} ({name})" if name else "unknown: neither present nor absent, counted"
        yield _row("codes", f"{', '.join(written)} read as {what}")


def _last_read(place: Place) -> Iterator[Seen]:
    """What looked wrong with the register when it was last read."""
    try:
        store = open_existing(place.folder / "agent.db")
    except LinkworkError:
        return  # `_hub` says what is wrong with it.
    if store is None:
        return
    with store:
        said = json.loads(base.text(store.read, "doubts") or "[]")
        read_at = base.text(store.read, "last_read")
    if read_at is None:
        return
    if not said:
        yield _row("register", f"read on {read_at[:10]}: nothing looks wrong with it")
    for sentence in said:
        yield _row("register", sentence)


def _hub(place: Place) -> Iterator[Seen]:
    try:
        store = open_existing(place.folder / "agent.db")
    except LinkworkError as problem:
        yield _row("store", "cannot be used", str(problem))
        return
    url = base.text(store.read, "hub_url") if store else None
    if store is not None and url is None and base.text(store.read, "state") in _ENDED:
        with store:
            reason = base.text(store.read, "state_reason") or ""
        yield _row("hub", f"the authority refused the enrolment: {reason}", _ENDED["refused"])
        return
    if store is None or url is None:
        yield _row("hub", "not joined", NOT_JOINED)
        return
    with store:
        yield _changes(store)
        yield _certificate(url, place.config.network, place.clock())
        yield _reached(store, url, place.config.network)
        yield _clock(store)


def _changes(store: Store) -> Seen:
    words = changes.waiting_words(store.read)
    return _row("changed marks", "wait for a person" if words else "none waits", words)


def _reached(store: Store, url: str, way: Network) -> Seen:
    try:
        with hub_of(store, way) as hub:
            # Its keys are checked against the root the join string named, as at every use.
            joining.verify(store, hub.keyset())
    except LinkworkError as problem:
        return _row("hub", url, str(problem))
    state = base.text(store.read, "state") or ""
    return _row(
        "hub", f"{url} answers with the authority's own keys; state {state}", _ENDED.get(state, "")
    )


def _certificate(url: str, way: Network, now: datetime) -> Seen:
    host = urlsplit(url).hostname
    if not url.startswith("https://"):
        return _row("connection", f"{url} is this machine itself, no certificate")
    by = f" through the proxy {way.proxy}" if way.proxy else ""
    try:
        found = network.seen(url, way)
    except (OSError, ValueError) as problem:
        remedy = "Ask for the address to be let through on port 443, or name the proxy in [network]"
        return _row("connection", f"{host}{by}: {problem}", f"{remedy} of agent.toml.")
    said = f"{host}{by}: certificate issued by {found.issuer}"
    if not found.trusted:
        remedy = "If that is the school's filter, give its certificate as ca_file under [network]"
        return _row("connection", f"{said}, not trusted here", f"{remedy} in agent.toml.")
    if not found.public:
        said += (
            ", which only this machine trusts: your filter opens TLS, or the hub has an issuer of "
            "its own. Either is all right, for what is sent is sealed before"
        )
    said += f"; good until {found.valid.last.date()}"
    left = found.valid.days_left(now)
    remedy = f"It ends in {left} days: have the authority, or whoever runs the filter, renew it."
    return _row("connection", said, remedy if left is not None else "")


def _clock(store: Store) -> Seen:
    offset = base.text(store.read, "clock_offset")
    if offset is None:
        return _row("clock", "not compared yet: the hub has not answered")
    wrong = abs(int(offset)) > MOST_CLOCK_SECONDS
    remedy = "Set this machine's clock, or let it be set from the network."
    return _row("clock", f"{offset} seconds from the hub's", remedy if wrong else "")
