"""Small pictures of what the cameras see: the capture daemon writes them for the page, only while a page asks.

They lie in a folder of their own in the runtime directory, which is in memory, readable by the daemons' user alone.
Each file begins with the time since the boot at which it was written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpr_edge.domain.instants import NS_PER_S
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.boot import boottime_ns

VALID_NS = 10 * NS_PER_S
"""How long a request, and a picture, counts."""
PICTURE_BYTES_MAX = 1 << 20
_FOLDER, _REQUEST = "views", "wanted"
_STAMP_BYTES = 8


def request_pictures(directory: Path) -> None:
    """Ask for pictures of all cameras for the next ten seconds.

    Raises:
        OSError: the folder is not writable.
    """
    with _pictures_folder(directory) as folder:
        _write(folder, _REQUEST, b"")


def are_pictures_wanted(directory: Path) -> bool:
    """Return whether a page asked within the last ten seconds."""
    return _read(directory, _REQUEST) is not None


def write_picture(directory: Path, camera_id: str, jpeg: bytes) -> None:
    """Replace the picture of a camera.

    Raises:
        OSError: the folder is not writable.
    """
    with _pictures_folder(directory) as folder:
        _write(folder, f"{camera_id}.jpg", jpeg)


def read_picture(directory: Path, camera_id: str) -> bytes | None:
    """Return the picture of a camera as JPEG; None if it is missing or older than ten seconds."""
    return _read(directory, f"{camera_id}.jpg")


def remove_pictures(directory: Path) -> None:
    """Remove all pictures and the request for them. Raises OSError: the folder is not writable."""
    if (directory / _FOLDER).exists():
        with _pictures_folder(directory) as folder:
            no_follow.empty_folder(folder)


@contextmanager
def _pictures_folder(directory: Path) -> Iterator[int]:
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    with no_follow.opened_folder(directory) as runtime:
        no_follow.make_folder(runtime, _FOLDER)
        with no_follow.folder_below(runtime, _FOLDER) as folder:
            yield folder


def _write(folder: int, name: str, content: bytes) -> None:
    no_follow.write_file(folder, name, boottime_ns().to_bytes(_STAMP_BYTES) + content, durable=False)


def _read(directory: Path, name: str) -> bytes | None:
    try:
        with no_follow.opened_folder(directory / _FOLDER) as folder:
            content = no_follow.read_file(folder, name, PICTURE_BYTES_MAX)
    except OSError:
        return None
    age_ns = boottime_ns() - int.from_bytes(content[:_STAMP_BYTES])
    return content[_STAMP_BYTES:] if 0 <= age_ns <= VALID_NS else None
