"""int8 where it pays: the choice that ``alpr-edge models choose`` makes here, for what a unit runs.

What is held against other software runs float32 on both sides, whatever was chosen.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.services.models.choice import choose_models
from alpr_edge.settings import Settings, UnitSettings, VisionSettings
from alpr_edge.vision.model_files.choice import ModelChoice, model_parts, write_choice
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import has_int8
from scripts.benchmarks.path.machine import Machine


@dataclass(frozen=True, slots=True, eq=False)
class Int8Choice:
    """The choice of files on this machine."""

    data: Path
    """A data folder that holds it, if there is one."""
    choice: ModelChoice | None = None
    """None: no model has an int8 file."""
    machine: Machine = field(default_factory=Machine)

    @property
    def precisions(self) -> dict[str, str]:
        """What each network computes with."""
        return {} if self.choice is None else {part.part: part.taken for part in self.choice.parts}

    @property
    def reason(self) -> str:
        """Why int8 is not measured; empty where it is."""
        if not self.machine.dot_products:
            return "the processor has no dot products of int8 (VNNI, or on Arm asimddp)"
        if self.choice is None:
            return "there are no int8 files beside the float32 ones"
        if "int8" not in self.precisions.values():
            return "; ".join(f"{part.part}: {part.why}" for part in self.choice.parts)
        return ""

    def install(self, data: Path) -> None:
        """Write the choice into another unit's data folder, which is made where there is none."""
        if self.choice is not None:
            private_directory(data)
            write_choice(data, self.choice)


@contextmanager
def int8_choice(vision: VisionSettings) -> Iterator[Int8Choice]:
    """Choose, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-path-") as folder:
        data = Path(folder)
        parts = model_parts(model_folders(vision), vision.detector, vision.reader)
        if not any(has_int8(model) for model in parts.values()):
            yield Int8Choice(data)
            return
        sys.stderr.write("scripts/bench: choosing between float32 and int8\n")
        settings = Settings(unit=UnitSettings(data_directory=data), vision=vision)
        yield Int8Choice(data, choose_models(settings, datetime.now(UTC)))
