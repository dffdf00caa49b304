"""Leaves out of texts whatever names a plate or a person of this unit.

The program logs neither. This is the second look, before a text leaves the unit: rather a line too many is left out
than one too few.
"""

import re
from collections.abc import Iterable
from typing import Any

from alpr_edge.domain.plates import canonical

LEFT_OUT = "left out: it names a plate or a person"
WORD_CHARACTERS_MIN = 3
"""Shorter texts are in every other line, and name no vehicle and nobody by themselves."""
SPLIT_CHARACTERS_MIN = 5
"""Least length of a plate that is found in parts, such as "7ABC-123"."""
LINE_CHARACTERS_MAX = 4000
_WORDS = re.compile(r"\w+")
_NO_WORD = re.compile(r"[^0-9A-Za-z]+")


class TextFilter:
    """Compares texts with the plates and people of a unit."""

    def __init__(self, plates: Iterable[str], people: Iterable[str]) -> None:
        texts = {canonical(text) for text in plates}
        self._plates = frozenset(text for text in texts if len(text) >= WORD_CHARACTERS_MIN)
        self._lengths = sorted({len(text) for text in self._plates if len(text) >= SPLIT_CHARACTERS_MIN})
        told = {text.casefold().strip() for text in people}
        self._people = tuple(sorted(text for text in told if len(text) >= WORD_CHARACTERS_MIN))
        self.left_out = 0
        """Lines and values left out so far."""

    def names_anything(self, text: str) -> bool:
        """Whether a text names a plate, whole or in parts, or a person."""
        words = _WORDS.findall(text)
        if any(canonical(word) in self._plates for word in words) or self._names_person(text):
            return True
        return any(self._names_split_plate(part) for part in text.split())

    def lines(self, text: str) -> str:
        """A text without the lines that name anything; a line that is too long is cut."""
        kept = [line[:LINE_CHARACTERS_MAX] for line in text.splitlines() if not self._leaves_out(line)]
        return "".join(f"{line}\n" for line in kept)

    def value(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
        """A value of JSON in which texts that name anything are replaced by :data:`LEFT_OUT`."""
        if isinstance(value, str):
            return LEFT_OUT if self._leaves_out(value) else value
        if isinstance(value, dict):
            return {self.value(name): self.value(item) for name, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list | tuple) else value

    def _leaves_out(self, text: str) -> bool:
        is_out = self.names_anything(text)
        self.left_out += is_out
        return is_out

    def _names_person(self, text: str) -> bool:
        folded = text.casefold()
        for person in self._people:
            place = folded.find(person)
            while place >= 0:
                after = place + len(person)
                if not (folded[place - 1 : place].isalnum() or folded[after : after + 1].isalnum()):
                    return True
                place = folded.find(person, place + 1)
        return False

    def _names_split_plate(self, part: str) -> bool:
        """Whether a plate stands in what has no blank in it, such as ``plate=7ABC-123`` or a file's name."""
        joined = canonical(_NO_WORD.sub("", part))
        return any(
            joined[place : place + length] in self._plates
            for length in self._lengths
            for place in range(len(joined) - length + 1)
        )
