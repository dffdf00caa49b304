"""How hot, slowed or short of voltage the computer is, from the kernel's files.

- ``class/thermal`` and ``class/hwmon``: temperatures of the processor, in thousandths of a degree
  (Linux documentation, ``driver-api/thermal/sysfs-api`` and ``hwmon/sysfs-interface``).
- ``devices/system/cpu/cpufreq``: a policy's highest clock, which the kernel lowers while it cools the processor.
- ``get_throttled`` of a Raspberry Pi's firmware, bits of what holds at present: 0 low voltage, 1 clock capped,
  2 throttled, 3 at the soft temperature limit (Raspberry Pi documentation, ``vcgencmd get_throttled``).
- ``in0_lcrit_alarm`` of the hwmon device ``rpi_volt``: low voltage on a Raspberry Pi without that file.

What a machine does not have, or does not let be read, is no sign of trouble.
"""

from collections.abc import Iterator
from pathlib import Path

from alpr_edge.domain.load.frame_rate import MachineSigns

SYSFS = Path("/sys")
PROCESSOR_ZONES = ("cpu", "soc", "x86_pkg_temp", "pkg")
"""Beginnings of the types of thermal zones that measure the processor."""
PROCESSOR_SENSORS = frozenset({"coretemp", "k10temp", "zenpower", "cpu_thermal"})
"""Names of hwmon devices that do."""
TEMPERATURES_C = -60.0, 200.0
"""What a sensor that works may say."""
_FILE_BYTES_MAX = 64
_LOW_VOLTAGE_BIT, _SLOWED_BITS = 0x1, 0x2 | 0x4 | 0x8


class MachineFiles:
    """Reads the signs of one machine."""

    def __init__(self, root: Path = SYSFS) -> None:
        self._root = root
        self._highest_khz: dict[Path, int] = {}
        """Highest clock that each policy allowed so far; an administrator may have set one below the processor's."""

    def read(self) -> MachineSigns:
        """Read how the machine is at this moment."""
        firmware = self._firmware_bits()
        return MachineSigns(
            temperature_c=max(self._temperatures_c(), default=None),
            is_throttled=bool(firmware & _SLOWED_BITS) or self._is_capped(),
            is_low_voltage=bool(firmware & _LOW_VOLTAGE_BIT) or self._is_low_voltage(),
        )

    def _temperatures_c(self) -> Iterator[float]:
        """Temperatures of the processor's zones and sensors that can be read."""
        zones = self._having("class/thermal/thermal_zone*", "type", PROCESSOR_ZONES)
        sensors = self._having("class/hwmon/hwmon*", "name", tuple(PROCESSOR_SENSORS))
        files = [zone / "temp" for zone in zones]
        files += [file for sensor in sensors for file in sorted(sensor.glob("temp*_input"))]
        for file in files:
            value = _number(file)
            if value is not None and TEMPERATURES_C[0] <= value / 1000 <= TEMPERATURES_C[1]:
                yield value / 1000

    def _firmware_bits(self) -> int:
        """What a Raspberry Pi's firmware reports; 0 on any other machine."""
        files = sorted(self._root.glob("devices/platform/soc*/*firmware*/get_throttled"))
        return (_number(files[0], base=16) or 0) if files else 0

    def _is_low_voltage(self) -> bool:
        devices = self._having("class/hwmon/hwmon*", "name", ("rpi_volt",))
        return any(_number(device / "in0_lcrit_alarm") == 1 for device in devices)

    def _is_capped(self) -> bool:
        """Whether a policy allows a lower clock than it did before."""
        is_capped = False
        for policy in sorted(self._root.glob("devices/system/cpu/cpufreq/policy*")):
            allowed_khz = _number(policy / "scaling_max_freq")
            if allowed_khz is None:
                continue
            highest_khz = self._highest_khz[policy] = max(allowed_khz, self._highest_khz.get(policy, 0))
            is_capped |= allowed_khz < highest_khz
        return is_capped

    def _having(self, pattern: str, file: str, beginnings: tuple[str, ...]) -> list[Path]:
        """The folders of a pattern in which a file begins with one of some words."""
        folders = sorted(self._root.glob(pattern))
        return [folder for folder in folders if _text(folder / file).lower().startswith(beginnings)]


def _text(path: Path) -> str:
    """The content of a small file of the kernel; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _number(path: Path, base: int = 10) -> int | None:
    try:
        return int(_text(path), base)
    except ValueError:
        return None
