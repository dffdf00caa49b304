"""Checks a plate and a state that somebody typed."""

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.patterns import canonical_partial, is_partial, partial_fault
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical, fold_written, is_readable, written_fault
from alpr_edge.hotlist.formats import state_codes
from alpr_edge.hotlist.ingest.validation import is_junk

PATTERN_LENGTH_MAX = 16
"""Longest partial plate, as a record of access holds it (:class:`~alpr_edge.domain.access_log.records.AccessEntry`)."""


def plate_to_look_up(text: str) -> str:
    """Return the canonical text of a whole plate."""
    written = _fold_typed(text)
    if is_partial(written):
        raise FeedError("a plate is looked up as read, without ? and *; to watch for a part of one: hotlist add")
    plate = canonical(written)
    if not plate:
        raise FeedError("that is no plate: it holds no letter or digit")
    _require_length(plate)
    return plate


def plate_to_watch_for(text: str) -> str:
    """Return the canonical text of a plate or of a part of one (? one character, * any number)."""
    return _plate_or_part(text, "watched")


def plate_to_search_for(text: str) -> str:
    """Return the canonical text of a plate or of a part of one, as :func:`plate_to_watch_for`, to search reads by."""
    return _plate_or_part(text, "searched")


def _plate_or_part(text: str, use: str) -> str:
    plate = canonical_partial(_fold_typed(text))
    if is_partial(plate):
        fault = partial_fault(plate)
        if len(plate) > PATTERN_LENGTH_MAX:
            fault = f"longer than {PATTERN_LENGTH_MAX} characters with its wildcards"
        if fault:
            raise FeedError(f"that cannot be {use} for: {fault}")
        return plate
    if is_junk(plate):
        raise FeedError("that is no plate: it holds no letter or digit that tells a car")
    if not is_readable(plate):
        raise FeedError(f"that cannot be {use} for: no camera reads a plate of one character")
    _require_length(plate)
    return plate


def _fold_typed(text: str) -> str:
    """What was typed, in characters of plates."""
    written = fold_written(text)
    if fault := written_fault(written):
        raise FeedError(f"that is no plate: it holds {fault}; type it as it stands on the car")
    return written


def state_letters(text: str | None) -> str | None:
    """Return a state's two letters as reads carry them; None where none was given."""
    if not (text or "").strip():
        return None
    letters, _ = state_codes.from_text(text or "")
    if letters not in state_codes.KNOWN_CODES:
        codes = ", ".join(sorted(state_codes.KNOWN_CODES))
        raise FeedError(f"--state is two letters or a name, and left out when it is not known; the states are {codes}")
    return letters


def _require_length(plate: str) -> None:
    if len(plate) > PLATE_LENGTH_MAX:
        raise FeedError(f"that is no plate: longer than {PLATE_LENGTH_MAX} characters")
