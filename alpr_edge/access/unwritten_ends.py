"""Ends of sessions that accounts or access log could not take, as with a full disk: here they count all the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.sessions.session import AccessSession, SessionEnd

UNWRITTEN_MAX = 64
"""Ends that are kept at the same time, far more than a car has people; the oldest goes first."""

log = structlog.get_logger(__name__)


class UnwrittenEnds:
    """Sessions that somebody ended and that are not on record as ended yet; threads may share it.

    They are kept in memory alone. A restart forgets those that could not be written until then, and the browsers have
    no tokens of them any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writers: OrderedDict[str, Callable[[], None]] = OrderedDict()
        """What writes an end, by the digest of its session's token."""

    def add(self, token_sha256: str, write: Callable[[], None]) -> None:
        """Count a session as ended from now on."""
        with self._lock:
            self._writers.setdefault(token_sha256, write)
            while len(self._writers) > UNWRITTEN_MAX:
                self._writers.popitem(last=False)

    def current(self, session: AccessSession) -> AccessSession:
        """A session as it is, which may have ended since it was written."""
        with self._lock:
            is_over = session.token_sha256 in self._writers
        return session.finish(SessionEnd.SIGN_OUT) if is_over else session

    def write(self) -> None:
        """Try to write each again; those that cannot be written wait on."""
        with self._lock:
            waiting = list(self._writers.items())
        for token_sha256, write in waiting:
            try:
                write()
            except StoreError as error:
                log.warning("access.end_not_written", failure=str(error))
                continue
            with self._lock:
                self._writers.pop(token_sha256, None)
