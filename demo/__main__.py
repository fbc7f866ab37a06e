"""`python -m demo`: run the demonstration, or walk it without a person with `--check`."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from demo import journey, setting_up
from demo.pages import WalkFailed
from demo.programs import ProgramFailed, free_port
from demo.world import School, World
from linkwork.errors import WrongUse
from linkwork_agent.locks import only_one

ROOT = Path(__file__).resolve().parent.parent
PORT = 8710


def today() -> date:
    """Today where the schools are."""
    return datetime.now(ZoneInfo("Europe/London")).date()


def say(line: str) -> None:
    """Print at once, so that progress is seen."""
    print(line, flush=True)


def main() -> int:
    """Parse the arguments and run. Exit 0 only when everything held."""
    parser = argparse.ArgumentParser(prog="run.py demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="walk the journey and end")
    parser.add_argument("--reset", action="store_true", help="begin with a fresh authority")
    parser.add_argument("--port", type=int, help=f"of the hub's pages ({PORT})")
    given = parser.parse_args()
    # Started in the background, a shell would have us ignore Ctrl-C.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return check() if given.check else serve(given.port, reset=given.reset)
    except (ProgramFailed, WalkFailed) as problem:
        print(f"\nThe demonstration stopped: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(port: int | None, *, reset: bool) -> int:
    """Set up what is not there yet, start everything, and serve until Ctrl-C."""
    try:
        with only_one(ROOT / ".demo.lock", "The demonstration"):
            return serve_alone(World(ROOT / ".demo", today()), port, reset=reset)
    except WrongUse:
        return refuse("The demonstration is already running. Stop it first: Ctrl-C where it runs.")


def serve_alone(world: World, wanted: int | None, *, reset: bool) -> int:
    """The same, with nobody else in the demonstration's folder."""
    made_for = None if reset else world.made_for()
    port = made_for or wanted or PORT
    if made_for and wanted not in (None, made_for):
        return refuse(
            f"The schools of this demonstration call their hub at port {made_for}. Leave --port "
            f"out, or begin afresh: python3 run.py demo --reset --port {wanted}"
        )
    if not port_is_free(port):
        return refuse(
            f"Port {port} is in use by another program. Stop that program, or begin afresh at "
            f"another port: python3 run.py demo --reset --port {port + 1}"
        )
    if made_for is None:
        world.clear()
    stage = setting_up.Stage(world, port)
    begun = time.monotonic()
    try:
        if made_for is None:
            set_up(stage)
            world.finished(port)
        else:
            say("Starting the hub and the three schools of the last time ...")
            stage.start_school_systems()
            stage.start_hub()
        stage.start_agents()
        say("The schools read their registers and send what the authority must know ...")
        arrived = journey.wait_for_registers(stage)
        say(f"  received from {arrived} schools ({time.monotonic() - begun:.0f} s in all)")
        setting_up.show_sign_ins(stage, say)
        say("\nCtrl-C ends everything.")
        while True:
            time.sleep(1)
            stage.programs.check_alive()
    finally:
        stage.programs.stop_all()


def refuse(sentence: str) -> int:
    """Say why nothing was started."""
    print(sentence, file=sys.stderr)
    return 2


def set_up(stage: setting_up.Stage) -> None:
    """The first time: registers, hub, three schools joined and confirmed."""
    say("Making three schools' registers (invented children, plainly fictional names) ...")
    setting_up.make_registers(stage.world, say)
    stage.start_school_systems()
    say("Setting up the hub ...")
    setting_up.set_up_hub(stage)
    stage.start_hub()

    def join(school: School) -> None:
        setting_up.configure_agent(stage, school)
        words = setting_up.join(stage, school, setting_up.join_string(stage, school))
        say(f"  {school.name} joined; both sides show: {words}")

    setting_up.at_once(join, stage.world.schools)


def check() -> int:
    """Walk the whole journey in a folder of its own; one line a stage."""
    with tempfile.TemporaryDirectory(prefix="linkwork-demo-", ignore_cleanup_errors=True) as folder:
        stage = setting_up.Stage(World(Path(folder), today()), free_port())
        try:
            return journey.walk(stage, say)
        finally:
            stage.programs.stop_all()


def port_is_free(port: int) -> bool:
    """Whether the hub could listen there."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


if __name__ == "__main__":
    raise SystemExit(main())
