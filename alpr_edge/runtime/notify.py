"""systemd's notification protocol (sd_notify(3)): ready, watchdog, stopping, and more time for a start."""

import os
import resource
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

EXTENSION_S = 120.0
"""Time that a start gets from each sign of progress on; a commit of a migration waits that long for a slow card."""
PROGRESS_S = 10.0
"""Time between two looks at the progress of a start."""
START_S_MAX = 3600.0
"""Longest time of a start, whatever progress it makes."""
BUSY_SHARE_MIN = 0.05
"""Share of a processor that counts as progress; threads that wait use less."""


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

    @contextmanager
    def extending_start(self, progress_s: float = PROGRESS_S) -> Iterator[threading.Event]:
        """Extend the time for a start (``TimeoutStartSec=``) while the block works: a migration, large lists.

        Gives an event to set if the start is over before the block. A block that waits for a disk that does not answer
        gets no more time.
        """
        ended = threading.Event()

        def extend() -> None:
            before, until_s = _WorkDone.present(), time.monotonic() + START_S_MAX
            while not ended.wait(progress_s) and time.monotonic() < until_s:
                now = _WorkDone.present()
                if now.is_progress_from(before):
                    self.extend_timeout(EXTENSION_S)
                before = now

        threading.Thread(target=extend, name="start-extension", daemon=True).start()
        try:
            yield ended
        finally:
            ended.set()

    def extend_timeout(self, seconds: float) -> None:
        """Ask for so many seconds from now for a start or stop that is under way; a longer limit stays."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")

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


@dataclass(frozen=True, slots=True)
class _WorkDone:
    """What this process has done so far (getrusage(2))."""

    at_s: float
    busy_s: float
    blocks: int
    """Blocks of disks that it read and wrote."""

    @classmethod
    def present(cls) -> Self:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return cls(time.monotonic(), usage.ru_utime + usage.ru_stime, usage.ru_inblock + usage.ru_oublock)

    def is_progress_from(self, before: Self) -> bool:
        busy_share = (self.busy_s - before.busy_s) / (self.at_s - before.at_s)
        return self.blocks > before.blocks or busy_share >= BUSY_SHARE_MIN
