"""Reads secrets of this server from where they lie: a file, a credential of systemd, or what a command prints."""

import os
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors

CREDENTIAL = "credential:"
"""What a source begins with that names a credential of systemd (``LoadCredential=``), in place of a path."""
COMMAND_S_MAX = 30.0
BYTES_MAX = 4096


def secret_file(source: str, directory: Path, setting: str) -> Path:
    """The file that a setting names.

    Args:
        source: a path, or ``credential:NAME``.
    """
    if source.startswith(CREDENTIAL):
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            raise DepartmentError(
                f"{setting}: a credential is given to services alone; run this with: systemd-run --pty --wait "
                "-p LoadCredential=NAME:FILE"
            )
        return Path(folder) / Path(source.removeprefix(CREDENTIAL)).name
    path = Path(source)
    if not path.is_absolute():
        raise DepartmentError(f"{setting}: write the whole path of the file, or {CREDENTIAL}NAME")
    if path.resolve().is_relative_to(directory.resolve()):
        raise DepartmentError(
            f"{setting}: {path} lies in the department's folder, and its backups with it; move it out"
        )
    return path


def has_credentials() -> bool:
    """Return whether this process is a service that is given credentials."""
    return "CREDENTIALS_DIRECTORY" in os.environ


def read_secret_file(path: Path) -> bytes:
    """The content of a file that nobody else may read."""
    with io_errors(f"{path}: cannot be read", DepartmentError), path.open("rb") as file:
        mode, content = os.fstat(file.fileno()).st_mode, file.read(BYTES_MAX + 1)
    if stat.S_IMODE(mode) & 0o077 and not _is_credential(path):
        raise DepartmentError(f"{path}: others may read this secret; run: chmod 600 {path}")
    if len(content) > BYTES_MAX:
        raise DepartmentError(f"{path}: longer than {BYTES_MAX} bytes; this is no secret of the department")
    return content


def secret_of_command(command: Sequence[str], setting: str) -> bytes:
    """What a command prints; it runs without a shell."""
    try:
        outcome = subprocess.run(  # noqa: S603 - the command of the department's own settings
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_S_MAX, check=False
        )
    except OSError as error:
        raise DepartmentError(f"{setting}: {command[0]} does not run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise DepartmentError(f"{setting}: {command[0]} did not end within {COMMAND_S_MAX:g} s") from None
    if outcome.returncode != 0 or len(outcome.stdout) > BYTES_MAX:
        # Its words are not repeated: they may hold the secret.
        raise DepartmentError(
            f"{setting}: {command[0]} gave no secret (exit code {outcome.returncode}); run it by hand"
        )
    return outcome.stdout


def _is_credential(path: Path) -> bool:
    """Whether systemd gave a file to this process: it keeps others out by the folder, and owns the file itself."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder)
