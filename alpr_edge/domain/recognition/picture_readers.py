"""What is read in the picture of a pass, beside the readings that are voted on."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.second_opinions import SecondOpinions


@dataclass(frozen=True, slots=True, eq=False)
class PictureReaders:
    """The readers of the picture that a pass shows."""

    second: SecondOpinions = field(default_factory=SecondOpinions)
    """The second reader's opinions, for what is not certain; by itself there is no second reader."""
    state_of: Callable[[Pixels], str | None] = lambda _: None
    """Gives the state that issued a plate, of its picture uint8 [H, W, 3] BGR; None: it is not known."""
