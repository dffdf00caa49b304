"""Texts as a record of the access log may hold them: what cannot be printed could make one record look like another."""

import json
from collections.abc import Iterator, Sequence

OBJECTS_NAMED_MAX = 1000
"""Most objects that a record names; it counts them all."""
NAMED_BYTES_MAX = 40 * 1024
"""Most bytes that their names take, of the 64 KiB of a record: ids begin with that of their unit, which may be long."""
OBJECTS_AT_ONCE = 300
"""Ids that one record has room for, however long they are."""
LOCKED_NOW = "the account is locked"
"""How the reason of the failure ends that locked an account."""


def record_word(text: str) -> str:
    """A name, an id or a number."""
    return _printable(text, 128)


def record_objects(names: Sequence[str]) -> Iterator[str]:
    """The ids of what an access is about, as many as a record has room for."""
    used = 0
    for word in map(record_word, names[:OBJECTS_NAMED_MAX]):
        used += len(json.dumps(word, ensure_ascii=False).encode()) + 1
        if used > NAMED_BYTES_MAX:
            return
        yield word


def object_parts(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The ids of many objects in parts, of which a record each names every one; one empty part where there are none."""
    starts = range(0, max(1, len(names)), OBJECTS_AT_ONCE)
    return [tuple(names[start : start + OBJECTS_AT_ONCE]) for start in starts]


def record_sentence(text: str) -> str:
    """A note or a reason."""
    return _printable(text, 500)


def record_code(text: str) -> str:
    """The code of a purpose; of whatever is none, that there was none."""
    is_code = text.isascii() and text[:1].islower() and text.replace("_", "a").isalnum() and text == text.lower()
    return text[:64] if is_code else "none"


def _printable(text: str, characters_max: int) -> str:
    return "".join(character for character in text if character.isprintable())[:characters_max]
