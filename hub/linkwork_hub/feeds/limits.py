"""How often one sender may call: a bucket each, which fills with time and empties with calls."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

#: One agent's calls: so many a second in the long run, and so many at once. A school that was
#: offline for weeks brings some hundred messages, one after the other.
RATE, BURST = 5.0, 300.0
#: Senders remembered; the one not heard from for longest is forgotten first.
MOST_SENDERS = 50_000


class Limits:
    """Buckets of senders in this process, in bounded memory. `monotonic` gives seconds."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        rate: float = RATE,
        burst: float = BURST,
        most: int = MOST_SENDERS,
    ) -> None:
        self._monotonic, self._rate, self._burst, self._most = monotonic, rate, burst, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, sender: str) -> int:
        """Take one call of a proven sender: 0, or after how many seconds it may come again."""
        with self._lock:
            now = self._monotonic()
            left, at = self._left.pop(sender, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            allowed = left >= 1
            self._left[sender] = (left - 1 if allowed else left, now)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return 0 if allowed else math.ceil((1 - left) / self._rate)
