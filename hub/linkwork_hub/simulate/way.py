"""The way between a school and the hub, and what goes wrong on it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

Carry = Callable[[str, str, bytes], tuple[int, bytes]]

_BLOCKED = b"<html><head><title>Blocked by the school's filter</title></head></html>"


class Late(NamedTuple):
    """A request whose sender has given up, and that may still arrive."""

    method: str
    path: str
    body: bytes


class Road:
    """One school's way to the hub. `faults` says what meets the calls of this moment, by number.

    What is late arrives at a later moment, in any order; its answer reaches nobody.
    """

    def __init__(self, carry: Carry, dice: Random) -> None:
        self._carry, self._dice = carry, dice
        self.faults: dict[int, str] = {}
        self.offline = False
        self._calls = 0
        self._late: list[Late] = []

    def moment(self) -> None:
        """A new moment: calls are counted anew."""
        self._calls, self.faults = 0, {}

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Carry one request."""
        self._calls += 1
        fault = self.faults.pop(self._calls, "")
        if self.offline or fault == "drop":
            raise ConnectionError("nobody is reached")
        if fault == "filter":
            return 200, _BLOCKED
        if fault in ("delay", "reorder"):
            self._late.append(Late(method, path, body))
            raise TimeoutError("no answer in time")
        if fault == "duplicate":
            self._carry(method, path, body)
        answer = self._carry(method, path, body)
        if fault == "lose":
            raise TimeoutError("no answer in time")
        return answer

    def arrive(self, *, all_of_it: bool = False) -> bool:
        """Let late requests arrive, those of this moment or all; whether any did."""
        if self.offline:
            return False
        chosen = [one for one in self._late if all_of_it or self._dice.random() < 0.4]
        self._late = [one for one in self._late if one not in chosen]
        self._dice.shuffle(chosen)
        for one in chosen:
            try:
                self._carry(*one)
            except ConnectionError:
                self._late.append(one)
        return bool(chosen)
