"""Sources damaged at random, and what must hold of every reader then.

Whatever was made of a good source, a read ends in a register or in an error with a remedy, within
`SECONDS`, and the ways of reading a table agree. A find is what breaks this; it is kept as a file.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import arbor_answers
import exports
from fake_wonde import SCHOOL, TOKEN, FakeWonde

import linkwork_csv.plugin
import linkwork_sims.plugin
import linkwork_wonde.plugin
from demo.fakes.arbor import FakeArbor, school_tables
from demo.fakes.sims import reports
from linkwork.errors import LinkworkError
from linkwork.plugin import Mis
from linkwork.register import Register, RegisterBuilder
from linkwork.sample import SampleSchool, make_school, writing
from linkwork.testing import Answer, Request, open_mis, read, serving
from linkwork_csv import detect, profiles, quick
from linkwork_csv import exports as readers
from linkwork_csv.mapping import Wanted
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import Reader

#: A damaged source is read or refused sooner than this.
SECONDS = 20
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 11)
#: What turns up in damaged files and in what people make of them.
TOKENS = (
    *(
        b'"',
        b'""',
        b"\n",
        b"\r\n",
        b"\r",
        b",",
        b";",
        b"\t",
        b"|",
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff",
    ),
    *(b"\xff\xfe", b"=1+1", b"#NAME?", b"1.2E+11", b"31/02/2026", b"2026-09-08", b"07/09/2026"),
    *(b"46272", b"AM", b"PM", b"/", b"\\", b"C1", b"Total", b"<!DOCTYPE z>", b"<", b">", b"&amp;"),
    *(b"&#0;", b"]]>", b"<Record>", b"</Pupil>", b"null", b"true", b"-1", b"1e999", b"NaN", b"{}"),
    *(b"[]", b'"id":"7"', b"\xc3", b"\xed\xa0\x80", b"\x1a", b"9" * 40, b" " * 300, b"[" * 3000),
)


def damaged(content: bytes, random: Random) -> bytes:
    """One to four changes: bytes, tokens, pieces left out, doubled or moved; or the end cut off."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        at = random.randrange(len(data) + 1)
        length = random.choice((1, 2, 5, 20, 100, 1000))
        piece = bytes(data[at : at + length])
        change = random.randrange(7)
        if change == 0 and at < len(data):
            data[at] = random.randrange(256)
        elif change <= 2:
            data[at : at + random.choice((0, len(piece)))] = random.choice(TOKENS)
        elif change == 3:
            del data[at : at + length]
        elif change == 4:
            data[at:at] = piece
        elif change == 5:
            to = random.randrange(len(data) + 1)
            data[to:to] = piece
        elif random.random() < 0.3:
            del data[at:]
    return bytes(data)


@cache
def school() -> SampleSchool:
    """40 pupils over two weeks, whose codes of two signs are few."""
    return make_school(5, phase="primary", pupils=40, first=FIRST, last=LAST)


def _few(register: Register, most: int = 6) -> Register:
    return register.only(range(most))


def _of_one_sign(register: Register) -> Register:
    return replace(register, codes=tuple(code[:1] for code in register.codes))


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """TimeoutError for what takes longer, where the machine has such an alarm."""

    def late(*_what: object) -> None:
        raise TimeoutError(f"not read within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Target:
    """One way to read. `inputs` are good sources, by number."""

    is_slow = False

    def __init__(self, name: str, inputs: Callable[[], list[bytes]]) -> None:
        self.name, self.inputs = name, cache(inputs)

    def run(self, number: int, content: bytes) -> str:
        """Read with this in place of input `number`: "read" or "refused". Raises for a find."""
        with time_limit(SECONDS):
            try:
                self.attempt(number, content)
            except LinkworkError as error:
                words = str(error)
            else:
                return "read"
        assert ". " in words, f"no remedy after the problem: {words}"
        return "refused"

    def attempt(self, number: int, content: bytes) -> None:
        """Read. Raises a LinkworkError for a refusal."""
        raise NotImplementedError


class _Files(Target):
    """A file of that name, opened by a plugin."""

    def __init__(
        self, name: str, file: str, inputs: Callable[[], list[bytes]], use: Callable[[Path], Any]
    ) -> None:
        super().__init__(name, inputs)
        self._file, self._use = file, use

    def attempt(self, number: int, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self._file
            path.write_bytes(content)
            self._use(path)


class _Server(Target):
    """A server one of whose answers, by number, is another."""

    is_slow = True

    def __init__(
        self,
        name: str,
        answering: Callable[[], Callable[[Request], Answer]],
        opening: Callable[[str], Mis],
    ) -> None:
        super().__init__(name, self._good)
        self._answering, self._opening = answering, opening

    def attempt(self, number: int, content: bytes) -> None:
        self._through(number, content, [])

    def _through(self, number: int, content: bytes, seen: list[bytes]) -> None:
        answer = self._answering()

        def one(request: Request) -> Answer:
            found = answer(request)
            seen.append(found.body)
            return replace(found, body=content) if len(seen) == number + 1 else found

        with serving(one) as address:
            _known(read(self._opening(address), FIRST, LAST))

    def _good(self) -> list[bytes]:
        seen: list[bytes] = []
        self._through(-1, b"", seen)
        return seen


def _known(register: Register) -> None:
    assert register.pupils, "an empty register is an error"
    assert all(pupil.pupil_id for pupil in register.pupils)
    assert all(FIRST <= session.date <= LAST for session in register.sessions)


def _csv(path: Path) -> None:
    """Through the plugin, and both ways of reading its rows."""
    fast, slow = _table(path, quick.read), _table(path, _one_by_one)
    assert fast == slow, "the quick and the careful way differ"
    _known(read(open_mis(linkwork_csv.plugin, path=str(path)), FIRST, LAST))


def _table(path: Path, way: Callable[[Reader], Any]) -> Any:
    if readers.kind_of(path) not in {"text", "workbook"}:
        return None
    into = RegisterBuilder()
    try:
        understood = readers.understand(path, None)
        layout = detect.refuse_open(understood)
        table, header = understood.table, understood.header
        reader = Reader(table, header, layout, Wanted(FIRST, LAST), PupilDetails(into), into)
        tally = way(reader)
    except LinkworkError as error:
        return str(error)
    assert tally.rows == tally.counted, "rows were lost"
    return vars(tally), into.build()


def _one_by_one(reader: Reader) -> Any:
    reader.refuse_swallowed(reader.header.titles, reader.header.row)
    with reader.table.rows() as rows:
        for number, row in enumerate(rows, 1):
            if number > reader.header.row:
                reader.take(row, number)
    return reader.finish()


def _written(write: Callable[[Register, Path], Path], register: Register) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = write(register, Path(folder))
        return (path / "ROLL_CALL_ATTENDANCE.csv" if path.is_dir() else path).read_bytes()


def _shapes() -> list[bytes]:
    few = _few(school().register)
    signs = _of_one_sign(few)
    found = [_written(write, few) for name, write in exports.SHAPES.items() if "book" not in name]
    return found + [_written(write, signs) for write in exports.SINGLE.values()]


def _ctf() -> list[bytes]:
    return [
        _written(write, _of_one_sign(_few(school().register))) for write in exports.CTF.values()
    ]


def _beside(name: str) -> Callable[[Path], None]:
    """Read a good register with the damaged file beside it."""

    def use(path: Path) -> None:
        register = writing.register(_few(school().register), path.parent / "register.csv")
        options: dict[str, Any] = {"path": str(register), name: str(path)}
        mis = open_mis(linkwork_csv.plugin, **options)
        _known(read(mis, FIRST, LAST))
        if name == "contacts":
            mis.contacts([pupil.pupil_id for pupil in school().register.pupils[:3]])

    return use


_arbor_tables = cache(lambda: school_tables(school()))


def _arbor() -> Callable[[Request], Answer]:
    return arbor_answers.answering(FakeArbor(*_arbor_tables()))


def _open_wonde(address: str) -> Mis:
    settings: dict[str, Any] = {"school": SCHOOL, "address": address, "seconds": 5}
    return open_mis(linkwork_wonde.plugin, secrets={"token": TOKEN}, **settings)


_PROFILE = (
    b'shape = "long"\ndates = "day-first"\n\n[columns]\npupil_id = "Ref"\ndate = "D"\n'
    b'session = "S"\ncode = "M"\n\n[codes]\n"7" = "I"\n'
)
_CONTACTS = (
    b"pupil_id,contact_id,forename,surname,parental_responsibility,phone1,priority\n"
    b'P00001,c1,Ann,"Larkspur, Dr",Y,01632 960001,1\nP00002,c1,Ann,Larkspur,N,,2\n'
)
_CALENDARS = [
    b"date,kind\n2026-09-01,school\n2026-09-02,inset\n2026-09-03,school\n",
    b"name,first,last,kind,urn\nAutumn,2026-09-01,2026-12-18,term,\nStaff,2026-09-02,2026-09-02,inset,\n",
]

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _Files("csv", "export.csv", _shapes, _csv),
        _Files("ctf", "999.xml", _ctf, _csv),
        _Files(
            "workbook",
            "marks.xlsx",
            lambda: [_written(exports.SHAPES["workbook, long"], _few(school().register))],
            _csv,
        ),
        _Files(
            "canonical",
            "register.csv",
            lambda: [
                _written(lambda r, f: writing.register(r, f / "r.csv"), _few(school().register))
            ],
            _csv,
        ),
        _Files("contacts", "contacts.csv", lambda: [_CONTACTS], _beside("contacts")),
        _Files("calendar", "calendar.csv", lambda: _CALENDARS, _beside("calendar")),
        _Files("profile", "ours.toml", lambda: [_PROFILE], profiles.load),
        _Files(
            "sims",
            "report.xml",
            lambda: [_written(lambda r, f: reports.write(r, f / "r.xml"), _few(school().register))],
            lambda path: _known(read(open_mis(linkwork_sims.plugin, path=str(path)), FIRST, LAST)),
        ),
        _Server("arbor-graphql", _arbor, lambda at: arbor_answers.opened(at, "graphql", 5)),
        _Server("arbor-rest", _arbor, lambda at: arbor_answers.opened(at, "rest", 5)),
        _Server("wonde", lambda: FakeWonde.of(school().register).answer, _open_wonde),
    )
}
