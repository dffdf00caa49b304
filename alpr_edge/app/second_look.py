"""The second reader at its own thread, so that no frame waits for it; or at once, for a recording at full pace."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from threading import BoundedSemaphore

import structlog

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.frames import Pixels
from alpr_edge.domain.voting import Opinion
from alpr_edge.vision.second_reader import OnnxSecondReader

log = structlog.get_logger(__name__)

WAITING_MAX = 4
"""Plates asked about and not yet read; at some 55 ms each the last still comes within the default wait."""


class LaterAnswer:
    """An answer that a thread works on.

    Args:
        future: of the work.
    """

    def __init__(self, future: Future[Opinion | None]) -> None:
        self._future = future

    @property
    def done(self) -> bool:
        """Whether the second reader has finished."""
        return self._future.done()

    def opinion(self, wait_ms: float) -> Opinion | None:
        """What it said; None when it has not within that time, or failed."""
        try:
            return self._future.result(wait_ms / 1000)
        except TooLateError:
            return None


class BusySecondReader:
    """Asks the second reader in one thread of its own.

    Args:
        reader: the second reader.
    """

    def __init__(self, reader: OnnxSecondReader) -> None:
        self._reader = reader
        self._room = BoundedSemaphore(WAITING_MAX)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="second-reader")

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._reader.model_id

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> LaterAnswer | None:
        """Hand a crop over; None when too many wait already."""
        if not self._room.acquire(blocking=False):
            return None
        return LaterAnswer(self._thread.submit(self._consider, crop, texts))

    def _consider(self, crop: Pixels, texts: tuple[str, ...]) -> Opinion | None:
        try:
            return _considered(self._reader, crop, texts)
        finally:
            self._room.release()


class PatientSecondReader:
    """Asks the second reader and waits, so that two replays of a recording are equal.

    Args:
        reader: the second reader.
    """

    def __init__(self, reader: OnnxSecondReader) -> None:
        self._reader = reader

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._reader.model_id

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> LaterAnswer:
        """Read the crop now."""
        answer: Future[Opinion | None] = Future()
        answer.set_result(_considered(self._reader, crop, texts))
        return LaterAnswer(answer)


def _considered(reader: OnnxSecondReader, crop: Pixels, texts: tuple[str, ...]) -> Opinion | None:
    """The opinion; None where the second reader fails: the first one's word stands then."""
    try:
        return reader.consider(crop, texts)
    except ModelError as error:
        log.error("second_reader.failed", failure=str(error))
        return None


def at_work(reader: OnnxSecondReader | None, *, live: bool) -> BusySecondReader | PatientSecondReader | None:
    """The second reader as a unit (live) or a replay asks it."""
    if reader is None:
        return None
    ask: Callable[[OnnxSecondReader], BusySecondReader | PatientSecondReader]
    ask = BusySecondReader if live else PatientSecondReader
    return ask(reader)
