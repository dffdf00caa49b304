"""Asks whether the kernel's clock follows a time source: adjtimex(2), which every time daemon sets."""

import ctypes
import struct

_TIMEX_BYTES = 512
"""More than struct timex has on any architecture; all zeros ask and change nothing."""
_TIMEX = struct.Struct("@Illl")
"""Its first members: modes, offset, frequency, greatest error in microseconds."""
TIME_ERROR = 5
"""The result when the clock is not synchronised."""


def uncertainty_ms() -> float | None:
    """How far the system's clock may be off by the kernel's estimate.

    None when no time daemon has synchronised it, when the kernel believes it no longer, or when it may not be asked
    (the filter of a service with ProtectClock= refuses the call).
    """
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    state = int(ctypes.CDLL(None).adjtimex(timex))
    if not 0 <= state != TIME_ERROR:
        return None
    return float(_TIMEX.unpack_from(timex)[3]) / 1000.0
