"""Tells a damaged database from a sound one that the disk failed to read once.

A card that is about to wear out, a cable that is loose and a controller that is hot answer one read with an error and
the next with the data. What showed damage is therefore opened anew and checked, and counts as damaged only if it fails
again: at once where what is written is wrong twice, after :data:`PATIENCE_S` where the disk does not read it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from alpr_edge.domain.errors import DamagedError, StoreError, UnreadError

PATIENCE_S = 30.0
"""How long a database that the disk does not read is tried again, and the longest check of a large one."""
RETRY_S = 1.0
"""Time between two tries."""
CHECK_S_MIN = 1.0
WRONG_MIN = 2
"""How often what is written has to be found damaged."""
RELAPSE_S = 600.0
"""Damage that shows again within so long after a check that found nothing is where the check does not look."""

log = structlog.get_logger(__name__)


def sleep(seconds: float) -> bool:
    """Wait where nothing stops the wait."""
    time.sleep(seconds)
    return False


@dataclass(slots=True)
class DamageCheck:
    """Checks a database that showed damage."""

    patience_s: float = PATIENCE_S
    _doubted_s: float | None = None
    """When a check last left a doubt; None: there is none."""

    def confirms(
        self, fault: DamagedError, check: Callable[[float], bool], wait: Callable[[float], bool], path: object
    ) -> bool:
        """Check a database again; returns whether it is damaged.

        Args:
            check: opens it anew and checks it for so many seconds; returns whether it came to all of it.
            wait: waits so many seconds; returns True once the unit stops, which leaves it to the next start.

        Raises:
            StoreError: it is not known, as it cannot be opened for another reason.
        """
        if self._is_relapse():
            return True
        until_s, wrong = time.monotonic() + self.patience_s, int(_is_wrong(fault))
        while True:
            try:
                is_whole = check(max(CHECK_S_MIN, until_s - time.monotonic()))
            except StoreError as error:
                fault_now = error
            else:
                # What a whole check read is sound; what it does not read, or did not come to, may not be.
                is_sound = is_whole and isinstance(fault, UnreadError)
                self._doubted_s = None if is_sound else time.monotonic()
                log.warning("store.sound_again", database=str(path), fault=str(fault), whole=is_whole)
                return False
            wrong += _is_wrong(fault_now)
            if wrong >= WRONG_MIN or time.monotonic() >= until_s:
                return _is_damage(fault_now)
            if wait(0 if _is_wrong(fault_now) else RETRY_S):
                return False

    def _is_relapse(self) -> bool:
        doubted_s, self._doubted_s = self._doubted_s, None
        return doubted_s is not None and time.monotonic() - doubted_s < RELAPSE_S


def _is_wrong(error: StoreError) -> bool:
    """Whether an error shows that what is written is damaged, and not that the disk may have failed to read it."""
    return isinstance(error, DamagedError) and not isinstance(error, UnreadError)


def _is_damage(error: StoreError) -> bool:
    if isinstance(error, DamagedError):
        return True
    raise error
