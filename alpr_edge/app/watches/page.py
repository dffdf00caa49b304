"""Finds out whether the page for officers has ended: a page that is down cannot say so itself.

By its health file alone: the daemon of the cameras has no network, so it cannot ask the page's port. A page that never
ran since the computer's start is not missed here; ``unit check`` says whether one is due.
"""

import time
from collections.abc import Callable
from pathlib import Path

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.runtime.boot import boot_id
from alpr_edge.runtime.health import current_health, read_health
from alpr_edge.services.unit_health.daemons import CONSOLE, PAGE_LINK, is_page_enabled

AGE_S_MAX = 30.0
"""Greatest age of its health file, which it writes every ten seconds."""
RESTART_S = 10.0
"""Time that it may be away: systemd starts it again within a few seconds."""


class PageWatch:
    """Looks at the health file of the page.

    Args:
        page_link: what systemd makes where the page's service is enabled: then an end in order is one as well.
    """

    interval_s = 1.0

    def __init__(
        self,
        directory: Path,
        certificate: Path,
        page_link: Path = PAGE_LINK,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._certificate = certificate
        self._page_link = page_link
        self._seconds = seconds
        self._down_since_s: float | None = None

    def look(self) -> None:
        """Read what the page says of itself."""
        if not self._is_down():
            self._down_since_s = None
        elif self._down_since_s is None:
            self._down_since_s = self._seconds()

    def faults(self) -> list[Fault]:
        """That the page has been away for longer than a new start takes."""
        if self._down_since_s is None or self._seconds() - self._down_since_s < RESTART_S:
            return []
        return [Fault(FaultKind.PAGE_DOWN, "page", "page: it ran since the computer's start and does not run now")]

    def _is_down(self) -> bool:
        last = read_health(self._directory, CONSOLE)
        if last is None or last.stamp is None or last.stamp.boot_id != boot_id():
            return False
        is_wanted = last.ready or is_page_enabled(self._certificate, self._page_link)
        return is_wanted and (not last.ready or current_health(self._directory, CONSOLE, AGE_S_MAX) is None)
