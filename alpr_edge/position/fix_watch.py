"""Notices a receiver that speaks and gives no place for longer than a garage or a tunnel explains.

A car that starts in a garage leaves it within ten minutes, and few road tunnels take longer; one that stays indoors
mostly has its ignition off. So the time counts while the unit works, from each opening of the receiver on.
"""

from enum import StrEnum

from alpr_edge.position.sentence_merger import SentenceTally

NO_FIX_S_MAX = 600.0
"""Longest time without a fix that is taken for a garage or a tunnel."""
PAUSE_S = 60.0
"""Time without a look after which the unit did not work in between, as its ignition was off."""


class Placelessness(StrEnum):
    """Why a receiver gives no place."""

    NO_FIX = "no fix"
    """It says itself that it has none: what an antenna without its cable or sky gives."""
    NO_SENTENCES = "no sentences"
    """It sends other sentences alone, so it was set up for something else."""


class FixWatch:
    """Follows whether a receiver that is heard gives fixes; asked once a second while the unit works.

    Args:
        wait_s: the longest time without a fix.
    """

    def __init__(self, wait_s: float = NO_FIX_S_MAX) -> None:
        self._wait_s = wait_s
        self._tally: SentenceTally | None = None
        self._solutions = self._place_sentences = 0
        self._since_s = self._looked_s = 0.0

    def look(self, tally: SentenceTally | None, now_s: float) -> Placelessness | None:
        """Why it gives no place for too long; None while it does, or has time left.

        Args:
            tally: what it has sent since it was opened; None while it is not heard.
            now_s: seconds of a monotonic clock.
        """
        is_pause, self._looked_s = now_s - self._looked_s > PAUSE_S, now_s
        if tally is None or tally is not self._tally or tally.solutions != self._solutions or is_pause:
            self._tally, self._since_s = tally, now_s
            self._solutions, self._place_sentences = (tally.solutions, tally.place_sentences) if tally else (0, 0)
        if tally is None or now_s - self._since_s < self._wait_s:
            return None
        has_spoken = tally.place_sentences != self._place_sentences
        return Placelessness.NO_FIX if has_spoken else Placelessness.NO_SENTENCES

    def minutes(self, now_s: float) -> float:
        """For how long there has been no fix."""
        return (now_s - self._since_s) / 60
