"""``alpr-edge department serve`` and ``metrics``: the server that units connect to, and its figures."""

from __future__ import annotations

import importlib.util
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.service_ports import PEOPLE_PORT, STORAGE_PORT

if TYPE_CHECKING:
    from alpr_edge.department.http.server import DepartmentServer
    from alpr_edge.department.metrics.figures_file import FiguresFile

METRICS_PORT = 9465
"""Beside the one of a unit's metrics."""
LOOPBACK = ("127.0.0.1", "::1")
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
EnrolPort = Annotated[
    int | None,
    typer.Option(
        "--enroll-port",
        min=0,
        max=65535,
        help="Enroll units there, usually 8444. Left out: nobody is enrolled.",
    ),
]
HealthPort = Annotated[
    int | None,
    typer.Option(
        "--health-port",
        min=0,
        max=65535,
        help="Tell the health at http://127.0.0.1:PORT/health, for monitoring. Left out: nowhere.",
    ),
]
PeoplePort = Annotated[
    int | None,
    typer.Option(
        "--people-port",
        min=0,
        max=65535,
        help=f"Answer people's invitations there, usually {PEOPLE_PORT}. Left out: nobody can set a password.",
    ),
]
FiguresFolder = Annotated[
    Path | None,
    typer.Option(
        "--figures", help="Write figures into this folder, for department metrics. Left out: nowhere.", metavar="DIR"
    ),
]


def serve_command(
    directory: DirectoryOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Port = STORAGE_PORT,
    enrol_port: EnrolPort = None,
    health_port: HealthPort = None,
    people_port: PeoplePort = None,
    figures: FiguresFolder = None,
) -> None:
    """Serve until interrupted; every batch, certificate and refusal is a line on stderr, without plates."""
    from alpr_edge.runtime.logs import configure_logs

    require_extra()
    configure_logs(verbose=True, times=True)
    from alpr_edge.department.http.server import DepartmentServer

    server = DepartmentServer(directory, host, port, enrol_port, health_port, people_port)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    typer.echo(f"department at https://{server.host}:{server.port}, storing in {directory}", err=True)
    if server.enrol_port is not None:
        typer.echo(f"enrollment at https://{server.host}:{server.enrol_port}", err=True)
    if server.people_port is not None:
        typer.echo(f"invitations at port {server.people_port}", err=True)
    if server.health_port is not None:
        typer.echo(f"health at http://127.0.0.1:{server.health_port}/health", err=True)
    with ExitStack() as resources:
        if figures is not None:
            resources.enter_context(_figures_file(server, figures))
        server.run()


def metrics_command(
    figures: Annotated[Path, typer.Option("--figures", help="The folder that serve writes them to.", metavar="DIR")],
    host: Annotated[str, typer.Option("--host", help="Address to listen at, of this computer alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")] = METRICS_PORT,
) -> None:
    """Serve the department's figures to a Prometheus on this computer, without its folder. SIGTERM ends with 0."""
    from alpr_edge.department.metrics.exposition import DepartmentCollector
    from alpr_edge.runtime.interrupts import stop_at
    from alpr_edge.runtime.logs import configure_logs
    from alpr_edge.web.metrics.listener import answer_until, open_listener

    configure_logs(verbose=True, times=True)
    if host not in LOOPBACK:
        raise DepartmentError(f"--host {host}: the figures are for this computer alone; one of {', '.join(LOOPBACK)}")
    listener = open_listener(DepartmentCollector(figures), host, port)
    answer_until(listener, stop_at(signal.SIGTERM, signal.SIGINT))


def _figures_file(server: DepartmentServer, folder: Path) -> FiguresFile:
    """What writes the figures of a server while it runs."""
    from alpr_edge.department.metrics.figures import department_figures
    from alpr_edge.department.metrics.figures_file import FiguresFile

    collect = partial(department_figures, server.storage, server.batch_counts)
    return FiguresFile(folder, lambda: collect(datetime.now(UTC)))


def require_extra() -> None:
    """Raise in one line when the server's libraries are not installed."""
    missing = [name for name in ("fastapi", "python_multipart", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise DepartmentError(f"not installed: {', '.join(missing)}; run: pip install 'alpr-edge[department]'")
