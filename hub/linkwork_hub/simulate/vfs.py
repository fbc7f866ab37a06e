"""SQLite's own door to its files, opened onto disks of ours: nothing of it reaches a real one.

One process and one writer at a time: locks are granted without asking, as nothing else runs beside.
"""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from linkwork.errors import WrongUse
from linkwork_hub.simulate import sqlite_abi as abi
from linkwork_hub.simulate.disk import Disk, File

NAME = "linkwork-simulated"
_copy, _bytes = c.memmove, c.string_at
#: By the first part of a path: the disk it is on.
disks: dict[str, Disk] = {}

_OK, _IOERR, _FULL, _CANTOPEN, _NOTFOUND = 0, 10, 13, 14, 12
_SHORT_READ, _DELETE_NOENT = _IOERR | 2 << 8, _IOERR | 23 << 8
#: Asked at every statement and always granted: nothing else runs beside.
_GRANTED = frozenset({"lock", "unlock", "shm_lock", "device_characteristics"})
_CREATE, _LONGEST_PATH, _SECTOR = 0x4, 512, 512


class _Handle:
    """One open file: `disk` None where SQLite keeps something for itself and for a moment."""

    __slots__ = ("disk", "file", "name")

    def __init__(self, disk: Disk | None, name: str, file: File) -> None:
        self.disk, self.name, self.file = disk, name, file


class _Files:
    """What SQLite calls. Each method answers with one of SQLite's result codes."""

    def __init__(self, nothing: int) -> None:
        """`nothing` is the address of a function of C that does nothing and answers OK."""
        self._open: dict[int, _Handle] = {}
        self._shared: WeakKeyDictionary[File, list[Any]] = WeakKeyDictionary()
        # SQLite keeps only addresses: what they lead to must outlive it.
        self._methods = abi.Methods(
            2,
            *(
                kind(nothing if name in _GRANTED else getattr(self, f"_{name}"))
                for name, kind in abi.METHODS
            ),
        )

    def open(self, _vfs: int, path: bytes | None, at: int, flags: int, out: Any) -> int:
        opened = abi.VfsFile.from_address(at)
        opened.methods = None
        disk, name = _place(path)
        if disk is not None and disk.stopped:
            return _CANTOPEN
        create = bool(flags & _CREATE)
        file = File() if disk is None else disk.open(name, create=create)
        if file is None:
            return _CANTOPEN
        self._open[at] = _Handle(disk, name, file)
        opened.methods = c.addressof(self._methods)
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
        _copy(out, path[: room - 1] + b"\0", min(len(path) + 1, room))
        return _OK

    def randomness(self, _vfs: int, count: int, out: int) -> int:
        _copy(out, os.urandom(count), count)
        return count

    def _close(self, at: int) -> int:
        self._open.pop(at, None)
        return _OK

    def _read(self, at: int, out: int, count: int, offset: int) -> int:
        handle = self._open[at]
        if handle.disk is not None and handle.disk.stopped:
            return _IOERR
        found = bytes(handle.file.data[offset : offset + count])
        if len(found) == count:
            _copy(out, found, count)
            return _OK
        _copy(out, found.ljust(count, b"\0"), count)
        return _SHORT_READ

    def _write(self, at: int, data: int, count: int, offset: int) -> int:
        handle = self._open[at]
        if handle.disk is not None:
            if handle.disk.full and offset + count > len(handle.file.data):
                return _FULL
            if not handle.disk.alive():
                return _IOERR
        handle.file.write(offset, _bytes(data, count))
        return _OK

    def _truncate(self, at: int, size: int) -> int:
        handle = self._open[at]
        if handle.disk is not None and not handle.disk.alive():
            return _IOERR
        handle.file.truncate(size)
        return _OK

    def _sync(self, at: int, _flags: int) -> int:
        handle = self._open[at]
        if handle.disk is not None:
            if not handle.disk.alive():
                return _IOERR
            handle.disk.sync(handle.file)
        return _OK

    def _file_size(self, at: int, out: Any) -> int:
        out[0] = len(self._open[at].file.data)
        return _OK

    def _check_reserved_lock(self, _at: int, out: Any) -> int:
        out[0] = 0
        return _OK

    def _file_control(self, _at: int, _what: int, _argument: int) -> int:
        return _NOTFOUND

    def _sector_size(self, _at: int) -> int:
        return _SECTOR

    def _shm_map(self, at: int, page: int, size: int, extend: int, out: Any) -> int:
        # The index of a write-ahead log: memory that all connections of the process share.
        pages = self._shared.setdefault(self._open[at].file, [])
        while extend and len(pages) <= page:
            pages.append(c.create_string_buffer(size))
        out[0] = c.addressof(pages[page]) if page < len(pages) else None
        return _OK

    def _shm_barrier(self, _at: int) -> None:
        return None

    def _shm_unmap(self, at: int, delete: int) -> int:
        if delete:
            self._shared.pop(self._open[at].file, None)
        return _OK


def _place(path: bytes | None) -> tuple[Disk | None, str]:
    if not path:
        return None, ""
    first, name = _parts(path)
    return disks.get(first), name


@lru_cache
def _parts(path: bytes) -> tuple[str, str]:
    first, _, name = path.decode().lstrip("/").partition("/")
    return first, name


@cache
def register() -> None:
    """Make the disks known to this process's SQLite, once.

    Raises WrongUse where Python's SQLite cannot be reached so.
    """
    import _sqlite3

    try:
        library = c.CDLL(_sqlite3.__file__)
        register_it: Callable[..., int] = library.sqlite3_vfs_register
        # Of C, ready since SQLite was loaded, and answers OK whatever it is given.
        nothing = c.cast(library.sqlite3_initialize, c.c_void_p).value
    except (OSError, AttributeError) as problem:
        raise WrongUse(
            "This Python's SQLite takes no disks of ours, so nothing can be simulated here. "
            "Use the Python of your Linux distribution."
        ) from problem
    files = _Files(nothing or 0)
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
