"""Files that arrive broken in every way that files of school systems are known to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from linkwork.errors import LinkworkError
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.testing.contract import Expected, read

_BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<a>&b;&b;&b;&b;&b;</a>'


class FileContract:
    """Inherit this in a class named Test... when the source is a file.

    `open_file` opens the source on a file, `good` is the content of a good one, which `expected`
    describes; `name` is what such a file is called.
    """

    expected: Expected
    name = "register"

    def open_file(self, path: Path) -> Mis:
        """The source on this file, opened anew on every call."""
        raise NotImplementedError("say how to open the source: def open_file(self, path) -> Mis")

    def good(self) -> bytes:
        """The content of a good file."""
        raise NotImplementedError("say what a good file holds: def good(self) -> bytes")

    def read_or_refused(self, content: bytes) -> Register | LinkworkError:
        """What becomes of a file with this content. Other errors are not caught."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.name
            path.write_bytes(content)
            return self._read(path)

    def broken(self) -> Iterator[tuple[str, bytes]]:
        """Files that must be refused, each with a word for what is wrong; add your own."""
        good = self.good()
        yield "empty", b""
        yield "blank lines", b"\r\n \r\n"
        yield "a page", b"<!doctype html><html><body>Sign in</body></html>"
        yield "a DOCTYPE with entities", _BOMB
        yield "no text", bytes(range(256)) * 40
        yield "NUL between the letters", good[:40] + b"\x00" + good[40:]
        yield "one endless line", b"x" * 4_000_000
        yield "200,000 open elements", b"<a>" * 200_000
        yield "a zip", b"PK\x03\x04" + bytes(200)

    def test_a_good_file_is_read(self) -> None:
        assert isinstance(self.read_or_refused(self.good()), Register)

    def test_each_broken_file_is_refused_with_a_remedy(self) -> None:
        for word, content in self.broken():
            found = self.read_or_refused(content)
            assert isinstance(found, LinkworkError), f"{word}: it was read"
            assert ". " in str(found), f"{word}: the message has no remedy after the problem"

    def test_a_file_that_is_not_there_or_a_folder_without_any_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path in (Path(folder) / "none" / self.name, Path(folder)):
                assert isinstance(self._read(path), LinkworkError), path.name

    def test_wherever_a_file_is_cut_no_mark_becomes_another(self) -> None:
        good = self.read_or_refused(self.good())
        assert isinstance(good, Register)
        content = self.good()
        for part in range(1, 12):
            found = self.read_or_refused(content[: len(content) * part // 12])
            if isinstance(found, Register):
                _holds(good, found)

    def _read(self, path: Path) -> Register | LinkworkError:
        try:
            return read(self.open_file(path), self.expected.first, self.expected.last)
        except LinkworkError as error:
            return error


def _holds(whole: Register, part: Register) -> None:
    """Every mark of a part is that of the whole, but for its last, which may be cut itself."""
    wrong = 0
    for place, pupil in enumerate(part.pupils):
        for session, code in part.marks(place):
            if code is not None:
                known = pupil.pupil_id in {each.pupil_id for each in whole.pupils}
                wrong += not known or whole.mark(pupil.pupil_id, session) != code
    assert wrong <= 1, f"{wrong} marks of a file that was cut are not those of the whole"
