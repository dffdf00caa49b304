"""One car's computer: a file system with systemd as process 1 and a network of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.prove.host import ProofError, authorities, call, until

START_S_MAX = 120.0
STOP_S_MAX = 40.0
CLEAR_UP_S_MAX = 20.0


class Car:
    """A machine in a folder; stopped at the end of a ``with``.

    Args:
        root: its file system, which it changes (:func:`scripts.prove.roots.copied`).
        network: name of the network namespace it lives in.
    """

    def __init__(self, root: Path, network: str) -> None:
        self.root = root
        self._network = network
        self._process: subprocess.Popen[bytes] | None = None
        self._first = 0

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start the machine; returns once its system has started.

        Raises:
            ProofError: it does not start.
        """
        # What a proof that was killed left behind.
        call("umount", "--quiet", f"/run/systemd/nspawn/unix-export/{self.root.name}", check=False)
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        trusted = authorities()
        # CAP_NET_ADMIN: systemd in there makes networks of its own, and nftables.service loads rules. CAP_BPF, and no
        # filter of system calls that forbids bpf(): it holds a unit to its IPAddressAllow=.
        machine = ("--directory", self.root, "--register=no", "--keep-unit", "--capability=CAP_NET_ADMIN,CAP_BPF")
        binds = (f"--network-namespace-path=/run/netns/{self._network}", f"--bind-ro={trusted}")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", *machine, *binds, "--resolv-conf=off", "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "SYSTEMD_SECCOMP": "0"},
            )
        with contextlib.ExitStack() as undo:
            undo.callback(self.cut_power)
            until(self._has_started, f"{self.root.name} has started ({self.log})", START_S_MAX)
            undo.pop_all()

    @property
    def log(self) -> Path:
        """Its console."""
        return self.root.with_suffix(".log")

    def stop(self) -> None:
        """Shut it down; what does not stop in time is killed."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.cut_power()
        self._process, self._first = None, 0

    def cut_power(self) -> None:
        """Stop everything in it at this moment."""
        if self._process is None:
            return
        if self._first:
            _stand_still(self._first)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._first or self._process.pid, signal.SIGKILL)
        try:
            # It clears up behind its machine, and would refuse to start that one again otherwise.
            self._process.wait(CLEAR_UP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process, self._first = None, 0

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        timeout_s: float = 600,
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in it, as root.

        Args:
            command: the program and its arguments.
            check: whether a failure raises ProofError.
            timeout_s: seconds after which the program is killed.
            environment: variables besides HOME and PATH.
            stdin: the input of the command.

        Raises:
            ProofError: it failed, or the car is not running.
        """
        if not self._first:
            raise ProofError(f"{self.root.name} is not running")
        surroundings = {"HOME": "/root", "LC_ALL": "C.UTF-8", **(environment or {})}
        inside = ("nsenter", "--target", str(self._first), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        return call(*inside, "--", *command, check=check, timeout_s=timeout_s, environment=surroundings, stdin=stdin)

    def holds(self, *command: str | Path) -> bool:
        """Whether a program in it ends with 0."""
        return self.run(*command, check=False, timeout_s=60).returncode == 0

    def value(self, unit: str, name: str) -> str:
        """A property of a unit: ``value("alpr-edge.service", "MainPID")``."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()

    def put(self, source: Path, target: str) -> None:
        """Copy a file of this machine to an absolute path in it."""
        there = self.root / target.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, there)

    def write(self, target: str, text: str) -> None:
        """Write a file at an absolute path in it."""
        there = self.root / target.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text, encoding="utf-8")

    def read(self, target: str) -> str:
        """The content of an absolute path in it, also of one that is no file of its disk. Raises ProofError."""
        return self.run("cat", target).stdout

    def _has_started(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise ProofError(f"{self.root.name} did not start: {' '.join(last)}")
        self._first = self._first or _child_of(self._process.pid)
        if not self._first:
            return False
        # Not multi-user.target: with chrony it waits for minutes until somebody tells the time.
        return self.holds("systemctl", "--quiet", "is-active", "basic.target", "dbus.socket")


def _child_of(pid: int) -> int:
    """Process 1 of the car; 0 while there is none."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return next((int(child) for child in children if _is_systemd(child)), 0)


def _stand_still(first: int) -> None:
    """Stop a car's processes where they are: killed with process 1 alone, others still saw it go and acted on that."""
    machine = _machine_of(Path("/proc", str(first)))
    for process in [Path("/proc", str(first)), *Path("/proc").glob("[0-9]*")]:
        if machine and _machine_of(process) == machine:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGSTOP)


def _machine_of(process: Path) -> str:
    """The namespace of processes that one belongs to; empty when it is gone."""
    try:
        return str((process / "ns" / "pid").readlink())
    except OSError:
        return ""


def _is_systemd(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "systemd"
    except OSError:
        return False
