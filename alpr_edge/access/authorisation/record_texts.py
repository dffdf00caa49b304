"""Texts as a record of the access log may hold them: what cannot be printed could make one record look like another."""


def record_word(text: str) -> str:
    """A name, an id or a number."""
    return _printable(text, 128)


def record_sentence(text: str) -> str:
    """A note or a reason."""
    return _printable(text, 500)


def record_code(text: str) -> str:
    """The code of a purpose; of whatever is none, that there was none."""
    is_code = text.isascii() and text[:1].islower() and text.replace("_", "a").isalnum() and text == text.lower()
    return text[:64] if is_code else "none"


def _printable(text: str, characters_max: int) -> str:
    return "".join(character for character in text if character.isprintable())[:characters_max]
