"""PostgreSQL's own programs: where they are, and how one is run, watched and ended.

A command line holds no secret: of the database it has what ``department.toml`` has, which names a file of passwords at
most. A program ends with the process that started it.
"""

import os
import re
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError, StoreError

OLDEST = 17
"""The first release with incremental backups."""
PROGRAM_S_MAX = 24 * 3600.0
STOP_S = 20.0
_POLL_S = 1.0
_LINES_KEPT = 20
_FOLDERS = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin")
"""Where Debian and Red Hat put the programs of a release."""
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)\S*")

OnLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user of the operating system that PostgreSQL's server runs as when root asks for one."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class PostgresqlPrograms:
    """The programs of one release."""

    folder: Path
    version: str
    """As they say it themselves."""

    def run(self, name: str, arguments: Sequence[str], on_line: OnLine) -> None:
        """Run a program to its end.

        Args:
            on_line: receives each line of its messages, and an empty text about once a second.
        """
        command = self.command(name, arguments)
        process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL by its path
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()
        )
        with ExitStack() as on_failure:
            on_failure.callback(end_process, process)
            lines = _watch(process, on_line)
            on_failure.pop_all()
        if process.returncode:
            reason = (lines or [f"exit code {process.returncode}"])[-1]
            raise StoreError(f"{name} failed: {reason.removeprefix(f'{name}: ')}")

    def command(self, name: str, arguments: Sequence[str], user: ServerUser | None = None) -> list[str]:
        """The command of a program, which ends when this process does."""
        setpriv = shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
        ends = [setpriv, "--pdeathsig=TERM"] if setpriv else []
        if user is not None:
            if not setpriv:
                raise DepartmentError("not installed: setpriv; run: apt install util-linux")
            ends += [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
        return [*ends, str(self.folder / name), *arguments]


def find_programs(major: int, named: str = "") -> PostgresqlPrograms:
    """Find the programs of a server's release.

    Args:
        named: the folder that the settings name; empty: where the system's packages put them.
    """
    on_path = shutil.which("pg_verifybackup")
    folders = [Path(named)] if named else [Path(each.format(major)) for each in _FOLDERS]
    if on_path and not named:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        version = _version_in(folder)
        if version and version[0] == major:
            return PostgresqlPrograms(folder, version[1])
    where = f"{named} has no programs" if named else "its programs are missing"
    raise DepartmentError(
        f"PostgreSQL {major}: {where} of that release; run: apt install postgresql-{major}, "
        "or name their folder in department.toml: [backup] programs"
    )


def environment() -> dict[str, str]:
    """The environment of the programs: messages in English, and a connection that is bounded."""
    return {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "alpr-edge department"}


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end, and kill it when it does not."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stderr is not None:
        process.stderr.close()


def _watch(process: "subprocess.Popen[bytes]", on_line: OnLine) -> list[str]:
    """Read the messages of a program until it has ended; returns the last of them."""
    assert process.stderr is not None
    deadline_s, lines, rest = time.monotonic() + PROGRAM_S_MAX, list[str](), b""
    with selectors.DefaultSelector() as selector, process.stderr as stream:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if time.monotonic() > deadline_s:
                raise StoreError(f"a program of PostgreSQL has not ended within {PROGRAM_S_MAX / 3600:.0f} hours")
            on_line("")
            if not selector.select(_POLL_S):
                continue
            chunk = os.read(stream.fileno(), 1 << 16)
            *whole, rest = re.split(rb"[\r\n]+", rest + chunk if chunk else rest + b"\n")
            for line in (each.decode("utf-8", "replace").strip() for each in whole if each.strip()):
                on_line(line)
                lines = [*lines[1 - _LINES_KEPT :], line]
            if not chunk:
                break
    process.wait(PROGRAM_S_MAX)
    return lines


def _version_in(folder: Path) -> tuple[int, str] | None:
    """The release of the programs in a folder, as a number and in full; None: not all are there."""
    if not all((folder / name).is_file() for name in ("pg_verifybackup", "pg_combinebackup", "postgres")):
        return None
    with suppress(OSError, subprocess.SubprocessError):
        command = [str(folder / "pg_basebackup"), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment())  # noqa: S603 - likewise
        if match := _VERSION.search(done.stdout):
            return int(match[1]), match[0].removeprefix("(PostgreSQL) ")
    return None
