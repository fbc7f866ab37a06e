"""A server that misbehaves in every way that servers of school systems are known to."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from linkwork.errors import (
    CredentialsRefused,
    LinkworkError,
    MisError,
    NotTheSource,
    PartialData,
    PermissionMissing,
    ShapeChanged,
    SourceUnavailable,
    TimedOut,
)
from linkwork.plugin import Mis
from linkwork.register import Register
from linkwork.testing.contract import Expected, read
from linkwork.testing.server import Answer, Answering, Request, serving

#: A plugin that a contract opens gives up waiting before this many seconds.
PATIENCE = 4.0
_PAGE = b"<!doctype html><html><body><h1>Blocked</h1><form>Sign in</form></body></html>"
_BOMB = gzip.compress(b" " * (1 << 20), 9)


class Misbehaviour(NamedTuple):
    """One answer to everything, and the errors that call it by its name."""

    answer: Answer
    named: tuple[type[LinkworkError], ...]


_ODD = (ShapeChanged, NotTheSource)
MISBEHAVIOURS: Mapping[str, Misbehaviour] = {
    "401: the token is refused": Misbehaviour(Answer(401), (CredentialsRefused,)),
    "403: no permission": Misbehaviour(Answer(403), (PermissionMissing,)),
    "404: another address": Misbehaviour(Answer(404), _ODD),
    "422: the question is refused": Misbehaviour(Answer(422), (ShapeChanged,)),
    "429: too often": Misbehaviour(Answer(429, headers={"retry-after": "7"}), (SourceUnavailable,)),
    "500: broken": Misbehaviour(Answer(500), (SourceUnavailable,)),
    "503: away": Misbehaviour(Answer(503), (SourceUnavailable,)),
    "a page instead of data": Misbehaviour(Answer(200, _PAGE, "text/html"), (NotTheSource,)),
    "a page that calls itself data": Misbehaviour(Answer(200, _PAGE), _ODD),
    "an error page": Misbehaviour(Answer(502, _PAGE, "text/html"), (SourceUnavailable,)),
    "an empty object": Misbehaviour(Answer(200, b"{}"), (PermissionMissing, ShapeChanged)),
    "a list instead of an object": Misbehaviour(Answer(200, b"[1, 2]"), (ShapeChanged,)),
    "a word instead of an object": Misbehaviour(Answer(200, b'"yes"'), (ShapeChanged,)),
    "nothing at all": Misbehaviour(Answer(200, b""), (*_ODD, PartialData)),
    "data cut short": Misbehaviour(Answer(200, b'{"data": [{"id": 1'), (*_ODD, PartialData)),
    "no text": Misbehaviour(Answer(200, b"\xff\xfe\x00\x01\x80"), _ODD),
    "200,000 brackets": Misbehaviour(Answer(200, b"[" * 200_000), _ODD),
    "a dropped connection": Misbehaviour(
        Answer(200, b"{" + b" " * 5000, cut=100), (SourceUnavailable, PartialData)
    ),
    "too slow": Misbehaviour(Answer(200, b"{}", after=PATIENCE + 2), (TimedOut,)),
    "more than any register": Misbehaviour(Answer(200, b" " * (1 << 20), times=300), _ODD),
    "more than any register, packed": Misbehaviour(
        Answer(200, _BOMB, headers={"content-encoding": "gzip"}, times=300), _ODD
    ),
}


class HttpContract:
    """Inherit this in a class named Test... when the source is a web server.

    `open_at` opens the source at an address, with short time limits (under `PATIENCE` seconds);
    `answer` is the well-behaved server of the school that `expected` describes.
    """

    expected: Expected

    def open_at(self, address: str) -> Mis:
        """The source at this address, opened anew on every call."""
        raise NotImplementedError("say how to open the source: def open_at(self, address) -> Mis")

    def answer(self, request: Request) -> Answer:
        """What a server that behaves answers."""
        raise NotImplementedError("say what a good server answers: def answer(self, request)")

    def outcome(self, address: str) -> Register | LinkworkError:
        """What a read ends with: a register or an error. Other errors are not caught."""
        try:
            return read(self.open_at(address), self.expected.first, self.expected.last)
        except LinkworkError as error:
            return error

    def refusal(self, address: str) -> LinkworkError | None:
        """The error that a read ends with; None for a register."""
        found = self.outcome(address)
        return None if isinstance(found, Register) else found

    def misbehaving(self) -> Iterator[tuple[str, Misbehaviour]]:
        """Every misbehaviour; add those of your own system."""
        yield from MISBEHAVIOURS.items()

    def test_a_server_that_behaves_is_read(self) -> None:
        with serving(self.answer) as address:
            assert self.refusal(address) is None

    def test_each_misbehaviour_of_a_server_is_called_by_its_name(self) -> None:
        for word, (answer, named) in self.misbehaving():
            with serving(_always(answer)) as address:
                error = self.refusal(address)
            assert isinstance(error, named), f"{word}: {error!r}, not {named}"
            assert ". " in str(error), f"{word}: the message has no remedy after the problem"

    def test_a_server_says_when_to_come_back(self) -> None:
        with serving(lambda _: Answer(429, headers={"retry-after": "7"})) as address:
            error = self.refusal(address)
        assert isinstance(error, SourceUnavailable)
        assert error.retry_after == 7

    def test_a_server_that_is_not_there_is_waited_for(self) -> None:
        with serving(self.answer) as address:
            pass
        assert isinstance(self.refusal(address), SourceUnavailable)

    def test_no_server_sends_a_plugin_and_its_password_to_another(self) -> None:
        elsewhere: list[Request] = []

        def other(request: Request) -> Answer:
            elsewhere.append(request)
            return self.answer(request)

        with (
            serving(other) as there,
            serving(lambda asked: Answer(302, headers={"location": there + asked.path})) as here,
        ):
            error = self.refusal(here)
        assert isinstance(error, MisError), f"a redirect was followed or read: {error!r}"
        assert not elsewhere, "the plugin asked the server it was sent to"

    def test_a_failure_at_any_request_leaves_no_half_register(self) -> None:
        asked = self._asked_in_all()
        assert asked, "reading asks the server nothing"
        for failing in range(asked):
            for broken in (Answer(500), Answer(200, _PAGE, "text/html")):
                with serving(self._failing_at(failing, broken)) as address:
                    error = self.refusal(address)
                assert error is not None, f"request {failing + 1} failed and a register was given"

    def test_an_empty_answer_to_any_request_is_an_error_or_said_beside_every_mark(self) -> None:
        with serving(self.answer) as address:
            whole = self.outcome(address)
        assert isinstance(whole, Register)
        for empty in range(self._asked_in_all()):
            with serving(self._failing_at(empty, Answer(200, b"{}"))) as address:
                found = self.outcome(address)
            if isinstance(found, Register):
                words = f"request {empty + 1} was answered with nothing"
                assert set(found.warnings) - set(whole.warnings), f"{words} and nobody is told"
                assert found.sessions == whole.sessions, f"{words} and sessions are gone"
                assert found.rows == whole.rows, f"{words} and marks are gone"

    def test_a_server_that_cuts_each_answer_short_gives_no_register(self) -> None:
        def cut(request: Request) -> Answer:
            answer = self.answer(request)
            return replace(answer, cut=len(answer.body) // 2)

        with serving(cut) as address:
            assert self.refusal(address) is not None

    def _asked_in_all(self) -> int:
        asked: list[Request] = []

        def counting(request: Request) -> Answer:
            asked.append(request)
            return self.answer(request)

        with serving(counting) as address:
            self.refusal(address)
        return len(asked)

    def _failing_at(self, number: int, broken: Answer) -> Answering:
        asked: list[Request] = []

        def failing(request: Request) -> Answer:
            asked.append(request)
            return broken if len(asked) > number else self.answer(request)

        return failing


def _always(answer: Answer) -> Answering:
    return lambda _request: answer
