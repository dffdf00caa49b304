"""Further pages that listen: each holds a stream of events open, as a page does that stays open all shift."""

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import httpx

from alpr_edge.web.visitor import COOKIE

RETRY_S = 1.0
"""As the script of the page does."""
TIMEOUT_S = 10.0
STOP_S_MAX = 30.0


class EventListener:
    """One page's stream; it connects again when it was cut off.

    Args:
        origin: the address of the page.
        trust: takes the page's certificate for good.
        token: a session.
    """

    def __init__(self, origin: str, trust: ssl.SSLContext, token: str) -> None:
        self._client = httpx.Client(
            base_url=origin, verify=trust, cookies={COOKIE: token}, trust_env=False, timeout=TIMEOUT_S
        )
        self.heard_s = 0.0
        """When it heard something last, on monotonic time."""
        self.hits_heard = 0
        """How often it was told that hits changed."""
        self.beats_heard = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._stop.set()
        self._thread.join(STOP_S_MAX)
        self._client.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            with suppress(httpx.HTTPError):
                self._listen_once()
            self._stop.wait(RETRY_S)

    def _listen_once(self) -> None:
        with self._client.stream("GET", "/live") as answer:
            for line in answer.iter_lines():
                self.heard_s = time.monotonic()
                self.hits_heard += line == "event: hits"
                self.beats_heard += line == "event: beat"
                if self._stop.is_set():
                    return


@contextmanager
def listening(origin: str, trust: ssl.SSLContext, tokens: Sequence[str]) -> Iterator[list[EventListener]]:
    """As many pages that listen as there are sessions; they hang up at the end."""
    with ExitStack() as streams:
        listeners = []
        for token in tokens:
            listener = EventListener(origin, trust, token)
            streams.callback(listener.stop)
            listeners.append(listener)
        yield listeners
