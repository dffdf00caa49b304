"""Candidates of a canvass: reads whose plate fits one of the partial plates that witnesses remember, and how.

A read fits by its text, or by another text that the reader considered; no table of look-alikes is used
(:mod:`alpr_edge.domain.matching`). A candidate is a lead: a part of a plate fits many vehicles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.matching import CONFUSABLE_MIN, CONFUSABLES_MAX
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.domain.reads import Alternative


class FitKind(StrEnum):
    """How a read fits a partial plate, the surer first."""

    TEXT = "text"
    """The text as read fits."""
    ALTERNATIVE = "alternative"
    """Another text fits, which the reader considered."""


@dataclass(frozen=True, slots=True)
class PartialFit:
    """A partial plate that a read fits."""

    partial: str
    kind: FitKind
    text: str
    """The canonical text that fits."""
    confidence: float
    """How likely the reader holds it, 0 to 1."""


def partial_fits(
    plate: str, confidence: float, alternatives: Sequence[Alternative], partials: PatternSet
) -> tuple[PartialFit, ...]:
    """Every partial plate that a read fits, each once, those of the text as read first.

    Args:
        confidence: how likely it is, 0 to 1.
    """
    fits = {
        partial: PartialFit(partial, FitKind.TEXT, plate, confidence) for partial in partials.matches(plate) if plate
    }
    for other in alternatives[:CONFUSABLES_MAX]:
        if other.confidence < CONFUSABLE_MIN or not other.plate:
            continue
        for partial in partials.matches(other.plate):
            fits.setdefault(partial, PartialFit(partial, FitKind.ALTERNATIVE, other.plate, other.confidence))
    return tuple(fits.values())
