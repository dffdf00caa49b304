"""What somebody writes on the booking of a package, and how long it may be."""

from alpr_edge.domain.errors import EvidenceError

CASE_CHARACTERS_MAX, MEDIUM_CHARACTERS_MAX, RECIPIENT_CHARACTERS_MAX = 64, 100, 200


def check_booking_texts(case: str, medium: str, recipient: str) -> None:
    """Refuse what cannot stand on a booking.

    Args:
        medium: number of the medium in the evidence room's own count; empty: it has none.
        recipient: to whom it goes; empty: nobody is named.

    Raises:
        EvidenceError: a text is too long or cannot be printed, or no case is named.
    """
    bounds = {
        "case number": (case, CASE_CHARACTERS_MAX),
        "number of the medium": (medium, MEDIUM_CHARACTERS_MAX),
        "recipient": (recipient, RECIPIENT_CHARACTERS_MAX),
    }
    for name, (text, characters_max) in bounds.items():
        if len(text) > characters_max or not text.isprintable():
            raise EvidenceError(f"the {name} is longer than {characters_max} characters or cannot be printed")
    if not case:
        raise EvidenceError("name the case whose evidence is wanted")


def booking_note(case: str, medium: str, recipient: str, *more: str) -> str:
    """What stands on record beside a package's id; empty texts are left out."""
    parts = (f"medium {medium}" if medium else "", f"to {recipient}" if recipient else "", *more)
    return f"case {case}" + "".join(f", {part}" for part in parts if part)
