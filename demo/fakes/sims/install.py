"""Put the program, and what it knows, into a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.fakes.sims import reports
from linkwork.register import Register

#: The report that the page "Connecting SIMS" has the school make.
MARKS, CODES = "Linkwork marks", "Linkwork codes"
DATABASE = "sims"
_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """#!{python} -E
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from demo.fakes.sims.program import main
sys.exit(main(sys.argv[1:], Path({knowledge!r})))
"""


def program(folder: Path, databases: Mapping[str, Mapping[str, Path]], **knows: Any) -> Path:
    """Write CommandReporter.exe into `folder`; its path. `knows` is what `program` says it knows.

    By default anybody may sign in through Windows, the dates have ISO form, nothing goes wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, knowledge = folder / "CommandReporter.exe", folder / "CommandReporter.json"
    text = _PROGRAM.format(python=sys.executable, root=str(_ROOT), knowledge=str(knowledge))
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    stands = {
        "databases": {
            name: {report: str(file) for report, file in held.items()}
            for name, held in databases.items()
        },
        "users": {},
        "trusted": True,
        "server": "",
        "form": "iso",
        "fault": "",
        "notes": "",
    }
    knowledge.write_text(json.dumps(stands | knows), encoding="utf-8")
    return path


def school(folder: Path, register: Register, **knows: Any) -> Path:
    """A SIMS of one school, with its report of marks; the program's path."""
    folder.mkdir(parents=True, exist_ok=True)
    marks = reports.write(register, folder / "marks.xml")
    codes = reports.write_codes(folder / "codes.xml")
    return program(folder, {DATABASE: {MARKS: marks, CODES: codes}}, **knows)
