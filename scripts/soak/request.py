"""What a soak is asked for."""

from dataclasses import dataclass

from alpr_edge.domain.errors import SettingsError

SEED_MAX = 2**32


@dataclass(frozen=True, slots=True)
class SoakRequest:
    """What to run."""

    minutes: int
    seed: int


def whole_number(option: str, text: str, least: int, most: int) -> int:
    """The value of an option.

    Raises:
        SettingsError: it is none, or out of range.
    """
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingsError([f"{option}: expected a whole number from {least} to {most}, not {text!r}"])
    return int(text)
