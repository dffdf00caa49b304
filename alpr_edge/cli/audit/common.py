"""What the commands of the access log share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.domain.errors import AuditError

if TYPE_CHECKING:
    from alpr_edge.domain.log_proofs.notes import NoteKey

FILE_BYTES_MAX = 1 << 20

KeyOption = Annotated[
    str, typer.Option("--key", help="The log's public key as alpr-edge audit key prints it, or a file with it.")
]


def key_of(text: str) -> NoteKey:
    """The key of an option: the key itself, or the file that holds it."""
    from alpr_edge.domain.log_proofs.notes import NoteKey

    return NoteKey.parse(text if "+" in text else read_file(Path(text)))


def read_file(path: Path) -> str:
    """The text of a file of modest size."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX).decode()
    except OSError as error:
        raise AuditError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AuditError(f"{path}: not a text file") from None
