"""A PostgreSQL server for figures and tests: Debian's programs over a folder of their own, reached by socket alone."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

START_S_MAX = 60.0
ROLE = "alpr"
TEMPLATE = "department_template"
_MEMORY = {"shared_buffers": "32MB", "max_connections": "60", "jit": "off", "listen_addresses": ""}
_UNSAFE = {"fsync": "off", "full_page_writes": "off"}
"""For tests that prove nothing about a lost power supply."""


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's programs: $ALPR_EDGE_POSTGRESQL, else Debian's newest; None: there is none."""
    named = os.environ.get("ALPR_EDGE_POSTGRESQL")
    folders = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_release)
    return folders[-1] if folders and (folders[-1] / "postgres").exists() else None


def _release(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


def _is_running(process_id: str) -> bool:
    """Whether a process is there, and not only its entry, which waits for somebody to ask how it ended."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class PostgresqlServer:
    """A server that runs until its block ends, or the process that started it does.

    Args:
        programs: the folder of PostgreSQL's programs.
        is_durable: whether a commit waits for the disk.
        options: settings of the server in place of its small ones.
        summarizes: whether it notes which blocks change, for incremental backups; it is made small to copy then.
    """

    def __init__(
        self,
        programs: Path,
        *,
        is_durable: bool = False,
        options: Mapping[str, str] | None = None,
        summarizes: bool = False,
    ) -> None:
        self._programs, self._summarizes = programs, summarizes
        self._options = (_MEMORY if is_durable else _MEMORY | _UNSAFE) | dict(options or {})
        if summarizes:
            self._options = self._options | {"summarize_wal": "on"}
        # Root's temporary folder of pytest is closed to the user that the server runs as.
        self.folder = Path(tempfile.mkdtemp(prefix="alpr-pg-", dir="/tmp"))
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._databases = 0
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._initialise()
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def process_id(self) -> int:
        """The process that all its others are children of."""
        return self._process.pid

    def url(self, database: str) -> str:
        """The URL of a database, as a department's settings have it."""
        return f"postgresql:///{database}?host={self.folder}&user={ROLE}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A connection that commits each statement."""
        return psycopg.connect(host=str(self.folder), user=ROLE, dbname=database, autocommit=True)

    def new_database(self, template: str = "template0") -> str:
        """Make a database; returns its name."""
        self._databases += 1
        name = f"department_{self._databases}"
        locale = (
            sql.SQL("ENCODING 'UTF8' LOCALE 'C.UTF-8'") if template == "template0" else sql.SQL("STRATEGY file_copy")
        )
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template), locale))
        return name

    def empty(self, database: str) -> None:
        """Delete every row of a department's database, so that another test may have it."""
        with self.connect(database) as connection:
            connection.execute("SET session_replication_role = replica")  # no trigger keeps rows
            connection.execute("SET lock_timeout = '30s'")
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                if name != "alembic_version":
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(str(name))))
            connection.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")

    def crash(self) -> None:
        """End it at once, as a crash does, and start it again: it recovers by its log."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(START_S_MAX)
        self._process = self._start()

    def kill(self) -> None:
        """Kill its first process; returns when those that it had started have ended by themselves."""
        own = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        others = own.read_text(encoding="ascii").split()
        self._process.kill()
        self._process.wait(START_S_MAX)
        deadline_s = time.monotonic() + START_S_MAX
        while any(_is_running(other) for other in others):
            assert time.monotonic() < deadline_s
            time.sleep(0.02)

    def restart(self) -> None:
        """Start it again after a kill: it recovers by its log."""
        self._process = self._start()

    def stop(self) -> None:
        """Stop it, and remove all that it had."""
        self._process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
        self._process.wait(START_S_MAX)
        shutil.rmtree(self.folder)

    def _initialise(self) -> None:
        command: list[Path | str] = ["--pgdata", self.folder / "data", "--username", ROLE, "--no-sync"]
        command += ["--auth", "peer", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        command += ["--wal-segsize", "1"] if self._summarizes else []
        subprocess.run(self._as_user(self._programs / "initdb", *command), check=True, capture_output=True)
        login = pwd.getpwuid(os.geteuid()).pw_name
        (self.folder / "data" / "pg_hba.conf").write_text(
            "local all all peer map=tests\nlocal replication all peer map=tests\n"
        )
        (self.folder / "data" / "pg_ident.conf").write_text(f"tests {login} {ROLE}\n")

    def _start(self) -> "subprocess.Popen[bytes]":
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        command: list[Path | str] = ["-D", self.folder / "data", "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as file:
            process = subprocess.Popen(
                self._as_user(self._programs / "postgres", *command),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd="/",
            )
        deadline_s = time.monotonic() + START_S_MAX
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
            else:
                return process

    def _as_user(self, program: Path, *arguments: Path | str) -> list[str]:
        """The command, as the server's user, who is not root, and ending with the process of the tests."""
        user = [] if self._user is None else [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}"]
        groups = ["--clear-groups"] if user else []
        return ["setpriv", "--pdeathsig=QUIT", *user, *groups, str(program), *map(str, arguments)]
