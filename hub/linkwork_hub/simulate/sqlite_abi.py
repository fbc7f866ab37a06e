"""SQLite's structures for files and file systems, as C lays them out.

Sources: https://www.sqlite.org/c3ref/vfs.html, https://www.sqlite.org/c3ref/io_methods.html.
"""

from __future__ import annotations

import ctypes as c
from typing import Any

_int, _i64, _ptr, _text = c.c_int, c.c_int64, c.c_void_p, c.c_char_p


class VfsFile(c.Structure):
    """An open file; SQLite makes the room."""

    _fields_ = (("methods", _ptr),)


#: An open file by its address: SQLite's own for as long as it is open.
_At = _ptr


def _call(*arguments: Any) -> Any:
    return c.CFUNCTYPE(_int, *arguments)


#: The name and type of each method, in SQLite's order.
METHODS: tuple[tuple[str, Any], ...] = (
    ("close", _call(_At)),
    ("read", _call(_At, _ptr, _int, _i64)),
    ("write", _call(_At, _ptr, _int, _i64)),
    ("truncate", _call(_At, _i64)),
    ("sync", _call(_At, _int)),
    ("file_size", _call(_At, c.POINTER(_i64))),
    ("lock", _call(_At, _int)),
    ("unlock", _call(_At, _int)),
    ("check_reserved_lock", _call(_At, c.POINTER(_int))),
    ("file_control", _call(_At, _int, _ptr)),
    ("sector_size", _call(_At)),
    ("device_characteristics", _call(_At)),
    ("shm_map", _call(_At, _int, _int, _int, c.POINTER(_ptr))),
    ("shm_lock", _call(_At, _int, _int, _int)),
    ("shm_barrier", c.CFUNCTYPE(None, _At)),
    ("shm_unmap", _call(_At, _int)),
)


class Methods(c.Structure):
    """What can be done to an open file."""

    _fields_ = (("version", _int), *METHODS)


OPEN = _call(_ptr, _text, _At, _int, c.POINTER(_int))
DELETE = _call(_ptr, _text, _int)
ACCESS = _call(_ptr, _text, _int, c.POINTER(_int))
FULL_PATHNAME = _call(_ptr, _text, _int, _ptr)
RANDOMNESS = _call(_ptr, _int, _ptr)
SLEEP = _call(_ptr, _int)
CURRENT_TIME = _call(_ptr, c.POINTER(c.c_double))
LAST_ERROR = _call(_ptr, _int, _ptr)


class Vfs(c.Structure):
    """A file system."""

    _fields_ = (
        ("version", _int),
        ("file_bytes", _int),
        ("longest_path", _int),
        ("next", _ptr),
        ("name", _text),
        ("data", _ptr),
        ("open", OPEN),
        ("delete", DELETE),
        ("access", ACCESS),
        ("full_pathname", FULL_PATHNAME),
        ("dl", _ptr * 4),
        ("randomness", RANDOMNESS),
        ("sleep", SLEEP),
        ("current_time", CURRENT_TIME),
        ("last_error", LAST_ERROR),
    )
