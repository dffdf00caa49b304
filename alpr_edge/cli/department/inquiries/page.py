"""``alpr-edge department page``: the page on which people search the department's reads."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import typer

from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.department.serve import require_extra
from alpr_edge.domain.protocol.service_ports import PAGE_PORT


def page_command(
    directory: DirectoryOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = PAGE_PORT,
) -> None:
    """Serve the page for searches until interrupted. Its log tells no plate and no name.

    People sign in with password and code, or a passkey; the certificate is the server's, or that of [page] in
    department.toml. It needs a published roster, not department serve.
    """
    from alpr_edge.runtime.logs import configure_logs

    require_extra()
    require_department(directory)
    configure_logs(verbose=True, times=True)
    from alpr_edge.department.page.server import DepartmentPageServer

    server = DepartmentPageServer(directory, host, port)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    typer.echo(f"page at https://{host}:{server.port}", err=True)
    server.run()
