"""Has the states of plates read, so that a read goes on without one where that fails."""

from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.state_reader import StateReader

log = structlog.get_logger(__name__)


def state_function(reader: StateReader | None) -> Callable[[Pixels], str | None]:
    """A function that gives the state of a plate's picture; None of what is not known, and where the reader fails."""
    if reader is None:
        return lambda _: None

    def state_of(plate: Pixels) -> str | None:
        try:
            return reader.state_of(plate)
        except ModelError as error:
            log.error("state_reader.failed", failure=str(error))
            return None

    return state_of
