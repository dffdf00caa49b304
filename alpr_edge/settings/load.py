"""[load]: when the cameras' frame rate is lowered to spare the machine."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from alpr_edge.settings.base import Section, require_order


class LoadSettings(Section):
    """[load]: frame rate by temperature, throttling and supply voltage."""

    lower_frame_rate: bool = True
    hot_c: Annotated[float, Field(ge=30, le=120)] = 80.0
    """At 80 C a Raspberry Pi begins to throttle by itself."""
    cool_c: Annotated[float, Field(ge=20, le=120)] = 72.0
    fps_min: Annotated[float, Field(ge=1, le=60)] = 5.0

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        return require_order(self, "cool_c", "hot_c")
