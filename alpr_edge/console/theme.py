"""Day or night on the page: by the settings, or by the sun where the car is."""

from alpr_edge.domain.ports import Clock
from alpr_edge.position.vehicle_state_file import read_vehicle_state
from alpr_edge.settings import Settings

DAY, NIGHT, BY_BROWSER = "day", "night", "browser"


class ThemeChoice:
    """What the page goes by until somebody presses its button.

    Args:
        clock: says when; only its boot time counts.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._setting = settings.console.theme
        self._directory = settings.unit.runtime_directory
        self._clock = clock

    def current(self) -> str:
        """``day``, ``night`` or ``browser``, which decides while nobody knows where the sun stands."""
        if self._setting in {DAY, NIGHT}:
            return self._setting
        state = read_vehicle_state(self._directory) if self._setting == "sun" else None
        is_day = None if state is None else state.is_day_at(self._clock.now())
        return BY_BROWSER if is_day is None else DAY if is_day else NIGHT
