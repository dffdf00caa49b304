"""Sounds that this car's plate reader does not start; systemd runs it when alpr-edge.service fails.

It needs nothing of the product, whose environment may be what is broken: Python's own library, aplay, and of the
settings only [alerts], without which it takes the defaults.
"""

import array
import math
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/alpr-edge/alpr-edge.toml")
RATE_HZ = 22_050
TROUBLE = ((900, 260), (600, 260), (0, 160), (900, 260), (600, 260))
"""(frequency in Hz, length in ms) of the tone that says that the unit does not watch; 0 is silence."""
EDGE_MS = 10
PLAY_S_MAX = 10.0


def alerts(settings: Path) -> dict[str, Any]:
    """The table [alerts]; empty when the settings cannot be read, which may be why the unit does not start."""
    try:
        table = tomllib.loads(settings.read_text(encoding="utf-8")).get("alerts", {})
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}


def samples(volume: float) -> bytes:
    """The tone: 16 bits, little-endian, mono, :data:`RATE_HZ`."""
    values = array.array("h")
    for hz, length_ms in TROUBLE:
        count, edge = RATE_HZ * length_ms // 1000, RATE_HZ * EDGE_MS // 1000
        for number in range(count):
            envelope = min(1.0, number / edge, (count - number) / edge)
            values.append(int(32_000 * volume * envelope * math.sin(2 * math.pi * hz * number / RATE_HZ)))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def main(settings: Path) -> int:
    """Play it on the device of the settings; a unit that is set to be silent stays so."""
    table = alerts(settings)
    if table.get("player", "alsa") != "alsa":
        return 0
    volume = table.get("volume", 0.8)
    volume = min(1.0, max(0.0, float(volume))) if isinstance(volume, int | float) else 0.8
    command = ["aplay", "-q", "-D", str(table.get("device", "default")), "-t", "raw", "-f", "S16_LE", "-c", "1"]
    try:
        process = subprocess.run(  # noqa: S603 - fixed program, arguments without a shell
            [*command, "-r", str(RATE_HZ), "-"], input=samples(volume), timeout=PLAY_S_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"the horn cannot sound: {error}", file=sys.stderr)
        return 1
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SETTINGS))
