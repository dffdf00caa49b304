"""What one parser's run came to, as a line of JSON for the file of ``--fuzz-report`` and the summary."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FuzzLine:
    """A run over a parser, and its figures once it has them."""

    name: str
    seconds: float
    """How long inputs were tried."""
    seed: int
    figures: dict[str, float] = field(default_factory=dict)
    """What the worker reports; empty: the parser fell over an input."""

    @property
    def text(self) -> str:
        """The line; without a number of inputs the parser fell over one."""
        run = {"name": self.name, "seconds": self.seconds, "seed": self.seed, "inputs": None}
        return json.dumps(run | self.figures)

    def append_to(self, path: Path) -> None:
        """Add it to a file in one write, so that processes of tests may share the file."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, f"{self.text}\n".encode())
        finally:
            os.close(descriptor)
