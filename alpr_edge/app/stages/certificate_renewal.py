"""The stages of the uplink daemon that renew certificates: the unit's own, and that of its page."""

import threading
from collections.abc import Callable
from typing import Protocol

WAIT_S = 1.0


class RenewalStep(Protocol):
    """What looks after a certificate."""

    def step(self) -> float:
        """Renew it if it is time; returns the seconds to wait before the next check."""


class CertificateRenewalStage:
    """Steps a renewer until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    def __init__(self, name: str, renewer: RenewalStep) -> None:
        self.name = name
        self._renewer = renewer

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Check now, and whenever the renewer asks for it."""
        wait_s = 0.0
        while not stop.wait(min(wait_s, WAIT_S)):
            beat()
            wait_s -= WAIT_S
            if wait_s <= 0:
                wait_s = self._renewer.step()

    def finish(self) -> None:
        """Do nothing: a renewal that was cut off is continued at the next start."""
