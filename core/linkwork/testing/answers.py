"""A system's answers, recorded once without anybody's data, and given again over real HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from linkwork.errors import WrongUse
from linkwork.testing.server import Answer, Answering, Request, serving

_SECONDS = 60.0
_SECRET = re.compile(r"([?&][^=&]*(?:token|key|secret|password)[^=&]*=)[^&]*", re.IGNORECASE)
_HIDDEN = r"\1…"
#: Of what is asked, only this is passed on to the system.
_PASSED = ("authorization", "accept", "content-type", "user-agent", "x-mis-application-id")


@contextlib.contextmanager
def recording(address: str, path: Path, keep: Collection[str]) -> Iterator[str]:
    """An address that passes everything on to `address`, and writes the answers to `path`.

    Kept as they stand are only values under the JSON keys in `keep`; every other text and number
    becomes a made-up one, the same each time it comes, so that what belongs together still does.
    What is asked is kept without headers and without secrets in its address. Raises WrongUse in
    the answer, as status 500, for what is no JSON: it cannot be made harmless.
    """
    made_up: dict[str, str | int] = {}
    kept: list[dict[str, Any]] = []

    def passing(request: Request) -> Answer:
        answer = _ask(address, request)
        try:
            body = scrubbed(json.loads(answer.body or b"null"), keep, made_up)
        except ValueError:
            problem = WrongUse("The answer is no JSON and was not recorded. Record another call")
            return Answer(500, str(problem).encode(), "text/plain")
        kept.append(
            {
                "asked": _asked(request),
                "status": answer.status,
                "body": body,
            }
        )
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return Answer(answer.status, json.dumps(body).encode())

    with serving(passing) as here:
        yield here


@contextlib.contextmanager
def replaying(path: Path) -> Iterator[str]:
    """An address that gives the recorded answers again; 404 for what was never asked."""
    with serving(answering(path)) as here:
        yield here


def answering(path: Path) -> Answering:
    """The recorded answers as a server's: each question's in turn, the last again and again."""
    held: dict[str, list[Answer]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        answer = Answer(row["status"], json.dumps(row["body"]).encode())
        held.setdefault(row["asked"], []).append(answer)

    def again(request: Request) -> Answer:
        answers = held.get(_asked(request))
        if not answers:
            return Answer(404, b'{"error": "never recorded"}')
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return again


def scrubbed(
    value: Any, keep: Collection[str], made_up: dict[str, str | int] | None = None, key: str = ""
) -> Any:
    """A JSON value in which only what stands under a key in `keep` is as it was.

    `made_up` remembers what each value became, across calls. True, false and null stay.
    """
    made_up = {} if made_up is None else made_up
    if isinstance(value, dict):
        return {name: scrubbed(each, keep, made_up, name) for name, each in value.items()}
    if isinstance(value, list):
        return [scrubbed(each, keep, made_up, key) for each in value]
    if key in keep or value is None or isinstance(value, bool):
        return value
    number = len(made_up) + 1
    if isinstance(value, str):
        return made_up.setdefault(f"text {value}", f"{key or 'text'}-{number}")
    return made_up.setdefault(f"number {value}", number)


def _asked(request: Request) -> str:
    body = f" {request.body.decode('utf-8', 'replace')}" if request.body else ""
    return f"{request.method} {_SECRET.sub(_HIDDEN, request.path)}{body}"


def _ask(address: str, request: Request) -> Answer:
    headers = {name: value for name, value in request.headers.items() if name in _PASSED}
    asked = urllib.request.Request(  # noqa: S310 -- the author's own system, named by the author
        address.rstrip("/") + request.path,
        data=request.body or None,
        headers=headers,
        method=request.method,
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as got:  # noqa: S310
            return Answer(got.status, got.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
