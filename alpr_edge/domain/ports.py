"""The ports: what the product needs from outside, as Protocols of one to three methods.

Each has real alternates: the vehicle's hardware, recordings, and what tests use.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.items import Answer, OutboxItem
from alpr_edge.domain.speech.sentences import Sentence

if TYPE_CHECKING:  # the page looks at no pixels, and would load numpy for these names
    from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Probabilities


class Clock(Protocol):
    """Gives the present moment; the only source of time for every rule."""

    def now(self) -> Instant:
        """The present instant."""


class FrameSource(Protocol):
    """A camera or a recording."""

    def frames(self) -> "Iterator[Frame]":
        """Open the source and yield its frames until it ends; closing the iterator releases the device.

        A recording ends by returning. A device that cannot be opened, freezes or vanishes raises
        :class:`~alpr_edge.domain.errors.CaptureError` after releasing it; calling again reopens it.
        """


class FixSource(Protocol):
    """A GNSS receiver, its log, or a fixed position."""

    def fixes(self) -> Iterator[Fix]:
        """Yield valid fixes as they arrive; ends and fails as :meth:`FrameSource.frames` does, with PositionError."""


class Detector(Protocol):
    """Finds plates in frames."""

    def detect(self, frame: "Frame") -> "list[Detection]":
        """Find what may be plates in the frame, best first. Raises ModelError on an inference error.

        One box a plate, but for a large doubtful one with a surer small one inside: who checks boxes takes one of them.
        """


class Reader(Protocol):
    """Reads the text of plates."""

    def read(self, crops: "Sequence[Crop]") -> "Probabilities":
        """Compute float32 [len(crops), slots, len(ALPHABET)]: the full probabilities of every slot."""


class Ignition(Protocol):
    """Reports whether the car is in use."""

    def is_on(self) -> bool:
        """Whether the ignition is on at this moment; short dips are not filtered out.

        Raises:
            PowerError: it cannot be read now; asking again later may work.
        """


class Player(Protocol):
    """Sounds tones in the car."""

    @property
    def up(self) -> bool:
        """Whether a tone played now would sound."""

    def play(
        self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None
    ) -> int | None:
        """Queue the tone; returns once its first sample is handed over, or at once when it has to wait for another.

        Args:
            sentence: what to say once it has sounded. No tone waits for a sentence: another tone cuts it off, and one
                whose phrases are not all there is left out.
            on_lost: called, by any thread and holding locks of the player, when a tone that was queued behind another
                never sounds after all: it must not wait.

        Returns:
            The first sample's boottime_ns: of a device by this machine's CLOCK_BOOTTIME, of a wav file by the clock
            of ``at``; None when nothing sounds because the settings say so.

        Raises:
            SoundError: the device is down, or too many tones wait that are as urgent.
        """

    def close(self) -> None:
        """Finish what is queued, then release the device."""


class Department(Protocol):
    """Where reads go: the department's storage, or portable media at the depot."""

    def ping(self) -> None:
        """See whether the department answers; raises as :meth:`deliver` does."""

    def deliver(self, items: Sequence[OutboxItem]) -> list[Answer]:
        """Hand over a batch; one answer an item, in order.

        Raises:
            UplinkError: the link or the department as a whole is down; nothing is known of the items.
            UnauthorisedError: this unit is not accepted.
        """
