"""The ignition as a word in a file: written by ``alpr-edge unit ignition``, by another program, or by a test."""

from pathlib import Path

from alpr_edge.domain.errors import PowerError
from alpr_edge.power.commands import WORD_BYTES_MAX, WORDS
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.io_errors import io_errors

NAME = "ignition"
"""Name of the file in the runtime directory."""


class FileIgnition:
    """Implements :class:`~alpr_edge.domain.ports.Ignition`; a missing file means that it is on."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def is_on(self) -> bool:
        """Read the word in the file."""
        try:
            with self._path.open("rb") as file:
                word = file.read(WORD_BYTES_MAX).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise PowerError(f"{self._path}: cannot be read: {error.strerror}") from None
        if word not in WORDS:
            raise PowerError(f"{self._path}: holds neither on nor off; write one with: alpr-edge unit ignition on")
        return WORDS[word]


def write_word(directory: Path, *, is_on: bool) -> None:
    """Write that the ignition is on or off.

    Raises:
        PowerError: the file cannot be written.
    """
    path = directory / NAME
    failures = io_errors(f"{path}: cannot be written", PowerError, "run it as the unit's user or root")
    with failures, no_follow.opened_folder(directory) as folder:
        no_follow.write_file(folder, NAME, b"on\n" if is_on else b"off\n", mode=0o644, durable=False)
