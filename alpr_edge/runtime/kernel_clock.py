"""Whether the kernel's clock follows a time source: adjtimex(2), which every time daemon tells through."""

import ctypes

_TIMEX_BYTES = 512
"""More than struct timex has on any architecture; all zeros ask and change nothing."""
TIME_ERROR = 5
"""Not synchronised."""


def is_synchronised() -> bool:
    """Whether a time daemon has synchronised the system's clock and the kernel still believes it."""
    state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    return 0 <= state != TIME_ERROR
