"""Folders in which models are looked for."""

import sys
from pathlib import Path

from alpr_edge.settings import VisionSettings

ADDED_MODELS = "models"
"""Folder in the unit's data folder that holds the models added to it."""


def shipped_models() -> Path:
    """The models that came with the software: beside the package in a checkout, else where the wheel put them."""
    checkout = Path(__file__).parents[3] / "models"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "alpr-edge" / "models"


def model_folders(settings: VisionSettings, data_directory: Path | None = None) -> tuple[Path, ...]:
    """Where models are looked for: the folder set or shipped, then, on a unit, the one of those added."""
    first = settings.models_directory or shipped_models()
    return (first,) if data_directory is None else (first, data_directory / ADDED_MODELS)
