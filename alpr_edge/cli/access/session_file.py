"""The token of a login's session, in a file of its own (mode 0600) in the unit's run-time folder, which no boot keeps.

A copy of it is worth nothing to another login: the session in the unit's accounts names the login that began it.
"""

from pathlib import Path
from urllib.parse import quote

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.durable_files import give_to_owner_of, private_directory, replace_file
from alpr_edge.runtime.io_errors import io_errors

DIRECTORY = "sessions"
_BYTES_MAX = 256


def read_token(runtime_directory: Path, login: str) -> str:
    """The token of a login's session; empty where there is none."""
    folder = runtime_directory / DIRECTORY
    if not folder.is_dir():
        return ""
    with io_errors(f"{folder}: the session cannot be read", StoreError), no_follow.opened_folder(folder) as opened:
        try:
            return no_follow.read_file(opened, _name(login), _BYTES_MAX).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""


def write_token(runtime_directory: Path, login: str, token: str) -> None:
    """Keep the token of a login's new session."""
    folder = runtime_directory / DIRECTORY
    private_directory(folder)
    with io_errors(f"{folder}: the session cannot be saved", StoreError):
        give_to_owner_of(runtime_directory, folder)
        replace_file(folder / _name(login), f"{token}\n".encode())


def remove_token(runtime_directory: Path, login: str) -> None:
    """Remove the file of a session that ended."""
    path = runtime_directory / DIRECTORY / _name(login)
    with io_errors(f"{path}: cannot be removed", StoreError):
        path.unlink(missing_ok=True)


def _name(login: str) -> str:
    """A file name of a login, whatever characters it has."""
    return f"session-{quote(login, safe='')}"
