"""The sentence that is said once no tone sounds any more, and what becomes of it when another tone comes first."""

import numpy as np

from alpr_edge.alerts.speech.clips import PAUSE_MS
from alpr_edge.alerts.tones import RATE_HZ, Samples
from alpr_edge.domain.alerting import TONES_OF_HITS, Tone, urgency_of

_PAUSE_SAMPLES = RATE_HZ * PAUSE_MS // 1000


class PendingSentence:
    """At most one sentence: a tone never waits for one, so they do not queue up."""

    def __init__(self) -> None:
        self._tone: Tone | None = None
        self._samples: Samples = np.zeros(0, np.int16)
        self._position = 0

    @property
    def is_of_hit(self) -> bool:
        """Whether something is still to be said of a hit."""
        return self._tone in TONES_OF_HITS

    def follow(self, tone: Tone, samples: Samples) -> None:
        """Take the sentence of a new tone.

        It takes the place of the one before, of which the rest is never said once it began. A sentence that did not
        begin yet waits on if its tone is more urgent than the new one. Behind a withdrawal none does, as it may be the
        alert of that sentence that does not hold; nor does "Withdrawn" behind the tone of another alert.

        Args:
            samples: what is said after it, a pause before; empty for nothing.
        """
        if self._waits_behind(tone):
            self._position = 0
            return
        self._tone, self._samples, self._position = (tone if len(samples) else None), samples, 0

    def _waits_behind(self, tone: Tone) -> bool:
        """Whether the present sentence is said after a new tone, in place of that tone's own."""
        if self._tone is None or Tone.WITHDRAWN in {self._tone, tone} or self._position > _PAUSE_SAMPLES:
            return False
        return urgency_of(self._tone) > urgency_of(tone)

    def take(self, count: int) -> Samples:
        """The next samples, at most ``count``; empty when there is nothing to say (any more)."""
        samples = self._samples[self._position : self._position + count]
        self._position += len(samples)
        if self._position >= len(self._samples):
            self.clear()
        return samples

    def peek(self) -> Samples:
        """All that is still to be said; it stays to be said."""
        return self._samples[self._position :]

    def clear(self) -> None:
        """Leave out what was not said yet."""
        self._tone, self._samples, self._position = None, np.zeros(0, np.int16), 0
