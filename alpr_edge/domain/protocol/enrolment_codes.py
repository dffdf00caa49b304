"""The typed form of a one-time enrollment code: Crockford's base 32 with his check symbol, in groups of five.

Nineteen characters are random (95 bits) and the twentieth checks them: it is the number that they write, modulo 37.
Any one wrong character changes that remainder, since 37 is a prime above 32, and so do two neighbours that changed
places; a mistyped code is reported at the keyboard and never counts as a wrong try at the department.

Reading takes lower case, any spaces and dashes, and the letters that are taken for digits: O for 0, I and L for 1. Of
Crockford's 37 check symbols the last five (``*~$=U``) mean something to a shell, so codes that would end in one are not
given out (:func:`draw_code` draws again).

Source: Douglas Crockford, Base 32, https://www.crockford.com/base32.html.
"""

from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 20
"""Characters of a code, the check character included."""
GROUP = 5
CHANCE_BITS = 5 * (CHARACTERS - 1)
_MODULUS = 37
_CONFUSED = str.maketrans("OIL", "011", " -\t\r\n")


class MistypedError(ValueError):
    """The text that was typed is no code; ``str()`` says what is wrong with it, without repeating it."""


def draw_code(draw: Callable[[int], int]) -> str:
    """Draw a new code, in groups."""
    while True:
        value = draw(CHANCE_BITS)
        if value % _MODULUS < len(ALPHABET):
            return group_code(_digits(value) + ALPHABET[value % _MODULUS])


def parse_code(typed_text: str) -> str:
    """Parse a typed code into its canonical text: 20 characters of :data:`ALPHABET`, without groups.

    Args:
        typed_text: the text a person typed: any case, spaces and dashes anywhere, O for 0, I and L for 1.

    Raises:
        MistypedError: the text is no code.
    """
    # Upper case may lengthen a text (one sharp s becomes two letters); a character outside ASCII is never in a code.
    if not typed_text.isascii():
        raise MistypedError("a code has letters and digits only")
    text = typed_text.upper().translate(_CONFUSED)
    if any(character not in ALPHABET for character in text):
        raise MistypedError("a code has letters (never U) and digits only")
    if len(text) != CHARACTERS:
        raise MistypedError(f"a code has {CHARACTERS} characters, this one {len(text)}")
    if _value(text[:-1]) % _MODULUS != ALPHABET.index(text[-1]):
        raise MistypedError("a character is wrong: the check character at its end does not fit")
    return text


def group_code(code: str) -> str:
    """A canonical code as it is shown: groups of five, joined by dashes."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _digits(value: int) -> str:
    """``value`` in base 32, with leading zeros."""
    places = range(CHARACTERS - 2, -1, -1)
    return "".join(ALPHABET[value >> (5 * place) & 31] for place in places)


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 32 + ALPHABET.index(digit)
    return value
