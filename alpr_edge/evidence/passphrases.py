"""The generated passphrase of a container: 130 random bits in an alphabet for reading aloud, with check characters.

Thirty characters of Crockford's base 32 in six groups: 26 are random, the last four check them by their SHA-256. So
a mistyped one shows at the keyboard, all but one in a million, before any file is tried. The zip is encrypted with the
text as it is shown, in upper case and with its dashes, so that 7-Zip takes it as it stands on the label.
"""

import hashlib
from collections.abc import Callable

from alpr_edge.domain.protocol.enrolment_codes import ALPHABET, MistypedError, group_code

RANDOM_CHARACTERS = 26
CHARACTERS = 30
_BITS = 5
_CONFUSED = str.maketrans("OIL", "011", " -\t\r\n")


def draw_passphrase(draw: Callable[[int], int]) -> str:
    """Draw a new passphrase, in six groups of five: ``7Q2KD-...``; this text, dashes and all, opens the zip.

    Args:
        draw: returns a whole number of so many random bits: ``secrets.randbits``.
    """
    value = draw(_BITS * RANDOM_CHARACTERS)
    places = range(RANDOM_CHARACTERS - 1, -1, -1)
    text = "".join(ALPHABET[value >> (_BITS * place) & 31] for place in places)
    return group_code(text + _check_characters(text))


def parse_passphrase(typed_text: str) -> str:
    """The passphrase that somebody typed, as it opens the zip: in any case, with any spaces and dashes.

    Raises:
        MistypedError: it is none; the text says what is wrong, without repeating it.
    """
    text = typed_text.upper().translate(_CONFUSED)
    if not typed_text.isascii() or any(character not in ALPHABET for character in text):
        raise MistypedError("a passphrase has letters (never U) and digits only")
    if len(text) != CHARACTERS:
        raise MistypedError(f"a passphrase has {CHARACTERS} characters, this one {len(text)}")
    if _check_characters(text[:RANDOM_CHARACTERS]) != text[RANDOM_CHARACTERS:]:
        raise MistypedError("a character is wrong: the four check characters at its end do not fit")
    return group_code(text)


def _check_characters(text: str) -> str:
    digest = hashlib.sha256(text.encode("ascii")).digest()
    return "".join(ALPHABET[byte & 31] for byte in digest[: CHARACTERS - RANDOM_CHARACTERS])
