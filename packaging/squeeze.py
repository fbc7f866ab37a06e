"""Compress the data of a .deb as tightly as xz can, with the time of every member kept."""

from __future__ import annotations

import lzma
from pathlib import Path

MAGIC = b"!<arch>\n"
HEADER = 60
#: The three builds of one compiled module are alike: the window has to reach from one to the next.
FILTERS = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def squeeze(deb: Path) -> None:
    """Rewrite a .deb whose data.tar is not compressed. Raises ValueError for another file."""
    raw = deb.read_bytes()
    if not raw.startswith(MAGIC):
        raise ValueError(f"{deb} is not a .deb")
    out = bytearray(MAGIC)
    place, squeezed = len(MAGIC), False
    while place < len(raw):
        header = raw[place : place + HEADER]
        size = int(header[48:58])
        body = raw[place + HEADER : place + HEADER + size]
        place += HEADER + size + size % 2
        if header[:16].rstrip(b" /") == b"data.tar":
            body = lzma.compress(body, check=lzma.CHECK_CRC32, filters=FILTERS)
            header = b"data.tar.xz".ljust(16) + header[16:48] + b"%-10d" % len(body) + header[58:]
            squeezed = True
        out += header + body + b"\n" * (len(body) % 2)
    if not squeezed:
        raise ValueError(f"{deb} holds no uncompressed data.tar")
    deb.write_bytes(out)
