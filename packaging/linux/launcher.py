#!/usr/bin/python3 -IPB
"""The agent, from the packages that stand beside this file."""

import os
import sys

LIBRARY = "/usr/lib/linkwork-agent/lib"
OLDEST, NEWEST = (3, 11), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        f"linkwork-agent: this package serves Python 3.11 to 3.13 and /usr/bin/python3 is {found}. "
        "Install the linkwork-agent package made for this system."
    )
sys.path.insert(0, LIBRARY)
# Its jobs are Pythons of their own, and find the same packages and no others.
os.environ |= {"PYTHONPATH": LIBRARY, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}

from linkwork_agent.cli import main  # noqa: E402

sys.exit(main())
