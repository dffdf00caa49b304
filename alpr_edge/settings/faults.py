"""Turns pydantic's errors into lines for the person who edits the file: key path, what was expected, a suggestion."""

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from alpr_edge.settings.cameras import camera_kinds
from alpr_edge.settings.renames import current_name
from alpr_edge.settings.schema import table

Location = tuple[int | str, ...]

_ROWS_OF_TABLES: set[Location] = {("camera",), ("hotlist", "source")}
INTEGER_BITS_MAX = 64
SHOWN_MAX = 60
"""Characters of a wrong value that a fault repeats."""
_TYPES: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    tuple: "a list in brackets",
    dict: "a table of keys",
    Path: "a path in quotes",
}


def fault(detail: ErrorDetails) -> str:
    """One line on one error of the schema."""
    tag = ".kind" if detail["type"].startswith("union_tag") else ""
    explain = _EXPLAINED.get(detail["type"], _wrong_value)
    return f"{key_path(detail['loc'])}{tag}: {explain(detail)}"


def key_path(location: Location) -> str:
    """The key as the file has it; tables in a row are counted from 0: ``camera[0].fps``."""
    if location[:1] == ("camera",):
        # The kind behind a camera's number is no key of the file.
        location = location[:2] + location[3:]
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _field(location: Location) -> FieldInfo | None:
    owner = table(location[:-1])
    return None if owner is None else owner.model_fields.get(str(location[-1]))


def _wrong_value(detail: ErrorDetails) -> str:
    field, value = _field(detail["loc"]), detail["input"]
    choices = _choices(field)
    if choices:
        return _wrong_choice(value, choices)
    return f"expected {_expectation(field)}, not {value_as_text(value)}{_suggestion(field, value)}"


def _unknown(detail: ErrorDetails) -> str:
    if (new := current_name(detail["loc"])) is not None:
        return f"was renamed to {new}"
    *above, key = detail["loc"]
    owner = table(tuple(above))
    known_keys = list(owner.model_fields) if owner else []
    close = difflib.get_close_matches(str(key), known_keys, n=1)
    return "unknown key; " + (
        f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known_keys))}"
    )


def _missing(detail: ErrorDetails) -> str:
    return f"missing; expected {_expectation(_field(detail['loc']))}"


def _no_kind(_: ErrorDetails) -> str:
    return f"missing; expected one of {_join_choices(camera_kinds())}"


def _wrong_kind(detail: ErrorDetails) -> str:
    return _wrong_choice(detail["input"]["kind"], camera_kinds())


def _no_tables(detail: ErrorDetails) -> str:
    if detail["loc"] not in _ROWS_OF_TABLES:
        return _wrong_value(detail)
    return f"expected tables headed [[{key_path(detail['loc'])}]], with double brackets"


def _no_table(detail: ErrorDetails) -> str:
    return f"expected a table of keys, not {value_as_text(detail['input'])}"


def _broken_rule(detail: ErrorDetails) -> str:
    return str(detail["ctx"]["error"])


_EXPLAINED: dict[str, Callable[[ErrorDetails], str]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _wrong_kind,
    "tuple_type": _no_tables,
    "model_type": _no_table,
    "model_attributes_type": _no_table,
    "value_error": _broken_rule,
}
"""Error types of pydantic that say more than "not what was expected"."""


def _wrong_choice(value: Any, choices: Iterable[str]) -> str:  # noqa: ANN401 - whatever TOML holds
    close = difflib.get_close_matches(str(value), list(choices), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"expected one of {_join_choices(choices)}, not {value_as_text(value)}{hint}"


def _join_choices(choices: Iterable[str]) -> str:
    return ", ".join(repr(choice) for choice in choices)


def _choices(field: FieldInfo | None) -> tuple[str, ...]:
    literal = field is not None and get_origin(field.annotation) is Literal
    return get_args(field.annotation) if field is not None and literal else ()


def _expectation(field: FieldInfo | None) -> str:
    """What the key takes: its description, or its type and bounds."""
    if field is None:
        return "text in quotes"  # an item of a list, all of which hold texts
    if field.description:
        return field.description
    kind = get_origin(field.annotation) or field.annotation
    return _TYPES.get(kind, _TYPES[Path]) + _bounds(field)


def _bounds(field: FieldInfo) -> str:
    limits = {
        name: getattr(item, name) for item in field.metadata for name in ("gt", "ge", "lt", "le") if hasattr(item, name)
    }
    if "gt" in limits:
        upper = f" and below {limits['lt']}" if "lt" in limits else ""
        return f" above {limits['gt']}" + (f", at most {limits['le']}" if "le" in limits else upper)
    lower = f" from {limits['ge']}" if "ge" in limits else ""
    return lower + (f" to {limits['le']}" if "le" in limits else "")


def _suggestion(field: FieldInfo | None, value: Any) -> str:  # noqa: ANN401 - whatever TOML holds
    kind = None if field is None else field.annotation
    if kind in {int, float} and isinstance(value, str):
        return "; numbers stand without quotes"
    if kind is int and isinstance(value, float):
        return "; without a decimal point"
    if field is None or field.is_required() or field.default is None:
        return ""
    return f"; the default is {value_as_text(field.default)}"


def value_as_text(value: Any) -> str:  # noqa: ANN401 - whatever TOML holds
    """The value as TOML writes it, cut short; an address with a password in it is not repeated."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value))[:SHOWN_MAX]
    if isinstance(value, str | Path):
        return "the address given" if "@" in str(value) else repr(str(value))[:SHOWN_MAX]
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS_MAX:
        return "a number of more than 64 bits"  # Python writes none of thousands of digits
    return str(value)[:SHOWN_MAX]
