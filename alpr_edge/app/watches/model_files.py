"""Compares the model files on the disk with the digests of the manifest while the unit runs.

The models in memory go on; but a unit whose file was damaged would not start again, and that is better known while
it still reads. At a start the same comparison decides: a file that does not match is never run.
"""

from collections.abc import Callable

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import ModelError

LOOK_S = 3600.0
"""The files of a unit have some 10 MB together."""


class ModelFileWatch:
    """Loads the files again, and lets go of them."""

    interval_s = LOOK_S

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._failure = ""

    def look(self) -> None:
        """Compare."""
        try:
            self._check()
        except ModelError as error:
            self._failure = str(error)
        else:
            self._failure = ""

    def faults(self) -> list[Fault]:
        """That a file is not what its manifest names."""
        if not self._failure:
            return []
        return [Fault(FaultKind.MODEL_DAMAGED, "models", f"models: {self._failure}; the unit would not start again")]
