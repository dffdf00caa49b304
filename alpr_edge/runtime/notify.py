"""systemd's notification protocol (sd_notify(3)): ready, watchdog, stopping."""

import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """Sends notifications to the service manager that started this process; does nothing when none did.

    Args:
        environment: the process environment (``NOTIFY_SOCKET``).
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self._status = ""
        """What was reported last for ``systemctl status``."""

    def ready(self, status: str) -> None:
        """Report that the unit works now."""
        self._send(f"READY=1\nSTATUS={status}")
        self._status = status

    def status(self, status: str) -> None:
        """Report one line for ``systemctl status``, if it is another one than the last."""
        if status != self._status:
            self._send(f"STATUS={status}")
        self._status = status

    def alive(self) -> None:
        """Report that every stage has made progress lately (the watchdog's sign of life)."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Report that the unit stops and finishes its work."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as listener:
            listener.settimeout(0)
            try:
                listener.sendto(message.encode(), self._address)
            except OSError:
                # The manager is gone or its queue is full: it notices the missing heartbeat itself.
                return
