"""A PostgreSQL server over a restored cluster: reached over a socket in a private folder, and gone when it was used.

It goes by settings of its own: those of the cluster may lie in ``/etc``, listen on a port, or archive somewhere.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from alpr_edge.department.backups.postgresql.programs import (
    STOP_S,
    PostgresqlPrograms,
    ServerUser,
    end_process,
    environment,
)
from alpr_edge.department.db.engines.location import PostgresqlLocation
from alpr_edge.domain.errors import DepartmentError, StoreError

START_S_MAX = 3600.0
"""It first replays what the server logged while the backup was made."""
_POLL_S = 0.1
_SETTINGS = {
    "listen_addresses": "",
    "external_pid_file": "",
    "max_connections": "10",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "archive_mode": "off",
    "restore_command": "",
    "primary_conninfo": "",
    "ssl": "off",
    "autovacuum": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # statements may hold plates
    "jit": "off",
    "lc_messages": "C",
}


def user_of_server(folder: Path) -> ServerUser | None:
    """Who the server runs as: this user, or the owner of a folder when root asks."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    if owner.st_uid == 0:
        raise DepartmentError(
            f"{folder}: is root's, and PostgreSQL does not run as root; run this as the department's user"
        )
    return ServerUser(owner.st_uid, owner.st_gid)


class ScratchServer:
    """A server that runs until its block ends.

    Args:
        user: who it runs as; None: this user.
    """

    def __init__(
        self,
        programs: PostgresqlPrograms,
        cluster: Path,
        user: ServerUser | None,
        keep_alive: Callable[[], None],
        *,
        is_kept: bool = False,
    ) -> None:
        self._programs, self._cluster, self._user = programs, cluster, user
        self._keep_alive = keep_alive
        self._syncs = "on" if is_kept else "off"
        # Short, since the path of a socket may have 107 bytes.
        self._socket = Path(tempfile.mkdtemp(prefix="alpr-drill-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        with ExitStack() as on_failure:
            on_failure.callback(self._stop)
            self._start()
            on_failure.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop it."""
        self._stop()

    def location(self, database: str, role: str) -> PostgresqlLocation:
        return PostgresqlLocation(database, (("host", str(self._socket)), ("user", role)))

    def wait_until_ready(self, database: str, role: str) -> None:
        """Wait until a database answers."""
        import psycopg  # noqa: PLC0415 - only where PostgreSQL is used

        deadline_s = time.monotonic() + START_S_MAX
        while True:
            try:
                psycopg.connect(host=str(self._socket), dbname=database, user=role, connect_timeout=10).close()
            except psycopg.OperationalError as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    raise StoreError(f"the restored PostgreSQL cluster does not start: {self._last_line()}") from None
                if "does not exist" in str(error):
                    raise StoreError(f"the restored PostgreSQL cluster lacks the database {database}") from None
                self._keep_alive()
                time.sleep(_POLL_S)
            else:
                return

    def _start(self) -> None:
        (self._socket / "postgresql.conf").touch()
        (self._socket / "pg_hba.conf").write_text("local all all trust\n", encoding="ascii")
        (self._socket / "pg_ident.conf").touch()
        if self._user is not None:
            for path in (self._socket, *self._socket.iterdir()):
                os.chown(path, self._user.uid, self._user.gid)
        settings = _SETTINGS | {
            "fsync": self._syncs,
            "unix_socket_directories": str(self._socket),
            "config_file": str(self._socket / "postgresql.conf"),
            "hba_file": str(self._socket / "pg_hba.conf"),
            "ident_file": str(self._socket / "pg_ident.conf"),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = self._programs.command("postgres", ["-D", str(self._cluster), *options], self._user)
        with (self._socket / "log").open("wb") as file:
            self._process = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL by its path
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment(), cwd="/"
            )

    def _stop(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(2)  # the fast shutdown: it waits for no client
                try:
                    self._process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    end_process(self._process)
            self._process = None
        shutil.rmtree(self._socket, ignore_errors=True)

    def _last_line(self) -> str:
        lines = (self._socket / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "look at its log")
