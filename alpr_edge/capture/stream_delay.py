"""Finds out how late the pictures of a network camera come, by the times that its stream gives them.

A link that stalls, or a computer that decodes too slowly, lets pictures wait on their way, and dated by their arrival
they would be seconds late. How long a picture is on its way nobody knows, but the quickest of a stream show by how much
longer another one was: its arrival less its time in the stream is greater by so much.
"""

from alpr_edge.domain.instants import NS_PER_MS, Instant

JITTER_MS = 150.0
"""How much later than the quickest a picture may come as ever: that, and the way of the quickest, lies within what the
uncertainty of an arrival allows for (:data:`~alpr_edge.capture.camera_clock.ARRIVAL_UNCERTAINTY_MS`)."""
DATED_BACK_MS_MAX = 500.0
"""Most by which a picture comes late and is still used; leaving out older ones lets the rest catch up."""
LEFT_OUT_MS_MAX = 5000.0
"""Longest time for which pictures are left out. If they still come late then, they would for ever."""
BELIEVED_MS_MAX = 30_000.0
"""More does not wait in sockets and decoders: it is the stream's times that run slow, not the pictures."""
DRIFT_MAX = 0.002
"""Most by which a stream's times may run slow unnoticed: a camera's crystal, or 30 pictures a second said of 29.97."""
LATE = "they come late: the network or this computer does not keep up"
SLOW_TIMES = "the times in its stream run slow"


class StreamDelay:
    """Follows the pictures of one opening of a camera."""

    def __init__(self) -> None:
        self._backlog = Backlog()
        self._before: tuple[float, float] | None = None
        """Arrival and time of the picture before."""
        self._least_ms = 0.0
        """Arrival less time of the quickest picture, drift allowed for."""
        self._late_ms = 0.0
        """By how much later than that one the newest picture came."""
        self._late_since_ms: float | None = None
        self._newest: Instant | None = None
        self.trouble = ""
        """Why the dates of pictures are less certain than those of arrivals; empty while they are not."""

    def usual_arrival(self, arrived: Instant, stream_ms: float) -> Instant | None:
        """When a picture would have come had it not waited on its way; these times never go back.

        Returns:
            None where the picture is too old to be used. Where pictures come late for long, their arrival, of which
            the uncertainty says by how much.
        """
        arrival_ms = arrived.boottime_ns / NS_PER_MS
        if self._backlog.holds(arrival_ms, stream_ms):
            return None
        late_ms = self._late_ms = self._measure(arrival_ms, stream_ms)
        if late_ms <= DATED_BACK_MS_MAX:
            self._late_since_ms = None
            self.trouble = self.trouble if self.trouble == SLOW_TIMES else ""
            return self._in_order(arrived, max(0.0, late_ms - JITTER_MS))
        self._late_since_ms = arrival_ms if self._late_since_ms is None else self._late_since_ms
        if arrival_ms - self._late_since_ms <= LEFT_OUT_MS_MAX:
            return None
        self.trouble = LATE
        return self._in_order(arrived.less_certain(late_ms), 0.0)

    def _measure(self, arrival_ms: float, stream_ms: float) -> float:
        """By how much later than the quickest one a picture came; 0 where the times do not tell."""
        delay_ms, before, self._before = arrival_ms - stream_ms, self._before, (arrival_ms, stream_ms)
        if before is None or stream_ms <= before[1] or self.trouble == SLOW_TIMES:
            # Times that were set back begin anew, as those of a stream that has none do with every picture.
            self._least_ms = delay_ms
            return 0.0
        if self._late_ms <= JITTER_MS:  # a link or computer that does not keep up must not be taken for drift
            self._least_ms += (arrival_ms - before[0]) * DRIFT_MAX
        self._least_ms = min(self._least_ms, delay_ms)
        if delay_ms - self._least_ms > BELIEVED_MS_MAX:
            self.trouble, self._least_ms = SLOW_TIMES, delay_ms
        return delay_ms - self._least_ms

    def _in_order(self, arrived: Instant, by_ms: float) -> Instant:
        """``arrived``, earlier by so much, but not before the newest."""
        if self._newest is not None:
            by_ms = min(by_ms, max(0.0, arrived.ms_since(self._newest)))
        self._newest = arrived.shift(-by_ms)
        return self._newest


class Backlog:
    """Separates the old pictures at the start of a stream from the live ones.

    FFmpeg reads a stream for about two seconds while it opens, then gives all pictures of that time at once. They would
    be dated two seconds late, so they are left out: a picture is old while the stream's time runs at more than twice
    the pace of ours. In a stream without times no picture can be told to be old.
    """

    FRAMES_MAX = 250
    """Most pictures left out: a computer that cannot keep up would never see the end of the backlog."""
    MS_MAX = 5000.0
    """Longest time for which pictures are left out: a camera's own times may run too fast for ever."""
    TIMELESS_MAX = 3
    """After so many pictures without progress the stream has no times (the first two often share one)."""

    def __init__(self) -> None:
        self._left = self.FRAMES_MAX
        self._timeless = 0
        self._first_ms: float | None = None
        self._last: tuple[float, float] | None = None

    def holds(self, arrival_ms: float, stream_ms: float) -> bool:
        """Whether the picture that came at ``arrival_ms`` with the time ``stream_ms`` is old."""
        if self._left == 0:
            return False
        last, self._last = self._last, (arrival_ms, stream_ms)
        self._first_ms = arrival_ms if self._first_ms is None else self._first_ms
        is_late = arrival_ms - self._first_ms > self.MS_MAX
        if is_late or (last is not None and self._is_live(arrival_ms - last[0], stream_ms - last[1])):
            self._left = 0
            return False
        self._left -= 1
        return True

    def _is_live(self, waited_ms: float, progress_ms: float) -> bool:
        if progress_ms > 0:
            return progress_ms <= 2 * waited_ms
        self._timeless += 1
        return self._timeless >= self.TIMELESS_MAX
