"""SQLite's own door to its files, opened onto disks of ours: nothing of it reaches a real one.

One process and one writer at a time: locks are granted without asking, as nothing else runs beside.
"""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from linkwork.errors import WrongUse
from linkwork_hub.simulate import sqlite_abi as abi
from linkwork_hub.simulate.disk import Disk, File

NAME = "linkwork-simulated"
#: By the first part of a path: the disk it is on.
disks: dict[str, Disk] = {}

_OK, _IOERR, _FULL, _CANTOPEN, _NOTFOUND = 0, 10, 13, 14, 12
_SHORT_READ, _DELETE_NOENT = _IOERR | 2 << 8, _IOERR | 23 << 8
_CREATE, _LONGEST_PATH, _SECTOR = 0x4, 512, 512


class _Handle:
    """One open file: `disk` None where SQLite keeps something for itself and for a moment."""

    __slots__ = ("disk", "file", "name")

    def __init__(self, disk: Disk | None, name: str, file: File) -> None:
        self.disk, self.name, self.file = disk, name, file


class _Files:
    """What SQLite calls. Each method answers with one of SQLite's result codes."""

    def __init__(self) -> None:
        self._open: dict[int, _Handle] = {}
        self._next = 1
        self._shared: WeakKeyDictionary[File, list[Any]] = WeakKeyDictionary()
        # SQLite keeps only addresses: what they lead to must outlive it.
        self._methods = abi.Methods(
            2, *(kind(getattr(self, f"_{name}")) for name, kind in abi.METHODS)
        )

    def open(self, _vfs: int, path: bytes | None, at: Any, flags: int, out: Any) -> int:
        at[0].methods = None
        disk, name = _place(path)
        if disk is not None and disk.stopped:
            return _CANTOPEN
        create = bool(flags & _CREATE)
        file = File() if disk is None else disk.open(name, create=create)
        if file is None:
            return _CANTOPEN
        self._open[self._next] = _Handle(disk, name, file)
        at[0].number, self._next = self._next, self._next + 1
        at[0].methods = c.addressof(self._methods)
        if out:
            out[0] = flags
        return _OK

    def delete(self, _vfs: int, path: bytes, sync: int) -> int:
        disk, name = _place(path)
        if disk is None or not disk.alive():
            return _IOERR
        return _OK if disk.delete(name, sync=bool(sync)) else _DELETE_NOENT

    def access(self, _vfs: int, path: bytes, _flags: int, out: Any) -> int:
        disk, name = _place(path)
        out[0] = int(disk is not None and name in disk.files)
        return _OK

    def full_pathname(self, _vfs: int, path: bytes, room: int, out: int) -> int:
        c.memmove(out, path[: room - 1] + b"\0", min(len(path) + 1, room))
        return _OK

    def randomness(self, _vfs: int, count: int, out: int) -> int:
        c.memmove(out, os.urandom(count), count)
        return count

    def _close(self, at: Any) -> int:
        self._open.pop(at[0].number, None)
        return _OK

    def _read(self, at: Any, out: int, count: int, offset: int) -> int:
        handle = self._open[at[0].number]
        if handle.disk is not None and handle.disk.stopped:
            return _IOERR
        found = bytes(handle.file.data[offset : offset + count])
        if len(found) == count:
            c.memmove(out, found, count)
            return _OK
        c.memmove(out, found.ljust(count, b"\0"), count)
        return _SHORT_READ

    def _write(self, at: Any, data: int, count: int, offset: int) -> int:
        handle = self._open[at[0].number]
        if handle.disk is not None:
            if handle.disk.full and offset + count > len(handle.file.data):
                return _FULL
            if not handle.disk.alive():
                return _IOERR
        handle.file.write(offset, c.string_at(data, count))
        return _OK

    def _truncate(self, at: Any, size: int) -> int:
        handle = self._open[at[0].number]
        if handle.disk is not None and not handle.disk.alive():
            return _IOERR
        handle.file.truncate(size)
        return _OK

    def _sync(self, at: Any, _flags: int) -> int:
        handle = self._open[at[0].number]
        if handle.disk is not None:
            if not handle.disk.alive():
                return _IOERR
            handle.disk.sync(handle.file)
        return _OK

    def _file_size(self, at: Any, out: Any) -> int:
        out[0] = len(self._open[at[0].number].file.data)
        return _OK

    def _lock(self, _at: Any, _level: int) -> int:
        return _OK

    _unlock = _lock

    def _check_reserved_lock(self, _at: Any, out: Any) -> int:
        out[0] = 0
        return _OK

    def _file_control(self, _at: Any, _what: int, _argument: int) -> int:
        return _NOTFOUND

    def _sector_size(self, _at: Any) -> int:
        return _SECTOR

    def _device_characteristics(self, _at: Any) -> int:
        return 0

    def _shm_map(self, at: Any, page: int, size: int, extend: int, out: Any) -> int:
        # The index of a write-ahead log: memory that all connections of the process share.
        pages = self._shared.setdefault(self._open[at[0].number].file, [])
        while extend and len(pages) <= page:
            pages.append(c.create_string_buffer(size))
        out[0] = c.addressof(pages[page]) if page < len(pages) else None
        return _OK

    def _shm_lock(self, _at: Any, _offset: int, _count: int, _flags: int) -> int:
        return _OK

    def _shm_barrier(self, _at: Any) -> None:
        return None

    def _shm_unmap(self, at: Any, delete: int) -> int:
        if delete:
            self._shared.pop(self._open[at[0].number].file, None)
        return _OK


def _place(path: bytes | None) -> tuple[Disk | None, str]:
    if not path:
        return None, ""
    first, _, name = path.decode().lstrip("/").partition("/")
    return disks.get(first), name


@cache
def register() -> None:
    """Make the disks known to this process's SQLite, once.

    Raises WrongUse where Python's SQLite cannot be reached so.
    """
    import _sqlite3

    files = _Files()
    vfs = abi.Vfs(
        version=1,
        file_bytes=c.sizeof(abi.VfsFile),
        longest_path=_LONGEST_PATH,
        name=NAME.encode(),
        open=abi.OPEN(files.open),
        delete=abi.DELETE(files.delete),
        access=abi.ACCESS(files.access),
        full_pathname=abi.FULL_PATHNAME(files.full_pathname),
        randomness=abi.RANDOMNESS(files.randomness),
        sleep=abi.SLEEP(_no_sleep),
        current_time=abi.CURRENT_TIME(_no_time),
        last_error=abi.LAST_ERROR(_no_error),
    )
    try:
        register_it: Callable[..., int] = c.CDLL(_sqlite3.__file__).sqlite3_vfs_register
    except (OSError, AttributeError) as problem:
        raise WrongUse(
            "This Python's SQLite takes no disks of ours, so nothing can be simulated here. "
            "Use the Python of your Linux distribution."
        ) from problem
    _kept.extend((files, vfs))
    if register_it(c.byref(vfs), 0) != _OK:
        raise WrongUse("SQLite refused the simulated disks. Use another build of Python.")


_kept: list[object] = []


def _no_sleep(_vfs: int, microseconds: int) -> int:
    return microseconds


def _no_time(_vfs: int, out: Any) -> int:
    out[0] = 2461042.0
    return _OK


def _no_error(_vfs: int, _count: int, _out: int) -> int:
    return _OK
