"""The promises every plugin keeps, as tests to inherit, and what their tests need.

`MisContract` is for every plugin. `HttpContract` is for one that reads a server, `FileContract` for
one that reads files: each is a source that misbehaves in every way that sources are known to.
`recording` and `replaying` keep a system's answers, without anybody's data, for real HTTP.
`QualityContract` holds a plugin's QUALITY.toml to the ladder.
"""

from linkwork.testing.answers import recording, replaying, scrubbed
from linkwork.testing.contract import Expected, MisContract, manager, open_mis, read
from linkwork.testing.hostile_files import FileContract
from linkwork.testing.hostile_http import HttpContract
from linkwork.testing.quality import LADDER, QualityContract
from linkwork.testing.server import Answer, Request, serving

__all__ = [
    "LADDER",
    "Answer",
    "Expected",
    "FileContract",
    "HttpContract",
    "MisContract",
    "QualityContract",
    "Request",
    "manager",
    "open_mis",
    "read",
    "recording",
    "replaying",
    "scrubbed",
    "serving",
]
