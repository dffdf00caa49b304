"""Tones that wait for one another: the order in which they sound, and which one gives way when too many wait."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from alpr_edge.alerts.tones import Samples
from alpr_edge.domain.alerting import TONES_OF_HITS, Tone, urgency_of

_NEVER_DROPPED = (Tone.URGENT, Tone.WITHDRAWN)
"""An officer who was warned must also hear that the warning no longer holds."""
PASSED_MAX = 3
"""Most tones of hits that go ahead of one of the unit. So where hits come without a pause one tone of the unit sounds
after every third, for at most 1.2 s (:attr:`Tone.TROUBLE`)."""


@dataclass(slots=True, eq=False)
class QueuedTone:
    """A tone that waits or sounds."""

    tone: Tone
    samples: Samples
    sample_position: int = 0
    """Samples given to the device so far; 0 again once another tone cut it short."""
    passed_count: int = 0
    """Tones of hits that went ahead of it while it was the first of the unit's."""
    started_ns: int | None = None
    """CLOCK_BOOTTIME at which its first sample was given for the first time; None before."""
    on_lost: list[Callable[[], None]] = field(default_factory=list)
    """What is called when it never sounds after all; each must not wait."""

    @property
    def left(self) -> int:
        """Samples not given to the device yet."""
        return len(self.samples) - self.sample_position

    @property
    def is_of_unit(self) -> bool:
        """Whether it tells of the unit itself, and not of a hit."""
        return self.tone not in TONES_OF_HITS

    @property
    def was_passed(self) -> bool:
        """Whether a hit went ahead of it and it has not begun since: what is said of the hit comes first, too."""
        return self.passed_count > 0 and self.sample_position == 0

    def tell_loss(self) -> None:
        """Tell those who wait for it that it is removed, unless it has begun to sound."""
        if self.started_ns is None:
            for tell in self.on_lost:
                tell()


class ToneQueue:
    """Tones in the order in which they sound; the first is sounding.

    The tones of hits and withdrawals go ahead of those of the unit, in the order in which they came. One of the unit
    that sounds already is cut short and begins anew after them, unless :data:`PASSED_MAX` have gone ahead of it. An
    urgent tone goes ahead of all that wait but a withdrawal: that tells of what sounded last.

    Args:
        waiting_max: the most tones that may wait, the sounding one counted; a tone that is never dropped may be one
            more.
    """

    def __init__(self, waiting_max: int) -> None:
        self._waiting_max = waiting_max
        self._queue: list[QueuedTone] = []

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[QueuedTone]:
        return iter(self._queue)

    @property
    def first(self) -> QueuedTone | None:
        """The tone that sounds now."""
        return self._queue[0] if self._queue else None

    def add(self, new_tone: QueuedTone) -> QueuedTone | None:
        """Queue a tone.

        Returns:
            The tone, or one of the same kind that waits already and sounds for both; None: it is left out, since only
            tones as urgent wait.
        """
        if len(self._queue) >= self._waiting_max and not self._makes_room(new_tone.tone):
            if new_tone.tone not in _NEVER_DROPPED:
                return None
            if (other := self._waiting_for(new_tone.tone)) is not None:
                return other
        place = self._place_of(new_tone.tone)
        passed = next((other for other in self._queue[place:] if other.is_of_unit), None)
        if passed is not None:
            # Only the one that sounded has given samples; it begins anew.
            passed.passed_count, passed.sample_position = passed.passed_count + 1, 0
        self._queue.insert(place, new_tone)
        return new_tone

    def ahead_of(self, queued_tone: QueuedTone) -> int:
        """Samples that the device takes before those of a tone in the queue."""
        return sum(other.left for other in self._queue[: self._queue.index(queued_tone)])

    def remove_first(self) -> None:
        """Remove the first, which has sounded."""
        del self._queue[0]

    def clear(self) -> None:
        """Remove all tones; those that did not sound are lost."""
        lost, self._queue = self._queue, []
        for queued_tone in lost:
            queued_tone.tell_loss()

    def _makes_room(self, tone: Tone) -> bool:
        """Drop the least urgent of the waiting tones, the last of its kind, if it is less urgent than ``tone``.

        One that was cut short stays: whoever asked for it was told that it sounds.
        """
        may_go = (other for other in reversed(self._queue[1:]) if other.started_ns is None)
        waiting = [other for other in may_go if other.tone not in _NEVER_DROPPED]
        least = min(waiting, key=lambda other: urgency_of(other.tone), default=None)
        if least is None or urgency_of(least.tone) >= urgency_of(tone):
            return False
        self._queue.remove(least)
        least.tell_loss()
        return True

    def _waiting_for(self, tone: Tone) -> QueuedTone | None:
        """A tone of the same kind that has not begun; a withdrawal only when nothing was queued behind it."""
        waiting = self._queue[1:] if tone is Tone.URGENT else self._queue[1:][-1:]
        return next((other for other in reversed(waiting) if other.tone is tone), None)

    def _place_of(self, tone: Tone) -> int:
        if tone not in TONES_OF_HITS:
            return len(self._queue)
        places = (place for place, other in enumerate(self._queue) if not self._passes(tone, other))
        return max(places, default=-1) + 1

    def _passes(self, tone: Tone, other: QueuedTone) -> bool:
        """Whether a tone of a hit goes ahead of one that waits or sounds; no hit is cut short."""
        if tone is Tone.URGENT and other is not self.first:
            return other.tone not in _NEVER_DROPPED
        return other.is_of_unit and other.passed_count < PASSED_MAX
