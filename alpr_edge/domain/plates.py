"""Plate text: the canonical form, the reader's alphabet, and how plates are shown without being shown."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
"""The reader's slot alphabet; the last character means an empty slot."""
EMPTY = "_"
PLATE_LENGTH_MAX = 10
"""Longest serial any feed carries (NCIC's plate field)."""

_KEPT = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""Chosen before the text is put in upper case: Unicode's upper case of sharp s is SS, of dotless i is I."""


def canonical(text: str) -> str:
    """Canonical plate text: upper case, [A-Z0-9] only, letter O as digit 0, nothing else.

    Feeds write zero for O (``0H``, ``D0DG``) and many states allow only one of the two, so O against 0
    is exact; every other look-alike is not. An empty result means that nothing of a plate was in ``text``.
    """
    if text.isascii() and text.isalnum():
        return text.upper().replace("O", "0")
    return "".join(c for c in text if c in _KEPT).upper().replace("O", "0")
