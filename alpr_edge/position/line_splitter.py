"""Splits the bytes of a serial line into lines, each with the instant at which it began."""

import re

from alpr_edge.domain.instants import Instant
from alpr_edge.position.sentence_merger import SentenceTally
from alpr_edge.position.sentences import LINE_BYTES_MAX, Rejection

_LINE_ENDS = re.compile(rb"[\r\n]+")


class LineSplitter:
    """Cuts a stream at CR and LF and holds at most one unfinished line.

    At 9600 baud a sentence is 75 ms on the wire: its first byte is nearer to its fix than its last. A line that
    never ends (a wrong baud rate, another device) is discarded.
    """

    def __init__(self, tally: SentenceTally) -> None:
        self._tally = tally
        self._part = b""
        self._began: Instant | None = None
        self._skipping = False

    def feed(self, chunk: bytes, received_at: Instant) -> list[tuple[bytes, Instant]]:
        """Lines completed by ``chunk``, which arrived at ``received_at``; empty lines are left out."""
        *pieces, rest = _LINE_ENDS.split(chunk)
        lines = []
        for piece in pieces:
            line = self._extend_line(piece, received_at)
            if line and not self._skipping:
                lines.append((line, self._began or received_at))
            self._part, self._began, self._skipping = b"", None, False
        self._part = self._extend_line(rest, received_at)
        return lines

    def _extend_line(self, piece: bytes, received_at: Instant) -> bytes:
        """The unfinished line with ``piece`` behind it; empty once it is too long to be a sentence."""
        if piece and self._began is None:
            self._began = received_at
        line = b"" if self._skipping else self._part + piece
        if len(line) <= LINE_BYTES_MAX:
            return line
        self._tally.rejections[Rejection.OVERLONG] += 1
        self._skipping = True
        return b""
