"""What each command does: read the configuration, do it, print it. Heavy parts load when used."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from linkwork.errors import WrongUse
from linkwork_agent import show
from linkwork_agent.config import (
    JOBS,
    Config,
    School,
    file_of,
    home_of,
    installed_urn,
    load,
    typable,
)
from linkwork_agent.person import account
from linkwork_agent.ports import system_random, utc_now

if TYPE_CHECKING:
    from linkwork_agent.source import Source
    from linkwork_agent.work import Place

Command = Callable[[Namespace, TextIO], int]
Rows = Callable[[Config, School], list[show.Facts]]

LEAVES = "It leaves with the next delivery: linkwork-agent once --job deliver"


def config_of(given: Namespace) -> Config:
    """The configuration of the home folder the command names."""
    home = home_of(given.home, os.environ)
    return load(home, file_of(home, os.environ))


def check(given: Namespace, out: TextIO) -> int:
    """`check`: needs no configuration."""
    from linkwork_agent.check import run_check
    from linkwork_agent.setup import profile_path

    return run_check(
        given.files,
        policy=given.policy,
        calendar=given.calendar,
        codes=given.codes,
        as_of=given.as_of,
        urn=given.urn,
        profile=profile_path(given.profile, home_of(given.home, os.environ)),
        since=given.since,
        by=given.by,
        fmt=given.format,
        out=out,
    )


def explain(given: Namespace, out: TextIO) -> int:
    """`explain`: from files without configuration, else from the school's own system."""
    from linkwork_agent.explain import run_explain

    return run_explain(
        given.pupil,
        _source(given),
        policy=given.policy,
        trigger=given.trigger,
        as_of=given.as_of,
        fmt=given.format,
        out=out,
    )


def consistency(given: Namespace, out: TextIO) -> int:
    """`consistency`: from files without configuration, else from the school's own system."""
    from linkwork_agent.consistency import run_consistency

    return run_consistency(
        _source(given), policy=given.policy, as_of=given.as_of, fmt=given.format, out=out
    )


def export(given: Namespace, out: TextIO) -> int:
    """`export`: canonical files, from files or from the school's own system."""
    from pathlib import Path

    from linkwork_agent.export import Wanted, run_export

    wanted = Wanted(Path(given.out), given.force, given.contacts, given.reason)
    return run_export(_source(given), wanted, out)


def _source(given: Namespace) -> Source:
    from linkwork_agent.setup import profile_path
    from linkwork_agent.source import InHand, source_of

    profile = profile_path(given.profile, home_of(given.home, os.environ))
    files = InHand(given.files, given.calendar, given.urn, given.codes, profile)
    return source_of(files, lambda: _named_place(given))


def _named_place(given: Namespace) -> Place:
    config = config_of(given)
    return _place(config, config.school(given.urn))


def setup(given: Namespace, out: TextIO) -> int:
    """`setup`: write agent.toml, or understand an export first."""
    import getpass

    from linkwork_agent import plugins as installed
    from linkwork_agent import setup as setting_up

    home = home_of(given.home, os.environ)
    if given.files:
        return _setup_files(given, home, out)
    given.urn = given.urn or installed_urn(home)
    if not given.urn or not given.name:
        raise WrongUse("setup needs --urn and --name, or an export to understand: setup csv FILE")
    settings = setting_up.settings_of(given.path, given.contacts, given.calendar, given.set)
    questions = installed.questions(given.mis) if given.mis in installed.available() else ()
    secrets: dict[str, str] = {}
    if given.secrets_stdin:
        secrets = setting_up.secrets_of(sys.stdin, questions)
    elif sys.stdin.isatty():
        more, secrets = setting_up.asked(questions, settings, input, getpass.getpass)
        settings |= more
    file = file_of(home, os.environ)
    config = setting_up.add_school(home, given.urn, given.name, given.mis, settings, file)
    school = config.school(given.urn)
    for name, value in secrets.items():
        _place(config, school).keys.keep_secret(name, value)
    print(f"Wrote {config.path}. Next: {typable('linkwork-agent doctor', home)}", file=out)
    return _look(config, school, out) if questions else 0


def _look(config: Config, school: School, out: TextIO) -> int:
    """What the plugin sees, at once: exit 1 when something needs a remedy first."""
    from linkwork_agent.doctor import plugin_rows

    rows = list(plugin_rows(_place(config, school)))
    _print_report(rows, out)
    return 0 if all(row["ok"] for row in rows) else 1


def _place(config: Config, school: School) -> Place:
    from linkwork_agent.work import Place

    return Place(config, school, utc_now, system_random)


def _setup_files(given: Namespace, home: Path, out: TextIO) -> int:
    from linkwork_agent.person import AtTerminal, answers_of
    from linkwork_agent.setup import understand

    person = AtTerminal(sys.stdin.readline, out, answers_of(given.answers), given.yes)
    return understand(given, home, person, out, file_of(home, os.environ))


def plugins(given: Namespace, out: TextIO) -> int:
    """`plugins`: their names; `plugins new NAME`: the package of another."""
    from linkwork_agent.plugins import available

    if given.verb == "new":
        return _new_plugin(given, out)
    rows: list[show.Facts] = [{"name": name} for name in available()]
    if given.format == "json":
        show.print_json(rows, out)
    else:
        show.print_table(rows, ["name"], "No plugin is installed.", out)
    return 0


def _new_plugin(given: Namespace, out: TextIO) -> int:
    from linkwork_agent import new_plugin

    if not given.name:
        raise WrongUse("Name the new plugin: linkwork-agent plugins new NAME")
    folder = new_plugin.write(given.name, Path(given.to))
    print(
        f"Wrote {folder}. It passes its own tests where linkwork, httpx and pytest are installed: "
        f"cd {folder} && python -m pytest",
        file=out,
    )
    return 0


def status(given: Namespace, out: TextIO) -> int:
    """`status`: one object for one school, a list for several."""
    config = config_of(given)
    schools = config.chosen(given.urn)
    facts = [show.status(config, school) for school in schools]
    if given.format == "json":
        show.print_json(facts[0] if len(facts) == 1 else facts, out)
    else:
        for school, of_it in zip(schools, facts, strict=True):
            show.print_status(config, school, of_it, out)
    return 0


def outbox(given: Namespace, out: TextIO) -> int:
    """`outbox`: the newest messages."""
    columns = ["epoch", "seq", "kind", "created", "acknowledged", "refused", "words"]
    return listed(given, out, show.outbox_rows, columns, "The outbox is empty.")


def sent(given: Namespace, out: TextIO) -> int:
    """`sent`: what left this building."""
    return listed(
        given,
        out,
        lambda config, school: show.sent_rows(config, school, given.limit),
        ["at", "kind", "receipt", "words", "named"],
        "Nothing has left this building.",
    )


def requests(given: Namespace, out: TextIO) -> int:
    """`requests`: what the authority asks."""
    columns = [
        *("id", "state", "asks", "mis_id", "short", "trigger", "asked_by", "asked_on", "due"),
        *("message", "evidence"),
    ]
    return listed(given, out, show.request_rows, columns, "The authority has asked nothing.")


def listed(given: Namespace, out: TextIO, rows: Rows, columns: list[str], empty: str) -> int:
    """Print the rows of the schools that are meant, as a table or as JSON."""
    config = config_of(given)
    found = [row for school in config.chosen(given.urn) for row in rows(config, school)]
    if given.format == "json":
        show.print_json(found, out)
    else:
        show.print_table(found, columns, empty, out)
    return 0


def doctor(given: Namespace, out: TextIO) -> int:
    """`doctor`: exit 0 when all is well, 1 when something needs a remedy."""
    from linkwork_agent.doctor import examine, withheld

    config = config_of(given)
    look = withheld if given.redact else examine
    rows = look(config, config.chosen(given.urn), utc_now, system_random)
    if given.format == "json":
        show.print_json(rows, out)
    else:
        _print_report(rows, out)
    return 0 if all(row["ok"] for row in rows) else 1


def _print_report(rows: list[show.Facts], out: TextIO) -> None:
    marked = [row | {"ok": "ok" if row["ok"] else "!!"} for row in rows]
    show.print_table(marked, ["ok", "what", "seen", "remedy"], "", out)


def join(given: Namespace, out: TextIO) -> int:
    """`join`: enrol, or only renew what may leave."""
    from linkwork_agent.join_command import join_school

    config = config_of(given)
    return join_school(config, config.school(given.urn), given, sys.stdin, out)


def rekey(given: Namespace, out: TextIO) -> int:
    """`rekey`: one step of it; the hub's worker looks in between."""
    from linkwork_agent import rekeying
    from linkwork_agent.work import hub_of, office_of

    place = _named_place(given)
    with place.store() as store, hub_of(store) as hub:
        done = rekeying.step(office_of(place, store), hub)
    if done:
        print("The authority knows the new keys: they are in use from now on.", file=out)
    else:
        print(
            "The new keys are handed over. They come into use at a later call, by themselves, or "
            "with this command once more. Until then the keys in use stay good.",
            file=out,
        )
    return 0


def run(given: Namespace, _out: TextIO) -> int:
    """`run`: the supervisor. Imports no part that a job needs."""
    from linkwork_agent import service
    from linkwork_agent.locks import only_one

    config = config_of(given)
    with only_one(config.home / "run.lock", "An agent"):
        service.serve(service.supervisor_here(config), given.seconds, given.until_idle)
    return 0


def once(given: Namespace, out: TextIO) -> int:
    """`once`: the jobs in order; the exit code is that of the first that failed."""
    from linkwork_agent.work import Place, run_job

    config = config_of(given)
    if given.slot is not None:
        return _child(given, Place(config, config.school(given.urn), utc_now, system_random))
    code = 0
    for school in config.chosen(given.urn):
        for job in [given.job] if given.job else JOBS:
            outcome = run_job(Place(config, school, utc_now, system_random), job)
            if outcome is not None:
                sentence = config.typable(school, outcome.sentence)
                print(f"{school.urn} {job}: {sentence}", file=out, flush=True)
                code = code or outcome.exit_code
    return code


def _child(given: Namespace, place: Place) -> int:
    """One slot for the supervisor: a log line in place of sentences, and an end of its own."""
    import signal

    from linkwork_agent import log
    from linkwork_agent.work import run_job

    if given.limit and hasattr(signal, "alarm"):
        # Should the supervisor be gone when time is up, nobody else would end this process.
        signal.alarm(given.limit + 30)
    outcome = run_job(place, given.job, given.slot)
    if outcome is None:
        log.write("done-before", school=place.school.urn, job=given.job, slot=given.slot)
        return 0
    log.write("job", school=outcome.urn, job=outcome.job, outcome=outcome.shared)
    return outcome.exit_code


def changes(given: Namespace, out: TextIO) -> int:
    """`changes`: list them, or decide what waits."""
    from linkwork_agent import corrections
    from linkwork_agent.store.base import open_store

    config = config_of(given)
    if given.verb is not None:
        school = config.school(given.urn)
        with open_store(config.folder(school) / "agent.db") as store:
            by = given.by or account()
            words = corrections.decide(store, school, given.verb, given.id, by, utc_now)
        print(config.typable(school, words), file=out)
        return 0
    schools = config.chosen(given.urn)
    facts = [corrections.listed(config, school, given.limit) for school in schools]
    if given.format == "json":
        show.print_json(facts[0] if len(facts) == 1 else facts, out)
        return 0
    for school, of_it in zip(schools, facts, strict=True):
        if len(schools) > 1:
            print(f"{school.name} ({school.urn})", file=out)
        corrections.print_table(of_it, out)
    return 0


def declare(given: Namespace, out: TextIO) -> int:
    """`declare`: list what the school has said, say something, end it or take it back."""
    from linkwork_agent import declare as saying
    from linkwork_agent.store.base import open_store

    config = config_of(given)
    if given.what is None:
        columns = ["id", "what", "mis_id", "name", "first", "last", "state", "by", "reason"]
        empty = "Nothing is said beside the marks."
        return listed(given, out, saying.listed, columns, empty)
    if given.whom is None:
        whom = "NUMBER" if given.what in ("end", "withdraw") else "PUPIL"
        raise WrongUse(f"Say of which: linkwork-agent declare {given.what} {whom}")
    school, by = config.school(given.urn), given.by or account()
    with open_store(config.folder(school) / "agent.db") as store:
        if given.what in ("end", "withdraw"):
            words = saying.change(store, given.what, given.whom, given.until, by, utc_now)
        else:
            said = saying.Said(given.what, given.whom, given.first, given.until, given.reason, by)
            words = saying.declare(store, said, utc_now, school.leave)
    print(config.typable(school, words), file=out)
    return 0
