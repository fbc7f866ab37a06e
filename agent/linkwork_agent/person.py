"""Whoever sets a source up: a person at any terminal, or a script with its answers ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from linkwork.errors import WrongUse

#: How often a question is put again before nothing is kept.
TRIES = 5
NOTHING_KEPT = "Nothing was saved."


def answers_of(pairs: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE pairs of the command line. Raises WrongUse for what is none."""
    answers = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise WrongUse(f"--answers {pair!r} is not KEY=VALUE. Write it as dates=day-first")
        answers[key.strip()] = value.strip()
    return answers


def account() -> str:
    """The account that runs this command. Raises WrongUse where the system has no name for it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError) as problem:
        raise WrongUse("Say who it is: add --by NAME.") from problem


class AtTerminal:
    """Asks on standard output and reads lines: also through a pipe and on a dumb terminal.

    `yes` takes every default and never waits for anybody.
    """

    def __init__(
        self, read: Callable[[], str], out: TextIO, answers: Mapping[str, str], yes: bool
    ) -> None:
        self._read, self._out, self._yes = read, out, yes
        self._answers = dict(answers)

    def say(self, words: str) -> None:
        """Show some lines."""
        print(words, file=self._out, flush=True)

    def ask(self, key: str, words: str, choices: Mapping[str, str], default: str = "") -> str:
        """The answer given beforehand, the default with `yes`, or what the person types."""
        if key in self._answers:
            # Once: should the answer not do, the person is asked.
            answer = self._answers.pop(key)
            if not choices or answer in choices:
                return answer
            raise WrongUse(
                f"{answer!r} does not answer {key}; it may be {', '.join(choices)}. {NOTHING_KEPT}"
            )
        if self._yes:
            if default:
                return default
            ways = f" ({', '.join(choices)})" if choices else ""
            raise WrongUse(
                f"{words} Nobody is asked with --yes: answer it with --answers "
                f'"{key}=..."{ways}. {NOTHING_KEPT}'
            )
        return self._typed(words, choices, default)

    def _typed(self, words: str, choices: Mapping[str, str], default: str) -> str:
        self.say(words)
        for choice, meaning in choices.items():
            self.say(f"  {choice:<14} {meaning}")
        for _ in range(TRIES):
            print(f"[{default}] > " if default else "> ", end="", file=self._out, flush=True)
            line = self._read()
            if not line:
                raise WrongUse(f"The answers ended before the questions. {NOTHING_KEPT}")
            answer = line.strip() or default
            if answer in choices or (not choices and answer):
                return answer
            self.say(f"Write one of: {', '.join(choices)}" if choices else "Write something")
        raise WrongUse(f"No answer was one of the choices. {NOTHING_KEPT}")
