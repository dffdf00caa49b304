"""What the commands of the department share: the folder's option, and how it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.ingest.storage import Storage

DirectoryOption = Annotated[
    Path,
    typer.Option("--directory", envvar="ALPR_EDGE_DEPARTMENT", help="The department's folder."),
]


@contextmanager
def open_storage(directory: Path) -> Iterator[Storage]:
    """Open the storage of a department that exists."""
    from alpr_edge.department.ingest.storage import Storage

    storage = Storage(directory, create=False)
    try:
        yield storage
    finally:
        storage.close()


def require_department(directory: Path) -> Path:
    """Return the folder."""
    if not directory.is_dir():
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
    return directory


def department_name(directory: Path) -> str:
    """How the department is called: by its server's first name, where it has one."""
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.server_certificate import server_names

    try:
        return server_names(TlsFiles(directory))[0]
    except DepartmentError:
        return "alpr-edge department"
