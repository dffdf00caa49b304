"""Writes a plate for people: which characters are not certain is seen at once."""

from collections.abc import Sequence

from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import Alternative

DOUBTFUL_MIN = 0.05
"""Least probability of another text whose characters raise a doubt."""


def plate_text(plate: str, alternatives: Sequence[Alternative], *, is_certain: bool) -> str:
    """Write a plate with its doubtful characters in brackets, as in ``8A[B?]C123``; a certain one as it is.

    A text in doubt as a whole, as its other readings are longer or shorter, has a question mark at its end.
    """
    if is_certain:
        return plate
    others = [other.plate for other in alternatives if other.confidence >= DOUBTFUL_MIN]
    doubts = {
        place
        for other in others
        if len(other) == len(plate)
        for place, (mine, its) in enumerate(zip(plate, other, strict=True))
        if canonical(mine) != its
    }
    marks = "".join(f"[{character}?]" if place in doubts else character for place, character in enumerate(plate))
    is_wholly_doubted = not doubts or any(len(other) != len(plate) for other in others)
    return f"{marks}?" if is_wholly_doubted else marks
