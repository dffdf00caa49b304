"""The services that stand still from the step of another release to that of the services."""

from pathlib import Path

from scripts.deploy.department.services import (
    ALARMS,
    BACKUP,
    DRILL,
    EXCHANGE,
    METRICS,
    PAGE,
    PURGE,
    SERVER,
    START_S_MAX,
)
from scripts.deploy.provision.machine import run, succeeds

STOPPED = (*(f"{name}.timer" for name in (PURGE, BACKUP, DRILL, ALARMS, EXCHANGE)), METRICS, PAGE, SERVER)


class Standstill:
    """What is stopped for another release, and started again where setting up does not come to its end.

    Args:
        systemctl: the program that stops and starts services.
    """

    def __init__(self, systemctl: str | Path = "systemctl") -> None:
        self.systemctl = systemctl
        self.names: list[str] = []
        """What is to run again, the server first."""

    def begin(self, question: str = "is-active") -> None:
        """Stop them all, once it is noted which are to run again: those of which systemctl says yes to the question.

        Raises:
            ProvisioningError: they do not stop.
        """
        self.names = [name for name in reversed(STOPPED) if self._is(question, name)]
        run(self.systemctl, "stop", *STOPPED)

    def end(self) -> str:
        """Start what is to run again and does not; returns a line that says so, or how to; empty where all runs."""
        stopped_names = [name for name in self.names if not self._is("is-active", name)]
        if not stopped_names:
            return ""
        if succeeds(self.systemctl, "start", *stopped_names, timeout_s=START_S_MAX):
            return "what was stopped for the upgrade runs again"
        start = f"sudo systemctl start {' '.join(stopped_names)}"
        return f"what was stopped for the upgrade does not start; mend what is named above, then: {start}"

    def _is(self, question: str, name: str) -> bool:
        return succeeds(self.systemctl, question, "--quiet", name)
