"""The stage of the uplink daemon that renews the unit's certificate."""

import threading
from collections.abc import Callable

from alpr_edge.uplink.renewal import Renewer

WAIT_S = 1.0


class CertificateRenewalStage:
    """Steps a renewer until the uplink stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        renewer: checks the certificate, and renews it when it is time.
    """

    name = "certificate"

    def __init__(self, renewer: Renewer) -> None:
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
