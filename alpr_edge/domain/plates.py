"""Plate text: its canonical form, the reader's alphabet, and which texts are readable and certain."""

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
"""The reader's slot alphabet; the last character means an empty slot."""
EMPTY = "_"
PLATE_LENGTH_MAX = 10
"""Longest serial any feed carries (NCIC's plate field)."""

CERTAIN_MIN = 0.95
"""Confidence from which a read is certain: it may be used without comparing it first.

Chosen from 0.75, 0.8, 0.85, 0.9, 0.93 and 0.95 by two conditions. 97 of 100 certain reads are right, among 2,145 single
readings of plates set apart for validation (``models/training/calibrate``): 0.8 is enough. No plate whose small stacked
character is taken for a full one is certain (``tests/app/pipeline/test_misreads.py``): 0.93 lets one through.
"""
CHARACTERS_MIN = 2
"""A shorter text is unreadable, or no plate: plates of one character exist, but most that are read so are other
things."""

_PLATE_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""Characters of plates, compared before upper-casing: Unicode's upper case of sharp s is SS, of dotless i is I."""
_FOLDED = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    map(ord, "\u00d8\u00f8\u2205\u2300"), "0"
)
"""Full-width forms, and what zeros with a slash are written as: O with a stroke, the signs of the empty set and of a
diameter."""
_NUMBER = re.compile(r"[0-9]\.[0-9]|[0-9]E?\+[0-9]", re.IGNORECASE)
_BETWEEN_PLATES = re.compile(r"[,;\r\n]")


def typed_plates(text: str) -> tuple[str, ...]:
    """Plates as they were typed, with commas or semicolons between them or each on a line.

    A blank parts none: people write ``7ABC 123``.
    """
    return tuple(plate.strip() for plate in _BETWEEN_PLATES.split(text) if plate.strip())


def is_readable(plate: str) -> bool:
    """Whether a canonical text can be that of a plate. One that cannot becomes no read and matches no list."""
    return len(plate) >= CHARACTERS_MIN


def is_certain(plate: str, confidence: float) -> bool:
    """Whether a text read with this confidence may be taken as it stands."""
    return is_readable(plate) and confidence >= CERTAIN_MIN


def fold_written(text: str) -> str:
    """A plate as a feed or a person wrote it, with the characters that full-width forms and slashed zeros stand for.

    Reads need none of it: the reader knows :data:`ALPHABET` alone.
    """
    return text if text.isascii() else text.translate(_FOLDED)


def written_fault(text: str) -> str:
    """What a folded text holds that no plate does; empty where nothing is in the way.

    :func:`canonical` leaves out what is no character of plates. Of another alphabet's letter, or of the point in a
    number, that would make the plate of another car.
    """
    if not text.isascii() and any(map(_is_foreign, text)):
        return "a letter or digit beside A to Z and 0 to 9"
    if _NUMBER.search(text) and canonical(text).strip("0"):
        return "a point or plus between digits, as a spreadsheet writes numbers"
    return ""


def _is_foreign(character: str) -> bool:
    """Whether a character is a letter, a digit or a mark of one, and not ASCII; of a sign made of letters as well."""
    if character.isascii():
        return False
    is_mark = unicodedata.category(character).startswith("M")
    return is_mark or any(part.isalnum() for part in unicodedata.normalize("NFKC", character))


def canonical(text: str) -> str:
    """Canonical plate text: upper case, [A-Z0-9] only, letter O as digit 0, nothing else.

    Feeds write zero for O (``0H``, ``D0DG``) and many states allow only one of the two, so O against 0
    is exact; every other look-alike is not. The result is empty where ``text`` holds no letter or digit.
    """
    if text.isascii() and text.isalnum():
        return text.upper().replace("O", "0")
    return "".join(c for c in text if c in _PLATE_CHARACTERS).upper().replace("O", "0")
