"""The machine that is measured: model, processor, cores, clock governor and temperature, from the kernel's files."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "asimddp")
"""Flags of /proc/cpuinfo of processors that multiply int8 and add int32 in one instruction: VNNI, and Arm's SDOT."""
_TREE_MODEL = "proc/device-tree/model"
_PC_MODEL = "sys/devices/virtual/dmi/id/product_name"
_GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
_MEMORY_KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as its kernel describes it.

    Args:
        root: the folder that has ``proc`` and ``sys``.
    """

    root: Path = Path("/")

    def facts(self) -> dict[str, object]:
        """What does not change while it is measured."""
        return {
            "model": self._text(_TREE_MODEL) or self._text(_PC_MODEL) or "unknown",
            "processor": self._field("model name") or platform.machine(),
            "governor": self._text(_GOVERNOR) or "unknown",
            "memory_mb": self._memory_mib(),
            "dot_products": self.dot_products,
            "onnxruntime": onnxruntime.__version__,
            "python": platform.python_version(),
            "kernel": platform.release(),
        }

    @property
    def dot_products(self) -> list[str]:
        """The flags of :data:`DOT_PRODUCTS` that the processor has."""
        flags = set((self._field("flags") or self._field("Features")).split())
        return [flag for flag in DOT_PRODUCTS if flag in flags]

    def temperature_c(self) -> float | None:
        """The hottest of its thermal zones; None where the kernel tells none."""
        zones = (self.root / "sys/class/thermal").glob("thermal_zone*/temp")
        values = [self._text(str(zone.relative_to(self.root))) for zone in zones]
        return max((int(value) / 1000 for value in values if value.lstrip("-").isdecimal()), default=None)

    def _memory_mib(self) -> int | None:
        lines = self._text("proc/meminfo").splitlines()
        sizes = [line.split()[1] for line in lines if line.startswith("MemTotal:")]
        return int(sizes[0]) // _MEMORY_KIB_PER_MIB if sizes else None

    def _field(self, name: str) -> str:
        """The first value of that name in /proc/cpuinfo; empty where there is none."""
        lines = self._text("proc/cpuinfo").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")

    def _text(self, path: str) -> str:
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip("\0 \n")
        except OSError:
            return ""


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))
