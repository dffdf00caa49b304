"""Every error the product raises on purpose.

::

    AlprEdgeError            one line that says what is wrong and what to do; never a traceback
    ├── SettingsError        the settings file: every fault at once              exit code 2
    ├── AccessError          who runs this may not see it                        exit code 3
    ├── ModelError           a model file is missing, changed or unusable
    ├── CaptureError         a frame source cannot be opened, froze or vanished
    ├── PositionError        a fix source cannot be opened or vanished
    ├── FeedError            a hotlist feed was refused as a whole
    │   └── FeedClockError       by the unit's clock, not by what it holds: it is tried again
    ├── StoreError           the encrypted store, its keys or its images
    │   ├── DamagedError         the database's file or its log is damaged
    │   ├── LostError            something kept is missing or was changed: trying again will not help
    │   ├── PictureError         a picture cannot be kept; what it belongs to may be without it
    │   └── RefusedError         one record cannot be kept as it is: trying again will not help
    ├── DepartmentError      the department's folder, certificates or server cannot be used
    ├── PowerError           the ignition cannot be told, or the power not be let go
    ├── SoundError           the sound device is missing or stopped taking samples
    └── UplinkError          the department cannot be reached at present
        ├── ServerFailedError    it was reached and failed over what was sent (5xx)
        └── UnauthorisedError    it was reached and does not accept this unit
"""


class AlprEdgeError(Exception):
    """Base of every deliberate error; ``str()`` is one line for a person."""

    exit_code = 1


class SettingsError(AlprEdgeError):
    """The settings are unusable.

    Args:
        faults: one line each: key path, what was expected, a suggestion.
    """

    exit_code = 2

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class AccessError(AlprEdgeError):
    """The caller may not see stored plates (policy 462.6(a))."""

    exit_code = 3


class ModelError(AlprEdgeError):
    """A model file is missing, does not match its manifest entry or breaks its contract."""


class CaptureError(AlprEdgeError):
    """A frame source cannot be opened, froze or vanished; it may be tried again later."""


class PositionError(AlprEdgeError):
    """A fix source cannot be opened or vanished; it may be tried again later."""


class FeedError(AlprEdgeError):
    """A hotlist feed was refused as a whole; the list held before stays live."""


class FeedClockError(FeedError):
    """A feed was refused by the unit's clock, not by what it holds: with another time it may be taken."""


class StoreError(AlprEdgeError):
    """The store cannot be opened, its key is wrong, or it refused a write."""


class DepartmentError(AlprEdgeError):
    """The department's folder, certificates or server cannot be used."""


class DamagedError(StoreError):
    """The database's file or its log is damaged, or, when it does not open at all, was written with another key."""


class LostError(StoreError):
    """Something the store kept is missing or was changed; trying again will not bring it back."""


class PictureError(StoreError):
    """A picture cannot be encoded or written; what it shows may be kept without it."""


class RefusedError(StoreError):
    """One record cannot be kept as it is, whatever else is kept; trying again will not help."""


class PowerError(AlprEdgeError):
    """The ignition cannot be told at present, or the order to power off failed."""


class SoundError(AlprEdgeError):
    """The sound device is missing or stopped taking samples."""


class UplinkError(AlprEdgeError):
    """The department cannot be reached or does not take items now.

    Args:
        message: one line.
        retry_after_s: what the department asked for (``Retry-After``), if it did.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ServerFailedError(UplinkError):
    """The department, or a server in front of it, answered 5xx: all of it is down, or it fails over this delivery."""


class UnauthorisedError(UplinkError):
    """The department answered 401 or 403: everything pauses and health says so."""
