"""The command line: what each command is called and takes. The work is done elsewhere."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

from linkwork import __version__
from linkwork.errors import LinkworkError
from linkwork_agent import answering, commands, log
from linkwork_agent.config import JOBS, home_of, typable


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal, which argparse would load `shutil` and its compressors for.

    One is made for every argument: a short command like `status` must not begin with that.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


#: Commands that only look: each is asked often and by machines, so it starts with little.
_LOOKING = frozenset({"status", "doctor", "plugins", "outbox", "sent", "changes", "requests"})


def parser(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The command line: the whole, or what `argv` needs of it when it names a looking command."""
    root = argparse.ArgumentParser(
        formatter_class=_Help,
        prog="linkwork-agent",
        description="The Linkwork service at a school: reads the register, tells the authority "
        "what it must know, and shows the school what comes back.",
    )
    root.add_argument("--version", action="version", version=f"linkwork-agent {__version__}")
    root.add_argument(
        "--home", metavar="DIR", help="configuration, store and keys (or LINKWORK_HOME)"
    )
    add = root.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser
    given = list(argv or ())
    named = given[2:3] if given[:1] == ["--home"] else given[:1]
    looks = bool(named) and named[0] in _LOOKING
    groups = (_reading, _asking, _setting_up, _running, _looking, _answering, _declaring, _keeping)
    for group in (_looking,) if looks else groups:
        group(add)
    return root


#: Adds one more command: `add_parser` of what `add_subparsers` gives.
Add = Callable[..., argparse.ArgumentParser]


def _reading(to: Add) -> None:
    check = _command(to, "check", commands.check, "who in these register files needs someone today")
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument(
        "--policy",
        action="append",
        metavar="NAME|PATH",
        help="default: England's in force; several apply each to its own dates",
    )
    _of_files(check)
    check.add_argument("--as-of", metavar="DATE", help="default: the last date with a mark")
    check.add_argument(
        "--since",
        action="append",
        default=[],
        metavar="OLD",
        help="what changed since this older export; once for each of its files",
    )
    check.add_argument(
        "--by",
        action="append",
        default=[],
        choices=("year", "form"),
        help="sums by year group or form, for a meeting; may be repeated",
    )
    check.add_argument("--urn", help="which school, when the files hold more than one")
    check.add_argument("--format", choices=("table", "json", "csv"), default="table")
    explain = _command(to, "explain", commands.explain, "why this pupil was flagged, mark by mark")
    explain.add_argument("pupil", metavar="PUPIL", help="MIS id, UPN, pseudonym or whole name")
    explain.add_argument("files", nargs="*", metavar="FILE", help="default: the school's system")
    explain.add_argument("--trigger", metavar="NAME", help="just this rule")
    explain.add_argument(
        "--policy", action="append", metavar="NAME|PATH", help="default: the authority's"
    )
    _of_files(explain)
    explain.add_argument("--as-of", metavar="DATE", help="default: the last date with a mark")
    _printing(explain)
    export = _command(to, "export", commands.export, "write the register as canonical files")
    export.add_argument("files", nargs="*", metavar="FILE", help="default: the school's system")
    export.add_argument("--out", required=True, metavar="DIR", help="the folder to write into")
    export.add_argument("--force", action="store_true", help="replace the files that stand there")
    _of_files(export)
    export.add_argument("--urn", help="which school")
    export.add_argument(
        "--contacts",
        action="store_true",
        help="contacts too, of pupils in a return that waits or in a request",
    )
    export.add_argument("--reason", default="", metavar="WHY", help="why contacts; it is kept")


def _asking(to: Add) -> None:
    alike = _command(
        to, "consistency", commands.consistency, "how alike absence is coded with and without leave"
    )
    alike.add_argument("files", nargs="*", metavar="FILE", help="default: the school's system")
    alike.add_argument(
        "--policy", action="append", metavar="NAME|PATH", help="default: the authority's"
    )
    _of_files(alike)
    alike.add_argument("--as-of", metavar="DATE", help="default: the last date with a mark")
    _printing(alike)


def _of_files(command: argparse.ArgumentParser) -> None:
    """What says how register files are to be read: the same wherever they are."""
    command.add_argument("--calendar", metavar="PATH", help="the school days, when known")
    command.add_argument("--codes", metavar="FILE", help="TOML that says what own codes mean")
    command.add_argument("--profile", metavar="NAME|PATH", help="how the export is laid out")


def _setting_up(to: Add) -> None:
    setup = _command(to, "setup", commands.setup, "write agent.toml for one more school")
    setup.add_argument("mis", metavar="MIS", help="the plugin: see linkwork-agent plugins")
    setup.add_argument("files", nargs="*", metavar="FILE", help="exports to understand (csv)")
    setup.add_argument("--urn", help="the school's number; without it only a profile is kept")
    setup.add_argument("--name", help="the school's name")
    setup.add_argument("--path", help="the register: a file or a folder")
    setup.add_argument("--contacts", help="the file of parents and carers")
    setup.add_argument("--calendar", help="the file of school days")
    setup.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="another plugin setting"
    )
    setup.add_argument("--profile", metavar="NAME", help="the name to keep the layout under")
    setup.add_argument("--yes", action="store_true", help="ask nobody; take what the file says")
    setup.add_argument(
        "--answers",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="the answer to a question, such as dates=day-first; may be repeated",
    )
    setup.add_argument(
        "--secrets-stdin",
        action="store_true",
        help="read the plugin's secrets from standard input, one NAME=VALUE a line",
    )


def _running(to: Add) -> None:
    join = _command(to, "join", commands.join, "join the authority, and say what may leave")
    join.add_argument(
        "string", nargs="?", metavar="STRING", help="the join string, or - to be asked for it"
    )
    join.add_argument("--urn", help="which school")
    join.add_argument("--released-by", metavar="NAME", help="who releases: the head teacher")
    join.add_argument(
        "--release", metavar="LIST", help="what may leave by itself: return,meeting-list or none"
    )
    join.add_argument("--again", action="store_true", help="enrol once more, with new keys")
    rekey = _command(to, "rekey", commands.rekey, "make new keys and hand them to the authority")
    rekey.add_argument("--urn", help="which school")
    run = _command(to, "run", commands.run, "stay up and do each job when it is due")
    run.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="then stop")
    run.add_argument("--until-idle", action="store_true", help="stop when nothing is left to do")
    once = _command(to, "once", commands.once, "do the jobs now and stop")
    once.add_argument("--job", choices=JOBS, help="just this one")
    once.add_argument("--urn", help="just this school")
    # Given by the supervisor to its children.
    once.add_argument("--slot", help=argparse.SUPPRESS)
    once.add_argument("--limit", type=int, help=argparse.SUPPRESS)


def _looking(to: Add) -> None:
    _printing(_command(to, "status", commands.status, "how each school stands"))
    doctor = _printing(_command(to, "doctor", commands.doctor, "what is wrong, and the remedy"))
    doctor.add_argument(
        "--redact", action="store_true", help="so that it may be mailed: names, paths, hosts out"
    )
    plugins = _command(to, "plugins", commands.plugins, "the installed plugins, or a new one")
    _printing(plugins, urn=False).add_argument("verb", nargs="?", choices=("new",))
    plugins.add_argument("name", nargs="?", metavar="NAME", help="of the plugin to write")
    plugins.add_argument("--to", metavar="DIR", default=".", help="where to write it")
    _printing(_command(to, "outbox", commands.outbox, "messages waiting and lately delivered"))
    sent = _printing(_command(to, "sent", commands.sent, "what left this building, in words"))
    sent.add_argument("--limit", type=int, default=100, help="how many of the newest")
    changes = _command(to, "changes", commands.changes, "marks that became other ones")
    _printing(changes)
    changes.add_argument("verb", nargs="?", choices=("accept", "reject"))
    changes.add_argument("id", nargs="?", metavar="ID", help="default: everything that waits")
    changes.add_argument("--by", default="", metavar="NAME", help="who decides")
    changes.add_argument("--limit", type=int, default=20, help="how many of the newest")
    _printing(_command(to, "requests", commands.requests, "what the authority asks"))


def _answering(to: Add) -> None:
    refer = _command(to, "refer", answering.refer, "make the referral a request asks for")
    refer.add_argument("request", metavar="REQUEST", help="its id: see linkwork-agent requests")
    refer.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="ITEM=DATE:BY",
        help="what was done, when and by whom; once for each item",
    )
    refer.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="ITEM=WHY",
        help="an item of the list that was not done, and why",
    )
    refer.add_argument("--reason", required=True, help="why the school refers")
    refer.add_argument("--by", required=True, metavar="NAME", help="who makes the referral")
    refer.add_argument("--urn", help="which school")
    actions = _printing(
        _command(to, "actions", answering.actions, "what was agreed, and its state")
    )
    actions.add_argument("verb", nargs="?", choices=("done", "started", "declined"))
    actions.add_argument("id", nargs="?", metavar="ID")
    actions.add_argument("--note", default="", help="a few words for the authority")
    actions.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="ITEM=YYYY-MM-DD:BY",
        help="what shows it, when, by whom; may be repeated",
    )
    actions.add_argument("--all", action="store_true", help="withdrawn ones too")
    actions.add_argument("--by", default="", metavar="NAME", help="who did it")
    records = _printing(_command(to, "records", answering.records, "what meetings agreed"))
    records.add_argument("verb", nargs="?", choices=("show", "confirm"))
    records.add_argument("id", nargs="?", metavar="ID")
    records.add_argument("--by", default="", metavar="NAME", help="who confirms it")
    meetings = _printing(
        _command(to, "meetings", answering.meetings, "meetings planned, and the names for one")
    )
    meetings.add_argument("verb", nargs="?", choices=("release", "withdraw"))
    meetings.add_argument("id", nargs="?", metavar="ID")
    meetings.add_argument("--by", default="", metavar="NAME", help="who releases, or takes back")


def _declaring(to: Add) -> None:
    declare = _printing(
        _command(to, "declare", commands.declare, "what the school knows and no mark says")
    )
    declare.add_argument(
        "what",
        nargs="?",
        metavar="WHAT",
        help="irregular, sickness, leave, other-school, sickness-return; or end, withdraw",
    )
    declare.add_argument("whom", nargs="?", metavar="PUPIL", help="or the number to end, withdraw")
    declare.add_argument("--from", dest="first", metavar="DATE", help="default: today")
    declare.add_argument("--until", metavar="DATE", help="the last day; default: until it is ended")
    declare.add_argument(
        "--reason", default="", metavar="WHY", help="needed for a declaration; leaves as written"
    )
    declare.add_argument("--by", default="", metavar="NAME", help="who says it")
    leave = _printing(
        _command(to, "leave", answering.leave, "leave without permission, and asking for a notice")
    )
    leave.add_argument("verb", nargs="?", choices=("ask",))
    leave.add_argument("whom", nargs="?", metavar="PUPIL")
    leave.add_argument("--from", dest="first", metavar="DATE", help="a day of the leave meant")
    leave.add_argument("--reason", default="", metavar="WHY", help="why a notice is asked for")
    leave.add_argument("--by", default="", metavar="NAME", help="who asks for it")
    leave.add_argument("--again", action="store_true", help="the authority returned the first")
    leave.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="ITEM=DATE:BY",
        help="what was done, when and by whom; may be repeated",
    )


def _keeping(to: Add) -> None:
    contacted = _printing(
        _command(to, "contacted", answering.contacted, "what was done with a pupil or the family")
    )
    contacted.add_argument("whom", nargs="?", metavar="PUPIL")
    contacted.add_argument(
        "--with", dest="with_whom", choices=("parent", "pupil", "agency", "other")
    )
    contacted.add_argument(
        "--how", choices=("call", "letter", "visit", "meeting", "message", "none")
    )
    contacted.add_argument("--note", default="", metavar="WORDS", help="what came of it")
    contacted.add_argument("--by", default="", metavar="NAME", help="who did it")
    contacted.add_argument("--at", default="", metavar="TIME", help="default: now")
    contacted.add_argument(
        "--corrects", type=int, metavar="NUMBER", help="stands in place of this line"
    )
    _printing(_command(to, "ring", answering.ring, "whom to telephone today, and what came of it"))
    letters = _printing(
        _command(to, "letters", answering.letters, "letters home to send, and those sent")
    )
    letters.add_argument("verb", nargs="?", choices=("sent", "template"))
    letters.add_argument("whom", nargs="?", metavar="PUPIL")
    letters.add_argument("--write", metavar="DIR", help="those due, as a file a pupil")
    letters.add_argument("--from", dest="first", metavar="DATE", help="the first day away")
    letters.add_argument("--at", default="", metavar="TIME", help="default: now")
    letters.add_argument("--by", default="", metavar="NAME", help="who sent it")
    letters.add_argument("--note", default="", metavar="WORDS", help="more about it")


def _command(to: Add, name: str, run: commands.Command, words: str) -> argparse.ArgumentParser:
    command = to(name, help=words, description=words, formatter_class=_Help)
    command.set_defaults(run=run)
    return command


def _printing(command: argparse.ArgumentParser, urn: bool = True) -> argparse.ArgumentParser:
    command.add_argument("--format", choices=("table", "json"), default="table")
    if urn:
        command.add_argument("--urn", help="just this school")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0 well, 1 not now, 2 wrong use, 3 bad input."""
    sys.excepthook = _crash
    argv = sys.argv[1:] if argv is None else argv
    given = parser(argv).parse_args(argv)
    run: commands.Command = given.run
    try:
        return run(given, sys.stdout)
    except LinkworkError as problem:
        home = home_of(given.home, os.environ)
        said = typable(str(problem), home, getattr(given, "urn", None))
        print(f"linkwork-agent: {said}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does. Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


# What stands when the process ends goes with it: a search for cycles then only costs time, a tenth
# of the whole of a short command.
atexit.register(gc.freeze)


def _crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.write("crashed", what=log.crash_place(kind, trace))
    sys.stderr.flush()
    os._exit(log.CRASHED)
