"""One translation of the system's errors into those of the product."""

from collections.abc import Iterator
from contextlib import contextmanager

from alpr_edge.domain.errors import AlprEdgeError


@contextmanager
def io_errors(failure: str, kind: type[AlprEdgeError], hint: str = "") -> Iterator[None]:
    """Raise an OSError of the block as an error of the product: ``failure: reason; hint``."""
    try:
        yield
    except OSError as error:
        raise kind(f"{failure}: {error.strerror}" + (f"; {hint}" if hint else "")) from None
