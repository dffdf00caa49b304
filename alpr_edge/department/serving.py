"""Who serves a department's folder: one process at a time, and at which ports others find it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file

LOCK_NAME, PAGE_LOCK_NAME = "serve.lock", "page.lock"
PORTS_NAME = "serving.json"
SESSIONS_NAME = "sessions"
"""The folder of the sessions of logins at this computer, each a file of its own; they are worth nothing elsewhere."""
PACKAGES_NAME = "release-packages"
"""The folder of packages of releases and of evidence that were made at the page and wait to be given out.

It is in no backup: they are made anew. It had its name when there were none of evidence yet.
"""


class ServedPorts(BaseModel):
    """The ports of the process that serves a folder, or that served it last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    port: int
    enrol_port: int | None = None
    """None: it enrolls no unit."""
    people_port: int | None = None
    """None: it answers no invitation."""


@contextmanager
def serving_alone(directory: Path) -> Iterator[None]:
    """Hold a department's folder while the block serves it."""
    with _alone(directory, LOCK_NAME, "serves this department", "alpr-edge-department"):
        yield


@contextmanager
def showing_alone(directory: Path) -> Iterator[None]:
    """Hold a department's folder while the block serves its page for people, beside the process that serves units."""
    with _alone(directory, PAGE_LOCK_NAME, "serves the page of this department", "alpr-edge-department-page"):
        yield


@contextmanager
def _alone(directory: Path, name: str, deed: str, service: str) -> Iterator[None]:
    """Hold a lock of a department's folder."""
    busy = f"{directory}: another process {deed} already (see: systemctl status {service}); stop it first"
    try:
        descriptor = open_lock_file(directory / name)
    except OSError as error:
        raise DepartmentError(f"{directory}: cannot be used: {error.strerror}") from None
    try:
        with exclusive_lock(descriptor, busy):
            yield
    except StoreError as error:
        if str(error) != busy:
            raise
        raise DepartmentError(busy) from None


def note_ports(directory: Path, ports: ServedPorts) -> None:
    """Record the ports; a folder that takes no file only costs ``department code`` its knowledge of them."""
    try:
        replace_file(directory / PORTS_NAME, ports.model_dump_json().encode())
    except (OSError, StoreError):
        return


def served_ports(directory: Path) -> ServedPorts | None:
    """The ports of the process that serves a folder, or served it last; None: nobody did yet."""
    try:
        return ServedPorts.model_validate_json((directory / PORTS_NAME).read_bytes())
    except (OSError, ValidationError):
        return None


def is_served(directory: Path) -> bool:
    """Whether a process serves a folder now."""
    path = directory / LOCK_NAME
    if not path.exists():
        return False
    try:
        with exclusive_lock(os.open(path, os.O_RDWR | os.O_CLOEXEC), ""):
            return False
    except (OSError, StoreError):
        return True
