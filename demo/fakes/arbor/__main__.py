"""`python -m demo.fakes.arbor`: one of the demonstration's schools behind a port, until ended."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from demo.fakes.arbor.peer import FakeArbor
from demo.fakes.arbor.server import server
from demo.fakes.arbor.tables import school_tables
from demo.world import World


def main() -> int:
    """Make the school as the demonstration makes it, and serve it on this computer alone."""
    parser = argparse.ArgumentParser(prog="python -m demo.fakes.arbor", description=__doc__)
    parser.add_argument("--urn", required=True, help="which of the demonstration's schools")
    parser.add_argument("--today", required=True, type=date.fromisoformat, metavar="DATE")
    parser.add_argument("--port", required=True, type=int)
    given = parser.parse_args()
    world = World(Path(), given.today)
    [school] = [one for one in world.schools if one.urn == given.urn]
    fake = FakeArbor(*school_tables(world.generate(school)), remembers=False)
    server(fake, given.port).serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
