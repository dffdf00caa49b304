"""The plate configuration beside a fast-plate-ocr reader: what its file says it reads, and how it wants its crops."""

from pathlib import Path
from typing import Annotated, Literal

import yaml  # type: ignore[import-untyped]  # ships no types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alpr_edge.domain.errors import ModelError
from alpr_edge.settings.validation_words import plain_words
from alpr_edge.vision.picture_size import Interpolation

BYTES_MAX = 64 * 1024
"""Real ones have some hundred bytes, or a few thousand with a list of regions."""
_FAULTS = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)
"""What PyYAML lets through besides its own: a date, number or tag that does not fit, and brackets without end."""


class PlateConfig(BaseModel):
    """The keys of the file that a reader depends on; others, such as regions, are left alone."""

    model_config = ConfigDict(frozen=True, strict=True)

    max_plate_slots: Annotated[int, Field(ge=1, le=32)]
    alphabet: Annotated[str, Field(min_length=1, max_length=256)]
    pad_char: Annotated[str, Field(min_length=1, max_length=1)]
    img_height: Annotated[int, Field(ge=8, le=1024)]
    img_width: Annotated[int, Field(ge=8, le=1024)]
    keep_aspect_ratio: Literal[False] = False
    """Our reader resizes plainly, so a model that was trained on padded crops would read badly."""
    interpolation: Interpolation = "linear"
    image_color_mode: Literal["grayscale", "rgb"] = "grayscale"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a crop."""
        return self.img_height, self.img_width, 3 if self.image_color_mode == "rgb" else 1


def parse_plate_config(content: bytes, path: Path) -> PlateConfig:
    """Check a file's content.

    Raises:
        ModelError: too large, no YAML, or a key that is missing or asks for what our reader does not do.
    """
    if len(content) > BYTES_MAX:
        raise ModelError(f"{path}: larger than {BYTES_MAX} bytes; this is no plate configuration")
    try:
        raw = yaml.safe_load(content)
    except _FAULTS:
        raise ModelError(f"{path}: not valid YAML; give the plate configuration that came with the reader") from None
    if not isinstance(raw, dict):
        raise ModelError(f"{path}: no keys in it; give the plate configuration that came with the reader")
    try:
        return PlateConfig.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        fault = plain_words(first["msg"]).lower()
        raise ModelError(f"{path}: {key}: {fault}; this reader cannot be used here") from None
