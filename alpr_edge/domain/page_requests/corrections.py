"""A correction: what the plate of a misread vehicle says by an officer's eyes, and the read that comes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import PlateRead


@dataclass(frozen=True, slots=True)
class Correction:
    """What an officer says that a plate says."""

    hit_id: str
    """The hit at which it was said."""
    read_id: str
    """The read of that hit."""
    text: str
    """Upper case, [A-Z0-9], the letter O and the digit 0 apart."""
    state: str | None
    """Two letters; None: not known."""

    @property
    def plate(self) -> str:
        """Canonical text."""
        return canonical(self.text)

    def agrees_with(self, read: PlateRead) -> bool:
        """Whether a read says the same."""
        return (read.plate, read.state) == (self.plate, self.state)


def is_state_vouched_for(read: PlateRead, listed: Iterable[str | None]) -> bool:
    """Whether somebody beside the unit says the state of a read: a person, or a list that has the plate."""
    return read.corrected_by is not None or read.state in listed


def corrected_read(read: PlateRead, correction: Correction, read_id: str, person_id: str) -> PlateRead:
    """The read that replaces a misread one: same vehicle, place, times and pictures, and the text of a person.

    That no frame voted for the text and no model read it is seen by everybody who takes reads, in older departments
    too: ``vote_count`` is 0 and ``model_ids`` is empty.
    """
    return replace(
        read,
        read_id=read_id,
        plate=correction.plate,
        confidence=1.0,
        alternatives=(),
        slot_votes=tuple(((character, 1.0),) for character in correction.text),
        vote_count=0,
        model_ids=(),
        state=correction.state,
        supersedes=read.read_id,
        corrected_by=person_id,
        earlier_texts=(),
    )
