"""[power]: how the unit learns that the ignition is off, and what it does then."""

import shlex
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from alpr_edge.settings.base import Section


def _command(text: str) -> str:
    """The command, if its quotes are closed."""
    try:
        shlex.split(text)
    except ValueError:
        raise ValueError("a quote is not closed; write a command as in a shell") from None
    return text


Command = Annotated[str, AfterValidator(_command)]
"""A program and its arguments, or nothing."""


class PowerSettings(Section):
    """[power]: ignition and power."""

    ignition: Literal["none", "command", "gpio", "file"] = "none"
    ignition_command: Command = ""
    command_timeout_s: Annotated[float, Field(gt=0, le=10)] = 2.0
    gpio_chip: Annotated[str, Field(min_length=1, description="a chip such as '/dev/gpiochip0'")] = "/dev/gpiochip0"
    gpio_line: Annotated[int, Field(ge=0, le=1023)] = 17
    gpio_active_low: bool = False
    gpio_bias: Literal["as-is", "disabled", "pull-up", "pull-down"] = "as-is"
    check_interval_s: Annotated[float, Field(gt=0, le=10)] = 0.5
    off_after_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    on_after_s: Annotated[float, Field(ge=0, le=60)] = 1.0
    shutdown_grace_s: Annotated[float, Field(ge=0, le=3600)] = 120.0
    power_off_command: Command = "systemctl poweroff"

    @model_validator(mode="after")
    def _check_command(self) -> Self:
        if self.ignition == "command" and not self.ignition_command.strip():
            raise ValueError(
                'ignition = "command" needs ignition_command, a program that prints on or off and ends with 0'
            )
        return self
