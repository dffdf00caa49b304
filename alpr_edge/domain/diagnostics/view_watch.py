"""Watches what a camera sees while the car drives, and says what is wrong with it.

A car that stands before a wall sees a picture that stands still and shows little, and nothing is wrong. So only samples
taken while driving are judged. By the receiver that is known; without its speed the picture itself has to move. A
picture that shows nothing cannot move: where the speed is not known, it is judged for a while after it last did.
"""

from collections import deque
from dataclasses import dataclass

from alpr_edge.domain.diagnostics.camera_view import UsualView, ViewFault, ViewSample, ViewWindow

DRIVING_MPS_MIN = 3.0
"""Speed from which the car drives; below it a queue of cars creeps on."""
MOVING_SHARE = 0.3
"""Share of tiles that change between two samples when a picture moves: at a toll gate with passing cars 0.08 do, in the
rides, standing at lights included, 0.7."""
MOVED_S = 20.0
"""How long after its picture last moved a car of unknown speed is taken to drive, for a camera that shows nothing."""
WINDOW_S, WINDOW_SAMPLES_MIN = 6.0, 7
"""Span and samples by which a dirty or turned camera is told."""
BLIND_S, BLIND_SAMPLES_MIN = 4.0, 4
"""Span and samples by which a camera that shows nothing is told, and by which its fault ends."""
TOLD_AFTER_S = 2.0
"""How long a fault has to be found before it is told, and not to be found before it ends: windows that hold pictures of
before and after look like a third thing."""
GAP_S_MAX = 3.0
"""A longer gap between samples begins a new window."""
_ENDS_STANDING = {ViewFault.COVERED, ViewFault.WASHED_OUT}
"""Faults that also end while the car stands, as soon as the picture shows something."""


@dataclass(frozen=True, slots=True, eq=False)
class _Dated:
    at_s: float
    sample: ViewSample


class ViewWatch:
    """Follows one camera. Not safe to use from several threads, but for reading :attr:`fault`."""

    def __init__(self) -> None:
        self._usual = UsualView()
        self._recent: deque[_Dated] = deque(maxlen=256)
        """The samples of the last seconds, driving or not."""
        self._driven: deque[_Dated] = deque(maxlen=256)
        """Those taken while driving without a break."""
        self._moved_s: float | None = None
        """When the picture last moved."""
        self._found: ViewFault | None = None
        self._found_s = 0.0
        """What the windows show, and since when they do."""
        self.fault: ViewFault | None = None
        """What is wrong at present."""

    def look(self, sample: ViewSample, at_s: float, speed_mps: float | None) -> None:
        """Take in a sample.

        Args:
            speed_mps: the car's speed; None where it is not known.
        """
        last = self._recent[-1] if self._recent else None
        if last is not None and at_s <= last.at_s:
            return
        if last is not None and sample.changed_share(last.sample) >= MOVING_SHARE:
            self._moved_s = at_s
        _append(self._recent, _Dated(at_s, sample), BLIND_S)
        if self._is_driving(at_s, speed_mps):
            passed_s = at_s - self._driven[-1].at_s if self._driven else 0.0
            _append(self._driven, _Dated(at_s, sample), WINDOW_S)
            self._judge(passed_s, is_known=speed_mps is not None)
        else:
            self._driven.clear()
            self._end_standing()

    def _is_driving(self, at_s: float, speed_mps: float | None) -> bool:
        if speed_mps is not None:
            return speed_mps >= DRIVING_MPS_MIN
        return self._moved_s is not None and at_s - self._moved_s <= MOVED_S

    def _judge(self, passed_s: float, *, is_known: bool) -> None:
        """Judge the newest windows of a car that drives, or that may, where its speed is not known."""
        blind = _window(self._driven, BLIND_S, BLIND_SAMPLES_MIN)
        if blind is None:
            return
        fault = blind.blindness()
        if fault is None and not is_known and self._driven[-1].at_s - (self._moved_s or 0.0) > GAP_S_MAX:
            self._end_standing()
            return  # it may stand: nothing is learnt from that, nor told of it
        window = _window(self._driven, WINDOW_S, WINDOW_SAMPLES_MIN)
        if fault is None:
            if window is None:
                return
            fault = ViewFault.TURNED_AWAY if is_known and window.is_still else self._usual.compare(window)
            if fault is None and self.fault is ViewFault.TURNED_AWAY and not window.shows_road:
                fault = self.fault  # a car that passes before a picture that stands still is no road
        if self._tell(fault) and window is not None and passed_s <= GAP_S_MAX:
            self._usual.learn(window, passed_s)

    def _tell(self, found: ViewFault | None) -> bool:
        """Take in what the newest window shows; returns whether nothing has been wrong for a while."""
        at_s = self._driven[-1].at_s
        if found != self._found:
            self._found, self._found_s = found, at_s
        is_lasting = at_s - self._found_s >= TOLD_AFTER_S
        if is_lasting:
            self.fault = found
        return is_lasting and found is None

    def _end_standing(self) -> None:
        """End a fault of a picture that showed nothing, once it shows something."""
        window = _window(self._recent, BLIND_S, BLIND_SAMPLES_MIN)
        if self.fault in _ENDS_STANDING and window is not None and window.blindness() is None:
            self.fault = None


def _append(samples: deque[_Dated], dated: _Dated, span_s: float) -> None:
    """Append a sample, and let go of those that no window of that span needs any more."""
    if samples and dated.at_s - samples[-1].at_s > GAP_S_MAX:
        samples.clear()
    samples.append(dated)
    while len(samples) > 1 and dated.at_s - samples[1].at_s >= span_s:
        samples.popleft()


def _window(samples: deque[_Dated], span_s: float, count_min: int) -> ViewWindow | None:
    """The samples of the last ``span_s`` seconds; None where there are not enough."""
    if not samples or samples[-1].at_s - samples[0].at_s < span_s:
        return None
    inside = [dated.sample for dated in samples if samples[-1].at_s - dated.at_s <= span_s]
    return ViewWindow(inside) if len(inside) >= count_min else None
