"""Which text a real crop gets, given what came with it and what two readers make of it.

Texts that came with crops are wrong where somebody took one character for another (I for D, 1 for 0, V for Y on worn
Brazilian plates): a reader that learns them learns to misread.
"""

import re
from collections.abc import Set as AbstractSet

TRUSTED = {"us": True, "br": False, "eu": False}
"""Whether the texts that came with a region's crops stand unless both readers contradict them."""
FORMS = {"us": r"[0-9A-Z]{2,9}", "br": r"[0-9A-Z]{3}[0-9]{4}", "eu": r"[0-9A-Z]{4,8}"}
"""Canonical texts that a region's plates can have (the letter O is the digit 0)."""


def text_for(region: str, given: str, own: str, others: AbstractSet[str]) -> str | None:
    """The canonical text to learn, or None for a crop to leave out.

    Args:
        region: "us", "br" or "eu".
        given: canonical text that came with the crop; empty where none did.
        own: what our reader says.
        others: what another reader says of the whole crop and of bands of it.
    """
    if given and given in others:
        return given
    if own in others and re.fullmatch(FORMS[region], own):
        return own
    return given if given and TRUSTED[region] else None
