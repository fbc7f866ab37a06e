"""Costly work by turns: so many at once, so many in line, and a plain answer to the rest."""

from __future__ import annotations

import threading

import pytest

from linkwork_hub.web.gate import Busy, Gate


def test_a_place_is_given_on_when_its_holder_leaves_even_by_an_error() -> None:
    gate = Gate(1, 0, 0.01)
    with pytest.raises(ValueError, match="half-way"), gate.turn():
        raise ValueError("half-way")
    with gate.turn():
        pass
    with gate.turn(), pytest.raises(Busy, match="Try again in a second"), gate.turn():
        pass


def test_one_in_line_is_let_in_and_one_more_is_not() -> None:
    gate, refused, let_in = Gate(1, 1, 30), threading.Event(), threading.Event()
    said: list[int] = []

    def come() -> None:
        try:
            with gate.turn():
                let_in.set()
        except Busy as busy:
            said.append(busy.retry_after)
            refused.set()

    both = [threading.Thread(target=come) for _ in range(2)]
    with gate.turn():
        for one in both:
            one.start()
        assert refused.wait(10)
        assert not let_in.is_set()
    for one in both:
        one.join(10)
    assert let_in.is_set()
    assert said == [30]


def test_patience_ends() -> None:
    gate = Gate(1, 5, 0.05)
    with gate.turn(), pytest.raises(Busy), gate.turn():
        pass
