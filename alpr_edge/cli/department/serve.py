"""``alpr-edge department serve``: the server that units connect to."""

import importlib.util
import signal
from types import FrameType
from typing import Annotated

import typer

from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.service_ports import PEOPLE_PORT, STORAGE_PORT

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
EnrolPort = Annotated[
    int | None,
    typer.Option(
        "--enrol-port", min=0, max=65535, help="Enrol units there, usually 8444. Left out: nobody is enrolled."
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


def serve_command(
    directory: DirectoryOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Port = STORAGE_PORT,
    enrol_port: EnrolPort = None,
    health_port: HealthPort = None,
    people_port: PeoplePort = None,
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
        typer.echo(f"enrolment at https://{server.host}:{server.enrol_port}", err=True)
    if server.people_port is not None:
        typer.echo(f"invitations at port {server.people_port}", err=True)
    if server.health_port is not None:
        typer.echo(f"health at http://127.0.0.1:{server.health_port}/health", err=True)
    server.run()


def require_extra() -> None:
    """Raise in one line when the server's libraries are not installed.

    Raises:
        DepartmentError: they are not; it says what to install.
    """
    missing = [name for name in ("fastapi", "python_multipart", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise DepartmentError(f"not installed: {', '.join(missing)}; run: pip install 'alpr-edge[department]'")
