"""A disk that forgets: it keeps what was synced, and of the rest what a power cut happens to."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

SECTOR = 512


@dataclass(eq=False)
class File:
    """One file: what a reader sees, and what is surely on the platter.

    `written` are the (offset, length) written since the last sync; `named` says whether the
    folder's entry is on the platter too.
    """

    data: bytearray = field(default_factory=bytearray)
    synced: bytearray = field(default_factory=bytearray)
    written: list[tuple[int, int]] = field(default_factory=list)
    named: bool = False

    def write(self, offset: int, data: bytes) -> None:
        """Change bytes; past the end the file grows."""
        if len(self.data) < offset:
            self.data.extend(bytes(offset - len(self.data)))
        self.data[offset : offset + len(data)] = data
        self.written.append((offset, len(data)))

    def truncate(self, size: int) -> None:
        """Cut the file short."""
        del self.data[size:]

    def sync(self) -> None:
        """From now on a power cut leaves what stands here."""
        size = len(self.data)
        del self.synced[size:]
        for offset, length in self.written:
            end = min(offset + length, size)
            if len(self.synced) < offset < end:
                self.synced.extend(bytes(offset - len(self.synced)))
            self.synced[offset:end] = self.data[offset:end]
        self.written.clear()

    def after_cut(self, dice: Random) -> File:
        """What is there after a power cut: each unsynced sector is the new one or the old."""
        kept = bytearray(self.synced)
        if len(self.data) < len(kept) and dice.random() < 0.5:
            del kept[len(self.data) :]
        touched = {
            sector
            for offset, length in self.written
            for sector in range(offset // SECTOR, (offset + length - 1) // SECTOR + 1)
        }
        for sector in sorted(touched):
            first = sector * SECTOR
            new = self.data[first : first + SECTOR]
            if new and dice.random() < 0.5:
                if len(kept) < first:
                    kept.extend(bytes(first - len(kept)))
                kept[first : first + len(new)] = new
        return settled(bytes(kept))


def settled(data: bytes) -> File:
    """A file as it stands after a start: all of it is on the platter."""
    return File(bytearray(data), bytearray(data), named=True)


class Disk:
    """One machine's disk. `writes` counts what was written, synced or deleted since it started.

    `changes` counts all that may have changed what it holds, and never goes back.
    `full`: nothing may grow. `cut_at` ends the power before the write of that number.
    """

    def __init__(self, dice: Random) -> None:
        self.files: dict[str, File] = {}
        self.stopped = self.full = False
        self.writes = self.changes = 0
        self.cut_at: int | None = None
        self._dice = dice
        #: Deleted, while the folder's own entry may still be the old one.
        self._ghosts: dict[str, File] = {}

    def open(self, name: str, *, create: bool) -> File | None:
        """The file of a name, made when it may be."""
        found = self.files.get(name)
        if found is None and create:
            found = self.files[name] = File()
        return found

    def delete(self, name: str, *, sync: bool) -> bool:
        """Delete a file; without `sync` a power cut may bring it back. False: there is none."""
        gone = self.files.pop(name, None)
        if gone is not None and not sync and gone.named:
            self._ghosts[name] = gone
        elif sync:
            self._ghosts.pop(name, None)
        return gone is not None

    def sync(self, file: File) -> None:
        """Sync a file; the first sync of a new one syncs its folder with it."""
        file.sync()
        if not file.named:
            self._ghosts.clear()
            for each in self.files.values():
                each.named = True

    def alive(self) -> bool:
        """Count one change about to be made; False once the machine is off."""
        self.writes += 1
        self.changes += 1
        if self.cut_at is not None and self.writes >= self.cut_at:
            self.stop(power=True)
        return not self.stopped

    def stop(self, *, power: bool) -> None:
        """The process ends here, or with `power` the machine: nothing after this is written."""
        if self.stopped:
            return
        self.stopped, self.cut_at = True, None
        self._left = self._after_cut() if power else self.image()

    def start(self) -> None:
        """The machine or the process starts again with what was left."""
        if self.stopped:
            self.restore(self._left)

    def image(self) -> dict[str, bytes]:
        """Everything on it now, as a snapshot of a virtual machine has it."""
        return {name: bytes(file.data) for name, file in self.files.items()}

    def restore(self, image: dict[str, bytes]) -> None:
        """Put everything back to an image. Whatever is open on it is open on nothing."""
        self.files = {name: settled(data) for name, data in image.items()}
        self._ghosts = {}
        self.stopped = self.full = False
        self.cut_at, self.writes = None, 0
        self.changes += 1

    def _after_cut(self) -> dict[str, bytes]:
        left = {}
        for name in sorted(self.files.keys() | self._ghosts.keys()):
            file, ghost = self.files.get(name), self._ghosts.get(name)
            new = file is not None and (file.named or self._dice.random() < 0.5)
            if file is not None and new:
                left[name] = bytes(file.after_cut(self._dice).data)
            elif ghost is not None and self._dice.random() < 0.5:
                left[name] = bytes(ghost.synced)
        return left
