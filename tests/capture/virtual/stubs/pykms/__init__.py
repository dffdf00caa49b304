"""In place of python3-kms++, which Debian has not: picamera2 imports it for previews, and none is ever shown."""


class _Names(type):
    """Any attribute is its own name: picamera2 looks up the names of pixel formats while it is imported."""

    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_Names):
    """The names of pixel formats."""
