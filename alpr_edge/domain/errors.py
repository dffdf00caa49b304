"""The errors that packages share; an error of one package alone stands there, as a subclass of one of these.

::

    AlprEdgeError            one line that says what is wrong and what to do; never a traceback
    ├── SettingsError        the settings file: every fault at once              exit code 2
    ├── AccessError          the caller may not do this, and what to do         exit code 3
    ├── RosterError          a roster of people was refused; the one in force stays
    ├── DepartmentSettingsError  settings that a department gave a unit were refused; those in force stay
    ├── PasswordError        a new password is not good enough
    ├── ModelError           a model file is missing, changed or unusable
    ├── CaptureError         a frame source cannot be opened, froze or vanished
    ├── PositionError        a fix source cannot be opened or vanished
    ├── FeedError            a hotlist feed was refused as a whole
    │   └── FeedClockError       because of the unit's clock, not of its content: it is tried again
    ├── StoreError           the encrypted store, its keys or its images
    │   ├── DamagedError         the database's file or its log is damaged
    │   │   └── UnreadError          the disk did not read it: it may the next time
    │   ├── LostError            stored data is missing or was changed: trying again will not help
    │   ├── PictureError         a picture cannot be kept; its read may be kept without it
    │   ├── UnreadableItemError  an item of the outbox cannot be read
    │   └── RefusedError         one record cannot be kept in this form: trying again will not help
    ├── ReportError          a report cannot be made or written as it was asked for
    ├── SearchError          what was searched for is not here, or no more
    ├── DispositionError     an answer to a hit is none, or what belongs to it is missing
    ├── HoldError            a hold lacks its case or reason, or is not there to release
    ├── CanvassError         a canvass cannot be started so, or is not there to end
    ├── AuditError           a log, a checkpoint or a proof does not hold, or is none
    ├── EvidenceError        an evidence package cannot be written, opened or read
    ├── ReleaseError         a request for data of another agency cannot go on as asked
    ├── DepartmentError      the department's folder, certificates or server cannot be used
    ├── PowerError           the ignition cannot be read, or the order to power off failed
    ├── SoundError           the sound device is missing or stopped accepting samples
    └── UplinkError          the department cannot be reached at present
        ├── DepartmentCertificateError    its certificate has ended: the department must renew it
        ├── ServerFailedError    it was reached and answered with a failure of its own (5xx)
        └── UnauthorisedError    it was reached and does not accept this unit
"""


class AlprEdgeError(Exception):
    """Base of every deliberate error; ``str()`` is one line for a person."""

    exit_code = 1


class SettingsError(AlprEdgeError):
    """The settings are unusable."""

    exit_code = 2

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class AccessError(AlprEdgeError):
    """The caller may not do this (policy 462.4, 462.6); the text says what to do."""

    exit_code = 3


class RosterError(AlprEdgeError):
    """A roster of people was refused; the one in force stays.

    Args:
        message: one line for a person; of the roster it names serials, dates and the department alone.
    """

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class DepartmentSettingsError(AlprEdgeError):
    """Settings that a department gave a unit were refused; those in force stay. The text says why, of "them"."""


class PasswordError(AlprEdgeError):
    """A new password is not good enough; the text says why, and never the password."""


class ModelError(AlprEdgeError):
    """A model file is missing, does not match its manifest entry or breaks its contract."""


class CaptureError(AlprEdgeError):
    """A frame source cannot be opened, froze or vanished; it may be tried again later."""


class PositionError(AlprEdgeError):
    """A fix source cannot be opened or vanished; it may be tried again later."""


class FeedError(AlprEdgeError):
    """A hotlist feed was refused as a whole; the list in use stays in use."""


class FeedClockError(FeedError):
    """A feed was refused because of the unit's clock, not of its content: at another time it may be accepted."""


class StoreError(AlprEdgeError):
    """The store cannot be opened, its key is wrong, or it refused a write."""


class UnreadableItemError(StoreError):
    """An item of the queue cannot be read at present, while the store works."""

    def __init__(self, message: str, item_id: str) -> None:
        super().__init__(message)
        self.item_id = item_id


class ReportError(AlprEdgeError):
    """A report cannot be made, as its days are none, or cannot be written where it was asked for."""


class SearchError(AlprEdgeError):
    """What was searched for is not here, or no more."""


class DispositionError(AlprEdgeError):
    """An answer to a hit is none of its part, or what belongs to it is missing; the text says what to give."""


class HoldError(AlprEdgeError):
    """A hold lacks its case or reason, covers nothing that is here, or is not there to release."""


class ReleaseError(AlprEdgeError):
    """A request for data cannot be entered or decided so (policy 462.7); the text says what is missing."""


class CanvassError(AlprEdgeError):
    """A canvass cannot be started as it was asked for, or there is none to end or show; the text says what to give."""


class AuditError(AlprEdgeError):
    """An access log, a checkpoint, a signature of one or a proof does not hold, or is none."""


class EvidenceError(AlprEdgeError):
    """An evidence package cannot be written, opened or read, or a value cannot be part of one."""


class DepartmentError(AlprEdgeError):
    """The department's folder, certificates or server cannot be used."""


class DamagedError(StoreError):
    """The database's file or its log is damaged, or, when it does not open at all, was written with another key."""


class UnreadError(DamagedError):
    """The disk may not have read the database's file or its log, and may the next time; a check tells."""


class LostError(StoreError):
    """Stored data is missing or was changed; trying again will not bring it back."""


class PictureError(StoreError):
    """A picture cannot be encoded or written; its read may be kept without it."""


class RefusedError(StoreError):
    """One record cannot be kept in this form, while others can; trying again will not help."""


class PowerError(AlprEdgeError):
    """The ignition cannot be read at present, or the order to power off failed."""


class SoundError(AlprEdgeError):
    """The sound device is missing or stopped accepting samples."""


class UplinkError(AlprEdgeError):
    """The department cannot be reached or does not take items now.

    Args:
        retry_after_s: the wait that the department asked for (``Retry-After``), if it did; 0 where it did not say how
            long.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def retry_after_of(error: AlprEdgeError) -> float:
    """Seconds that the department asked to be left alone; 0 when it did not ask, or the error is of another kind."""
    return (error.retry_after_s or 0.0) if isinstance(error, UplinkError) else 0.0


class DepartmentCertificateError(UplinkError):
    """The certificate of the department has ended by this unit's clock; only the department can renew it."""


class ServerFailedError(UplinkError):
    """The department, or a server in front of it, answered 5xx: it is down, or it fails over this delivery."""


class UnauthorisedError(UplinkError):
    """The department answered 401 or 403: sending pauses and the unit's health reports it."""
