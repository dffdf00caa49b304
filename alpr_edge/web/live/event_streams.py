"""Streams of events (server-sent events, HTML 9.2): how many may be open, and how an event is written."""

from collections import Counter
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

STREAMS_A_SESSION_MAX = 4
"""For one session: a window on each of two screens, and pages that close while the next ones open."""


class EventStreams:
    """The streams that are open at present.

    Args:
        streams_max: how many at most.
    """

    def __init__(self, streams_max: int) -> None:
        self._streams_max = streams_max
        self._open = Counter[str]()
        """By the digest of the session's token."""

    def answer(self, digest: str, events: Callable[[], AsyncIterator[str]]) -> Response:
        """Begin a stream for a session, or say that it has to wait."""
        if self._open.total() >= self._streams_max or self._open[digest] >= STREAMS_A_SESSION_MAX:
            return Response(status_code=503, headers={"Retry-After": "5"})
        self._open[digest] += 1
        return _CountedStream(events(), lambda: self._forget(digest))

    def _forget(self, digest: str) -> None:
        self._open[digest] -= 1
        self._open += Counter()  # without sessions that have none


class _CountedStream(StreamingResponse):
    """A stream of events that says when it is over, however it ends.

    Args:
        end: called once, also where the browser has gone before the first event.
    """

    def __init__(self, events: AsyncIterator[str], end: Callable[[], None]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


def event_text(name: str, count: int, word: str = "") -> str:
    """An event as it is sent."""
    return f"event: {name}\nid: {count}\ndata: {word or count}\n\n"
