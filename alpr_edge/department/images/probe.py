"""Tries a place of images with an object of its own."""

import os

from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.domain.errors import StoreError

_NAME = "00/probe-"


def check_objects(objects: ObjectStore) -> None:
    """Make an object, find that a second of its name is refused, read it, and remove it.

    Raises:
        StoreError: the place does not do one of that; an object of the probe may be left.
    """
    name, content = f"{_NAME}{os.urandom(8).hex()}", os.urandom(1024)
    objects.check()
    try:
        if not objects.create(name, content) or objects.create(name, b"another"):
            raise StoreError(
                f"{objects.label}: does not know create-only writes (If-None-Match); use a server that does"
            )
        if objects.read(name) != content:
            raise StoreError(f"{objects.label}: gives back something else than it took")
    finally:
        objects.remove(name)
    if objects.read(name) is not None:
        raise StoreError(f"{objects.label}: does not remove objects; the purge needs that")
