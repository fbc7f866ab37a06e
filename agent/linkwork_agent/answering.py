"""The commands by which a school answers, and keeps its own record. Heavy parts load when used."""

from __future__ import annotations

from argparse import Namespace
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TextIO

from linkwork.errors import Refused, WrongUse
from linkwork_agent import commands
from linkwork_agent.config import Config, typable
from linkwork_agent.ports import system_random, utc_now


def refer(given: Namespace, out: TextIO) -> int:
    """`refer`: the referral goes into the outbox and leaves with the next delivery."""
    from linkwork_agent import answers
    from linkwork_agent.work import Place

    config = commands.config_of(given)
    place = Place(config, config.school(given.urn), utc_now, system_random)
    evidence = answers.evidence(given.evidence, given.without)
    words = answers.refer(place, given.request, evidence, given.reason, given.by)
    print(f"{words} {config.typable(place.school, commands.LEAVES)}", file=out)
    return 0


def leave(given: Namespace, out: TextIO) -> int:
    """`leave`: list stretches of leave without permission, or ask for a penalty notice for one."""
    from linkwork_agent import answers, leave_taken
    from linkwork_agent.work import Place

    config = commands.config_of(given)
    if given.verb is None:
        columns = ["kind", "mis_id", "name", "form", "first", "last", "sessions", "to_do"]
        empty = "No leave is coded G in the register as it was read last."
        rows = partial(leave_taken.listed, today=utc_now().astimezone().date())
        _read_first(config, given.urn)
        return commands.listed(given, out, rows, columns, empty)
    if given.whom is None or not given.by.strip() or not given.reason.strip():
        raise WrongUse(
            "Say for whom, who asks and why: linkwork-agent leave ask PUPIL --by NAME --reason "
            '"...". Nothing was asked for.'
        )
    place = Place(config, config.school(given.urn), utc_now, system_random)
    asked = leave_taken.Request(
        given.whom,
        leave_taken.day(given.first),
        given.reason.strip(),
        given.by.strip(),
        answers.evidence(given.evidence, []),
        given.again,
    )
    words = leave_taken.ask(place, asked)
    print(f"{words} {config.typable(place.school, commands.LEAVES)}", file=out)
    return 0


def _read_first(config: Config, urn: str | None) -> None:
    """Raise Refused where a school's register was never read: an empty list would be no answer."""
    from linkwork_agent import unread
    from linkwork_agent.store.base import open_existing

    for school in config.chosen(urn):
        store = open_existing(config.folder(school) / "agent.db")
        try:
            with store or nullcontext():
                unread.refuse(store.read if store else None)
        except Refused as problem:
            several = f"{school.name} ({school.urn}): " if len(config.schools) > 1 else ""
            words = f"{several}{config.typable(school, str(problem))}"
            raise Refused(f"{words} Another school alone: --urn" if several else words) from None


def actions(given: Namespace, out: TextIO) -> int:
    """`actions`: list them, or say what became of one."""
    from linkwork_agent import agreed, answers
    from linkwork_agent.work import Place

    config = commands.config_of(given)
    places = [Place(config, school, utc_now, system_random) for school in config.chosen(given.urn)]
    if given.verb is None:
        columns = ["id", "standing", "due", "who", "what", "mis_id", "urn"]
        today = utc_now().astimezone().date()
        rows = partial(agreed.action_rows, today=today, every=given.all)
        code = commands.listed(given, out, rows, columns, "No action is agreed.")
        for place in places:
            agreed.seen(place)
        return code
    if given.id is None:
        raise WrongUse(f"Say which action: linkwork-agent actions {given.verb} ID.")
    evidence = answers.evidence(given.evidence, [])
    words = agreed.progress(places, given.id, given.verb, given.by, given.note, evidence)
    print(f"{words} {typable(commands.LEAVES, config.home)}", file=out)
    return 0


def records(given: Namespace, out: TextIO) -> int:
    """`records`: list what meetings agreed, show one, or confirm it."""
    from linkwork_agent import meeting_records
    from linkwork_agent.work import Place

    config = commands.config_of(given)
    places = [Place(config, school, utc_now, system_random) for school in config.chosen(given.urn)]
    if given.verb is None:
        columns = ["id", "version", "day", "meeting", "confirmed_by", "digest"]
        empty = "No record of a meeting has come."
        return commands.listed(given, out, meeting_records.record_rows, columns, empty)
    if given.id is None:
        raise WrongUse(f"Say which record: linkwork-agent records {given.verb} ID.")
    if given.verb == "show":
        print(meeting_records.shown(places, given.id), file=out)
        return 0
    if not given.by.strip():
        raise WrongUse("Say who confirms it for the school: --by NAME. Nothing was sent.")
    words = meeting_records.confirm(places, given.id, given.by.strip())
    print(f"{words} {typable(commands.LEAVES, config.home)}", file=out)
    return 0


def meetings(given: Namespace, out: TextIO) -> int:
    """`meetings`: list what is planned; release the list of names for one, or take it back."""
    from linkwork_agent import planned
    from linkwork_agent.work import Place

    config = commands.config_of(given)
    places = [Place(config, school, utc_now, system_random) for school in config.chosen(given.urn)]
    if given.verb is None:
        columns = ["id", "day", "meeting", "names_from", "names_through", "list"]
        rows = partial(planned.meeting_rows, today=utc_now().astimezone().date())
        return commands.listed(given, out, rows, columns, "No meeting is planned.")
    if given.id is None:
        raise WrongUse(f"Say which meeting: linkwork-agent meetings {given.verb} ID.")
    if not given.by.strip():
        raise WrongUse(
            "Say who releases the names or takes them back: --by NAME. Nothing was changed."
        )
    done = planned.release if given.verb == "release" else planned.withdraw
    print(typable(done(places, given.id, given.by.strip()), config.home), file=out)
    return 0


def contacted(given: Namespace, out: TextIO) -> int:
    """`contacted`: list the contacts about pupils, or keep one; none of it leaves."""
    from linkwork_agent import contacted as keeping
    from linkwork_agent.store.base import open_store

    config = commands.config_of(given)
    acts = given.with_whom, given.how, given.note, given.corrects, given.at, given.by
    if not any(acts):
        columns = ["id", "mis_id", "name", "when", "with", "how", "by", "note", "corrected_by"]
        table = given.format == "table"
        rows = partial(keeping.listed, whom=given.whom, spoken=table)
        return commands.listed(given, out, rows, columns, "No contact is noted.")
    if given.whom is None or given.with_whom is None or given.how is None:
        raise WrongUse(
            "Say about whom, with whom and how: linkwork-agent contacted PUPIL --with parent "
            '--how call --note "...". Nothing was kept.'
        )
    by = given.by.strip()
    if not by:
        raise WrongUse("Say who it was at the school: --by NAME. Nothing was kept.")
    school = config.school(given.urn)
    said = keeping.Said(
        given.whom, given.with_whom, given.how, given.note, by, given.at, given.corrects
    )
    with open_store(config.folder(school) / "agent.db") as store:
        words = keeping.record(store, said, utc_now)
    print(f"{words} It stays at the school.", file=out)
    return 0


def ring(given: Namespace, out: TextIO) -> int:
    """`ring`: whom to telephone, with what came of it."""
    from linkwork_agent import ring as ringing
    from linkwork_agent.show import print_json

    config = commands.config_of(given)
    schools = config.chosen(given.urn)
    found = [ringing.calls(config, school) for school in schools]
    if given.format == "json":
        print_json(found[0] if len(found) == 1 else found, out)
        return 0
    for school, calls in zip(schools, found, strict=True):
        if len(schools) > 1:
            print(f"{school.name} ({school.urn})", file=out)
        words = partial(config.typable, school)
        ringing.print_calls(calls, utc_now().astimezone().date(), words, out)
    return 0


def letters(given: Namespace, out: TextIO) -> int:
    """`letters`: list those to send, write them, or note one as sent."""
    from linkwork_agent import letters as writing
    from linkwork_agent.store.base import open_store

    if given.verb == "template":
        print("\n".join(each.text for each in writing.shipped().values()), end="", file=out)
        return 0
    config = commands.config_of(given)
    if given.verb is None:
        folder = None if given.write is None else Path(given.write)
        rows = partial(writing.listed, today=utc_now().astimezone().date(), write=folder)
        columns = ["mis_id", "name", "form", "rule", "first", "last", "days", "state"]
        columns += ["file"] if folder else []
        _read_first(config, given.urn)
        return commands.listed(given, out, rows, columns, "No letter is to be sent.")
    if given.whom is None:
        raise WrongUse("Say whose letter was sent: linkwork-agent letters sent PUPIL --by NAME")
    school, by = config.school(given.urn), given.by.strip()
    if not by:
        raise WrongUse("Say who sent it: --by NAME. Nothing was noted.")
    sent = writing.Sent(given.whom, by, given.first, given.at, given.note)
    with open_store(config.folder(school) / "agent.db") as store:
        words = writing.note_sent(store, (config, school), sent, utc_now)
    print(f"{words} It stays at the school.", file=out)
    return 0
