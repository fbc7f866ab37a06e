"""What the rules ask of a code, packed eight questions to the byte."""

from __future__ import annotations

from dataclasses import dataclass, field

from linkwork.sheet import Reading, Sheet

#: How many questions one byte answers.
PER_PLANE = 8


@dataclass(frozen=True, slots=True)
class Signal:
    """Where the answer to one question stands: a bit of a plane."""

    plane: int
    bit: int


@dataclass
class Signals:
    """The questions of all rules, each asked once. A plane answers eight of them in a byte."""

    sheet: Sheet
    _known: dict[tuple[bool, tuple[bytes, ...]], Signal] = field(default_factory=dict)
    _letters: dict[Reading, list[str]] = field(default_factory=dict)

    def ask(
        self, reading: Reading, letters: str, *, age_bound: bool, no_mark: str | None = None
    ) -> Signal:
        """Whether `reading` gives a code one of `letters`, for every code set of the sheet.

        `no_mark` is the letter of no mark, where it differs from an unknown code's. An age-bound
        question is answered no outside compulsory school age, every question outside the roll.
        """
        answers = tuple(
            bytes([letter in letters for letter in (no_mark or word[0]) + word[1:]])
            for word in self.letters(reading)
        )
        place = len(self._known)
        fresh = Signal(place // PER_PLANE, place % PER_PLANE)
        return self._known.setdefault((age_bound, answers), fresh)

    def letters(self, reading: Reading) -> list[str]:
        """For each code set of the sheet, the letters of the register's codes, in their order."""
        if reading not in self._letters:
            codes = self.sheet.register.codes
            sets = {each.name: each for each in self.sheet.sets}.values()
            self._letters[reading] = [
                "".join([reading(code_set.classify(code)) for code in codes]) for code_set in sets
            ]
        return self._letters[reading]

    @property
    def planes(self) -> int:
        """How many planes hold all the questions."""
        return -(-len(self._known) // PER_PLANE)

    def tables(self, plane: int) -> dict[str, bytes]:
        """For each code set by name, what each byte of a row becomes in `plane`."""
        names = list(dict.fromkeys(each.name for each in self.sheet.sets))
        return {name: self._table(plane, number) for number, name in enumerate(names)}

    def bits(self, plane: int, *, age_bound: bool) -> int:
        """The bits of `plane` whose questions are, or are not, age-bound."""
        return sum(
            1 << signal.bit
            for (bound, _), signal in self._known.items()
            if signal.plane == plane and bound is age_bound
        )

    def _table(self, plane: int, code_set: int) -> bytes:
        table = bytearray(256)
        for (_, answers), signal in self._known.items():
            if signal.plane == plane:
                for index, answer in enumerate(answers[code_set]):
                    table[index] |= answer << signal.bit
        return bytes(table)
