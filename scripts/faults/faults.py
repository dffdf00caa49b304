"""The kinds of fault that a campaign uses."""

from enum import StrEnum


class Fault(StrEnum):
    """One kind of fault."""

    CUT = "power cut"
    KILL = "kill -9"
    FULL = "disk full, then kill -9"
    PAGES = "pages overwritten"
    SHORT = "file cut short"
    LOG = "log overwritten"

    @property
    def is_damage(self) -> bool:
        """Whether it changes what was on the disk already."""
        return self in {Fault.PAGES, Fault.SHORT, Fault.LOG}
