"""The ignition on a line of a GPIO chip, through the kernel's character device and libgpiod's own binding.

The library is an extra (``pip install "alpr-edge[gpio]"``) and loaded only here.
"""

from types import ModuleType
from typing import TYPE_CHECKING

from alpr_edge.domain.errors import PowerError
from alpr_edge.settings import PowerSettings

if TYPE_CHECKING:
    import gpiod

CONSUMER = "alpr-edge"
"""Name of the line's user, as ``gpioinfo`` shows it."""


class GpioIgnition:
    """Implements :class:`~alpr_edge.domain.ports.Ignition`; a line that was lost is requested again the next time."""

    def __init__(self, settings: PowerSettings) -> None:
        self._settings = settings
        self._request: gpiod.LineRequest | None = None

    def is_on(self) -> bool:
        """Whether the line has the level that means on."""
        chip, line = self._settings.gpio_chip, self._settings.gpio_line
        gpiod_line = _library().line
        try:
            if self._request is None:
                self._request = self._request_line()
            value = self._request.get_value(line)
        except OSError as error:
            self._release()
            raise PowerError(
                f"{chip} line {line}: cannot be read: {error.strerror}; check [power] and wiring"
            ) from None
        except ValueError:
            raise PowerError(f"{chip}: has no line {line}; gpioinfo lists them") from None
        return bool(value == gpiod_line.Value.ACTIVE)

    def _request_line(self) -> "gpiod.LineRequest":
        library, settings = _library(), self._settings
        bias = {
            "as-is": library.line.Bias.AS_IS,
            "disabled": library.line.Bias.DISABLED,
            "pull-up": library.line.Bias.PULL_UP,
            "pull-down": library.line.Bias.PULL_DOWN,
        }[settings.gpio_bias]
        line_settings = library.LineSettings(
            direction=library.line.Direction.INPUT, bias=bias, active_low=settings.gpio_active_low
        )
        return library.request_lines(settings.gpio_chip, consumer=CONSUMER, config={settings.gpio_line: line_settings})

    def _release(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            try:
                request.release()
            except OSError:
                return  # the chip is gone, and the line with it


def _library() -> ModuleType:
    try:
        import gpiod  # noqa: PLC0415 - an extra
        import gpiod.line  # noqa: PLC0415 - an extra
    except ImportError:
        raise PowerError('power.ignition = "gpio" needs gpiod: pip install "alpr-edge[gpio]"') from None
    assert isinstance(gpiod, ModuleType)
    return gpiod
