"""Keeps the daemons running, as the service manager of a car does: one that ends is started again after its wait."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from scripts.benchmarks.path.processes import Process, memory_mib
from scripts.soak.growth import ProcessLife, ProcessSample

RESTART_S = {RUN: 2.0, UPLINK: 5.0, CONSOLE: 5.0}
"""``RestartSec`` of each service in ``systemd/``."""
LOOK_S = 0.1
KILL_S_MAX = 5.0
"""Longest time until the end of a process that was killed is noticed."""
STOP_S_MAX = 60.0
MIB_BYTES, MB_BYTES = 2**20, 10**6


@dataclass(slots=True, eq=False)
class _UnitService:
    process: Process
    life: ProcessLife
    start_at_s: float | None = None
    """When it is to be started again; None while it runs."""
    is_held: bool = False
    """Whether it may not be started."""
    is_excused: bool = False
    """Whether a fault ended it."""


@dataclass(slots=True, eq=False)
class UnitServices:
    """The three daemons of a unit.

    Args:
        settings: the settings file of the unit.
        variables: more for their environment.
        hear: a function that gets each line of their logs with the daemon's name.
    """

    settings: Path
    variables: Mapping[str, str]
    hear: Callable[[str, str], None]
    lives: list[ProcessLife] = field(default_factory=list)
    """Of every process so far."""
    unexpected_ends: list[str] = field(default_factory=list)
    """A line each for a daemon that nobody had ended."""
    _excused_until_s: dict[str, float] = field(default_factory=dict)
    _services: dict[str, _UnitService] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, name: str) -> None:
        """Start one for the first time."""
        with self._lock:
            self._services[name] = self._begin(name)

    def keep(self) -> None:
        """Start what has ended again, until :meth:`stop`."""
        while not self._stop.wait(LOOK_S):
            with self._lock:
                for name, service in list(self._services.items()):
                    self._look_after(name, service)

    def kill(self, name: str) -> None:
        """End one with SIGKILL."""
        with self._lock:
            self.excuse(name, KILL_S_MAX)
            self._services[name].process.send(signal.SIGKILL)

    def hold(self, name: str, *, is_held: bool) -> None:
        """Have one not started again, or again started at once."""
        with self._lock:
            self._services[name].is_held = is_held

    def excuse(self, name: str, seconds: float) -> None:
        """For so long the ends of one are the doing of a fault."""
        self._excused_until_s[name] = time.monotonic() + seconds

    def sample(self) -> None:
        """Note what the kernel says of each process."""
        with self._lock:
            for service in self._services.values():
                if not service.process.has_ended and (taken := _sample(service.process.pid)) is not None:
                    service.life.samples.append(taken)

    def end(self, name: str) -> None:
        """Stop one in order, for good."""
        with self._lock:
            service = self._services.pop(name)
        service.process.stop()

    def stop(self) -> None:
        """Stop all."""
        self._stop.set()
        with self._lock:
            names = list(self._services)
        for name in names:
            self.end(name)

    def _begin(self, name: str) -> _UnitService:
        command = [name, "--settings", str(self.settings)]
        process = Process(command, variables=self.variables, hear=lambda line: self.hear(name, line))
        life = ProcessLife(name, time.monotonic(), [])
        self.lives.append(life)
        return _UnitService(process, life)

    def _look_after(self, name: str, service: _UnitService) -> None:
        if not service.process.has_ended:
            return
        now_s = time.monotonic()
        if service.start_at_s is None:
            service.start_at_s = now_s + RESTART_S[name]
            service.is_excused = now_s <= self._excused_until_s.get(name, 0.0)
        elif now_s >= service.start_at_s and not service.is_held:
            service.process.stop()
            if not service.is_excused:
                self.unexpected_ends.append(f"{name}: {(service.process.lines or ['without a word'])[-1]}")
            self._services[name] = self._begin(name)


def _sample(pid: int) -> ProcessSample | None:
    """The figures of a process; None once it is gone."""
    proc = Path(f"/proc/{pid}")
    try:
        descriptors = sum(1 for _ in (proc / "fd").iterdir())
        threads = sum(1 for _ in (proc / "task").iterdir())
    except OSError:
        return None
    memory_mb = memory_mib(pid, "VmRSS") * MIB_BYTES / MB_BYTES
    return ProcessSample(time.monotonic(), memory_mb, descriptors, threads) if memory_mb else None


@contextmanager
def running_services(
    settings: Path, variables: Mapping[str, str], hear: Callable[[str, str], None]
) -> Iterator[UnitServices]:
    """The daemons of a unit; those that are started are kept running until the end."""
    services = UnitServices(settings, variables, hear)
    thread = threading.Thread(target=services.keep, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        services.stop()
        thread.join(STOP_S_MAX)
