"""Looks for plates in whatever a unit wrote: as they are read, in small letters, and with something between."""

from collections.abc import Iterable

from alpr_edge.domain.plates import canonical

_BETWEEN = b" -.\xb7\x00\t"
"""What stands between the characters of a plate as people write it; and of a text of two bytes a character."""


def plates_in(plates: Iterable[str], content: bytes) -> set[str]:
    """The plates that stand in some bytes, however they are written."""
    written = content.upper()
    close = written.translate(None, _BETWEEN)
    forms = {plate: {plate.encode(), canonical(plate).encode()} for plate in plates}
    return {plate for plate, texts in forms.items() if any(text in written or text in close for text in texts)}
