"""Changes samples of what a parser reads: its bytes, the fields of its lines, the values of its JSON.

Each change is drawn from a generator of a seed, so the same seed makes the same inputs.
"""

import json
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

Mutator = Callable[[Random, bytes], bytes]
"""Makes another input of one: draws from a generator, takes the input."""

BYTES_MAX = 1 << 20
"""Largest input that a change may make."""
ODD_BYTES = b'\x00\x01\t\n\r\x1a\x1b "$%*,/09:;A[\\{}\x7f\x80\xc3\xd8\xff'
ODD_TEXTS = (
    *("", " ", "0", "-0", "-1", "1", "00", "1e999", "1e-400", "NaN", "Infinity", "0x10", "1_0", "9" * 30, "9" * 5000),
    *("\x00", "\r\n", "\u202e\u2066", "\u0660", "\u00b2", "\ud800", "\U0001f693", "\u00e9" * 300, "A" * 70_000),
    *("../../etc/passwd", "/", "\\", "%00", "%s%n", "'\"><b>", "null", "true", "[]", "{}", "*", "?", "O0OI1L"),
    *("0000-00-00", "2026-02-30", "2026-02-28T24:00:00Z", "2026-11-20T08:00:00", "1970-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-20T08:00:60Z", "2026-W01", "1764000000"),
)
"""Numbers at the edges, texts that are none, names that lead elsewhere, moments that are none or leave the calendar."""
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, 1.5, -0.0, 1e308, 1e-320),
    *(float("nan"), float("inf"), [], {}, [[]], {"": ""}, *ODD_TEXTS),
)
_DEPTHS = (3, 100, 1000, 100_000)
_NEST = "nest-here"


def change_bytes(draw: Random, content: bytes) -> bytes:
    """One to six changes of bytes anywhere."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        draw.choice(_BYTE_CHANGES)(draw, changed)
    return bytes(changed[:BYTES_MAX])


def change_lines(*separators: bytes) -> Mutator:
    """A mutator of texts whose lines hold fields between separators."""
    split = re.compile(b"|".join(re.escape(each) for each in separators))

    def change(draw: Random, content: bytes) -> bytes:
        lines = content.split(b"\n")
        place = draw.randrange(len(lines))
        if draw.random() < 0.2:
            lines[place:place] = draw.choice(([], [lines[place]], [draw.choice(lines)], lines[:place]))
            del lines[draw.randrange(len(lines))]
        else:
            lines[place] = _change_fields(draw, lines[place], split)
        return b"\n".join(lines)[:BYTES_MAX]

    return change


def change_json(draw: Random, content: bytes) -> bytes:
    """One to three values of a JSON text replaced, doubled, left out or nested; bytes where it is no JSON."""
    try:
        root = [json.loads(content)]
    except (ValueError, RecursionError):
        return change_bytes(draw, content)
    for _ in range(draw.choice((1, 1, 2, 3))):
        _change_value(draw, root)
    text = json.dumps(root[0] if root else None)
    depth = draw.choice(_DEPTHS)
    opened, closed = draw.choice((("[", "]"), ('{"a":', "}")))
    text = text.replace(f'"{_NEST}"', opened * depth + "1" + closed * depth)
    return text.encode("utf-8", "surrogatepass")[:BYTES_MAX]


def change_form(draw: Random, content: bytes) -> bytes:
    """The fields of a form replaced, left out, doubled; bytes now and then."""
    if draw.random() < 0.2:
        return change_bytes(draw, content)
    fields = parse_qsl(content.decode("latin-1"), keep_blank_values=True) or [("", "")]
    place = draw.randrange(len(fields))
    name, _ = fields[place]
    fields[place : place + 1] = draw.choice(
        ([], [(name, odd_text(draw))], [fields[place]] * 2, [(odd_text(draw), name)], [(name, odd_text(draw))] * 20)
    )
    return urlencode(fields, errors="surrogatepass").encode()[:BYTES_MAX]


def odd_text(draw: Random) -> str:
    """A text that a program may not expect."""
    return draw.choice(ODD_TEXTS)


def odd_bytes(draw: Random) -> bytes:
    """The same as bytes, valid UTF-8 or not."""
    return odd_text(draw).encode("utf-8", "surrogatepass")


def one_of(*mutators: Mutator) -> Mutator:
    """A mutator that draws one of some each time."""

    def change(draw: Random, content: bytes) -> bytes:
        return draw.choice(mutators)(draw, content)

    return change


def splice(draw: Random, first: bytes, second: bytes) -> bytes:
    """The start of one input with the end of another."""
    return (first[: draw.randint(0, len(first))] + second[draw.randint(0, len(second)) :])[:BYTES_MAX]


def _change_fields(draw: Random, line: bytes, split: re.Pattern[bytes]) -> bytes:
    fields, marks = split.split(line), split.findall(line)
    place = draw.randrange(len(fields))
    what = draw.randrange(4)
    if what == 0:
        fields[place] = odd_bytes(draw)
    elif what == 1:
        fields[place] = change_bytes(draw, fields[place])
    elif what == 2:
        other = draw.randrange(len(fields))
        fields[place], fields[other] = fields[other], fields[place]
    else:
        fields[place] = fields[draw.randrange(len(fields))] * draw.choice((0, 1, 2, 100))
    return b"".join(part for pair in zip(fields, [*marks, b""], strict=True) for part in pair)


def _change_value(draw: Random, root: list[Any]) -> None:
    """Change one value below a list, at any depth with about the same chance."""
    places = list(_places(root))
    if not places:
        return
    holder, key = draw.choice(places)
    what = draw.randrange(6)
    if what <= 2:
        holder[key] = deepcopy(draw.choice(ODD_VALUES))  # some are lists, which later changes would share
    elif what == 3:
        holder[key] = _NEST
    elif what == 4 and isinstance(holder, dict):
        holder[draw.choice((odd_text(draw), str(key) + "_"))] = holder.pop(key)
    else:
        other_holder, other_key = draw.choice(places)
        holder[key] = json.loads(json.dumps(other_holder[other_key]))


def _places(root: list[Any]) -> Sequence[tuple[Any, Any]]:
    """Holder and key of each value below a list, at most some thousands."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [root]
    while waiting and len(found) < 5000:
        holder = waiting.pop()
        for key in list(holder if isinstance(holder, dict) else range(len(holder))):
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _flip(draw: Random, content: bytearray) -> None:
    if content:
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


def _replace(draw: Random, content: bytearray) -> None:
    if content:
        content[draw.randrange(len(content))] = draw.choice(ODD_BYTES)


def _number(draw: Random, content: bytearray) -> None:
    """A length or count at the edges, in either order of bytes."""
    width = draw.choice((1, 2, 4, 8))
    place = draw.randint(0, max(0, len(content) - width))
    value = draw.choice((0, 1, 2, 0x7F, 0x80, 2 ** (8 * width - 1) - 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1))
    content[place : place + width] = value.to_bytes(width, draw.choice(("little", "big")))


def _insert(draw: Random, content: bytearray) -> None:
    place = draw.randint(0, len(content))
    content[place:place] = draw.choice((draw.randbytes(draw.randint(1, 16)), odd_bytes(draw)))


def _delete(draw: Random, content: bytearray) -> None:
    place = draw.randint(0, len(content))
    del content[place : place + draw.choice((1, 1, 2, 4, 16, 256))]


def _cut(draw: Random, content: bytearray) -> None:
    del content[draw.randint(0, len(content)) :]


def _repeat(draw: Random, content: bytearray) -> None:
    place = draw.randint(0, len(content))
    size = draw.choice((1, 4, 16, 256, 4096))
    content[place:place] = content[place : place + size] * draw.choice((1, 2, 10, 100))


_BYTE_CHANGES = (_flip, _flip, _replace, _replace, _number, _number, _insert, _delete, _cut, _repeat)
