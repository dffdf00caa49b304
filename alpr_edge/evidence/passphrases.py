"""The generated passphrase of a container: 130 random bits in an alphabet for reading aloud, with check characters."""

from collections.abc import Callable


def draw_passphrase(draw: Callable[[int], int]) -> str:
    """Draw a new passphrase, in six groups of five: ``7Q2KD-...``; this text, dashes and all, opens the zip.

    Args:
        draw: returns a whole number of so many random bits: ``secrets.randbits``.
    """
    raise NotImplementedError


def parse_passphrase(typed_text: str) -> str:
    """The passphrase that somebody typed, as the zip has it: any case, spaces and dashes anywhere, O for 0, I and L for 1.

    Raises:
        MistypedError: it is none; the text says what is wrong, without repeating it.
    """
    raise NotImplementedError
