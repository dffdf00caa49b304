"""The department's servers for figures, each in a process of its own, as its services run them."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import UplinkError

STOP_S_MAX = 20.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server is reached, and its process."""

    port: int
    process_id: int

    @property
    def url(self) -> str:
        """Its address on this computer."""
        return f"https://127.0.0.1:{self.port}"


@contextmanager
def running(command: str, directory: Path) -> Iterator[RunningServer]:
    """A server of the department that runs until the block ends.

    Args:
        command: ``serve``, to which units deliver, or ``page``, on which people search.
        directory: the department's folder.

    Raises:
        UplinkError: it does not start.
    """
    words = (sys.executable, "-m", "alpr_edge", "department", command, "--directory", str(directory), "--port", "0")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            said = next(filter(None, (re.search(r"https://[^,\s]+:(\d+)", line) for line in server.stderr)), None)
            if said is None:
                raise UplinkError(f"alpr-edge department {command} did not start")
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield RunningServer(int(said[1]), server.pid)
        finally:
            server.terminate()
            server.wait(STOP_S_MAX)
