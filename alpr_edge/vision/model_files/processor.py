"""The processor of this computer, as far as it decides how fast and how exactly bytes are multiplied."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
BYTES_MAX = 1_000_000
INSTRUCTIONS = (
    "asimd", "asimddp", "i8mm", "sve", "avx2", "avx512bw", "avx512_vnni", "avx_vnni", "avx_vnni_int8", "amx_int8",
)  # fmt: skip
"""Those that ONNX Runtime has kernels for; as Linux names them."""


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor; two that are equal run a model alike."""

    name: str
    """As the maker has it; for Arm, which gives none, the numbers of maker and part of each kind of core."""
    machine: str
    instructions: tuple[str, ...]
    """Those of :data:`INSTRUCTIONS` that it has."""

    def __str__(self) -> str:
        """Name and instructions in one line."""
        return f"{self.name} ({self.machine}: {', '.join(self.instructions) or 'no vector instructions known'})"


def read_processor(cpuinfo: Path = CPUINFO) -> Processor:
    """The processor that Linux tells of; where it tells nothing, the machine's kind alone.

    Args:
        cpuinfo: proc_cpuinfo(5).
    """
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            text = file.read(BYTES_MAX)
    except OSError:
        text = ""
    flags = set(" ".join(_values(text, "flags") + _values(text, "Features")).split())
    there = tuple(name for name in INSTRUCTIONS if name in flags)
    return Processor(_name(text) or "unknown", platform.machine(), there)


def _name(text: str) -> str:
    if names := _values(text, "model name"):
        return names[0]
    cores = zip(_values(text, "CPU implementer"), _values(text, "CPU part"), strict=False)
    return ", ".join(dict.fromkeys(f"{maker} {part}" for maker, part in cores))


def _values(text: str, key: str) -> list[str]:
    return [" ".join(value.split()) for value in re.findall(rf"(?m)^{re.escape(key)}[ \t]*:(.*)$", text)]
