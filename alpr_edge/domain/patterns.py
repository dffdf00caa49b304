"""Partial plates: what a witness remembers, with ``?`` for one character and ``*`` for any number, even none.

A partial is compared with the text as read alone, not with the alternatives that the reader considered: it fits many
cars already, and a match that is uncertain in two ways would be worth nothing.
"""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical

ONE, ANY = "?", "*"
LITERALS_MIN = 2
"""With fewer characters a partial would match one of every few dozen cars."""
PATTERNS_MAX = 10_000
"""Most partials of one list: a read is compared with each of them."""
_RUN = re.compile(r"\*[?*]*")
_PIECES = re.compile(r"[?*]|[^?*]+")
_CHARACTERS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_AUTOMATON_BITS = 16
"""One more than the longest partial has characters that count."""
MENTION_MIN = 5
"""Fewer characters count as a plate only where a word begins and ends with them: other text has them by chance."""
PLATE_LEFT_OUT = "[plate]"
CLEAR_COUNT_MIN = 3
"""Clear characters that must meet known ones of a partial plate (policy 462.4(c))."""
CLEAR_PATTERNS_MAX = 100
"""Most partials of a list that plates with hidden characters are compared with: tens are reported of major crimes, and
with 1,000 such a plate would meet a wrong one in six of 100 looks (with 100 in 0.9)."""
_BEFORE, _HIDDEN, _AFTER = range(3)
"""Where a character of the plate stands: before, in and after what hides some."""
PLATE_NAMED = "the text seems to name a plate, and stands where no plate is shown: leave it out"
_WORDS = r"""
    [0-9][A-Z]{3}[0-9]{3} | [0-9][A-Z][0-9]{5} | [0-9]{5}[A-Z][0-9]   # cars and trucks of California
  | [A-Z]{3}[0-9]{3,4} | [0-9]{3,4}[A-Z]{3}                           # California before 1980, most other states
  | [A-Z][0-9]{2}[A-Z]{3} | [A-Z]{2}[0-9]{2}[A-Z]{2,3}                # New Jersey, Florida and others
"""
_PLATE_WORD = re.compile(rf"(?<![\w/:-])(?:{_WORDS})(?![\w/:-])", re.ASCII | re.IGNORECASE | re.VERBOSE)
_SPACED_PLATE = re.compile(
    r"(?<!\w)(?:[0-9][ .-]?[A-Z]{3}[ .-]?[0-9]{3}|(?i:[0-9][A-Z]{3}[ .-][0-9]{3}|[0-9][ .-][A-Z]{3}[0-9]{3}))(?!\w)",
    re.ASCII,
)
"""A car's plate of California with gaps; of other states, such forms are dates and sections of codes as well."""


def written_text(plate: str, raw: str) -> str:
    """Return a canonical plate or partial with the letter O where a feed or a person wrote one."""
    characters = [character for character in raw.upper() if canonical(character)]
    if canonical("".join(characters)) != canonical(plate):
        return plate
    written = iter(characters)
    return "".join(character if character in {ONE, ANY} else next(written) for character in plate)


def is_partial(plate: str) -> bool:
    """Whether a plate's text holds wildcards."""
    return ONE in plate or ANY in plate


def canonical_partial(text: str) -> str:
    """Canonical text with its wildcards kept; of wildcards in a row the ``?`` stand before a single ``*``."""
    pattern = "".join(piece if piece in (ONE, ANY) else canonical(piece) for piece in _PIECES.findall(text))
    return _RUN.sub(lambda run: ONE * run.group().count(ONE) + ANY, pattern)


def partial_fault(pattern: str) -> str:
    """Why a canonical partial cannot be matched; empty when it can."""
    singles = pattern.replace(ANY, "")
    if len(singles) > PLATE_LENGTH_MAX:
        return f"longer than {PLATE_LENGTH_MAX} characters"
    if len(singles.replace(ONE, "")) < LITERALS_MIN:
        return f"a partial plate needs {LITERALS_MIN} known characters"
    return ""


def without_plates(text: str, plates: Iterable[str]) -> str:
    """Leave out each mention of some plates, however written: ``7abc-123`` as well as ``7 ABC 123``."""
    said = canonical(text)
    for known in sorted({canonical(plate) for plate in plates}, key=len, reverse=True):
        if known and known in said:
            text = _mention(known).sub(PLATE_LEFT_OUT, text)
    return text


def tells_plate(text: str, plates: Iterable[str]) -> bool:
    """Whether a text mentions one of some plates, as :func:`without_plates` finds them."""
    return without_plates(text, plates) != text


def names_plate(text: str) -> bool:
    """Return whether a text has a word in the form of a plate, whatever is known of that plate.

    Forms that case numbers, sections of codes and personalized plates have are not looked for.
    """
    return bool(_PLATE_WORD.search(text) or _SPACED_PLATE.search(text))


def _mention(known: str) -> re.Pattern[str]:
    """What finds canonical characters in a text, with anything but letters and digits between them."""
    mention = "[^0-9A-Z]*".join("[0O]" if character == "0" else character for character in known)
    if len(known) < MENTION_MIN:
        mention = f"(?<![0-9A-Z]){mention}(?![0-9A-Z])"
    return re.compile(mention, re.ASCII | re.IGNORECASE)


class PatternSet:
    """Compares a text with many partials at once.

    Each is a nondeterministic automaton in 16 bits of one long number (Baeza-Yates and Gonnet's shift-and): its bit n
    is set while n of its characters are met. A step over one character of the text is four operations on numbers that
    hold the bits of all of them side by side.

    Raises:
        ValueError: one of them is no canonical partial.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        automata = [_Automaton.of(pattern) for pattern in self.patterns]
        self._starts = _side_by_side([1] * len(automata))
        self._ends = _side_by_side([each.end for each in automata])
        self._stays = _side_by_side([each.stays for each in automata])
        self._takes = {
            character: _side_by_side(
                [automaton.takes.get(character, 0) | automaton.takes_any for automaton in automata]
            )
            for character in _CHARACTERS
        }

    def __len__(self) -> int:
        return len(self.patterns)

    def matches(self, plate: str) -> list[str]:
        """The partials that a canonical text meets, in their order."""
        states = self._starts
        for character in plate:
            takes = self._takes.get(character)
            if takes is None:
                return []
            states = ((states & takes) << 1) | (states & self._stays)
        ended, matched = states & self._ends, list[str]()
        while ended:
            lowest = ended & -ended
            matched.append(self.patterns[(lowest.bit_length() - 1) // _AUTOMATON_BITS])
            ended ^= lowest
        return matched

    def matches_of(self, plate: str, clear: str | None) -> list[str]:
        """Return the partials that a text meets, and those that fit clear characters beside hidden ones, if any are."""
        matched = self.matches(plate)
        if clear is None or len(self.patterns) > CLEAR_PATTERNS_MAX:
            return matched
        return matched + [each for each in self.patterns if each not in matched and fits_partial(clear, each)]


def fits_partial(clear: str, partial: str) -> bool:
    """Whether a plate that shows clear characters, and hides some others in one place, may be that of a partial plate.

    Each clear character stands on an equal known character or on a wildcard, and three of them at least on known ones.

    Args:
        clear: canonical text of the clear characters in their order.
    """
    # By part and number of clear characters placed, the most known ones that are met.
    met = _with_hidden({(_BEFORE, 0): 0})
    for token in partial:
        after: dict[tuple[int, int], int] = dict(met) if token == ANY else {}
        for placed, character in enumerate(clear):
            for part in (_BEFORE, _AFTER):
                before = (after if token == ANY else met).get((part, placed))
                if before is not None and token in (ONE, ANY, character):
                    _keep_more(after, (part, placed + 1), before + (token == character))
        for (part, placed), count in met.items():
            if part == _HIDDEN:
                _keep_more(after, (part, placed), count)
        met = _with_hidden(after)
    return max((met.get((part, len(clear)), 0) for part in (_BEFORE, _HIDDEN, _AFTER)), default=0) >= CLEAR_COUNT_MIN


def _with_hidden(met: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Let what hides characters begin, or end, at each place."""
    opened = dict(met)
    for part in (_BEFORE, _HIDDEN):
        for (at, placed), count in list(opened.items()):
            if at == part:
                _keep_more(opened, (part + 1, placed), count)
    return opened


def _keep_more(met: dict[tuple[int, int], int], key: tuple[int, int], count: int) -> None:
    met[key] = max(met.get(key, -1), count)


@dataclass(frozen=True, slots=True)
class _Automaton:
    """What a partial does with the characters of a text: each number has a bit for each of its states."""

    takes: dict[str, int]
    """The states that one character leads on from."""
    takes_any: int
    """The states that any character leads on from."""
    stays: int
    """The states that any character leaves as they are."""
    end: int

    @classmethod
    def of(cls, pattern: str) -> "_Automaton":
        if canonical_partial(pattern) != pattern or partial_fault(pattern):
            raise ValueError("not a canonical partial plate")
        takes, takes_any, stays, state = dict[str, int](), 0, 0, 1
        for token in pattern:
            if token == ANY:
                stays |= state
                continue
            if token == ONE:
                takes_any |= state
            else:
                takes[token] = takes.get(token, 0) | state
            state <<= 1
        return cls(takes, takes_any, stays, state)


def _side_by_side(automata_bits: Sequence[int]) -> int:
    """The bits of all automata in one number, those of the first lowest."""
    return int.from_bytes(struct.pack(f"<{len(automata_bits)}H", *automata_bits), "little")
