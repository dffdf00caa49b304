"""The faults that are brought on a unit."""

from enum import StrEnum


class InjectedFault(StrEnum):
    """A kind of fault."""

    CUT = "power cut"
    KILL = "kill -9"
    FULL = "disk full, then kill -9"
    PAGES = "pages overwritten"
    SHORT = "file cut short"
    LOG = "log overwritten"
    FOLDERS = "image folders unwritable"
    REFUSAL = "department refuses an item"
    FUTURE = "receiver tells a future date"
    FLOOD = "receiver floods the line"
    THREADS = "each thread killed in turn"

    @property
    def is_damage(self) -> bool:
        """Whether it changes what was on the disk already."""
        return self in {InjectedFault.PAGES, InjectedFault.SHORT, InjectedFault.LOG}

    @property
    def needs_reads(self) -> bool:
        """Whether it means nothing before something was kept."""
        return self.is_damage or self in {InjectedFault.FOLDERS, InjectedFault.REFUSAL}


WHOLE_UNIT = (InjectedFault.FUTURE, InjectedFault.FLOOD, InjectedFault.THREADS)
"""Those that a whole unit has to live through, and goes on watching."""
